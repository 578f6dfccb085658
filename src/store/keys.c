#include "store/keys.h"

#include "base/buf.h"

enum { BINDS_FIRST_MAX = 4, BINDS_ALL_MAX = KEYS_MAX + BINDS_FIRST_MAX, SQL_BYTES_MAX = 8192 };

/* "$3, $4" */
static void add_numbers(struct buf *b, unsigned from, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        buf_add(b, i ? STR(", $") : STR("$"));
        buf_add_u64(b, from + i);
    }
}

/* "($1, $2, $3), ($1, $4, $5)", or without the shared ones before `from`. */
static void add_rows(struct buf *b, unsigned shared, unsigned from, unsigned width, unsigned rows)
{
    for (unsigned i = 0; i < rows; i++) {
        buf_add(b, i ? STR(", (") : STR("("));
        add_numbers(b, 1, shared);
        if (shared)
            buf_add(b, STR(", "));
        add_numbers(b, from + i * width, width);
        buf_add_c(b, ')');
    }
}

/* The SQL up to the word and behind it. */
static void split(const char *sql, const char *word, struct str *before, struct str *after)
{
    ptrdiff_t at = str_find_str(str_of(sql), str_of(word));
    assert(at >= 0);
    *before = str_from(sql, (size_t)at);
    *after = str_of(sql + at + strlen(word));
}

/* ---- looking up ---- */

static unsigned list_length(unsigned count, unsigned max)
{
    enum { FEW = 8 };
    if (count <= 1)
        return 1;
    return count <= FEW ? FEW : max;
}

/* The query with its list in it; what the keys do not fill is NULL. */
static enum err query(struct db *db, const struct buf *text, struct binds first,
                      const struct bind *keys, unsigned count, unsigned length, struct rows **out,
                      struct err_ctx *e)
{
    struct bind binds[BINDS_ALL_MAX];
    for (unsigned i = 0; i < first.count; i++)
        binds[i] = first.values[i];
    for (unsigned i = 0; i < length; i++)
        binds[first.count + i] = i < count ? keys[i] : bind_null();
    return db_query(db, text->p, (struct binds){binds, first.count + length}, out, e);
}

enum err keys_query(struct db *db, const char *sql, struct binds first, const struct bind *keys,
                    unsigned count, struct rows **out, struct err_ctx *e)
{
    assert(first.count <= BINDS_FIRST_MAX && count <= KEYS_MAX);
    struct str before, after;
    struct buf text;
    unsigned length = list_length(count, KEYS_MAX);
    split(sql, "$KEYS", &before, &after);
    buf_init(&text, SQL_BYTES_MAX);
    buf_add(&text, before);
    add_numbers(&text, first.count + 1, length);
    buf_add(&text, after);
    buf_add_c(&text, '\0');
    enum err err = query(db, &text, first, keys, count, length, out, e);
    buf_release(&text);
    return err;
}

enum err keys_query_rows(struct db *db, const char *sql, struct binds first,
                         const struct bind *keys, unsigned width, unsigned count, struct rows **out,
                         struct err_ctx *e)
{
    assert(first.count <= BINDS_FIRST_MAX && width * count <= KEYS_MAX);
    struct str before, after;
    struct buf text;
    unsigned rows = list_length(count, KEYS_MAX / width);
    split(sql, "$ROWS", &before, &after);
    buf_init(&text, SQL_BYTES_MAX);
    buf_add(&text, before);
    add_rows(&text, 0, first.count + 1, width, rows);
    buf_add(&text, after);
    buf_add_c(&text, '\0');
    enum err err = query(db, &text, first, keys, count * width, rows * width, out, e);
    buf_release(&text);
    return err;
}

/* ---- inserting ---- */

/* `count` statements of `rows` rows each. */
static enum err insert(struct db *db, const char *sql, struct binds first,
                       const struct bind *values, unsigned width, unsigned rows, size_t count,
                       struct err_ctx *e)
{
    struct str before, after;
    struct buf text;
    unsigned own = width * rows, all = first.count + own;
    if (count == 0)
        return ERR_OK;
    split(sql, "$ROWS", &before, &after);
    buf_init(&text, SQL_BYTES_MAX);
    buf_add(&text, before);
    add_rows(&text, first.count, first.count + 1, width, rows);
    buf_add(&text, after);
    buf_add_c(&text, '\0');
    struct bind *binds = xmalloc(count * all * sizeof *binds);
    struct binds *sets = xmalloc(count * sizeof *sets);
    for (size_t i = 0; i < count; i++) {
        for (unsigned k = 0; k < first.count; k++)
            binds[i * all + k] = first.values[k];
        memcpy(binds + i * all + first.count, values + i * own, own * sizeof *binds);
        sets[i] = (struct binds){binds + i * all, all};
    }
    enum err err = db_exec_many(db, text.p, sets, count, e);
    free(sets);
    free(binds);
    buf_release(&text);
    return err;
}

enum err keys_insert(struct db *db, const char *sql, struct binds first, const struct bind *values,
                     unsigned width, size_t count, struct err_ctx *e)
{
    assert(first.count <= BINDS_FIRST_MAX && width > 0 && width <= KEYS_MAX);
    unsigned rows = KEYS_MAX / width;
    size_t full = count / rows, rest = count % rows;
    enum err err = insert(db, sql, first, values, width, rows, full, e);
    return err ? err : insert(db, sql, first, values + full * rows * width, width, 1, rest, e);
}
