#include "predictions/record.h"

#include "base/err.h"
#include "base/num.h"

enum { FORMAT = 1 };

/* ---- packing ---- */

static void add_number(struct buf *b, uint64_t value)
{
    while (value >= 0x80) {
        buf_add_c(b, (char)(value | 0x80));
        value >>= 7;
    }
    buf_add_c(b, (char)value);
}

static void add_text(struct buf *b, struct str s)
{
    add_number(b, s.n);
    buf_add(b, s);
}

static void add_bytes(struct buf *b, const void *p, size_t n)
{
    buf_add(b, str_from(p, n));
}

static void add_tensor(struct buf *b, const struct tensor *t)
{
    buf_add_c(b, (char)t->datatype);
    buf_add_c(b, (char)t->rank);
    for (unsigned d = 0; d < t->rank; d++)
        add_number(b, (uint64_t)t->shape[d]);
    if (t->datatype != DATATYPE_BYTES) {
        add_bytes(b, t->data, tensor_bytes(t));
        return;
    }
    const struct str *texts = t->data;
    for (size_t i = 0; i < t->count; i++)
        add_text(b, texts[i]);
}

static void add_scores(struct buf *b, const struct scores *s)
{
    buf_add_c(b, (char)s->task);
    if (s->task == TASK_REGRESSION)
        add_bytes(b, s->values, s->rows * sizeof *s->values);
    if (s->task != TASK_CLASSIFICATION)
        return;
    add_number(b, s->class_count);
    add_bytes(b, s->classes, s->rows * sizeof *s->classes);
    for (uint32_t i = 0; i < s->rows; i++)
        if (s->classes[i] == SCORES_NO_CLASS)
            add_text(b, s->others ? s->others[i] : STR(""));
    buf_add_c(b, s->probabilities != NULL);
    if (s->probabilities)
        add_bytes(b, s->probabilities, (size_t)s->rows * s->class_count * sizeof(float));
}

static void add_body(struct buf *b, const struct record_head *head, const struct tensor *inputs,
                     unsigned input_count, const struct scores *scores)
{
    buf_add_c(b, FORMAT);
    add_number(b, scores->rows);
    add_number(b, head->row_ids ? scores->rows : 0);
    for (uint32_t i = 0; head->row_ids && i < scores->rows; i++)
        add_text(b, head->row_ids[i]);
    add_number(b, inputs ? input_count : 0);
    for (unsigned i = 0; inputs && i < input_count; i++)
        add_tensor(b, &inputs[i]);
    add_scores(b, scores);
}

struct str scores_pack(const struct scores *s, struct arena *a)
{
    struct buf b;
    buf_init(&b, RECORD_BYTES_MAX);
    add_scores(&b, s);
    struct str packed = arena_str(a, buf_str(&b));
    buf_release(&b);
    return packed;
}

/* ---- unpacking ---- */

struct unpacker {
    struct str rest;
    struct arena *arena;
    bool broken;
};

static uint64_t take_number(struct unpacker *u)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && u->rest.n; shift += 7) {
        unsigned char c = (unsigned char)*u->rest.p++;
        u->rest.n--;
        value |= (uint64_t)(c & 0x7f) << shift;
        if (!(c & 0x80))
            return value;
    }
    u->broken = true;
    return 0;
}

static uint32_t take_small(struct unpacker *u, uint32_t max)
{
    uint64_t value = take_number(u);
    if (value > max)
        u->broken = true;
    return u->broken ? 0 : (uint32_t)value;
}

static const char *take_bytes(struct unpacker *u, size_t n)
{
    if (u->broken || n > u->rest.n) {
        u->broken = true;
        return NULL;
    }
    const char *p = u->rest.p;
    u->rest = str_from(p + n, u->rest.n - n);
    return p;
}

static struct str take_text(struct unpacker *u)
{
    size_t n = take_number(u);
    const char *p = take_bytes(u, n);
    return str_from(p ? p : "", p ? n : 0);
}

/* An aligned copy of `count` elements. */
static void *take_copy(struct unpacker *u, size_t count, size_t width)
{
    size_t bytes;
    if (!num_mul(count, width, &bytes))
        u->broken = true;
    const char *p = u->broken ? NULL : take_bytes(u, bytes);
    if (!p)
        return NULL;
    void *copy = arena_alloc_aligned(u->arena, bytes, 64);
    return memcpy(copy, p, bytes);
}

