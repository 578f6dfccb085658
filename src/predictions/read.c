#include "predictions/internal.h"

/* Records are read a page at a time, with the truths and the shadows' scores of the page's span
 * beside them, so that an export of any length needs the memory of one page. A page has as many
 * records as fit into PAGE_BYTES if they are as large as those of the page before. */

enum { PAGE_RECORDS = 256, FIRST_PAGE_RECORDS = 8, PAGE_BYTES = 4 << 20 };

struct page_record {
    int64_t seq, version, time_ms;
    struct str request_id;
    struct str body;
};

struct page_truth {
    int64_t seq;
    uint32_t row;
    struct str truth;
    double weight;
};

struct page_scores {
    int64_t seq, version;
    struct str body;
};

/* What hangs on the records of a page, by their numbers. */
enum { PART_TRUTHS, PART_SCORES, PART_KINDS };

struct part_list {
    void *items;
    size_t count, room;
};

struct page {
    struct arena arena;
    struct page_record records[PAGE_RECORDS];
    unsigned count, limit;
    size_t bytes; /* of the records' bodies */
    struct part_list parts[PART_KINDS];
};

/* [labelled alone][oldest first]. Where few rows have truth, their records are found by it. */
static const char *const select_records[2][2] = {
    {"select seq, version, time_ms, request_id, body from predictions_records"
     " where model_id = $1 and seq > $2 and seq < $3 order by seq desc limit $4",
     "select seq, version, time_ms, request_id, body from predictions_records"
     " where model_id = $1 and seq > $2 and seq < $3 order by seq limit $4"},
    {"select r.seq, r.version, r.time_ms, r.request_id, r.body from"
     " (select distinct seq from predictions_feedback"
     " where model_id = $1 and seq > $2 and seq < $3 order by seq desc limit $4) f"
     " join predictions_records r on r.model_id = $1 and r.seq = f.seq order by r.seq desc",
     "select r.seq, r.version, r.time_ms, r.request_id, r.body from"
     " (select distinct seq from predictions_feedback"
     " where model_id = $1 and seq > $2 and seq < $3 order by seq limit $4) f"
     " join predictions_records r on r.model_id = $1 and r.seq = f.seq order by r.seq"},
};

static enum err load_records(struct db *db, const struct read_query *q, int64_t from, int64_t to,
                             struct page *page, struct err_ctx *e)
{
    struct rows *r = NULL;
    enum err err = db_query(
        db, select_records[q->labelled == 1][q->oldest_first],
        BIND(bind_i64(q->model_id), bind_i64(from), bind_i64(to), bind_i64(page->limit)), &r, e);
    page->count = 0;
    page->bytes = 0;
    while (!err && page->count < page->limit && !(err = rows_next(r, e)) && rows_have(r)) {
        struct page_record *record = &page->records[page->count++];
        record->seq = rows_i64(r, 0);
        record->version = rows_i64(r, 1);
        record->time_ms = rows_i64(r, 2);
        record->request_id =
            rows_is_null(r, 3) ? (struct str){NULL, 0} : arena_str(&page->arena, rows_text(r, 3));
        record->body = arena_str(&page->arena, rows_blob(r, 4));
        page->bytes += record->body.n;
    }
    rows_close(r);
    return err;
}

static void *add_part(struct part_list *l, size_t width)
{
    if (l->count == l->room) {
        l->room = l->room ? l->room * 2 : 256;
        l->items = xrealloc(l->items, l->room * width);
    }
    return (char *)l->items + l->count++ * width;
}

static void read_truth(struct rows *r, struct arena *a, void *to)
{
    *(struct page_truth *)to = (struct page_truth){rows_i64(r, 0), (uint32_t)rows_i64(r, 1),
                                                   arena_str(a, rows_text(r, 2)), rows_f64(r, 3)};
}

static void read_scores(struct rows *r, struct arena *a, void *to)
{
    *(struct page_scores *)to =
        (struct page_scores){rows_i64(r, 0), rows_i64(r, 1), arena_str(a, rows_blob(r, 2))};
}

static const struct part_kind {
    const char *sql;
    size_t width;
    void (*read)(struct rows *r, struct arena *a, void *to);
} part_kinds[PART_KINDS] = {
    [PART_TRUTHS] = {"select seq, row_no, truth, weight from predictions_feedback"
                     " where model_id = $1 and seq between $2 and $3 order by seq, row_no",
                     sizeof(struct page_truth), read_truth},
    [PART_SCORES] = {"select seq, version, body from predictions_scores"
                     " where model_id = $1 and seq between $2 and $3 order by seq, version",
                     sizeof(struct page_scores), read_scores},
};

