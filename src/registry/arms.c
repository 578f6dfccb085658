#include "identity/audit.h"
#include "registry/inside.h"

static const char *const mode_names[] = {[ARM_CHAMPION] = "champion",
                                         [ARM_SHADOW] = "shadow",
                                         [ARM_SPLIT] = "split",
                                         [ARM_BANDIT] = "bandit"};

const char *arm_mode_text(enum arm_mode mode)
{
    assert((unsigned)mode < ARRAY_LEN(mode_names));
    return mode_names[mode];
}

bool arm_mode_parse(struct str s, enum arm_mode *mode)
{
    for (size_t i = 0; i < ARRAY_LEN(mode_names); i++) {
        if (str_is(s, mode_names[i])) {
            *mode = (enum arm_mode)i;
            return true;
        }
    }
    return false;
}

/* ---- reading ---- */

enum err registry_arms(struct registry *r, int64_t model_id, struct arm arms[REGISTRY_ARMS_MAX],
                       unsigned *count, struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = store_read(r->opts.store, &db, e);
    return err ? err : db_end(db, registry_store_arms_list(db, model_id, arms, count, e), e);
}

enum err registry_decisions(struct registry *r, int64_t model_id, int64_t before, unsigned limit,
                            struct decision **out, unsigned *count, struct arena *a,
                            struct err_ctx *e)
{
    struct db *db = NULL;
    *out = arena_alloc(a, limit * sizeof **out);
    enum err err = store_read(r->opts.store, &db, e);
    return err ? err
               : db_end(
                     db,
                     registry_store_decision_list(db, model_id, before, limit, *out, count, a, e),
                     e);
}

/* ---- changing ---- */

/* What a change of arms needs: the model, its arms as they are, and a transaction. */
struct change {
    struct registry *r;
    struct http_request *rq;
    struct db *db;
    struct arena arena;
    struct model model;
    struct arm arms[REGISTRY_ARMS_MAX + 1]; /* one more than there can be, for a new champion */
    unsigned count;
};

static enum err change_begin(struct change *c, struct registry *r, struct http_request *rq,
                             struct str name, struct err_ctx *e)
{
    c->r = r;
    c->rq = rq;
    enum err err = store_write(r->opts.store, &c->db, e);
    if (err)
        return err;
    arena_init(&c->arena);
    err = db_lock(c->db, name, e);
    if (!err)
        err = registry_store_model_find(c->db, name, &c->model, &c->arena, e);
    if (!err)
        err = registry_store_arms_list(c->db, c->model.id, c->arms, &c->count, e);
    if (err) {
        err = db_end(c->db, err, e);
        arena_release(&c->arena);
    }
    return err;
}

static enum err change_end(struct change *c, enum err err, const struct decision *d,
                           struct err_ctx *e)
{
    if (!err)
        err = registry_store_decision_insert(c->db, c->model.id, d, e);
    if (!err)
        err =
            audit_add(c->db, c->rq, arena_printf(&c->arena, "model." STR_FMT, STR_ARG(d->verdict)),
                      c->model.name, arena_strdup(&c->arena, d->reason), e);
    if (!err)
        err = registry_store_change(c->db, e);
    err = db_end(c->db, err, e);
    if (!err)
        inside_announce(c->r, c->model.name, false);
    arena_release(&c->arena);
    return err;
}

static int64_t champion_of(const struct arm *arms, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (arms[i].mode == ARM_CHAMPION)
            return arms[i].number;
    return 0;
}

static enum err check_arm(struct change *c, const struct arm *arms, unsigned i, struct err_ctx *e)
{
    struct model_version v;
    char pointer[64];
    for (unsigned k = 0; k < i; k++) {
        if (arms[k].number != arms[i].number)
            continue;
        snprintf(pointer, sizeof pointer, "/arms/%u/version", i);
        return err_set_at(e, ERR_INVALID, pointer, "version %lld stands there twice",
                          (long long)arms[i].number);
    }
    enum err err =
        registry_store_version_find(c->db, c->model.id, arms[i].number, &v, &c->arena, NULL);
    if (err == ERR_NOT_FOUND) {
        snprintf(pointer, sizeof pointer, "/arms/%u/version", i);
        return err_set_at(e, ERR_INVALID, pointer, "the model has no version \"%lld\"",
                          (long long)arms[i].number);
    }
    return err;
}

static enum err check_arms(struct change *c, const struct arm *arms, unsigned count,
                           struct err_ctx *e)
{
    unsigned champions = 0;
    double split = 0;
    enum err err = ERR_OK;
    for (unsigned i = 0; !err && i < count; i++) {
        champions += arms[i].mode == ARM_CHAMPION;
        split += arms[i].mode == ARM_SPLIT ? arms[i].weight : 0;
        err = check_arm(c, arms, i, e);
    }
    if (!err && champions != 1)
        err = err_set_at(e, ERR_INVALID, "/arms", "exactly one arm must be the champion, not %u",
                         champions);
    if (!err && split > 1 + 1e-9)
        err = err_set_at(e, ERR_INVALID, "/arms",
                         "the weights of the split arms add up to %g; what is left of 1 is the "
                         "champion's",
                         split);
    return err;
}