static unsigned take_byte(struct unpacker *u)
{
    const char *p = take_bytes(u, 1);
    return p ? (unsigned char)*p : 0;
}

static void take_tensor(struct unpacker *u, struct tensor *t)
{
    *t = (struct tensor){.datatype = (enum datatype)take_byte(u), .rank = take_byte(u)};
    if (t->datatype == DATATYPE_NONE || t->datatype >= DATATYPE_COUNT || t->rank > TENSOR_RANK_MAX)
        u->broken = true;
    for (unsigned d = 0; !u->broken && d < t->rank; d++)
        t->shape[d] = (int64_t)take_number(u);
    /* Each element takes at least a byte: a larger count cannot be meant. */
    if (u->broken || !tensor_count(t->shape, t->rank, &t->count) || t->count > u->rest.n) {
        u->broken = true;
        return;
    }
    if (t->datatype != DATATYPE_BYTES) {
        t->data = take_copy(u, t->count, datatype_bytes(t->datatype));
        return;
    }
    struct str *texts = arena_alloc(u->arena, t->count * sizeof *texts);
    for (size_t i = 0; i < t->count; i++)
        texts[i] = take_text(u);
    t->data = texts;
}

static void take_classes(struct unpacker *u, struct scores *s)
{
    s->class_count = take_small(u, SIGNATURE_CLASSES_MAX);
    s->classes = take_copy(u, s->rows, sizeof *s->classes);
    for (uint32_t i = 0; !u->broken && i < s->rows; i++) {
        if (s->classes[i] != SCORES_NO_CLASS)
            continue;
        if (!s->others)
            s->others = arena_zalloc(u->arena, s->rows * sizeof *s->others);
        s->others[i] = take_text(u);
    }
    if (take_byte(u) && !u->broken)
        s->probabilities = take_copy(u, (size_t)s->rows * s->class_count, sizeof(float));
}

static void take_scores(struct unpacker *u, uint32_t rows, struct scores *s)
{
    *s = (struct scores){.task = (enum task)take_byte(u), .rows = rows};
    if (s->task == TASK_CLASSIFICATION)
        take_classes(u, s);
    else if (s->task == TASK_REGRESSION)
        s->values = take_copy(u, rows, sizeof *s->values);
    else if (s->task != TASK_OTHER)
        u->broken = true;
}

static enum err unpacked(const struct unpacker *u, struct err_ctx *e)
{
    if (u->broken || u->rest.n)
        return err_set(e, ERR_CORRUPT, "a record of the prediction log cannot be read");
    return ERR_OK;
}

enum err record_read(struct str body, struct arena *a, struct record_view *out, struct err_ctx *e)
{
    struct unpacker u = {body, a, false};
    *out = (struct record_view){0};
    if (take_byte(&u) != FORMAT)
        u.broken = true;
    out->rows = take_small(&u, UINT32_MAX);
    uint64_t ids = take_number(&u);
    if (ids && (ids != out->rows || ids > u.rest.n))
        u.broken = true;
    if (ids && !u.broken) {
        struct str *texts = arena_alloc(a, ids * sizeof *texts);
        for (uint64_t i = 0; i < ids; i++)
            texts[i] = take_text(&u);
        out->row_ids = texts;
    }
    uint64_t tensors = take_number(&u);
    if (tensors > SIGNATURE_TENSORS_MAX)
        u.broken = true;
    out->input_count = u.broken ? 0 : (unsigned)tensors;
    out->inputs = arena_alloc(a, out->input_count * sizeof *out->inputs);
    for (unsigned i = 0; !u.broken && i < out->input_count; i++)
        take_tensor(&u, &out->inputs[i]);
    if (!u.broken)
        take_scores(&u, out->rows, &out->scores);
    return unpacked(&u, e);
}

enum err scores_unpack(struct str packed, struct arena *a, uint32_t rows, struct scores *out,
                       struct err_ctx *e)
{
    struct unpacker u = {packed, a, false};
    take_scores(&u, rows, out);
    return unpacked(&u, e);
}

