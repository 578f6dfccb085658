#include "serving/deployment.h"

#include "stats/rendezvous.h"

struct deployment *deployment_new(const struct model *model)
{
    struct arena arena;
    arena_init(&arena);
    struct deployment *d = arena_zalloc(&arena, sizeof *d);
    atomic_init(&d->refs, 1);
    d->model = arena_strdup(&arena, model->name);
    d->model_id = model->id;
    d->task = model->task;
    d->champion = -1;
    d->arena = arena;
    return d;
}

struct deployment *deployment_ref(struct deployment *d)
{
    atomic_fetch_add_explicit(&d->refs, 1, memory_order_relaxed);
    return d;
}

void deployment_unref(struct deployment *d)
{
    if (!d || atomic_fetch_sub_explicit(&d->refs, 1, memory_order_acq_rel) > 1)
        return;
    for (unsigned i = 0; i < d->entry_count; i++)
        version_unref(d->entries[i].version);
    for (unsigned i = 0; i < d->arm_count; i++)
        version_unref(d->arms[i].version);
    struct arena arena = d->arena;
    arena_release(&arena);
}

void deployment_add_arm(struct deployment *d, const struct arm *arm, struct version *version)
{
    assert(d->arm_count < REGISTRY_ARMS_MAX);
    if (arm->mode == ARM_CHAMPION)
        d->champion = (int)d->arm_count;
    d->splits = d->splits || (arm->mode == ARM_SPLIT && arm->weight > 0);
    d->shadows = d->shadows || arm->mode == ARM_SHADOW;
    d->arms[d->arm_count++] = (struct serving_arm){version, arm->mode, arm->weight, arm->sample};
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* A number in (0, 1). */
static double uniform(uint64_t hash)
{
    return ((double)(hash >> 11) + 0.5) * 0x1p-53;
}

/* What the split arms leave over. */
static double champion_weight(const struct deployment *d)
{
    double left = 1;
    for (unsigned i = 0; i < d->arm_count; i++)
        if (d->arms[i].mode == ARM_SPLIT)
            left -= d->arms[i].weight;
    return left > 1e-12 ? left : 0;
}

struct version *deployment_choose(const struct deployment *d, struct str unit, int64_t seq)
{
    struct rendezvous_arm arms[REGISTRY_ARMS_MAX];
    if (d->champion < 0)
        return NULL;
    if (!d->splits)
        return d->arms[d->champion].version;
    for (unsigned i = 0; i < d->arm_count; i++) {
        const struct serving_arm *arm = &d->arms[i];
        arms[i].id = (uint64_t)arm->version->number;
        arms[i].weight = arm->mode == ARM_SPLIT ? arm->weight : 0;
        if ((int)i == d->champion)
            arms[i].weight = champion_weight(d);
    }
    uint64_t who = unit.p ? str_hash(unit) : (uint64_t)seq;
    return d->arms[rendezvous_arm((uint64_t)d->model_id, who, arms, d->arm_count)].version;
}

const struct entry *deployment_entry(const struct deployment *d, int64_t number)
{
    for (unsigned i = 0; i < d->entry_count; i++)
        if (d->entries[i].number == number)
            return &d->entries[i];
    return NULL;
}

bool deployment_sampled(const struct serving_arm *arm, int64_t seq)
{
    if (arm->mode != ARM_SHADOW || arm->sample <= 0)
        return false;
    return arm->sample >= 1 ||
           uniform(mix((uint64_t)seq ^ mix((uint64_t)arm->version->number))) < arm->sample;
}
