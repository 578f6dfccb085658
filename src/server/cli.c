#include "server/cli.h"

#define PROGRAM "crisol"

/* ---- help ---- */

static void print_option(const struct cli_option *o)
{
    char left[64];
    snprintf(left, sizeof left, "--%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
    printf("  %-24s %s%s\n", left, o->help, o->repeats ? "; may be repeated" : "");
}

static void print_usage(FILE *to, const struct cli_command *c)
{
    bool options = c->option_count || c->common_count;
    fprintf(to, "usage: " PROGRAM " %s%s%s%s\n", c->name, c->words ? " " : "",
            c->words ? c->words : "", options ? " [OPTION]..." : "");
}

static int help_command(const struct cli_command *c)
{
    print_usage(stdout, c);
    printf("\n%s %s.\n", PROGRAM, c->summary);
    if (c->option_count || c->common_count)
        printf("\n");
    for (size_t i = 0; i < c->option_count; i++)
        print_option(&c->options[i]);
    for (size_t i = 0; i < c->common_count; i++)
        print_option(&c->common[i]);
    return 0;
}

/* All commands, or those that begin with `group`. */
static void print_commands(FILE *to, const struct cli_command *commands, size_t count,
                           const char *group)
{
    fprintf(to, "usage: " PROGRAM " %s%sCOMMAND [OPTION]...\n\n", group, *group ? " " : "");
    for (size_t i = 0; i < count; i++) {
        char left[64];
        size_t n = strlen(group);
        if (n && (strncmp(commands[i].name, group, n) != 0 || commands[i].name[n] != ' '))
            continue;
        snprintf(left, sizeof left, "%s %s", commands[i].name,
                 commands[i].words ? commands[i].words : "");
        fprintf(to, "  %-24s %s\n", left, commands[i].summary);
    }
    fprintf(to, "\n" PROGRAM " COMMAND --help tells more about one.\n");
}

/* ---- reading ---- */

/* How many words of argv name this command: 0, 1 or 2. */
static int matches(const struct cli_command *c, int argc, char **argv)
{
    const char *space = strchr(c->name, ' ');
    if (argc < 1)
        return 0;
    if (!space)
        return strcmp(c->name, argv[0]) == 0;
    size_t n = (size_t)(space - c->name);
    return argc >= 2 && strlen(argv[0]) == n && strncmp(c->name, argv[0], n) == 0 &&
                   strcmp(space + 1, argv[1]) == 0
               ? 2
               : 0;
}

static bool is_group(const struct cli_command *commands, size_t count, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i < count; i++)
        if (strncmp(commands[i].name, word, n) == 0 && commands[i].name[n] == ' ')
            return true;
    return false;
}

static const struct cli_option *find_option(const struct cli_command *c, struct str name)
{
    for (size_t i = 0; i < c->option_count; i++)
        if (str_is(name, c->options[i].name))
            return &c->options[i];
    for (size_t i = 0; i < c->common_count; i++)
        if (str_is(name, c->common[i].name))
            return &c->common[i];
    return NULL;
}

static int read_option(struct cli *cli, int argc, char **argv, int *i)
{
    struct str name = str_of(argv[*i] + 2);
    ptrdiff_t equals = str_find(name, '=');
    const char *value = equals < 0 ? NULL : name.p + equals + 1;
    if (equals >= 0)
        name.n = (size_t)equals;
    const struct cli_option *o = find_option(cli->command, name);
    if (!o)
        return cli_misused(cli, "there is no option --" STR_FMT, STR_ARG(name));
    if (!o->value && value)
        return cli_misused(cli, "--%s takes no value", o->name);
    if (o->value && !value && ++*i < argc)
        value = argv[*i];
    if (o->value && !value)
        return cli_misused(cli, "--%s needs a value: %s", o->name, o->value);
    if (cli->given_count == CLI_GIVEN_MAX)
        return cli_misused(cli, "there are more than %d options", CLI_GIVEN_MAX);
    cli->given[cli->given_count++] = (struct cli_given){o, value};
    return 0;
}

static unsigned words_wanted(const struct cli_command *c)
{
    unsigned count = c->words != NULL;
    for (const char *p = c->words; p && *p; p++)
        count += *p == ' ';
    return count;
}

static int read_all(struct cli *cli, int argc, char **argv)
{
    int failed = 0;
    for (int i = 0; i < argc && !failed; i++) {
        if (argv[i][0] == '-' && argv[i][1] == '-')
            failed = read_option(cli, argc, argv, &i);
        else if (argv[i][0] == '-' && argv[i][1])
            failed = cli_misused(cli, "there is no option %s", argv[i]);
        else if (cli->word_count == words_wanted(cli->command))
            failed = cli_misused(cli, "\"%s\" is one word too many", argv[i]);
        else
            cli->words[cli->word_count++] = argv[i];
    }
    if (!failed && cli->word_count < words_wanted(cli->command))
        failed = cli_misused(cli, "%s is missing", cli->command->words);
    return failed;
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

static int run_command(const struct cli_command *c, int argc, char **argv)
{
    if (wants_help(argc, argv))
        return help_command(c);
    struct cli cli = {.command = c};
    assert(words_wanted(c) <= CLI_WORDS_MAX);
    int failed = read_all(&cli, argc, argv);
    return failed ? failed : c->run(&cli);
}

int cli_main(const struct cli_command *commands, size_t count, int argc, char **argv)
{
    argc--;
    argv++;
    for (size_t i = 0; i < count; i++) {
        int used = matches(&commands[i], argc, argv);
        if (used)
            return run_command(&commands[i], argc - used, argv + used);
    }
    const char *group = argc && is_group(commands, count, argv[0]) ? argv[0] : "";
    bool help = wants_help(argc, argv) || (argc && strcmp(argv[0], "help") == 0);
    if (!help && argc && !*group)
        fprintf(stderr, PROGRAM ": there is no command \"%s\"\n\n", argv[0]);
    print_commands(help ? stdout : stderr, commands, count, group);
    return help ? 0 : CLI_MISUSED;
}

/* ---- for commands ---- */

const char *cli_each(const struct cli *cli, const char *name, unsigned *cursor)
{
    while (*cursor < cli->given_count) {
        const struct cli_given *given = &cli->given[(*cursor)++];
        if (strcmp(given->option->name, name) == 0)
            return given->value;
    }
    return NULL;
}

const char *cli_value(const struct cli *cli, const char *name)
{
    unsigned cursor = 0;
    const char *last = NULL;
    for (const char *value; (value = cli_each(cli, name, &cursor));)
        last = value;
    return last;
}

bool cli_has(const struct cli *cli, const char *name)
{
    for (unsigned i = 0; i < cli->given_count; i++)
        if (strcmp(cli->given[i].option->name, name) == 0)
            return true;
    return false;
}

int cli_misused(const struct cli *cli, const char *format, ...)
{
    va_list args;
    fprintf(stderr, PROGRAM " %s: ", cli->command->name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
    print_usage(stderr, cli->command);
    return CLI_MISUSED;
}

int cli_failed(const struct err_ctx *e)
{
    fprintf(stderr, PROGRAM ": %s\n", e->detail);
    return CLI_FAILED;
}
