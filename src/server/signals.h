/* server/signals.h
 *
 * SIGTERM and SIGINT for a program that serves: they wait until somebody asks for them.
 *
 *     sigset_t signals;
 *     signals_catch(&signals);            before any thread is made
 *     ...
 *     signals_wait(&signals);             the server drains from here on
 *
 * All threads inherit that they are blocked; one thread waits. */
#ifndef SERVER_SIGNALS_H
#define SERVER_SIGNALS_H

#include <signal.h>

#include "base/compat.h"

void signals_catch(sigset_t *set);

/* Returns when one has come. A second one ends the program at once. */
void signals_wait(const sigset_t *set);

/* Likewise, but not for longer than `ms`; false when none has come. */
bool signals_wait_for(const sigset_t *set, uint64_t ms);

#endif
