#include "catalog/profile.h"

#include <math.h>

#include "base/clock.h"
#include "base/map.h"
#include "catalog/quantiles.h"

enum { KEY_BYTES_MAX = 80, KEEP_MIN = 4096, KEEP_MAX = 1 << 18 };

struct counted {
    char *text;
    uint64_t count;
};

struct column {
    const struct schema_column *schema;
    uint64_t missing, values;
    double min, max, mean, squares; /* Welford's */
    int64_t first_ms, last_ms;
    struct quantiles quantiles;
    struct map distinct; /* text → struct counted; given up when there are too many */
    bool too_many;
};

static bool is_numeric(const struct column *c)
{
    return c->schema->type == CELL_INTEGER || c->schema->type == CELL_NUMBER;
}

static void column_init(struct column *c, const struct schema_column *schema, size_t keep)
{
    *c = (struct column){.schema = schema,
                         .min = INFINITY,
                         .max = -INFINITY,
                         .first_ms = INT64_MAX,
                         .last_ms = INT64_MIN};
    map_init(&c->distinct);
    quantiles_init(&c->quantiles, keep);
}

static void forget_distinct(struct column *c)
{
    size_t cursor = 0;
    struct str key;
    void *value;
    while (map_each(&c->distinct, &cursor, &key, &value)) {
        free(((struct counted *)value)->text);
        free(value);
    }
    map_release(&c->distinct);
    map_init(&c->distinct);
}

static void column_release(struct column *c)
{
    forget_distinct(c);
    map_release(&c->distinct);
    quantiles_release(&c->quantiles);
}

/* A long text is told apart from others by its length and hash. */
static struct str key_of(struct str text, char key[KEY_BYTES_MAX + 40])
{
    if (text.n <= KEY_BYTES_MAX)
        return text;
    memcpy(key, text.p, KEY_BYTES_MAX);
    int n =
        snprintf(key + KEY_BYTES_MAX, 40, "%zx:%llx", text.n, (unsigned long long)str_hash(text));
    return str_from(key, KEY_BYTES_MAX + (size_t)n);
}

static char *shortened(struct str text)
{
    size_t n = MIN(text.n, (size_t)KEY_BYTES_MAX);
    while (n < text.n && n > 0 && ((unsigned char)text.p[n] & 0xc0) == 0x80)
        n--;
    size_t room = n + 4;
    char *copy = xmalloc(room);
    snprintf(copy, room, STR_FMT "%s", (int)n, text.p, n < text.n ? "…" : "");
    return copy;
}

static void count_value(struct column *c, struct str key, struct str text)
{
    struct counted *found = map_get(&c->distinct, key);
    if (found) {
        found->count++;
        return;
    }
    if (c->distinct.count == PROFILE_DISTINCT_MAX) {
        c->too_many = true;
        forget_distinct(c);
        return;
    }
    found = xcalloc(1, sizeof *found);
    found->count = 1;
    found->text = shortened(text);
    map_put(&c->distinct, key, found);
}

static void add_number(struct column *c, struct str field)
{
    double value = 0;
    bool is_number = c->schema->type == CELL_INTEGER ? cell_integer(field, &value)
                                                     : cell_number(field, c->schema->point, &value);
    assert(is_number);
    c->min = fmin(c->min, value);
    c->max = fmax(c->max, value);
    double before = value - c->mean;
    c->mean += before / (double)c->values;
    c->squares += before * (value - c->mean);
    quantiles_add(&c->quantiles, value);
    if (!c->too_many)
        count_value(c, str_from((const char *)&value, sizeof value), field);
}

static void add_date(struct column *c, struct str field)
{
    int64_t time_ms = 0;
    bool is_date = cell_date(field, &time_ms);
    assert(is_date);
    c->first_ms = MIN(c->first_ms, time_ms);
    c->last_ms = MAX(c->last_ms, time_ms);
}

static void add_field(struct column *c, struct str field)
{
    char key[KEY_BYTES_MAX + 40];
    if (cell_is_missing(field)) {
        c->missing++;
        return;
    }
    c->values++;
    if (is_numeric(c)) {
        add_number(c, field);
        return;
    }
    if (c->schema->type == CELL_DATE)
        add_date(c, field);
    if (!c->too_many)
        count_value(c, key_of(field, key), field);
}

/* ---- what was counted, as JSON ---- */

static json_t *histogram(const struct column *c)
{
    unsigned bins = c->max > c->min ? PROFILE_BINS : 1;
    double width = (c->max - c->min) / bins, counts[PROFILE_BINS] = {0};
    for (size_t i = 0; i < c->quantiles.item_count; i++) {
        const struct quantiles_item *item = &c->quantiles.items[i];
        double bin = width > 0 ? floor((item->value - c->min) / width) : 0;
        counts[(unsigned)fmin(bin, bins - 1)] += item->weight;
    }
    json_t *edges = json_array(), *heights = json_array(), *both = json_object();
    for (unsigned i = 0; i <= bins; i++)
        json_push(edges, json_real(i == bins ? c->max : c->min + i * width));
    for (unsigned i = 0; i < bins; i++)
        json_push(heights, json_integer((json_int_t)counts[i]));
    json_set(both, "edges", edges);
    json_set(both, "counts", heights);
    return both;
}

