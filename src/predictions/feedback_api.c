#include "predictions/predictions_api.h"

#include <math.h>

#include "base/log.h"
#include "base/num.h"

/* Truth from outside, in three forms: {"items": [...]}, a JSON object per line, or CSV with the
 * columns id and truth (weight and time if they are there). What is wrong with an item is told by
 * its index, and the others count. */

enum { ITEMS_MAX = 1000000, ERRORS_MAX = 100, TRUTH_BYTES_MAX = 1024 };

struct intake {
    struct http_request *rq;
    struct arena *arena;
    enum task task;
    struct feedback_item *items;
    uint64_t *indices; /* of the items in the request */
    size_t count, capacity;
    uint64_t index, rejected;
    json_t *errors;
};

static void reject(struct intake *in, const char *why)
{
    in->rejected++;
    if (json_array_size(in->errors) >= ERRORS_MAX)
        return;
    json_t *error = json_object();
    json_set_i64(error, "index", (int64_t)in->index);
    json_set_cstr(error, "detail", why);
    json_push(in->errors, error);
}

static void keep(struct intake *in, const struct feedback_item *item)
{
    if (in->count == in->capacity) {
        in->capacity = in->capacity ? in->capacity * 2 : 64;
        in->items = xrealloc(in->items, in->capacity * sizeof *in->items);
        in->indices = xrealloc(in->indices, in->capacity * sizeof *in->indices);
    }
    in->indices[in->count] = in->index;
    in->items[in->count++] = *item;
}

/* A text that may be stored: not too long, UTF-8, no zero byte. */
static bool storable(struct str s, size_t max)
{
    return s.n > 0 && s.n <= max && str_is_utf8(s) && !memchr(s.p, '\0', s.n);
}

static void consider(struct intake *in, struct feedback_item *item)
{
    double number;
    if (!storable(item->id, PREDICTION_ID_MAX + 16))
        reject(in, "\"id\" must be the id of a prediction, as a text");
    else if (!storable(item->truth, TRUTH_BYTES_MAX))
        reject(in, "\"truth\" is missing or is no label of at most 1024 bytes");
    else if (in->task == TASK_REGRESSION && !num_parse_f64(item->truth, &number))
        reject(in, "\"truth\" must be a number for a regression model");
    else if (!(item->weight >= 0) || !isfinite(item->weight))
        reject(in, "\"weight\" must be a number that is not negative");
    else
        keep(in, item);
    in->index++;
}

/* ---- JSON ---- */

/* Labels are compared as text, so a number that is meant as a label becomes the text that people
 * would write. */
static struct str truth_text(struct intake *in, const json_t *truth)
{
    if (json_is_string(truth))
        return json_str(truth);
    if (json_is_boolean(truth))
        return json_is_true(truth) ? STR("true") : STR("false");
    if (json_is_integer(truth))
        return str_of(arena_printf(in->arena, "%lld", (long long)json_integer_value(truth)));
    if (!json_is_real(truth))
        return (struct str){NULL, 0};
    struct buf b;
    buf_init(&b, 64);
    buf_add_f64(&b, json_real_value(truth));
    struct str text = arena_str(in->arena, buf_str(&b));
    buf_release(&b);
    return text;
}

static void take_object(struct intake *in, json_t *object)
{
    json_t *id = json_object_get(object, "id"), *weight = json_object_get(object, "weight");
    json_t *time = json_object_get(object, "time");
    struct feedback_item item = {.truth = truth_text(in, json_object_get(object, "truth")),
                                 .weight = 1};
    if (json_is_string(id))
        item.id = json_str(id);
    if (weight && !json_is_null(weight))
        item.weight = json_is_number(weight) ? json_number_value(weight) : NAN;
    if (time && !json_is_null(time) && !clock_parse(json_str(time), &item.time_ms)) {
        reject(in, "\"time\" must be a time like 2026-01-31T08:15:00Z");
        in->index++;
        return;
    }
    consider(in, &item);
}

static enum err read_json(struct intake *in, struct err_ctx *e)
{
    json_t *body = NULL, *list = NULL;
    enum err err = http_json_object(in->rq, &body, e);
    if (!err)
        err = json_want_array(body, "items", ITEMS_MAX, &list, e);
    if (!err && !list)
        err = err_set_at(e, ERR_INVALID, "/items", "\"items\" is missing");
    for (size_t i = 0; !err && i < json_array_size(list); i++)
        take_object(in, json_array_get(list, i));
    return err;
}

static void release_json(void *value)
{
    json_decref(value);
}

