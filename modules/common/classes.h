/* common/classes.h
 *
 * The classes of a target: every distinct text once, in sorted order, and each row's place among
 * them. Labels that are all integers are sorted as numbers ("9" before "10") and can be served as
 * INT64; all others are sorted by their bytes. The order never depends on the order of the rows.
 *
 *     struct classes classes;
 *     classes_init(&classes, table.target, table.row_count);
 *     classes.label[classes.of_row[0]]    the first row's label
 *     classes_release(&classes);
 *
 * Labels point into the table, which has to outlive the classes. */
#ifndef COMMON_CLASSES_H
#define COMMON_CLASSES_H

#include "base/err.h"

struct classes {
    size_t count;
    const char **label;
    bool integers;     /* every label is an int64 in its usual spelling */
    int64_t *integer;  /* the labels' values where `integers` */
    size_t *row_count; /* rows of each class */
    int *of_row;
};

void classes_init(struct classes *classes, const char *const *target, size_t row_count);
void classes_release(struct classes *classes);

/* The place of a label, or -1. */
int classes_find(const struct classes *classes, const char *label);

#endif
