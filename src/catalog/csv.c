#include "catalog/csv.h"

#include "catalog/csv_guess.h"

/* ---- one record ---- */

static bool is_blank(const struct csv_reader *r, char c)
{
    return (c == ' ' || c == '\t') && c != r->separator;
}

static bool at_stop(const struct csv_reader *r)
{
    return r->at == r->text.n || r->stops[(unsigned char)r->text.p[r->at]];
}

static void add_field(struct csv_reader *r, struct str field)
{
    if (r->count == r->capacity) {
        r->capacity = r->capacity ? r->capacity * 2 : 32;
        r->fields = xrealloc(r->fields, r->capacity * sizeof *r->fields);
    }
    r->fields[r->count++] = field;
}

static struct str trimmed(const struct csv_reader *r, struct str s)
{
    while (s.n && is_blank(r, s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n && is_blank(r, s.p[s.n - 1]))
        s.n--;
    return s;
}

static struct str take_to_stop(struct csv_reader *r)
{
    const char *p = r->text.p;
    size_t from = r->at, at = from, n = r->text.n;
    while (at < n && !r->stops[(unsigned char)p[at]])
        at++;
    r->at = at;
    return str_from(p + from, at - from);
}

/* Counts the ends of lines inside a quoted field. */
static uint64_t lines_in(struct str s)
{
    uint64_t lines = 0;
    for (size_t i = 0; i < s.n; i++)
        lines += s.p[i] == '\n' || (s.p[i] == '\r' && (i + 1 == s.n || s.p[i + 1] != '\n'));
    return lines;
}

static struct str without_doubled(struct csv_reader *r, struct str raw)
{
    char *to = arena_alloc(&r->scratch, raw.n);
    size_t n = 0;
    for (size_t i = 0; i < raw.n; i++) {
        to[n++] = raw.p[i];
        i += raw.p[i] == '"';
    }
    return str_from(to, n);
}

static enum err broken(struct err_ctx *e, uint64_t line, const char *what)
{
    return err_set_at(e, ERR_INVALID, "/file", "line %llu: %s", (unsigned long long)line, what);
}

/* Where the closing quote of the field that begins at `from` is; the text's length without one. */
static size_t closing_quote(struct str text, size_t from, bool *doubled)
{
    size_t at = from;
    while (at < text.n) {
        const char *hit = memchr(text.p + at, '"', text.n - at);
        if (!hit)
            break;
        at = (size_t)(hit - text.p);
        if (at + 1 == text.n || text.p[at + 1] != '"')
            return at;
        *doubled = true;
        at += 2;
    }
    return text.n;
}

static enum err take_quoted(struct csv_reader *r, struct err_ctx *e)
{
    bool doubled = false;
    size_t from = r->at + 1, to = closing_quote(r->text, from, &doubled);
    if (to >= r->text.n) {
        r->at = r->text.n;
        return broken(e, r->line, "a quote opens here and is never closed");
    }
    struct str raw = str_from(r->text.p + from, to - from);
    r->line += lines_in(raw);
    r->at = to + 1;
    while (r->at < r->text.n && is_blank(r, r->text.p[r->at]))
        r->at++;
    add_field(r, doubled ? without_doubled(r, raw) : raw);
    if (at_stop(r))
        return ERR_OK;
    (void)take_to_stop(r);
    return broken(e, r->line, "text follows the closing quote of a field");
}

static enum err take_field(struct csv_reader *r, struct err_ctx *e)
{
    size_t at = r->at;
    while (at < r->text.n && is_blank(r, r->text.p[at]))
        at++;
    if (at < r->text.n && r->text.p[at] == '"') {
        r->at = at;
        return take_quoted(r, e);
    }
    add_field(r, trimmed(r, take_to_stop(r)));
    return ERR_OK;
}

/* Steps over LF, CRLF or CR. */
static void take_line_end(struct csv_reader *r)
{
    if (r->at == r->text.n)
        return;
    if (r->text.p[r->at] == '\r' && r->at + 1 < r->text.n && r->text.p[r->at + 1] == '\n')
        r->at++;
    r->at++;
    r->line++;
}

enum err csv_take(struct csv_reader *r, struct err_ctx *e)
{
    enum err err = ERR_OK;
    arena_reset(&r->scratch);
    r->count = 0;
    r->record_line = r->line;
    r->have = r->at < r->text.n;
    if (!r->have)
        return ERR_OK;
    for (;;) {
        enum err field_err = take_field(r, err ? NULL : e);
        err = err ? err : field_err;
        if (r->count > CSV_COLUMNS_MAX) {
            r->at = r->text.n;
            return broken(err ? NULL : e, r->record_line, "there are more than 4096 fields");
        }
        if (!err && r->count && r->fields[r->count - 1].n > CSV_FIELD_BYTES_MAX)
            err = broken(e, r->line, "a field has more than 1 MiB");
        if (r->at == r->text.n || r->text.p[r->at] != r->separator)
            break;
        r->at++;
    }
    take_line_end(r);
    return err;
}

static bool at_empty_line(const struct csv_reader *r)
{
    return r->at < r->text.n && (r->text.p[r->at] == '\n' || r->text.p[r->at] == '\r');
}

enum err csv_next(struct csv_reader *r, struct err_ctx *e)
{
    while (r->columns > 1 && at_empty_line(r))
        take_line_end(r);
    enum err err = csv_take(r, e);
    if (err || !r->have || r->count == r->columns)
        return err;
    return err_set_at(e, ERR_INVALID, "/file", "line %llu has %u field%s where the first has %u",
                      (unsigned long long)r->record_line, r->count, r->count == 1 ? "" : "s",
                      r->columns);
}

/* ---- the whole text ---- */

void csv_init(struct csv_reader *r, struct str text, char separator)
{
    *r = (struct csv_reader){.text = text, .line = 1, .separator = separator};
    r->stops[(unsigned char)separator] = true;
    r->stops['\n'] = true;
    r->stops['\r'] = true;
    arena_init(&r->arena);
    arena_init(&r->scratch);
}

void csv_close(struct csv_reader *r)
{
    free(r->fields);
    arena_release(&r->scratch);
    arena_release(&r->arena);
    *r = (struct csv_reader){.line = 1};
}

void csv_rewind(struct csv_reader *r)
{
    r->at = 0;
    r->line = 1;
    r->have = false;
    while (r->header && at_empty_line(r))
        take_line_end(r);
    if (r->header && csv_take(r, NULL))
        assert(!"the header was read before");
}

/* The longest well-formed beginning ends in this line. */
static uint64_t line_of_bad_utf8(struct str text)
{
    struct str rest = text, line;
    for (uint64_t number = 1; str_split(&rest, '\n', &line); number++)
        if (!str_is_utf8(line))
            return number;
    return 1;
}

static enum err check_encoding(struct str *text, struct err_ctx *e)
{
    if (str_starts(*text, STR("\xff\xfe")) || str_starts(*text, STR("\xfe\xff")))
        return err_set_at(e, ERR_INVALID, "/file", "the file is UTF-16; save it as UTF-8");
    if (str_starts(*text, STR("\xef\xbb\xbf")))
        *text = str_from(text->p + 3, text->n - 3);
    if (!str_is_utf8(*text))
        return err_set_at(e, ERR_INVALID, "/file",
                          "line %llu is not UTF-8; save the file as UTF-8, or name its encoding",
                          (unsigned long long)line_of_bad_utf8(*text));
    const char *zero = text->n ? memchr(text->p, '\0', text->n) : NULL;
    if (zero)
        return broken(e, 1 + lines_in(str_from(text->p, (size_t)(zero - text->p))),
                      "there is a character U+0000; this is not a text");
    if (str_trim(*text).n == 0)
        return err_set_at(e, ERR_INVALID, "/file", "the file is empty");
    return ERR_OK;
}

static enum err name_column(struct csv_reader *r, unsigned i, struct err_ctx *e)
{
    struct str name = r->header ? r->fields[i] : STR("");
    if (name.n > CSV_NAME_BYTES_MAX)
        return err_set_at(e, ERR_INVALID, "/file", "the name of column %u has more than %d bytes",
                          i + 1, CSV_NAME_BYTES_MAX);
    r->names[i] =
        name.n ? arena_str(&r->arena, name) : str_of(arena_printf(&r->arena, "column_%u", i + 1));
    for (unsigned k = 0; k < i; k++)
        if (str_eq(r->names[k], r->names[i]))
            return err_set_at(e, ERR_INVALID, "/file",
                              "the columns %u and %u are both named \"" STR_FMT "\"", k + 1, i + 1,
                              STR_ARG(name));
    return ERR_OK;
}

static void take_first_again(struct csv_reader *r)
{
    csv_rewind(r);
    while (at_empty_line(r))
        take_line_end(r);
    if (csv_take(r, NULL))
        assert(!"the first record was read before");
}

/* Two equal texts may be data; above a record of numbers they are a header with a mistake, which
 * must be told: taken for data it would make every column one of texts. */
static bool guess_header(struct csv_reader *r)
{
    if (csv_guess_header(r->fields, r->count))
        return true;
    if (r->count < 2 || csv_guess_values(r->fields, r->count))
        return false;
    bool follows = !csv_take(r, NULL) && r->have && csv_guess_values(r->fields, r->count);
    take_first_again(r);
    return follows;
}

static enum err read_first(struct csv_reader *r, enum csv_header header, struct err_ctx *e)
{
    while (at_empty_line(r))
        take_line_end(r);
    enum err err = csv_take(r, e);
    if (err)
        return err;
    r->columns = r->count;
    r->header = header == CSV_HEADER_DETECT ? guess_header(r) : header == CSV_HEADER_YES;
    r->names = arena_zalloc(&r->arena, r->columns * sizeof *r->names);
    for (unsigned i = 0; i < r->columns && !err; i++)
        err = name_column(r, i, e);
    return err;
}

enum err csv_open(struct str text, const struct csv_opts *opts, struct csv_reader *r,
                  struct err_ctx *e)
{
    enum err err = check_encoding(&text, e);
    if (err)
        return err;
    csv_init(r, text, opts->separator ? opts->separator : csv_guess_separator(text));
    err = read_first(r, opts->header, e);
    if (err)
        csv_close(r);
    else
        csv_rewind(r);
    return err;
}
