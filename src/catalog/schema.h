/* catalog/schema.h
 *
 * The columns of a table and what type each of them has: the narrowest that all its values fit.
 *
 *     struct schema schema;
 *     err = schema_read(&reader, &arena, &schema, e);       reads to the end, then rewinds
 *
 * A column without any value is text. Numbers with a decimal comma are numbers where no value of
 * their column has a point. The columns live in the arena. */
#ifndef CATALOG_SCHEMA_H
#define CATALOG_SCHEMA_H

#include "base/json.h"
#include "catalog/cell.h"
#include "catalog/csv.h"

struct schema_column {
    struct str name;
    enum cell_type type;
    char point; /* of numbers: '.' or ',' */
};

struct schema {
    struct schema_column *columns;
    unsigned count;
    uint64_t rows;
};

/* ERR_INVALID with an item for each of the first broken lines. What is odd but no error is added to
 * `warnings`, a JSON list of texts. */
WARN_UNUSED enum err schema_read(struct csv_reader *r, struct arena *a, struct schema *out,
                                 json_t *warnings, struct err_ctx *e);

/* The column of the name, or NULL. */
const struct schema_column *schema_find(const struct schema *s, struct str name);

#endif
