/* server/housekeeping.h
 *
 * What has to be done now and then while the server runs: a thread that goes round every half
 * minute, and at once when a virtual clock has been moved.
 *
 *     struct housekeeping *housekeeping = NULL;
 *     err = housekeeping_open(&features, &housekeeping, e);
 *     housekeeping_wake(housekeeping);
 *     housekeeping_close(housekeeping);           waits for a round that has begun
 *
 * The features must be open from before to after. Waking is for any thread. */
#ifndef SERVER_HOUSEKEEPING_H
#define SERVER_HOUSEKEEPING_H

#include "server/features.h"

struct housekeeping;

WARN_UNUSED enum err housekeeping_open(struct features *f, struct housekeeping **out,
                                       struct err_ctx *e);
void housekeeping_wake(struct housekeeping *h);
void housekeeping_close(struct housekeeping *h); /* NULL is fine */

#endif
