#include "base/log.h"
#include "serving/inside.h"

enum { VERSIONS_LOADED_MAX = 64 };

static void swap_in(struct serving *s, struct str model, struct deployment *d)
{
    pthread_rwlock_wrlock(&s->lock);
    struct deployment *old = d ? map_put(&s->models, model, d) : map_remove(&s->models, model);
    pthread_rwlock_unlock(&s->lock);
    deployment_unref(old);
}

/* Versions that have to be loaded, and what came of it. Loading takes as long as it takes, so it
 * happens outside of the locks that a promotion needs: a deployment without them is built and
 * swapped in first, and a complete one when they are there. */
struct wanted {
    struct version_source source;
    struct str key; /* in `pending` */
    bool tried;
    struct version *version; /* NULL: it could not be loaded */
    const char *reason;
};

struct reload {
    struct serving *serving;
    struct str model;
    struct arena arena;
    struct wanted *wanted; /* as many as there were versions at first */
    unsigned wanted_count;
    bool last; /* nothing more is loaded: who made it is about to */
    const struct deployment *old;
};

static struct wanted *find_wanted(const struct reload *l, const struct model_version *v)
{
    for (unsigned i = 0; i < l->wanted_count; i++) {
        struct wanted *w = &l->wanted[i];
        if (w->tried && w->source.number == v->number && str_eq(w->source.sha256, v->sha256))
            return w;
    }
    return NULL;
}

/* What is loaded already is used again. */
static struct version *reuse(const struct deployment *old, const struct model_version *v)
{
    const struct entry *entry = old ? deployment_entry(old, v->number) : NULL;
    if (!entry || !entry->version || !str_is(v->sha256, entry->version->sha256))
        return NULL;
    return version_ref(entry->version);
}

/* Leaves the version to be loaded later, by us or by who is at it already. */
static void want(struct reload *l, const struct model_version *v, struct entry *entry)
{
    static char yes;
    struct serving *s = l->serving;
    struct str key =
        str_of(arena_printf(&l->arena, STR_FMT "/%lld", STR_ARG(l->model), (long long)v->number));
    entry->loading = true;
    entry->reason = "the version is being loaded";
    if (l->last || map_get(&s->pending, key))
        return;
    map_put(&s->pending, key, &yes);
    l->wanted[l->wanted_count++] =
        (struct wanted){.source = {.model = l->model,
                                   .sha256 = v->sha256,
                                   .number = v->number,
                                   .path = registry_path(s->opts.registry, v->sha256, &l->arena),
                                   .signature = v->signature},
                        .key = key};
}

static void fill_entry(struct reload *l, struct deployment *d, const struct model_version *v,
                       struct entry *entry)
{
    *entry = (struct entry){.number = v->number, .reason = ""};
    if (!v->loaded) {
        entry->reason = "unloaded";
        return;
    }
    entry->version = reuse(l->old, v);
    if (entry->version)
        return;
    const struct wanted *w = find_wanted(l, v);
    if (!w)
        want(l, v, entry);
    else if (w->version)
        entry->version = version_ref(w->version);
    else
        entry->reason = arena_strdup(&d->arena, str_of(w->reason));
}

static bool takes_part(const struct arm *arms, unsigned count, int64_t number)
{
    for (unsigned i = 0; i < count; i++)
        if (arms[i].number == number)
            return true;
    return false;
}

static void fill_entries(struct reload *l, struct deployment *d,
                         const struct model_version *versions, unsigned count,
                         const struct arm *arms, unsigned arm_count)
{
    if (!l->wanted)
        l->wanted = arena_alloc(&l->arena, count * sizeof *l->wanted);
    d->entries = arena_zalloc(&d->arena, count * sizeof *d->entries);
    d->entry_count = count;
    for (unsigned i = 0; i < count; i++) {
        if (i < VERSIONS_LOADED_MAX || takes_part(arms, arm_count, versions[i].number))
            fill_entry(l, d, &versions[i], &d->entries[i]);
        else
            d->entries[i] =
                (struct entry){.number = versions[i].number,
                               .reason = "only the newest versions and the arms are loaded"};
    }
}

static void add_arms(struct deployment *d, const struct deployment *old, const struct arm *arms,
                     unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const struct entry *entry = deployment_entry(d, arms[i].number);
        if (entry && entry->version)
            deployment_add_arm(d, &arms[i], version_ref(entry->version));
        else if (arms[i].mode == ARM_CHAMPION && old && old->champion >= 0 && entry &&
                 strcmp(entry->reason, "unloaded") != 0)
            deployment_add_arm(d, &arms[i], version_ref(old->arms[old->champion].version));
    }
}