static void tell_numbers(struct column *c, json_t *to)
{
    quantiles_end(&c->quantiles);
    json_set_f64(to, "min", c->min);
    json_set_f64(to, "max", c->max);
    json_set_f64(to, "mean", c->mean);
    json_set_f64(to, "sd", c->values > 1 ? sqrt(c->squares / (double)(c->values - 1)) : NAN);
    json_t *quantiles = json_array();
    for (int i = 0; i <= 4; i++)
        json_push(quantiles, json_real(i == 0   ? c->min
                                       : i == 4 ? c->max
                                                : quantiles_at(&c->quantiles, i / 4.0)));
    json_set(to, "quantiles", quantiles);
    if (isfinite(c->max - c->min))
        json_set(to, "histogram", histogram(c));
    if (!quantiles_exact(&c->quantiles))
        json_set_bool(to, "approximate", true);
}

static int most_first(const void *a, const void *b)
{
    const struct counted *x = *(struct counted *const *)a, *y = *(struct counted *const *)b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return str_cmp(str_of(x->text), str_of(y->text));
}

static json_t *top(const struct column *c)
{
    struct counted **all = xcalloc(c->distinct.count, sizeof(struct counted *));
    size_t n = 0, cursor = 0;
    struct str key;
    void *value;
    while (map_each(&c->distinct, &cursor, &key, &value))
        all[n++] = value;
    qsort(all, n, sizeof(struct counted *), most_first);
    json_t *list = json_array();
    for (size_t i = 0; i < MIN(n, (size_t)PROFILE_TOP); i++) {
        json_t *one = json_object();
        json_set_cstr(one, "value", all[i]->text);
        json_set_i64(one, "count", (int64_t)all[i]->count);
        json_push(list, one);
    }
    free(all);
    return list;
}

static json_t *column_json(struct column *c)
{
    json_t *to = json_object();
    char text[CLOCK_TEXT_BYTES];
    json_set_text(to, "name", c->schema->name);
    json_set_cstr(to, "type", cell_type_text(c->schema->type));
    if (c->schema->point == ',')
        json_set_cstr(to, "decimal", ",");
    json_set_i64(to, "missing", (int64_t)c->missing);
    json_set(to, "distinct",
             c->too_many ? json_null() : json_integer((json_int_t)c->distinct.count));
    if (c->values && is_numeric(c))
        tell_numbers(c, to);
    if (c->values && c->schema->type == CELL_DATE) {
        json_set_cstr(to, "min", clock_format(c->first_ms, text));
        json_set_cstr(to, "max", clock_format(c->last_ms, text));
    }
    if (!c->too_many)
        json_set(to, "top", top(c));
    return to;
}

static json_t *preview_row(const struct csv_reader *r)
{
    json_t *row = json_array();
    for (unsigned i = 0; i < r->columns; i++) {
        char *text = r->fields[i].n > 1024 ? shortened(r->fields[i]) : NULL;
        json_push(row, json_text(text ? str_of(text) : r->fields[i]));
        free(text);
    }
    return row;
}

static json_t *preview_begin(const struct csv_reader *r, json_t *rows)
{
    json_t *preview = json_object(), *names = json_array();
    for (unsigned i = 0; i < r->columns; i++)
        json_push(names, json_text(r->names[i]));
    json_set(preview, "columns", names);
    json_set(preview, "rows", rows);
    return preview;
}

enum err profile_read(struct csv_reader *r, const struct schema *schema, json_t **columns,
                      json_t **preview, struct err_ctx *e)
{
    size_t keep = MIN((size_t)KEEP_MAX, MAX((size_t)KEEP_MIN, PROFILE_KEEP / schema->count));
    struct column *all = xcalloc(schema->count, sizeof *all);
    json_t *rows = json_array();
    enum err err;
    for (unsigned i = 0; i < schema->count; i++)
        column_init(&all[i], &schema->columns[i], keep);
    while (!(err = csv_next(r, e)) && csv_have(r)) {
        if (json_array_size(rows) < PROFILE_PREVIEW_ROWS)
            json_push(rows, preview_row(r));
        for (unsigned i = 0; i < schema->count; i++)
            add_field(&all[i], r->fields[i]);
    }
    *preview = preview_begin(r, rows);
    *columns = json_array();
    for (unsigned i = 0; i < schema->count; i++) {
        json_push(*columns, column_json(&all[i]));
        column_release(&all[i]);
    }
    free(all);
    if (err) {
        json_decref(*columns);
        json_decref(*preview);
    }
    return err;
}
