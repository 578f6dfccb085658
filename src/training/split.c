#include "training/split.h"

#include <math.h>

#include "base/map.h"
#include "stats/rng.h"

enum { GROUPS_MAX = 10 << 20 };

/* ---- chance ---- */

/* The generator's state comes from the seed alone, by splitmix64: what a seed gave once it always
 * gives, whatever stats/rng.h does with its streams. */
static void seed_chance(struct rng *r, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        seed += 0x9e3779b97f4a7c15u;
        uint64_t z = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        r->s[i] = z ^ (z >> 31);
    }
}

static void shuffle(struct rng *r, uint64_t *items, uint64_t n)
{
    for (uint64_t i = n; i > 1; i--) {
        uint64_t k = rng_below(r, i), kept = items[i - 1];
        items[i - 1] = items[k];
        items[k] = kept;
    }
}

/* ---- the rows as the split sees them ---- */

struct table {
    uint64_t rows, groups;
    uint64_t *group; /* of each row: its class, or the value of its column; UINT64_MAX: no target */
    double *order;   /* of each row, for `time` */
    struct map names;
    bool *held; /* of each group, for `column` */
};

static uint64_t group_of(struct table *t, struct str value)
{
    void *found = map_get(&t->names, value);
    if (!found) {
        found = (void *)(uintptr_t)(++t->groups);
        map_put(&t->names, value, found);
    }
    return (uint64_t)(uintptr_t)found - 1;
}

static void table_release(struct table *t)
{
    map_release(&t->names);
    free(t->held);
    free(t->order);
    free(t->group);
}

/* `by` is the column that makes groups or order, or -1 for neither. */
static enum err read_rows(struct dataset_reader *r, unsigned target, int by, bool ordered,
                          struct table *t, struct err_ctx *e)
{
    char text[40];
    enum err err;
    while (!(err = dataset_next(r, e)) && dataset_have(r)) {
        uint64_t row = (uint64_t)r->row;
        struct str value = STR("");
        assert(row < t->rows);
        if (!dataset_text(r, target, text, &value)) {
            t->group[row] = UINT64_MAX;
            continue;
        }
        t->order[row] = (double)row;
        if (ordered && by >= 0 && !dataset_number(r, (unsigned)by, &t->order[row]))
            t->order[row] = -INFINITY;
        if (ordered || by < 0)
            continue;
        value = STR("");
        (void)dataset_text(r, (unsigned)by, text, &value);
        t->group[row] = group_of(t, value);
        if (t->groups > GROUPS_MAX)
            return err_set(e, ERR_INVALID, "there are more than %d groups", GROUPS_MAX);
    }
    return err;
}

static enum err read_table(const struct dataset_version *v, struct str target, json_t *split,
                           struct table *t, struct err_ctx *e)
{
    struct dataset_reader r;
    struct str kind = json_str(json_object_get(split, "kind"));
    struct str column = json_str(json_object_get(split, "column"));
    int by = str_is(kind, "stratified") ? dataset_column(v, target)
             : column.p                 ? dataset_column(v, column)
                                        : -1;
    int of = dataset_column(v, target);
    *t = (struct table){.rows = v->schema.rows};
    map_init(&t->names);
    if (of < 0 || (column.p && by < 0))
        return err_set(e, ERR_INVALID, "a column of the split is not in the dataset");
    t->group = xcalloc(t->rows, sizeof *t->group);
    t->order = xcalloc(t->rows, sizeof *t->order);
    enum err err = dataset_open(v, &r, e);
    if (err)
        return err;
    err = read_rows(&r, (unsigned)of, by, str_is(kind, "time"), t, e);
    dataset_close(&r);
    return err;
}

/* ---- the kinds ---- */

/* The rows that have a target, shuffled. */
static uint64_t *shuffled_rows(const struct table *t, struct rng *r, uint64_t *n)
{
    uint64_t *rows = xcalloc(t->rows, sizeof *rows);
    *n = 0;
    for (uint64_t i = 0; i < t->rows; i++)
        if (t->group[i] != UINT64_MAX)
            rows[(*n)++] = i;
    shuffle(r, rows, *n);
    return rows;
}