static enum err read_ndjson(struct intake *in, struct err_ctx *e)
{
    struct str rest = in->rq->body, line;
    while (str_split(&rest, '\n', &line)) {
        json_t *object = NULL;
        struct err_ctx quiet;
        err_ctx_init(&quiet);
        line = str_trim(line);
        if (line.n == 0)
            continue;
        if (in->index == ITEMS_MAX)
            return err_set(e, ERR_TOO_LARGE, "at most %d items at once", ITEMS_MAX);
        if (json_read_object(line, &object, &quiet)) {
            reject(in, quiet.detail);
            in->index++;
            continue;
        }
        arena_on_release(in->arena, release_json, object);
        take_object(in, object);
    }
    return ERR_OK;
}

/* ---- CSV ---- */

enum { CSV_FIELDS_MAX = 16, CSV_RECORD_BYTES_MAX = 8192 };

/* Behind the quote that closes the field which begins with one; behind `end` where none does. */
static size_t quoted_end(struct str s, size_t at, size_t end)
{
    for (size_t i = at + 1; i < end; i++) {
        if (s.p[i] != '"')
            continue;
        if (i + 1 < end && s.p[i + 1] == '"')
            i++;
        else
            return i + 1;
    }
    return end + 1;
}

/* Where the record ends that the text begins with. Its quoted fields may go over several lines; a
 * quote that nothing closes spoils its own line only. */
static size_t record_end(struct str s)
{
    ptrdiff_t newline = str_find(s, '\n');
    size_t line_end = newline < 0 ? s.n : (size_t)newline, end = MIN(s.n, CSV_RECORD_BYTES_MAX);
    for (size_t i = 0; i < end; i++) {
        if (s.p[i] == '"') {
            i = quoted_end(s, i, end);
            if (i > end || (i < end && !strchr(",\r\n", s.p[i])))
                return line_end;
        }
        while (i < end && s.p[i] != ',' && s.p[i] != '\n')
            i++;
        if (i < end && s.p[i] == '\n')
            return i;
    }
    return end == s.n ? s.n : line_end;
}

static bool next_record(struct str *rest, struct str *record)
{
    if (!rest->p)
        return false;
    size_t end = record_end(*rest);
    *record = str_trim(str_from(rest->p, end));
    *rest = end < rest->n ? str_from(rest->p + end + 1, rest->n - end - 1) : (struct str){NULL, 0};
    return true;
}

/* Fields with or without quotes. None where a quote is not closed, or something follows one that
 * is. */
static unsigned split_line(struct intake *in, struct str line, struct str fields[CSV_FIELDS_MAX])
{
    unsigned n = 0;
    while (line.p && n < CSV_FIELDS_MAX) {
        if (!str_starts(line, STR("\""))) {
            (void)str_split(&line, ',', &fields[n]);
            fields[n] = str_trim(fields[n]);
            n++;
            continue;
        }
        char *to = arena_alloc(in->arena, line.n + 1);
        size_t length = 0, i = 1;
        for (; i < line.n && (line.p[i] != '"' || (i + 1 < line.n && line.p[i + 1] == '"')); i++) {
            i += line.p[i] == '"';
            to[length++] = line.p[i];
        }
        if (i == line.n)
            return 0;
        fields[n++] = str_from(to, length);
        line = str_from(line.p + i + 1, line.n - i - 1);
        if (line.n && line.p[0] != ',')
            return 0;
        line = line.n ? str_from(line.p + 1, line.n - 1) : (struct str){NULL, 0};
    }
    return n;
}

struct columns {
    int id, truth, weight, time;
};

static enum err read_header(struct intake *in, struct str line, struct columns *c,
                            struct err_ctx *e)
{
    struct str fields[CSV_FIELDS_MAX];
    unsigned n = split_line(in, line, fields);
    *c = (struct columns){-1, -1, -1, -1};
    for (unsigned i = 0; i < n; i++) {
        if (str_is(fields[i], "id"))
            c->id = (int)i;
        else if (str_is(fields[i], "truth"))
            c->truth = (int)i;
        else if (str_is(fields[i], "weight"))
            c->weight = (int)i;
        else if (str_is(fields[i], "time"))
            c->time = (int)i;
    }
    if (c->id >= 0 && c->truth >= 0)
        return ERR_OK;
    return err_set(e, ERR_INVALID, "the first line of the CSV must name the columns id and truth");
}

static void take_fields(struct intake *in, const struct str *fields, unsigned n,
                        const struct columns *c)
{
    struct feedback_item item = {.weight = 1};
    if (c->id < (int)n)
        item.id = fields[c->id];
    if (c->truth < (int)n)
        item.truth = fields[c->truth];
    if (c->weight >= 0 && c->weight < (int)n && fields[c->weight].n &&
        !num_parse_f64(fields[c->weight], &item.weight))
        item.weight = NAN;
    if (c->time >= 0 && c->time < (int)n && fields[c->time].n &&
        !clock_parse(fields[c->time], &item.time_ms)) {
        reject(in, "\"time\" must be a time like 2026-01-31T08:15:00Z");
        in->index++;
        return;
    }
    consider(in, &item);
}

