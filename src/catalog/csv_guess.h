/* catalog/csv_guess.h
 *
 * What a CSV text does not say about itself. The rules are told in catalog/csv.h. */
#ifndef CATALOG_CSV_GUESS_H
#define CATALOG_CSV_GUESS_H

#include "base/str.h"

/* A comma where nothing cuts the text into columns. */
char csv_guess_separator(struct str text);

/* What the first record alone tells. */
bool csv_guess_header(const struct str *fields, unsigned count);

/* True when one of the fields is a number or a date. */
bool csv_guess_values(const struct str *fields, unsigned count);

#endif