static enum err build(struct reload *l, const struct model *model, struct deployment **out,
                      struct err_ctx *e)
{
    struct registry *registry = l->serving->opts.registry;
    struct model_version *versions;
    struct arm arms[REGISTRY_ARMS_MAX];
    unsigned version_count = 0, arm_count = 0;
    enum err err = registry_versions(registry, model->id, &versions, &version_count, &l->arena, e);
    if (!err)
        err = registry_arms(registry, model->id, arms, &arm_count, e);
    if (err)
        return err;
    struct deployment *d = deployment_new(model);
    fill_entries(l, d, versions, version_count, arms, arm_count);
    add_arms(d, l->old, arms, arm_count);
    *out = d;
    return ERR_OK;
}

/* Under `changing`. */
static enum err rebuild(struct reload *l, struct err_ctx *e)
{
    struct serving *s = l->serving;
    struct model model;
    struct err_ctx quiet;
    struct deployment *old = serving_find(s, l->model), *made = NULL;
    err_ctx_init(&quiet);
    l->old = old;
    enum err err = registry_model(s->opts.registry, l->model, &model, &l->arena, &quiet);
    if (err == ERR_NOT_FOUND) {
        swap_in(s, l->model, NULL);
        err = ERR_OK;
    } else if (!err) {
        /* A model of the same name that was made anew is another one. */
        l->old = old && old->model_id == model.id ? old : NULL;
        err = build(l, &model, &made, e);
        if (!err)
            swap_in(s, l->model, made);
    } else if (e) {
        *e = quiet;
    }
    l->old = NULL;
    deployment_unref(old);
    return err;
}

static void load_wanted(struct reload *l)
{
    for (unsigned i = 0; i < l->wanted_count; i++) {
        struct wanted *w = &l->wanted[i];
        struct err_ctx e;
        err_ctx_init(&e);
        w->tried = true;
        if (!version_open(l->serving->runtime, &w->source, &w->version, &e))
            continue;
        w->version = NULL;
        w->reason = arena_strdup(&l->arena, str_of(e.detail));
        log_error("serving", STR_FMT " version %lld cannot be loaded: %s", STR_ARG(l->model),
                  (long long)w->source.number, e.detail);
    }
}

static enum err load_and_rebuild(struct reload *l, struct err_ctx *e)
{
    struct serving *s = l->serving;
    pthread_mutex_lock(&s->loading);
    load_wanted(l);
    pthread_mutex_unlock(&s->loading);
    pthread_mutex_lock(&s->changing);
    for (unsigned i = 0; i < l->wanted_count; i++)
        map_remove(&s->pending, l->wanted[i].key);
    l->last = true;
    enum err err = rebuild(l, e);
    pthread_cond_broadcast(&s->loaded);
    pthread_mutex_unlock(&s->changing);
    for (unsigned i = 0; i < l->wanted_count; i++)
        version_unref(l->wanted[i].version);
    return err;
}

static bool is_pending(const struct map *pending, struct str model)
{
    size_t cursor = 0;
    struct str key;
    void *value;
    while (map_each(pending, &cursor, &key, &value))
        if (key.n > model.n && str_starts(key, model) && key.p[model.n] == '/')
            return true;
    return false;
}

/* Somebody else may be loading what we were asked to load. */
static void wait_for_others(struct serving *s, struct str model)
{
    pthread_mutex_lock(&s->changing);
    while (is_pending(&s->pending, model))
        pthread_cond_wait(&s->loaded, &s->changing);
    pthread_mutex_unlock(&s->changing);
}

enum err serving_reload(struct serving *s, struct str model, bool wait, struct err_ctx *e)
{
    struct reload l = {.serving = s, .model = model};
    arena_init(&l.arena);
    pthread_mutex_lock(&s->changing);
    enum err err = rebuild(&l, e);
    pthread_mutex_unlock(&s->changing);
    if (!err && l.wanted_count)
        err = load_and_rebuild(&l, e);
    arena_release(&l.arena);
    if (!err && wait)
        wait_for_others(s, model);
    return err;
}

/* Models that the registry does not have any more. */
static void drop_missing(struct serving *s, const struct map *seen)
{
    struct arena a;
    unsigned count;
    arena_init(&a);
    struct deployment **all = serving_all(s, &count, &a);
    for (unsigned i = 0; i < count; i++)
        if (!map_get(seen, str_of(all[i]->model)))
            swap_in(s, str_of(all[i]->model), NULL);
    arena_release(&a);
}

enum err inside_reload_all(struct serving *s, struct err_ctx *e)
{
    enum { PAGE = 100 };
    struct arena a;
    struct map seen;
    struct model *models;
    struct str after = STR("");
    unsigned count = 0;
    static char yes;
    enum err err;
    arena_init(&a);
    map_init(&seen);
    do {
        err = registry_models(s->opts.registry, after, PAGE, &models, &count, &a, e);
        for (unsigned i = 0; !err && i < count; i++) {
            map_put(&seen, models[i].name, &yes);
            err = serving_reload(s, models[i].name, false, e);
        }
        if (!err && count)
            after = models[count - 1].name;
    } while (!err && count == PAGE);
    if (!err)
        drop_missing(s, &seen);
    map_release(&seen);
    arena_release(&a);
    return err;
}
