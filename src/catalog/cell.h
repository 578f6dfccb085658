/* catalog/cell.h
 *
 * What one field of a table says: nothing, a number, a date, or just a text.
 *
 *     double value;
 *     if (!cell_is_missing(field) && cell_number(field, '.', &value)) ...
 *
 * Missing is written as an empty field, NA, N/A, NaN, null or ?, in either case of the letters and
 * with or without quotes. A number is a JSON number that may begin with + or a point and end with
 * a point; leading zeros make it a text, since they mean a code (a postal code, an account). No
 * state, any thread. */
#ifndef CATALOG_CELL_H
#define CATALOG_CELL_H

#include "base/str.h"

/* From the narrowest to the widest. */
enum cell_type { CELL_INTEGER, CELL_NUMBER, CELL_BOOLEAN, CELL_DATE, CELL_TEXT, CELL_TYPE_COUNT };

const char *cell_type_text(enum cell_type type);
WARN_UNUSED bool cell_type_parse(struct str s, enum cell_type *type);

bool cell_is_missing(struct str field);

/* `point` is the decimal separator, '.' or ','. Finite numbers only. */
WARN_UNUSED bool cell_number(struct str field, char point, double *value);

/* Digits with a sign, exact as a double (at most 2^53). */
WARN_UNUSED bool cell_integer(struct str field, double *value);

/* true or false, in either case of the letters. */
WARN_UNUSED bool cell_boolean(struct str field, bool *value);

/* RFC 3339 with or without its offset, or a date alone. */
WARN_UNUSED bool cell_date(struct str field, int64_t *time_ms);

#endif
