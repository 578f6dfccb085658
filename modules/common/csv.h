/* common/csv.h
 *
 * Reads the CSV that Crisol writes for a trainer: commas, RFC 4180 quotes, UTF-8, a header line,
 * LF or CRLF. The file is read into memory once and the fields point into it.
 *
 *     struct csv csv;
 *     err = csv_open(&csv, path, e);
 *     while (!err && csv_next(&csv))
 *         use(csv.fields, csv.field_count);
 *     err = err ? err : csv_error(&csv, e);
 *     csv_close(&csv);
 *
 * A field is NUL-terminated and lives until csv_close(). Not thread-safe. */
#ifndef COMMON_CSV_H
#define COMMON_CSV_H

#include "base/err.h"

struct csv {
    char *text;
    char *at, *end;
    char path[256]; /* for messages; cut off when it is longer */
    char **fields;  /* of the present record */
    size_t field_count;
    size_t field_capacity;
    size_t line; /* where the present record begins, counted from 1 */
    size_t line_next;
    const char *fault; /* why csv_next() stopped, NULL at the end of the file */
};

WARN_UNUSED enum err csv_open(struct csv *csv, const char *path, struct err_ctx *e);
void csv_close(struct csv *csv);

/* Reads one record into `fields`. False at the end of the file and at a broken record. Lines that
 * are quite empty are passed over. */
bool csv_next(struct csv *csv);

/* What made csv_next() answer false: ERR_OK at the end of the file. */
WARN_UNUSED enum err csv_error(const struct csv *csv, struct err_ctx *e);

/* A finite number in decimal notation and nothing else: not empty, not hexadecimal, not "inf". */
bool csv_number(const char *field, double *out);

#endif
