/* serving/deployment.h
 *
 * One model as it is served at a moment: its loaded versions and its arms. Never changed: a
 * promotion makes a new one and swaps it in, while requests finish on the one that they began with.
 *
 *     struct version *v = deployment_choose(d, unit, seq);        who answers
 *     const struct entry *entry = deployment_entry(d, 3);         a version by its number
 *     deployment_unref(d);
 */
#ifndef SERVING_DEPLOYMENT_H
#define SERVING_DEPLOYMENT_H

#include "registry/registry.h"
#include "serving/version.h"

struct entry {
    int64_t number;
    struct version *version; /* NULL: not loaded */
    const char *reason;      /* why not; "" when it is */
    bool loading;            /* somebody is at it */
};

struct serving_arm {
    struct version *version;
    enum arm_mode mode;
    double weight, sample;
};

struct deployment {
    _Atomic unsigned refs;
    struct arena arena;
    const char *model;
    int64_t model_id;
    enum task task;
    unsigned entry_count;
    struct entry *entries; /* the newest first */
    unsigned arm_count;
    struct serving_arm arms[REGISTRY_ARMS_MAX]; /* only those whose version is loaded */
    int champion;                               /* index into arms, or -1 */
    bool splits;                                /* some arm takes traffic from the champion */
    bool shadows;
};

struct deployment *deployment_new(const struct model *model);
struct deployment *deployment_ref(struct deployment *d);
void deployment_unref(struct deployment *d); /* NULL is fine */

/* Takes over the reference to `version`. */
void deployment_add_arm(struct deployment *d, const struct arm *arm, struct version *version);

/* The version that answers: the champion, or a split arm. Who asks with the same unit gets the same
 * arm; weights are kept by weighted rendezvous hashing (Schindelhauer and Schomaker 2005), so that
 * a change of weights moves only the units that it must move. NULL when there is no champion. */
struct version *deployment_choose(const struct deployment *d, struct str unit, int64_t seq);

const struct entry *deployment_entry(const struct deployment *d, int64_t number);

/* True when the shadow arm scores this request too. */
bool deployment_sampled(const struct serving_arm *arm, int64_t seq);

#endif
