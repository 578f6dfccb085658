/* training/launcher.h
 *
 * Where runs are executed. A launcher starts the supervisor of a prepared run folder and can tell,
 * after any crash, whether it is still at work.
 *
 *     err = launcher_start(supervisor, folder, e);
 *     while (launcher_look(folder) == LAUNCHER_ALIVE) ...
 *     launcher_cancel(folder, e);                       it asks, then kills
 *     err = launcher_result(folder, arena, &result, e); once it is no longer alive
 *
 * The only one here is local: child processes of this machine. No state, any thread. */
#ifndef TRAINING_LAUNCHER_H
#define TRAINING_LAUNCHER_H

#include "base/arena.h"
#include "base/err.h"

enum launcher_state {
    LAUNCHER_NEVER, /* nothing was started in this folder */
    LAUNCHER_ALIVE,
    LAUNCHER_ENDED, /* exit.json says how */
    LAUNCHER_LOST   /* started, and gone without a word */
};

WARN_UNUSED enum err launcher_start(const char *supervisor, const char *folder, struct err_ctx *e);
enum launcher_state launcher_look(const char *folder);
WARN_UNUSED enum err launcher_cancel(const char *folder, struct err_ctx *e);

/* Collects supervisors that have ended, so that none stays a zombie. */
void launcher_reap(void);

struct launcher_result {
    bool good;         /* the program ended by itself with code 0 */
    bool cancelled;    /* it was asked to stop, and did */
    int64_t ended_ms;  /* 0: not known */
    const char *error; /* a sentence; NULL when it is good */
};

/* Reads exit.json and the end of log.txt. Memory from the arena. */
void launcher_result(const char *folder, struct arena *a, struct launcher_result *out);

#endif
