/* training/split.h
 *
 * Which rows a module learns from and which are kept to judge it.
 *
 *     struct split split;
 *     err = split_check(json, version, target, task, &normalised, e);   what POST /runs says
 *     err = split_make(version, target, normalised, &split, e);
 *     if (split.parts[row] == SPLIT_HOLDOUT) ...
 *     split_release(&split);
 *
 * Kinds: `random`; `stratified` (the same share of every class); `time` (the last rows by a column
 * of dates or numbers, or by their order); `group` (rows with the same value stay together);
 * `column` (the values of a column say it). Rows without a target belong to neither part. The seed
 * of the split is not that of the run: unless it is given it is 0, so that runs on the same data
 * are judged by the same rows. The same seed gives the same parts on every machine. */
#ifndef TRAINING_SPLIT_H
#define TRAINING_SPLIT_H

#include "catalog/dataset.h"

enum split_part { SPLIT_NEITHER, SPLIT_TRAINING, SPLIT_HOLDOUT };

struct split {
    uint8_t *parts; /* one split_part for each row */
    uint64_t rows, training, holdout;
};

/* Completes and checks `given` (NULL: nothing was said); 422 at "/dataset/split/...". The caller
 * owns `*out`. */
WARN_UNUSED enum err split_check(json_t *given, const struct dataset_version *v,
                                 bool classification, json_t **out, struct err_ctx *e);

/* ERR_INVALID when a part would be empty. */
WARN_UNUSED enum err split_make(const struct dataset_version *v, struct str target, json_t *split,
                                struct split *out, struct err_ctx *e);
void split_release(struct split *s);

/* "row,part" and a line for each row that belongs to a part. */
WARN_UNUSED enum err split_write(const struct split *s, const char *path, struct err_ctx *e);

const char *split_part_text(enum split_part part);

#endif