struct scores scores_row(const struct scores *s, uint32_t row, struct arena *a)
{
    assert(row < s->rows);
    struct scores one = {.task = s->task, .rows = 1, .class_count = s->class_count};
    if (s->values) {
        one.values = arena_alloc(a, sizeof *one.values);
        one.values[0] = s->values[row];
    }
    if (s->classes) {
        one.classes = arena_alloc(a, sizeof *one.classes);
        one.classes[0] = s->classes[row];
    }
    if (s->others) {
        one.others = arena_alloc(a, sizeof *one.others);
        one.others[0] = arena_str(a, s->others[row]);
    }
    if (s->probabilities) {
        size_t bytes = s->class_count * sizeof *one.probabilities;
        one.probabilities = arena_alloc(a, bytes);
        memcpy(one.probabilities, s->probabilities + (size_t)row * s->class_count, bytes);
    }
    return one;
}

/* ---- life ---- */

/* The views of the ids look into the body, where they stand behind the counts. */
static void point_at_ids(struct record *r)
{
    struct unpacker u = {r->body, NULL, false};
    (void)take_byte(&u);
    (void)take_number(&u);
    uint64_t ids = take_number(&u);
    assert(ids == r->rows);
    r->row_ids = (struct str *)(void *)(r + 1);
    for (uint32_t i = 0; i < r->rows; i++)
        r->row_ids[i] = take_text(&u);
    assert(!u.broken);
}

/* Everything of a record lies in one block behind it. */
enum err record_new(const struct record_head *head, const struct tensor *inputs,
                    unsigned input_count, const struct scores *scores, struct record **out,
                    struct err_ctx *e)
{
    struct buf b;
    buf_init(&b, RECORD_BYTES_MAX);
    size_t id_bytes = head->row_ids ? scores->rows * sizeof(struct str) : 0;
    size_t before = sizeof(struct record) + id_bytes;
    char *room = buf_room(&b, before + 160);
    if (room)
        buf_took(&b, before);
    buf_add(&b, head->request_id);
    buf_add(&b, head->unit);
    size_t body_at = b.n;
    add_body(&b, head, inputs, input_count, scores);
    if (buf_failed(&b)) {
        buf_release(&b);
        return err_set(e, ERR_TOO_LARGE,
                       "the request and its answer have more than the %d bytes that the log keeps "
                       "of one request; send fewer rows at once",
                       RECORD_BYTES_MAX);
    }
    struct record *r = (struct record *)(void *)b.p;
    *r = (struct record){.model_id = head->model_id,
                         .seq = head->seq,
                         .time_ms = head->time_ms,
                         .version = head->version,
                         .rows = scores->rows,
                         .body = str_from(b.p + body_at, b.n - body_at)};
    atomic_init(&r->refs, 1);
    atomic_init(&r->discarded, false);
    if (head->request_id.p)
        r->request_id = str_from(b.p + before, head->request_id.n);
    if (head->unit.p)
        r->unit = str_from(b.p + before + head->request_id.n, head->unit.n);
    if (head->row_ids)
        point_at_ids(r);
    *out = r;
    return ERR_OK;
}

struct record *record_ref(struct record *r)
{
    atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
    return r;
}

void record_unref(struct record *r)
{
    if (r && atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) == 1)
        free(r);
}

/* ---- comparing ---- */

static bool same_slice(const struct tensor *s, uint32_t i, const struct tensor *t, uint32_t k)
{
    if (s->datatype != t->datatype || s->rank != t->rank || s->rank == 0)
        return false;
    for (unsigned d = 1; d < s->rank; d++)
        if (s->shape[d] != t->shape[d])
            return false;
    if (i >= (uint64_t)s->shape[0] || k >= (uint64_t)t->shape[0])
        return false;
    size_t width = s->count / (size_t)s->shape[0];
    if (s->datatype != DATATYPE_BYTES) {
        size_t bytes = width * datatype_bytes(s->datatype);
        return memcmp((char *)s->data + i * bytes, (char *)t->data + k * bytes, bytes) == 0;
    }
    const struct str *x = (struct str *)s->data + i * width, *y = (struct str *)t->data + k * width;
    for (size_t c = 0; c < width; c++)
        if (!str_eq(x[c], y[c]))
            return false;
    return true;
}

bool record_same_row(const struct record_view *x, uint32_t i, const struct record_view *y,
                     uint32_t k)
{
    if (x->input_count != y->input_count)
        return false;
    for (unsigned t = 0; t < x->input_count; t++)
        if (!same_slice(&x->inputs[t], i, &y->inputs[t], k))
            return false;
    return true;
}
