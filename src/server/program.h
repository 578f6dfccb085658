/* server/program.h
 *
 * What every command that touches data stands on, opened in the order that matters: settings, log,
 * clock, cryptography, the data folder, the store with its migrations, ids.
 *
 *     struct program p;
 *     err = program_open(&p, cli, e);
 *     ...
 *     program_close(&p);
 *
 * program_open() leaves nothing behind when it fails. The parts are for any thread, once open. */
#ifndef SERVER_PROGRAM_H
#define SERVER_PROGRAM_H

#include "base/clock.h"
#include "base/config.h"
#include "base/id.h"
#include "server/cli.h"
#include "store/store.h"

struct program {
    struct config *config;
    struct clock clock;
    struct store *store;
    struct id_source ids;
    const char *data; /* the folder, the configuration's */
    int lock_fd;      /* -1: not locked */
};

/* The options by which a command is told where the data is. */
extern const struct cli_option program_options[];
extern const size_t program_option_count;

/* The settings alone, with the flags of the command line over them. */
WARN_UNUSED enum err program_configure(const struct cli *cli, struct config **out,
                                       struct err_ctx *e);

WARN_UNUSED enum err program_open(struct program *p, const struct cli *cli, struct err_ctx *e);

/* With settings that are there already; the reference becomes the callee's. */
WARN_UNUSED enum err program_open_with(struct program *p, struct config *config, struct err_ctx *e);
void program_close(struct program *p);

/* Opens the program, does the work, closes it, says what went wrong: the exit status of a command
 * that is done when it returns. */
int program_run(const struct cli *cli,
                enum err (*work)(struct program *p, const struct cli *cli, struct err_ctx *e));

/* Two servers on one folder would overwrite each other's files: the second is refused. Commands
 * do not lock, they may work beside a server. */
WARN_UNUSED enum err program_lock(struct program *p, struct err_ctx *e);

/* A path seen from the folder in which this program lies. */
const char *program_beside(struct arena *a, const char *relative);

/* A folder below the data folder, made where it is missing. */
WARN_UNUSED enum err program_folder(const struct program *p, struct arena *a, const char *name,
                                    const char **out, struct err_ctx *e);

#endif