static enum err load_parts(struct db *db, unsigned kind, int64_t model_id, int64_t low,
                           int64_t high, struct page *page, struct err_ctx *e)
{
    const struct part_kind *part = &part_kinds[kind];
    struct part_list *list = &page->parts[kind];
    struct rows *r = NULL;
    enum err err =
        db_query(db, part->sql, BIND(bind_i64(model_id), bind_i64(low), bind_i64(high)), &r, e);
    list->count = 0;
    while (!err && !(err = rows_next(r, e)) && rows_have(r))
        part->read(r, &page->arena, add_part(list, part->width));
    rows_close(r);
    return err;
}

static enum err load_page(struct db *db, const struct read_query *q, int64_t from, int64_t to,
                          struct page *page, struct err_ctx *e)
{
    arena_reset(&page->arena);
    enum err err = load_records(db, q, from, to, page, e);
    if (err || page->count == 0)
        return err;
    int64_t first = page->records[0].seq, last = page->records[page->count - 1].seq;
    for (unsigned kind = 0; !err && kind < PART_KINDS; kind++)
        err = load_parts(db, kind, q->model_id, MIN(first, last), MAX(first, last), page, e);
    return err;
}

static_assert(offsetof(struct page_truth, seq) == 0, "first_of() reads it there");
static_assert(offsetof(struct page_scores, seq) == 0, "first_of() reads it there");

