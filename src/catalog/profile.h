/* catalog/profile.h
 *
 * What the columns of a table hold, in figures: the "columns" and the "preview" of a dataset
 * version as docs/reference/api.md shows them.
 *
 *     json_t *columns, *preview;
 *     err = profile_read(&reader, &schema, &columns, &preview, e);
 *
 * Memory does not grow with the rows: distinct values are counted exactly to 1 000, and a column
 * that has more has no "distinct" and no "top"; quantiles and the histogram are exact up to
 * PROFILE_KEEP values of all columns together, and beyond that as exact as quantiles.h says (the
 * column then says "approximate"). */
#ifndef CATALOG_PROFILE_H
#define CATALOG_PROFILE_H

#include "catalog/schema.h"

enum {
    PROFILE_DISTINCT_MAX = 1000,
    PROFILE_TOP = 10,
    PROFILE_BINS = 20,
    PROFILE_PREVIEW_ROWS = 20,
    PROFILE_KEEP = 16 << 20
};

/* Reads from where the reader stands to the end. The caller owns both values. */
WARN_UNUSED enum err profile_read(struct csv_reader *r, const struct schema *schema,
                                  json_t **columns, json_t **preview, struct err_ctx *e);

#endif
