/* stats/rendezvous.h
 *
 * Sticky routing by weights: every unit (a customer, say) draws a number u_k in (0, 1) for every
 * arm from a hash and goes to the arm with the least -ln(u_k)/w_k (Schindelhauer & Schomaker
 * 2005, SPAA). The shares are those of the weights, a unit stays where it is while nothing
 * changes, and a change of weights moves only the units that it must move.
 *
 *     struct rendezvous_arm arms[] = {{1, 0.9}, {3, 0.1}};
 *     size_t k = rendezvous_arm(salt, unit_hash, arms, 2);
 *
 * Pure. */
#ifndef STATS_RENDEZVOUS_H
#define STATS_RENDEZVOUS_H

#include "base/compat.h"

struct rendezvous_arm {
    uint64_t id;   /* names the arm for good: a version, not a position */
    double weight; /* >= 0; one at least is positive */
};

/* The position of the unit's arm; arms of weight 0 get nothing. */
size_t rendezvous_arm(uint64_t salt, uint64_t unit, const struct rendezvous_arm *arms,
                      size_t count);

#endif