static enum err read_csv(struct intake *in, struct err_ctx *e)
{
    struct str rest = in->rq->body, line, fields[CSV_FIELDS_MAX];
    struct columns c;
    if (str_starts(rest, STR("\xef\xbb\xbf")))
        rest = str_from(rest.p + 3, rest.n - 3);
    if (!str_split(&rest, '\n', &line))
        line = STR("");
    enum err err = read_header(in, str_trim(line), &c, e);
    while (!err && next_record(&rest, &line)) {
        if (line.n == 0)
            continue;
        if (in->index == ITEMS_MAX)
            return err_set(e, ERR_TOO_LARGE, "at most %d items at once", ITEMS_MAX);
        unsigned n = split_line(in, line, fields);
        take_fields(in, fields, n, &c);
    }
    return err;
}

/* ---- the call ---- */

static enum err read_body(struct intake *in, struct err_ctx *e)
{
    struct str type = http_header(in->rq, "Content-Type");
    ptrdiff_t at = type.p ? str_find(type, ';') : -1;
    type = str_trim(at < 0 ? type : str_from(type.p, (size_t)at));
    if (str_is_nocase(type, "text/csv"))
        return read_csv(in, e);
    if (str_is_nocase(type, "application/x-ndjson") || str_is_nocase(type, "application/jsonl"))
        return read_ndjson(in, e);
    /* What curl -d says when it is told nothing: JSON all the same. */
    bool unsaid = type.n == 0 || str_is_nocase(type, "application/x-www-form-urlencoded");
    if (!unsaid && !str_is_nocase(type, "application/json"))
        return err_set(e, ERR_UNSUPPORTED,
                       "feedback comes as application/json, application/x-ndjson or text/csv, not "
                       "as " STR_FMT,
                       STR_ARG(type));
    return read_json(in, e);
}

static void set_counts(const struct intake *in, const struct feedback_result *result, json_t *to)
{
    json_set_i64(to, "joined", (int64_t)result->joined);
    json_set_i64(to, "updated", (int64_t)result->updated);
    json_set_i64(to, "queued", (int64_t)result->queued);
    json_set_i64(to, "rejected", (int64_t)in->rejected);
}

static void answer(struct intake *in, const struct feedback_result *result)
{
    json_t *body = json_object();
    set_counts(in, result, body);
    json_set(body, "errors", json_incref(in->errors));
    bool nothing = in->rejected && !in->count;
    http_answer_json(in->rq, nothing ? 422 : 200, body);
}

/* The store failed when a part was stored: the problem tells how far it came. */
static void answer_partly(struct intake *in, const struct feedback_result *result,
                          const struct err_ctx *why)
{
    uint64_t next = in->indices[result->stored];
    struct err_ctx e;
    err_ctx_init(&e);
    err_set_at(&e, why->code, arena_printf(in->arena, "/items/%llu", (unsigned long long)next),
               "%s; the items before index %llu are stored, this and the following ones are not: "
               "the request may be sent again as it is",
               why->detail[0] ? why->detail : err_title(why->code), (unsigned long long)next);
    log_error("predictions", "%llu of %zu truths are stored: %s",
              (unsigned long long)result->stored, in->count, e.detail);
    http_answer_problem(in->rq, &e);
    struct buf *b = &in->rq->answer.body;
    json_t *body = json_stored(buf_str(b));
    set_counts(in, result, body);
    json_set_i64(body, "next", (int64_t)next);
    buf_clear(b);
    http_answer_json(in->rq, err_status(e.code), body);
    in->rq->answer.content_type = "application/problem+json";
    http_answer_header(in->rq, "Retry-After", "1");
}

static enum err take_items(struct intake *in, struct predictions *p, int64_t model_id,
                           struct feedback_result *result, struct err_ctx *e)
{
    struct err_ctx why;
    err_ctx_init(&why);
    enum err err = predictions_feedback(p, model_id, in->items, in->count, result, &why);
    if (err && result->stored == 0) {
        *e = why;
        return err;
    }
    why.code = err;
    if (err)
        answer_partly(in, result, &why);
    return ERR_OK;
}

enum err predictions_api_feedback_post(struct http_request *rq, struct err_ctx *e)
{
    struct predictions *p = rq->context;
    struct intake in = {.rq = rq, .arena = &rq->arena, .errors = json_array()};
    struct feedback_result result = {0};
    struct model model;
    enum err err = registry_model(predictions_registry(p), rq->params[0], &model, &rq->arena, e);
    in.task = err ? TASK_OTHER : model.task;
    if (!err)
        err = read_body(&in, e);
    if (!err && in.count)
        err = take_items(&in, p, model.id, &result, e);
    if (!err && !rq->answer.body.n)
        answer(&in, &result);
    free(in.indices);
    free(in.items);
    json_decref(in.errors);
    return err;
}
