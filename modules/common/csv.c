#include "common/csv.h"

#include <math.h>

#include "base/file.h"

enum err csv_open(struct csv *csv, const char *path, struct err_ctx *e)
{
    *csv = (struct csv){.line_next = 1};
    snprintf(csv->path, sizeof csv->path, "%s", path);
    struct mapping mapping;
    enum err err = mapping_open(path, &mapping, e);
    if (err)
        return err;
    size_t size = mapping.text.n;
    csv->text = xmalloc(size + 1); /* a copy, because quotes are taken off in place */
    memcpy(csv->text, mapping.text.p, size);
    csv->text[size] = '\0';
    mapping_close(&mapping);
    csv->at = csv->text;
    csv->end = csv->text + size;
    if (size >= 3 && memcmp(csv->at, "\xef\xbb\xbf", 3) == 0)
        csv->at += 3;
    return ERR_OK;
}

void csv_close(struct csv *csv)
{
    free(csv->text);
    free(csv->fields);
    *csv = (struct csv){0};
}

static bool fail(struct csv *csv, const char *fault)
{
    csv->fault = fault;
    csv->at = csv->end;
    return false;
}

static void add_field(struct csv *csv, char *field)
{
    if (csv->field_count == csv->field_capacity) {
        csv->field_capacity = csv->field_capacity ? 2 * csv->field_capacity : 16;
        csv->fields = xrealloc(csv->fields, csv->field_capacity * sizeof *csv->fields);
    }
    csv->fields[csv->field_count++] = field;
}

/* Takes the quotes off in place. `at` stands behind the opening quote and is left behind the
 * closing one. The field's end is returned, NULL where the file ends first. */
static char *unquote(struct csv *csv)
{
    char *put = csv->at;
    for (; csv->at < csv->end; csv->at++) {
        if (*csv->at == '\n')
            csv->line_next++;
        if (*csv->at == '"' && (++csv->at == csv->end || *csv->at != '"'))
            return put;
        *put++ = *csv->at;
    }
    return NULL;
}

static bool is_line_end(const struct csv *csv)
{
    return csv->at == csv->end || *csv->at == '\n' ||
           (*csv->at == '\r' && csv->at + 1 < csv->end && csv->at[1] == '\n');
}

/* Reads one field; its terminating NUL takes the place of the comma or of the line's end, which
 * is why `*last` has to be found out first. */
static bool read_field(struct csv *csv, bool *last)
{
    char *field = csv->at, *field_end;
    if (csv->at < csv->end && *csv->at == '"') {
        csv->at++;
        field = csv->at;
        field_end = unquote(csv);
        if (!field_end)
            return fail(csv, "a quoted field is not closed");
    } else {
        while (!is_line_end(csv) && *csv->at != ',' && *csv->at != '"')
            csv->at++;
        field_end = csv->at;
    }
    *last = is_line_end(csv);
    if (!*last && *csv->at != ',')
        return fail(csv, "a quote stands in the middle of a field");
    if (memchr(field, '\0', (size_t)(field_end - field)))
        return fail(csv, "a field holds a NUL byte");
    csv->at += *last && csv->at < csv->end && *csv->at == '\r' ? 2 : csv->at < csv->end;
    *field_end = '\0';
    add_field(csv, field);
    return true;
}

static void skip_empty_lines(struct csv *csv)
{
    while (csv->at < csv->end && is_line_end(csv)) {
        csv->at += *csv->at == '\r' ? 2 : 1;
        csv->line_next++;
    }
}

bool csv_next(struct csv *csv)
{
    assert(csv->text);
    skip_empty_lines(csv);
    csv->field_count = 0;
    csv->line = csv->line_next;
    if (csv->at == csv->end)
        return false;
    for (bool last = false; !last;)
        if (!read_field(csv, &last))
            return false;
    csv->line_next++;
    return true;
}

enum err csv_error(const struct csv *csv, struct err_ctx *e)
{
    if (!csv->fault)
        return ERR_OK;
    return err_set(e, ERR_SYNTAX, "%s, line %zu: %s", csv->path, csv->line, csv->fault);
}

bool csv_number(const char *field, double *out)
{
    if (!*field || field[strspn(field, "0123456789+-.eE")])
        return false;
    char *end;
    double value = strtod(field, &end);
    if (*end || !isfinite(value))
        return false;
    *out = value;
    return true;
}