/* Where those of `seq` begin in a list, which is sorted by it. */
static size_t first_of(const struct page *page, unsigned kind, int64_t seq)
{
    const struct part_list *list = &page->parts[kind];
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int64_t here;
        memcpy(&here, (const char *)list->items + middle * part_kinds[kind].width, sizeof here);
        if (here < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The truth or the scores at a place, or NULL where there are no more of `seq`. */
static const struct page_truth *truth_at(const struct page *page, size_t i, int64_t seq)
{
    const struct part_list *list = &page->parts[PART_TRUTHS];
    if (i >= list->count)
        return NULL;
    const struct page_truth *t = (const struct page_truth *)list->items + i;
    return t->seq == seq ? t : NULL;
}

static const struct page_scores *scores_at(const struct page *page, size_t i, int64_t seq)
{
    const struct part_list *list = &page->parts[PART_SCORES];
    if (i >= list->count)
        return NULL;
    const struct page_scores *s = (const struct page_scores *)list->items + i;
    return s->seq == seq ? s : NULL;
}

enum { OTHERS_MAX = 64 };

struct others {
    unsigned count;
    int64_t versions[OTHERS_MAX];
    struct scores scores[OTHERS_MAX];
};

static enum err find_others(struct page *page, const struct page_record *record, uint32_t rows,
                            struct others *others, struct err_ctx *e)
{
    const struct page_scores *s;
    enum err err = ERR_OK;
    others->count = 0;
    for (size_t i = first_of(page, PART_SCORES, record->seq);
         !err && others->count < OTHERS_MAX && (s = scores_at(page, i, record->seq)); i++) {
        others->versions[others->count] = s->version;
        err = scores_unpack(s->body, &page->arena, rows, &others->scores[others->count++], e);
    }
    return err;
}

static struct str name_row(struct page *page, const struct page_record *record,
                           const struct record_view *view, uint32_t row)
{
    char own[PREDICTION_ID_BYTES];
    if (view->row_ids)
        return view->row_ids[row];
    struct str base =
        record->request_id.p ? record->request_id : str_of(prediction_id(record->seq, own));
    if (view->rows == 1)
        return arena_str(&page->arena, base);
    return str_of(arena_printf(&page->arena, STR_FMT "/%u", STR_ARG(base), row));
}

struct reader {
    const struct read_query *query;
    bool (*row)(void *context, const struct stored_row *row);
    void *context;
    bool stopped;
};

static bool scored_by(const struct page *page, const struct page_record *record, int64_t version)
{
    if (record->version == version)
        return true;
    const struct page_scores *s;
    for (size_t i = first_of(page, PART_SCORES, record->seq);
         (s = scores_at(page, i, record->seq)) != NULL; i++)
        if (s->version == version)
            return true;
    return false;
}

static bool wanted(const struct read_query *q, const struct page *page,
                   const struct page_record *record)
{
    return record->time_ms >= q->from_ms && record->time_ms < q->to_ms &&
           (!q->version || q->version == record->version) &&
           (!q->scored_by || scored_by(page, record, q->scored_by));
}

static enum err hand_over(struct reader *reader, struct page *page,
                          const struct page_record *record, struct err_ctx *e)
{
    const struct read_query *q = reader->query;
    struct others others;
    struct record_view view;
    uint32_t first = record->seq == q->before_seq - 1 ? q->first_row : 0;
    if (!wanted(q, page, record))
        return ERR_OK;
    enum err err = record_read(record->body, &page->arena, &view, e);
    if (!err)
        err = find_others(page, record, view.rows, &others, e);
    size_t at = first_of(page, PART_TRUTHS, record->seq);
    const struct page_truth *t = truth_at(page, at, record->seq);
    while (t && t->row < first)
        t = truth_at(page, ++at, record->seq);
    for (uint32_t i = first; !err && !reader->stopped && i < view.rows; i++) {
        bool labelled = t && t->row == i;
        struct stored_row row = {.seq = record->seq,
                                 .version = record->version,
                                 .time_ms = record->time_ms,
                                 .row = i,
                                 .view = &view,
                                 .other_count = others.count,
                                 .other_versions = others.versions,
                                 .others = others.scores};
        if (labelled) {
            row.truth = t->truth;
            row.weight = t->weight;
            t = truth_at(page, ++at, record->seq);
        }
        if (q->labelled >= 0 && (q->labelled == 1) != labelled)
            continue;
        row.id = name_row(page, record, &view, i);
        reader->stopped = !reader->row(reader->context, &row);
    }
    return err;
}

/* A record's number tells its time, or a little later: the clock may have stood still while many
 * came. The margin is a minute; the exact time decides. */
static void bounds(const struct read_query *q, int64_t *from, int64_t *to)
{
    enum { MARGIN_MS = 60000 };
    *from = q->from_ms > 0 ? (int64_t)id_floor(q->from_ms) - 1 : -1;
    *to = q->to_ms < INT64_MAX - MARGIN_MS ? (int64_t)id_floor(q->to_ms + MARGIN_MS) : INT64_MAX;
    if (q->before_seq && q->before_seq < *to)
        *to = q->before_seq;
}

static unsigned next_limit(const struct page *page)
{
    size_t record_bytes = page->bytes / MAX(page->count, 1u) + 1;
    return (unsigned)MAX(1u, MIN((size_t)PAGE_RECORDS, PAGE_BYTES / record_bytes));
}

enum err predictions_read_in(struct db *db, const struct read_query *query,
                             bool (*row)(void *context, const struct stored_row *row),
                             void *context, struct err_ctx *e)
{
    struct reader reader = {query, row, context, false};
    struct page *page = xcalloc(1, sizeof *page);
    enum err err;
    int64_t from, to;
    bool more;
    bounds(query, &from, &to);
    page->limit = FIRST_PAGE_RECORDS;
    do {
        err = load_page(db, query, from, to, page, e);
        for (unsigned i = 0; !err && !reader.stopped && i < page->count; i++)
            err = hand_over(&reader, page, &page->records[i], e);
        if (page->count && query->oldest_first)
            from = page->records[page->count - 1].seq;
        else if (page->count)
            to = page->records[page->count - 1].seq;
        more = page->count == page->limit;
        page->limit = next_limit(page);
    } while (!err && !reader.stopped && more);
    for (unsigned kind = 0; kind < PART_KINDS; kind++)
        free(page->parts[kind].items);
    arena_release(&page->arena);
    free(page);
    return err;
}

enum err predictions_read(struct predictions *p, const struct read_query *query,
                          bool (*row)(void *context, const struct stored_row *row), void *context,
                          struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = store_read(p->opts.store, &db, e);
    if (err)
        return err;
    return db_end(db, predictions_read_in(db, query, row, context, e), e);
}

const struct scores *stored_row_scores(const struct stored_row *row, int64_t version)
{
    if (row->version == version)
        return &row->view->scores;
    for (unsigned i = 0; i < row->other_count; i++)
        if (row->other_versions[i] == version)
            return &row->others[i];
    return NULL;
}
