#include "predictions/internal.h"

#include "base/map.h"
#include "base/num.h"
#include "store/keys.h"

static const char own_prefix[] = "cr-";
enum { PREFIX_LENGTH = sizeof own_prefix - 1 };

char *prediction_id(int64_t seq, char text[PREDICTION_ID_BYTES])
{
    memcpy(text, own_prefix, PREFIX_LENGTH);
    id_format((uint64_t)seq, text + PREFIX_LENGTH);
    return text;
}

bool prediction_id_parse(struct str id, int64_t *seq)
{
    uint64_t number;
    if (id.n != PREFIX_LENGTH + ID_TEXT_LENGTH || !str_starts(id, str_of(own_prefix)) ||
        !id_parse(str_from(id.p + PREFIX_LENGTH, ID_TEXT_LENGTH), &number))
        return false;
    *seq = (int64_t)number;
    return true;
}

/* "abc/12" is row 12 of the request "abc". */
static bool split_row(struct str id, struct str *request, uint32_t *row)
{
    ptrdiff_t slash = -1;
    uint64_t number;
    for (size_t i = id.n; i-- > 0 && slash < 0;)
        if (id.p[i] == '/')
            slash = (ptrdiff_t)i;
    if (slash < 0 ||
        !num_parse_u64(str_from(id.p + slash + 1, id.n - (size_t)slash - 1), UINT32_MAX, &number))
        return false;
    *request = str_from(id.p, (size_t)slash);
    *row = (uint32_t)number;
    return true;
}

bool prediction_id_ok(struct str id)
{
    int64_t seq;
    uint32_t row;
    struct str request;
    if (id.n == 0 || id.n > PREDICTION_ID_MAX || !str_is_utf8(id))
        return false;
    for (size_t i = 0; i < id.n; i++)
        if ((unsigned char)id.p[i] < 0x20 || id.p[i] == 0x7f)
            return false;
    return !prediction_id_parse(id, &seq) &&
           !(split_row(id, &request, &row) && prediction_id_parse(request, &seq));
}

static enum err look_up(struct db *db, int64_t model_id, struct str id, int64_t *seq, int64_t *row,
                        struct err_ctx *e)
{
    struct rows *r = NULL;
    enum err err =
        db_query_one(db, "select seq, row_no from predictions_ids where model_id = $1 and id = $2",
                     BIND(bind_i64(model_id), bind_text(id)), &r, e);
    if (!err) {
        *seq = rows_i64(r, 0);
        *row = rows_i64(r, 1);
    }
    rows_close(r);
    return err;
}

/* A text that is no UTF-8 or has a zero byte can be nobody's id. */
static bool can_be_stored(struct str id)
{
    return id.n && id.n <= PREDICTION_ID_MAX + 16 && str_is_utf8(id) && !memchr(id.p, '\0', id.n);
}

bool predictions_has_row(uint32_t *row, uint64_t rows)
{
    if (*row == ROW_UNSAID && rows == 1)
        *row = 0;
    return *row < rows;
}

enum err predictions_resolve(struct db *db, int64_t model_id, struct str id, int64_t *seq,
                             uint32_t *row, struct err_ctx *e)
{
    struct str request;
    int64_t row_no = 0;
    *row = ROW_UNSAID;
    if (prediction_id_parse(id, seq))
        return ERR_OK;
    uint32_t named = 0;
    bool has_row = split_row(id, &request, &named);
    if (has_row && prediction_id_parse(request, seq)) {
        *row = named;
        return ERR_OK;
    }
    if (!can_be_stored(id))
        return ERR_NOT_FOUND;
    enum err err = look_up(db, model_id, id, seq, &row_no, e);
    if (!err) {
        *row = row_no < 0 ? ROW_UNSAID : (uint32_t)row_no;
        return ERR_OK;
    }
    if (err != ERR_NOT_FOUND || !has_row || request.n == 0)
        return err;
    err = look_up(db, model_id, request, seq, &row_no, e);
    *row = named;
    return !err && row_no >= 0 ? ERR_NOT_FOUND : err;
}

/* ---- many at once ---- */

/* A text that is looked up once, however often it is asked for. */
struct name {
    struct str text;
    bool found;
    int64_t seq, row;
};

struct names {
    struct map index;
    struct name *list;
    size_t count;
};

static struct name *name_of(struct names *n, struct str text)
{
    struct name *found = map_get(&n->index, text);
    if (!found) {
        found = &n->list[n->count++];
        *found = (struct name){.text = text};
        map_put(&n->index, text, found);
    }
    return found;
}

