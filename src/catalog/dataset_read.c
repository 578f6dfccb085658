#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/decimal.h"
#include "catalog/dataset.h"
#include "catalog/encoding.h"

enum { WRITE_BYTES = 1 << 20 };

enum err dataset_open(const struct dataset_version *v, struct dataset_reader *r, struct err_ctx *e)
{
    *r = (struct dataset_reader){.version = v, .row = -1};
    struct csv_opts opts = {.separator = v->separator,
                            .header = v->header ? CSV_HEADER_YES : CSV_HEADER_NO};
    enum err err = mapping_open(v->path, &r->file, e);
    if (err)
        return err;
    struct str text = r->file.text;
    if (!str_is(v->encoding, "utf-8"))
        text.p = r->decoded = encoding_decode(r->file.text, &text.n);
    err = csv_open(text, &opts, &r->csv, e);
    if (!err && r->csv.columns != v->schema.count) {
        err = err_set(e, ERR_CORRUPT, "%s is not what it was when it came", v->path);
        csv_close(&r->csv);
    }
    if (err) {
        free(r->decoded);
        mapping_close(&r->file);
    }
    return err;
}

void dataset_close(struct dataset_reader *r)
{
    csv_close(&r->csv);
    free(r->decoded);
    mapping_close(&r->file);
}

enum err dataset_next(struct dataset_reader *r, struct err_ctx *e)
{
    r->row++;
    return csv_next(&r->csv, e);
}

int dataset_column(const struct dataset_version *v, struct str name)
{
    const struct schema_column *found = schema_find(&v->schema, name);
    return found ? (int)(found - v->schema.columns) : -1;
}

/* What decimal_parse_f64() takes as a whole needs no rewriting. */
static struct str number_text(struct str field, char point, char text[40])
{
    double value = 0;
    if (point == '.' && decimal_parse_f64(field, &value) == field.n)
        return field;
    bool is_number = cell_number(field, point, &value);
    assert(is_number);
    return str_from(text, decimal_format_f64(value, text));
}

bool dataset_text(const struct dataset_reader *r, unsigned column, char text[40], struct str *out)
{
    const struct schema_column *c = &r->version->schema.columns[column];
    struct str field = r->csv.fields[column];
    bool truth;
    if (cell_is_missing(field))
        return false;
    *out = field;
    if (c->type == CELL_INTEGER || c->type == CELL_NUMBER)
        *out = number_text(field, c->point, text);
    else if (c->type == CELL_BOOLEAN && cell_boolean(field, &truth))
        *out = truth ? STR("true") : STR("false");
    return true;
}

bool dataset_number(const struct dataset_reader *r, unsigned column, double *out)
{
    const struct schema_column *c = &r->version->schema.columns[column];
    struct str field = r->csv.fields[column];
    int64_t time_ms = 0;
    bool truth = false;
    if (cell_is_missing(field))
        return false;
    if (c->type == CELL_BOOLEAN && cell_boolean(field, &truth))
        *out = truth;
    else if (c->type == CELL_DATE && cell_date(field, &time_ms))
        *out = (double)time_ms;
    else
        return cell_number(field, c->point, out);
    return true;
}

/* ---- as a trainer reads it ---- */

static bool needs_quotes(struct str field)
{
    if (field.n == 0)
        return false;
    if (field.p[0] == ' ' || field.p[0] == '\t' || field.p[field.n - 1] == ' ' ||
        field.p[field.n - 1] == '\t')
        return true;
    for (size_t i = 0; i < field.n; i++)
        if (field.p[i] == ',' || field.p[i] == '"' || field.p[i] == '\n' || field.p[i] == '\r')
            return true;
    return false;
}

void dataset_write_field(struct str field, struct buf *out)
{
    if (!needs_quotes(field)) {
        buf_add(out, field);
        return;
    }
    buf_add_c(out, '"');
    for (size_t i = 0; i < field.n; i++) {
        if (field.p[i] == '"')
            buf_add_c(out, '"');
        buf_add_c(out, field.p[i]);
    }
    buf_add_c(out, '"');
}

static void write_header(const struct dataset_version *v, struct buf *out)
{
    for (unsigned i = 0; i < v->schema.count; i++) {
        buf_add(out, i ? STR(",") : STR(""));
        dataset_write_field(v->schema.columns[i].name, out);
    }
    buf_add_c(out, '\n');
}

static void write_record(const struct dataset_reader *r, struct buf *out)
{
    char text[40];
    for (unsigned i = 0; i < r->version->schema.count; i++) {
        struct str field = STR("");
        bool there = dataset_text(r, i, text, &field);
        buf_add(out, i ? STR(",") : STR(""));
        dataset_write_field(there ? field : STR(""), out);
    }
    buf_add_c(out, '\n');
}

static enum err write_rows(struct dataset_reader *r, int fd, const char *path, struct err_ctx *e)
{
    struct buf out;
    enum err err;
    buf_init(&out, SIZE_MAX / 2);
    write_header(r->version, &out);
    while (!(err = dataset_next(r, e)) && dataset_have(r)) {
        write_record(r, &out);
        if (out.n < WRITE_BYTES)
            continue;
        err = file_write_all(fd, buf_str(&out), path, e);
        buf_clear(&out);
        if (err)
            break;
    }
    if (!err)
        err = file_write_all(fd, buf_str(&out), path, e);
    buf_release(&out);
    return err;
}

enum err dataset_write_csv(const struct dataset_version *v, const char *path, struct err_ctx *e)
{
    struct dataset_reader r;
    enum err err = dataset_open(v, &r, e);
    if (err)
        return err;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        err = err_set_errno(e, errno, path);
        goto out_reader;
    }
    err = write_rows(&r, fd, path, e);
    if (close(fd) && !err)
        err = err_set_errno(e, errno, path);
out_reader:
    dataset_close(&r);
    return err;
}
