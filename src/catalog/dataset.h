/* catalog/dataset.h
 *
 * Named tables and their versions. A version never changes: it is a file as it came, known by its
 * SHA-256, and what was found in it when it arrived.
 *
 *     const struct dataset_version *v = NULL;
 *     err = dataset_find(catalog, name, STR(""), arena, &v, e);       the latest
 *     struct dataset_reader r;
 *     err = dataset_open(v, &r, e);
 *     while (!err && !(err = dataset_next(&r, e)) && dataset_have(&r))
 *         if (dataset_number(&r, column, &value)) ...                 false: missing
 *     dataset_close(&r);
 *
 * Versions live in the arena that they were asked for with. A reader belongs to one thread. */
#ifndef CATALOG_DATASET_H
#define CATALOG_DATASET_H

#include "base/file.h"
#include "catalog/catalog.h"
#include "catalog/schema.h"

enum { DATASET_NAME_MAX = 128, DATASET_DESCRIPTION_MAX = 4000 };

struct dataset_version {
    int64_t id, dataset_id, number;
    struct str dataset; /* name */
    struct str sha256;
    int64_t bytes;
    struct str user;
    int64_t created_ms;
    char separator;
    bool header;
    struct str encoding; /* "utf-8" or "windows-1252" */
    struct schema schema;
    json_t *columns, *preview, *warnings; /* as the HTTP interface shows them */
    const char *path;
};

struct dataset_upload {
    struct str name;
    struct str description; /* without a pointer: as it is */
    struct str content;     /* the file as it came */
    char separator;         /* 0: detected */
    enum csv_header header;
    struct str encoding; /* "", "utf-8", "latin-1" or "windows-1252" */
};

/* Reads and stores the file as a new version: all of it or nothing. `*made` is false when the same
 * bytes are there already under this name and read in the same way; `*out` is then that version.
 * `rq` says who did it (NULL: the program). Blocks for as long as reading takes. */
WARN_UNUSED enum err dataset_add(struct catalog *c, const struct dataset_upload *upload,
                                 struct http_request *rq, struct arena *a,
                                 const struct dataset_version **out, bool *made, struct err_ctx *e);

/* `version` is a number as text; "" is the latest. */
WARN_UNUSED enum err dataset_find(struct catalog *c, struct str name, struct str version,
                                  struct arena *a, const struct dataset_version **out,
                                  struct err_ctx *e);

/* Takes the dataset away with its versions and their files. ERR_CONFLICT while one is in use. */
WARN_UNUSED enum err dataset_delete(struct catalog *c, struct str name, struct http_request *rq,
                                    struct err_ctx *e);

/* Within the caller's transaction: as long as a version is held, it cannot be deleted.
 * ERR_NOT_FOUND when it has gone. */
WARN_UNUSED enum err dataset_hold(struct db *db, int64_t version_id, const char *kind,
                                  int64_t holder, struct err_ctx *e);
WARN_UNUSED enum err dataset_let_go(struct db *db, const char *kind, int64_t holder,
                                    struct err_ctx *e);

/* ---- reading ---- */

struct dataset_reader {
    const struct dataset_version *version;
    struct mapping file;
    char *decoded; /* where the file is not UTF-8 */
    struct csv_reader csv;
    int64_t row; /* of the record just read, from 0 */
};

WARN_UNUSED enum err dataset_open(const struct dataset_version *v, struct dataset_reader *r,
                                  struct err_ctx *e);
void dataset_close(struct dataset_reader *r);
WARN_UNUSED enum err dataset_next(struct dataset_reader *r, struct err_ctx *e);

static inline bool dataset_have(const struct dataset_reader *r)
{
    return csv_have(&r->csv);
}

/* Index of the column, or -1. */
int dataset_column(const struct dataset_version *v, struct str name);

/* False where the value is missing. The text of a number is written as JSON would, of a truth value
 * in small letters; it lives in the reader or in `text`. */
bool dataset_text(const struct dataset_reader *r, unsigned column, char text[40], struct str *out);

/* False where the value is missing or no number (true is 1, a date its milliseconds). */
bool dataset_number(const struct dataset_reader *r, unsigned column, double *out);

/* Writes the whole version as a trainer reads it: commas, LF, a header, points in numbers, an empty
 * field for what is missing. */
WARN_UNUSED enum err dataset_write_csv(const struct dataset_version *v, const char *path,
                                       struct err_ctx *e);

/* One field of such a file, in quotes where it needs them. */
void dataset_write_field(struct str field, struct buf *out);

#endif