static enum err look_up_names(struct db *db, int64_t model_id, struct names *n, struct err_ctx *e)
{
    enum err err = ERR_OK;
    for (size_t at = 0, count; !err && at < n->count; at += count) {
        struct bind keys[KEYS_MAX];
        struct rows *r = NULL;
        count = MIN(n->count - at, (size_t)KEYS_MAX);
        for (size_t i = 0; i < count; i++)
            keys[i] = bind_text(n->list[at + i].text);
        err = keys_query(db,
                         "select id, seq, row_no from predictions_ids"
                         " where model_id = $1 and id in ($KEYS)",
                         BIND(bind_i64(model_id)), keys, (unsigned)count, &r, e);
        while (!err && !(err = rows_next(r, e)) && rows_have(r)) {
            struct name *found = map_get(&n->index, rows_text(r, 0));
            assert(found);
            *found = (struct name){found->text, true, rows_i64(r, 1), rows_i64(r, 2)};
        }
        rows_close(r);
    }
    return err;
}

/* What the id says by itself. Else `names` tells where to look, or NULL that it is none. */
static struct name *read_own(struct names *n, struct str id, struct place *out)
{
    struct str request;
    *out = (struct place){.row = ROW_UNSAID};
    if (prediction_id_parse(id, &out->seq)) {
        out->known = true;
    } else if (split_row(id, &request, &out->row) && prediction_id_parse(request, &out->seq)) {
        out->known = true;
    } else {
        out->row = ROW_UNSAID;
        return can_be_stored(id) ? name_of(n, id) : NULL;
    }
    return NULL;
}

/* The first look is for the ids as they are, the second for the requests that rows belong to. */
static enum err resolve_named(struct db *db, int64_t model_id, struct name **of, size_t count,
                              struct names *names, struct names *requests, struct place *out,
                              struct err_ctx *e)
{
    enum err err = look_up_names(db, model_id, names, e);
    for (size_t i = 0; !err && i < count; i++) {
        struct str request;
        uint32_t row;
        struct name *name = of[i];
        if (!name)
            continue;
        of[i] = NULL;
        if (name->found)
            out[i] =
                (struct place){true, name->row < 0 ? ROW_UNSAID : (uint32_t)name->row, name->seq};
        else if (split_row(name->text, &request, &row) && request.n)
            of[i] = name_of(requests, request);
        if (of[i])
            out[i].row = row;
    }
    if (!err)
        err = look_up_names(db, model_id, requests, e);
    for (size_t i = 0; !err && i < count; i++) {
        if (of[i] && of[i]->found && of[i]->row < 0)
            out[i] = (struct place){true, out[i].row, of[i]->seq};
    }
    return err;
}

enum err predictions_resolve_all(struct db *db, int64_t model_id, const struct str *ids,
                                 size_t count, struct place *out, struct arena *a,
                                 struct err_ctx *e)
{
    struct name **of = arena_alloc(a, (count + 1) * sizeof *of);
    struct names names = {.list = arena_alloc(a, (count + 1) * sizeof *names.list)};
    struct names requests = {.list = arena_alloc(a, (count + 1) * sizeof *requests.list)};
    map_init(&names.index);
    map_init(&requests.index);
    for (size_t i = 0; i < count; i++)
        of[i] = read_own(&names, ids[i], &out[i]);
    enum err err = resolve_named(db, model_id, of, count, &names, &requests, out, e);
    map_release(&names.index);
    map_release(&requests.index);
    return err;
}

enum err predictions_load(struct db *db, int64_t model_id, int64_t seq, struct loaded *out,
                          struct arena *a, struct err_ctx *e)
{
    struct rows *r = NULL;
    enum err err = db_query_one(db,
                                "select version, time_ms, body from predictions_records"
                                " where model_id = $1 and seq = $2",
                                BIND(bind_i64(model_id), bind_i64(seq)), &r, e);
    if (!err) {
        out->seq = seq;
        out->version = rows_i64(r, 0);
        out->time_ms = rows_i64(r, 1);
        err = record_read(arena_str(a, rows_blob(r, 2)), a, &out->view, e);
    }
    rows_close(r);
    return err;
}

/* What is in use and names no single row is somebody else's all the same. Ids of one request mostly
 * point into one record, which is unpacked once for all of them. */
enum err predictions_find(struct predictions *p, int64_t model_id, const struct str *ids,
                          uint32_t count,
                          enum err (*found)(void *context, uint32_t index,
                                            const struct found_row *row, struct err_ctx *e),
                          void *context, struct err_ctx *e)
{
    struct db *db = NULL;
    struct arena a;
    struct loaded record = {0};
    enum err err = store_read(p->opts.store, &db, e);
    if (err)
        return err;
    arena_init(&a);
    for (uint32_t i = 0; !err && i < count; i++) {
        int64_t seq = 0;
        uint32_t row = 0;
        err = predictions_resolve(db, model_id, ids[i], &seq, &row, e);
        if (!err && seq != record.seq) {
            arena_reset(&a);
            record.seq = 0;
            err = predictions_load(db, model_id, seq, &record, &a, e);
        }
        if (err == ERR_NOT_FOUND) {
            err = ERR_OK;
            continue;
        }
        struct found_row at = {seq, record.version, record.time_ms, row, &record.view};
        if (!err)
            err = found(context, i, &at, e);
    }
    arena_release(&a);
    return db_end(db, err, e);
}
