/* server/demo.h
 *
 * `crisol demo`: a server with two support vector machines on Fisher's Iris, one serving, one
 * shadowing it, asked with rows that neither has learned from. What the parts of the demonstration
 * share; command_demo.c puts them together.
 *
 *     err = demo_login_make(&program, password, e);     before the server starts
 *     err = demo_steps_run(&demo, e);                   data, two runs, two versions, the arms
 *     err = demo_replay_run(&demo, signals, e);         until a signal comes
 *     err = demo_check_run(&demo, e);                   or: everything at once, and verified
 *
 * One thread. What the demonstration asks, it asks over HTTP as anybody would. */
#ifndef SERVER_DEMO_H
#define SERVER_DEMO_H

#include <signal.h>

#include "server/demo_http.h"
#include "server/program.h"

#define DEMO_USER "demo"
#define DEMO_MODEL "iris"
#define DEMO_TARGET "species"

enum { DEMO_PASSWORD_BYTES = 17, DEMO_ROWS_MAX = 1000, DEMO_VERSIONS = 2 };

/* One flower that no version has learned from. */
struct demo_row {
    json_t *features; /* {"sepal_length": 5.1, ...} */
    struct str truth;
};

struct demo {
    struct demo_http *http;
    const char *csv; /* the path of iris.csv */
    bool check;
    struct arena arena;
    struct demo_row rows[DEMO_ROWS_MAX]; /* the hold-out of both runs */
    unsigned row_count;
};

/* One of the two versions: what it is called, and how it is trained. */
struct demo_version {
    const char *number, *title, *kernel, *mode;
};
extern const struct demo_version demo_versions[DEMO_VERSIONS];

/* A user who may do everything in this folder, with a new password on every start. */
WARN_UNUSED enum err demo_login_make(struct program *p, char password[DEMO_PASSWORD_BYTES],
                                     struct err_ctx *e);

/* Makes what is not there yet, and says each step on standard output. */
WARN_UNUSED enum err demo_steps_run(struct demo *d, struct err_ctx *e);

/* Asks for row `index` of the hold-out: [{"id","version","label","probabilities"}]'s first, the
 * caller's. */
WARN_UNUSED enum err demo_replay_ask(struct demo *d, unsigned index, json_t **out,
                                     struct err_ctx *e);
WARN_UNUSED enum err demo_replay_tell(struct demo *d, const char *id, unsigned index,
                                      struct err_ctx *e);

/* A new order of the hold-out for each round. */
void demo_replay_shuffle(const struct demo *d, uint64_t seed, uint64_t round,
                         unsigned order[DEMO_ROWS_MAX]);

/* One row a second, its truth some seconds later, until one of the signals comes. */
WARN_UNUSED enum err demo_replay_run(struct demo *d, const sigset_t *signals, struct err_ctx *e);

/* Replays the hold-out without waiting, prints how both versions did, and holds every figure to
 * what the answers imply. */
WARN_UNUSED enum err demo_check_run(struct demo *d, struct err_ctx *e);

#endif