static uint64_t share_of(uint64_t n, double holdout)
{
    uint64_t share = (uint64_t)llround((double)n * holdout);
    return n < 2 ? 0 : MAX(MIN(share, n - 1), (uint64_t)1);
}

static void split_random(const struct table *t, struct rng *r, double holdout, struct split *s)
{
    uint64_t n, *rows = shuffled_rows(t, r, &n), held = share_of(n, holdout);
    for (uint64_t i = 0; i < n; i++)
        s->parts[rows[i]] = i < held ? SPLIT_HOLDOUT : SPLIT_TRAINING;
    free(rows);
}

struct quota {
    uint64_t group, held;
    double rest;
};

static int by_rest(const void *a, const void *b)
{
    const struct quota *x = a, *y = b;
    if (x->rest != y->rest)
        return x->rest > y->rest ? -1 : 1;
    return (x->group > y->group) - (x->group < y->group);
}

/* How many rows of each class are held out: its share rounded down, then one more for those that
 * lost most by that, until the whole has its share. A class of one row is for training; one of
 * more rows has a row in each part. */
static void set_quotas(const uint64_t *sizes, uint64_t groups, uint64_t n, double holdout,
                       uint64_t *held)
{
    struct quota *quotas = xcalloc(groups, sizeof *quotas);
    uint64_t sum = 0, wanted = share_of(n, holdout);
    for (uint64_t i = 0; i < groups; i++) {
        double exact = (double)sizes[i] * holdout;
        uint64_t most = sizes[i] - (sizes[i] > 0);
        quotas[i].group = i;
        quotas[i].held = MIN(most, MAX((uint64_t)exact, (uint64_t)(sizes[i] > 1)));
        quotas[i].rest = quotas[i].held < most ? exact - (double)quotas[i].held : -1;
        sum += quotas[i].held;
    }
    qsort(quotas, groups, sizeof *quotas, by_rest);
    for (uint64_t i = 0; i < groups; i++) {
        bool more = sum < wanted && quotas[i].rest > 0;
        held[quotas[i].group] = quotas[i].held + more;
        sum += more;
    }
    free(quotas);
}

static void split_stratified(const struct table *t, struct rng *r, double holdout, struct split *s)
{
    uint64_t n, *rows = shuffled_rows(t, r, &n);
    uint64_t *sizes = xcalloc(t->groups, sizeof *sizes), *left = xcalloc(t->groups, sizeof *left);
    for (uint64_t i = 0; i < n; i++)
        sizes[t->group[rows[i]]]++;
    set_quotas(sizes, t->groups, n, holdout, left);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t group = t->group[rows[i]];
        bool hold = left[group] > 0;
        left[group] -= hold;
        s->parts[rows[i]] = hold ? SPLIT_HOLDOUT : SPLIT_TRAINING;
    }
    free(left);
    free(sizes);
    free(rows);
}

struct timed {
    double order;
    uint64_t row;
};