/* An arm that goes on as it was keeps its date. */
static void date_arms(const struct change *c, struct arm *arms, unsigned count, int64_t at_ms)
{
    for (unsigned i = 0; i < count; i++) {
        arms[i].since_ms = at_ms;
        for (unsigned k = 0; k < c->count; k++)
            if (c->arms[k].number == arms[i].number && c->arms[k].mode == arms[i].mode)
                arms[i].since_ms = c->arms[k].since_ms;
    }
}

json_t *arms_to_json(const struct arm *arms, unsigned count)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < count; i++) {
        json_t *arm = json_object();
        json_set_digits(arm, "version", arms[i].number);
        json_set_cstr(arm, "mode", arm_mode_text(arms[i].mode));
        json_set(arm, "weight",
                 arms[i].mode == ARM_SPLIT ? json_real(arms[i].weight) : json_null());
        json_set(arm, "sample",
                 arms[i].mode == ARM_SHADOW ? json_real(arms[i].sample) : json_null());
        json_set_time(arm, "since", arms[i].since_ms);
        json_push(list, arm);
    }
    return list;
}

/* What was changed cannot be told by the champions alone: shadows and shares come and go. */
static struct str tell_change(struct change *c, const struct arm *arms, unsigned count)
{
    json_t *both = json_object();
    json_set(both, "before", arms_to_json(c->arms, c->count));
    json_set(both, "after", arms_to_json(arms, count));
    struct str text = json_dump(both, &c->arena);
    json_decref(both);
    return text;
}

enum err registry_arms_set(struct registry *r, struct http_request *rq, struct str model,
                           const struct arm *arms, unsigned count, struct str reason,
                           struct err_ctx *e)
{
    struct change c;
    struct arm dated[REGISTRY_ARMS_MAX];
    assert(count <= REGISTRY_ARMS_MAX);
    enum err err = change_begin(&c, r, rq, model, e);
    if (err)
        return err;
    err = check_arms(&c, arms, count, e);
    memcpy(dated, arms, count * sizeof *dated);
    date_arms(&c, dated, count, inside_now_ms(r));
    if (!err)
        err = registry_store_arms_replace(c.db, c.model.id, dated, count, e);
    struct decision d = {.id = inside_next_id(r),
                         .time_ms = inside_now_ms(r),
                         .verdict = STR("arms"),
                         .from_version = champion_of(c.arms, c.count),
                         .to_version = champion_of(arms, count),
                         .reason = reason,
                         .actor = inside_actor(rq),
                         .evidence = tell_change(&c, dated, count)};
    return change_end(&c, err, &d, e);
}

/* The new champion and the old one change places: the old one takes part as the new one did, and
 * leaves when the new one had no part yet. */
static unsigned swap_champion(struct arm *arms, unsigned count, int64_t to, int64_t at_ms)
{
    int from_at = -1, to_at = -1;
    for (unsigned i = 0; i < count; i++) {
        if (arms[i].mode == ARM_CHAMPION)
            from_at = (int)i;
        if (arms[i].number == to)
            to_at = (int)i;
    }
    struct arm champion = {.number = to, .mode = ARM_CHAMPION, .since_ms = at_ms};
    if (to_at < 0 && from_at < 0) {
        arms[count] = champion;
        return count + 1;
    }
    if (to_at < 0) {
        arms[from_at] = champion;
        return count;
    }
    if (from_at >= 0) {
        int64_t from = arms[from_at].number;
        arms[from_at] = arms[to_at];
        arms[from_at].number = from;
        arms[from_at].since_ms = at_ms;
    }
    arms[to_at] = champion;
    return count;
}

static enum err find_successor(struct change *c, int64_t *number, int64_t champion,
                               struct err_ctx *e)
{
    struct model_version v;
    enum err err = ERR_OK;
    if (*number == 0)
        err = registry_store_champion_before(c->db, c->model.id, champion, number, e);
    if (!err && *number == 0)
        return err_set(e, ERR_CONFLICT, "there is no earlier champion to go back to");
    if (!err && *number == champion)
        return err_set(e, ERR_CONFLICT, "version %lld is the champion already", (long long)*number);
    return err ? err : registry_store_version_find(c->db, c->model.id, *number, &v, &c->arena, e);
}

static void copy_decision(struct decision *out, const struct decision *d, struct arena *a)
{
    *out = *d;
    out->verdict = arena_str(a, d->verdict);
    out->reason = arena_str(a, d->reason);
    out->actor = arena_str(a, d->actor);
}

enum err registry_promote(struct registry *r, struct http_request *rq, struct str model,
                          int64_t number, const char *verdict, struct str reason,
                          struct decision *out, struct arena *a, struct err_ctx *e)
{
    struct change c;
    enum err err = change_begin(&c, r, rq, model, e);
    if (err)
        return err;
    int64_t champion = champion_of(c.arms, c.count);
    err = find_successor(&c, &number, champion, e);
    if (!err) {
        unsigned count = swap_champion(c.arms, c.count, number, inside_now_ms(r));
        err = registry_store_arms_replace(c.db, c.model.id, c.arms, count, e);
    }
    struct decision d = {.id = inside_next_id(r),
                         .time_ms = inside_now_ms(r),
                         .verdict = str_of(verdict),
                         .from_version = champion,
                         .to_version = number,
                         .reason = reason,
                         .actor = inside_actor(rq)};
    copy_decision(out, &d, a);
    return change_end(&c, err, &d, e);
}
