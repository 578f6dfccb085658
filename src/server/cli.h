/* server/cli.h
 *
 * The command line: a table of commands, each with a table of its options, from which the parser
 * and every --help are made.
 *
 *     static const struct cli_option options[] = {{"role", "ROLE", "viewer, developer or admin"}};
 *     static const struct cli_command commands[] = {
 *         {.name = "user add", .words = "NAME", .summary = "adds a user", .options = options,
 *          .option_count = 1, .run = add_user},
 *     };
 *     return cli_main(commands, ARRAY_LEN(commands), argc, argv);
 *
 *     int add_user(const struct cli *cli)
 *     {
 *         const char *role = cli_value(cli, "role");          NULL: not given
 *         if (!role)
 *             return cli_misused(cli, "--role is missing");
 *         ...
 *     }
 *
 * A command answers with the exit status: 0 done, 1 failed, 2 misused. One thread; views point
 * into argv. */
#ifndef SERVER_CLI_H
#define SERVER_CLI_H

#include "base/err.h"
#include "base/str.h"

enum { CLI_WORDS_MAX = 4, CLI_GIVEN_MAX = 128, CLI_FAILED = 1, CLI_MISUSED = 2 };

struct cli_option {
    const char *name;  /* without the dashes */
    const char *value; /* what it takes, for the help; NULL: nothing */
    const char *help;
    bool repeats;
};

struct cli;

struct cli_command {
    const char *name;  /* one word, or two: "user add" */
    const char *words; /* "NAME FILE"; NULL: none */
    const char *summary;
    const struct cli_option *options;
    size_t option_count;
    const struct cli_option *common; /* a second table, shared by several commands; NULL: none */
    size_t common_count;
    int (*run)(const struct cli *cli);
};

struct cli_given {
    const struct cli_option *option;
    const char *value; /* NULL for an option that takes none */
};

struct cli {
    const struct cli_command *command;
    const char *words[CLI_WORDS_MAX];
    unsigned word_count;
    struct cli_given given[CLI_GIVEN_MAX];
    unsigned given_count;
};

/* Finds the command, reads its options, runs it; answers the exit status. */
int cli_main(const struct cli_command *commands, size_t count, int argc, char **argv);

/* The last value of the option, or NULL. */
const char *cli_value(const struct cli *cli, const char *name);
bool cli_has(const struct cli *cli, const char *name);

/* Each value of an option that repeats: start with `*cursor` = 0, NULL at the end. */
const char *cli_each(const struct cli *cli, const char *name, unsigned *cursor);

/* Say why on standard error and answer the exit status. */
int cli_misused(const struct cli *cli, const char *format, ...) PRINTF_LIKE(2, 3);
int cli_failed(const struct err_ctx *e);

#endif
