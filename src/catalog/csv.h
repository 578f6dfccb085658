/* catalog/csv.h
 *
 * Reads the records of a CSV text that lies in memory (a mapped file) one after the other, without
 * copying what needs no change.
 *
 *     struct csv_reader r;
 *     err = csv_open(file.text, &(struct csv_opts){0}, &r, e);     separator and header are
 * detected while (!err && !(err = csv_next(&r, e)) && csv_have(&r)) use(r.fields, r.columns,
 * r.record_line); csv_close(&r);
 *
 * The rules: fields are separated by a comma, semicolon, tab or bar; a record ends with LF, CRLF or
 * CR; a field in double quotes may hold separators, new lines and doubled quotes (RFC 4180); blanks
 * around a field are not part of it unless they are inside the quotes; a quote in the middle of
 * an unquoted field is an ordinary character. Empty lines are passed over where the table has more
 * than one column. Every record has as many fields as the first. The text is UTF-8, with or without
 * a byte order mark, and holds no U+0000. What breaks a rule is reported with its line.
 *
 * Detection looks at the first 64 KiB: the separator is the one that cuts most records into the
 * same number of fields, more than one; the first record is a header unless one of its fields is a
 * number or a date, or its only one is missing, or two of them are equal and the second record has
 * no number or date either.
 *
 * Fields are views into the text or into the reader: good until the next csv_next(). The text must
 * outlive the reader. A reader belongs to one thread at a time. */
#ifndef CATALOG_CSV_H
#define CATALOG_CSV_H

#include "base/arena.h"
#include "base/err.h"

enum { CSV_COLUMNS_MAX = 4096, CSV_FIELD_BYTES_MAX = 1 << 20, CSV_NAME_BYTES_MAX = 256 };

enum csv_header { CSV_HEADER_DETECT, CSV_HEADER_YES, CSV_HEADER_NO };

struct csv_opts {
    char separator; /* 0: detected */
    enum csv_header header;
};

struct csv_reader {
    struct str text;      /* without the byte order mark */
    size_t at;            /* where the next record begins */
    uint64_t line;        /* the line of `at`, counted from 1 */
    uint64_t record_line; /* where the record in `fields` began */
    char separator;
    bool header;
    bool have;
    bool stops[256];   /* bytes that end an unquoted field */
    unsigned columns;  /* 0 until the first record is known */
    struct str *names; /* `columns` of them; in `arena` */
    struct str *fields;
    unsigned count, capacity; /* of `fields`; count == columns after csv_next() */
    struct arena arena;       /* what lives as long as the reader */
    struct arena scratch;     /* texts of this record that had doubled quotes */
};

/* Checks the encoding, detects and reads the header. ERR_INVALID at "/file" says what is wrong.
 * After a failure there is nothing to close. */
WARN_UNUSED enum err csv_open(struct str text, const struct csv_opts *opts, struct csv_reader *r,
                              struct err_ctx *e);
void csv_close(struct csv_reader *r);

/* Reads the next record; csv_have() says whether there was one. After ERR_INVALID for a record with
 * too few or too many fields the reader stands behind it and may go on (csv_can_go_on()); a quote
 * without an end is the end. */
WARN_UNUSED enum err csv_next(struct csv_reader *r, struct err_ctx *e);

/* For the one who guesses the separator: the next record whatever the number of its fields. */
WARN_UNUSED enum err csv_take(struct csv_reader *r, struct err_ctx *e);

/* A reader that checks nothing and knows its separator. */
void csv_init(struct csv_reader *r, struct str text, char separator);

static inline bool csv_have(const struct csv_reader *r)
{
    return r->have;
}

static inline bool csv_can_go_on(const struct csv_reader *r)
{
    return r->at < r->text.n;
}

/* Back to the first record. */
void csv_rewind(struct csv_reader *r);

#endif