static int by_time(const void *a, const void *b)
{
    const struct timed *x = a, *y = b;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static void split_time(const struct table *t, double holdout, struct split *s)
{
    struct timed *all = xcalloc(t->rows, sizeof *all);
    uint64_t n = 0;
    for (uint64_t i = 0; i < t->rows; i++)
        if (t->group[i] != UINT64_MAX)
            all[n++] = (struct timed){t->order[i], i};
    qsort(all, n, sizeof *all, by_time);
    for (uint64_t i = 0; i < n; i++)
        s->parts[all[i].row] = i < n - share_of(n, holdout) ? SPLIT_TRAINING : SPLIT_HOLDOUT;
    free(all);
}

/* Whole groups in random order until the share is reached. */
static void split_group(const struct table *t, struct rng *r, double holdout, struct split *s)
{
    uint64_t *order = xcalloc(t->groups, sizeof *order), *sizes = xcalloc(t->groups, sizeof *sizes);
    bool *held = xcalloc(t->groups, sizeof *held);
    uint64_t n = 0, sum = 0;
    for (uint64_t i = 0; i < t->rows; i++) {
        if (t->group[i] == UINT64_MAX)
            continue;
        sizes[t->group[i]]++;
        n++;
    }
    for (uint64_t i = 0; i < t->groups; i++)
        order[i] = i;
    shuffle(r, order, t->groups);
    for (uint64_t i = 0; i + 1 < t->groups && sum < share_of(n, holdout); i++) {
        held[order[i]] = true;
        sum += sizes[order[i]];
    }
    for (uint64_t i = 0; i < t->rows; i++)
        if (t->group[i] != UINT64_MAX)
            s->parts[i] = held[t->group[i]] ? SPLIT_HOLDOUT : SPLIT_TRAINING;
    free(held);
    free(sizes);
    free(order);
}

static void split_column(struct table *t, json_t *values, struct split *s)
{
    size_t i;
    json_t *value;
    t->held = xcalloc(t->groups, sizeof *t->held);
    json_array_foreach(values, i, value)
    {
        void *found = map_get(&t->names, json_str(value));
        if (found)
            t->held[(uintptr_t)found - 1] = true;
    }
    for (uint64_t row = 0; row < t->rows; row++)
        if (t->group[row] != UINT64_MAX)
            s->parts[row] = t->held[t->group[row]] ? SPLIT_HOLDOUT : SPLIT_TRAINING;
}

static enum err count_parts(struct split *s, struct err_ctx *e)
{
    for (uint64_t i = 0; i < s->rows; i++) {
        s->training += s->parts[i] == SPLIT_TRAINING;
        s->holdout += s->parts[i] == SPLIT_HOLDOUT;
    }
    if (s->training && s->holdout)
        return ERR_OK;
    return err_set_at(e, ERR_INVALID, "/dataset/split",
                      "the split leaves no rows for %s: %llu rows have a target",
                      s->training ? "the hold-out" : "training",
                      (unsigned long long)(s->training + s->holdout));
}

enum err split_make(const struct dataset_version *v, struct str target, json_t *split,
                    struct split *out, struct err_ctx *e)
{
    struct table t;
    struct rng r;
    struct str kind = json_str(json_object_get(split, "kind"));
    double holdout = json_number_value(json_object_get(split, "holdout"));
    *out = (struct split){.rows = v->schema.rows};
    enum err err = read_table(v, target, split, &t, e);
    if (err)
        goto out_table;
    out->parts = xcalloc(out->rows, 1);
    seed_chance(&r, (uint64_t)json_integer_value(json_object_get(split, "seed")));
    if (str_is(kind, "stratified"))
        split_stratified(&t, &r, holdout, out);
    else if (str_is(kind, "time"))
        split_time(&t, holdout, out);
    else if (str_is(kind, "group"))
        split_group(&t, &r, holdout, out);
    else if (str_is(kind, "column"))
        split_column(&t, json_object_get(split, "values"), out);
    else
        split_random(&t, &r, holdout, out);
    err = count_parts(out, e);
    if (err)
        split_release(out);
out_table:
    table_release(&t);
    return err;
}

void split_release(struct split *s)
{
    free(s->parts);
    *s = (struct split){NULL, 0, 0, 0};
}

const char *split_part_text(enum split_part part)
{
    static const char *const texts[] = {"", "training", "holdout"};
    return texts[part];
}

enum err split_write(const struct split *s, const char *path, struct err_ctx *e)
{
    struct buf out;
    buf_init(&out, SIZE_MAX / 2);
    buf_add(&out, STR("row,part\n"));
    for (uint64_t i = 0; i < s->rows; i++) {
        if (s->parts[i] == SPLIT_NEITHER)
            continue;
        buf_add_u64(&out, i);
        buf_add_c(&out, ',');
        buf_add(&out, str_of(split_part_text((enum split_part)s->parts[i])));
        buf_add_c(&out, '\n');
    }
    enum err err = file_write(path, buf_str(&out), e);
    buf_release(&out);
    return err;
}
