/* common/run.h
 *
 * The run folder, seen by a trainer: what run.json asks for, the lines of progress and metrics
 * that Crisol reads while the program runs, and the result's signature. docs/modules/run-folder.md
 * is the contract in words.
 *
 *     struct run run;
 *     enum err err = run_open(&run, e);
 *     ...
 *     err = run_metric(&run, "cv_accuracy", 0.96, 1, e);
 *     err = run_progress(&run, 0.2, "fold 1 of 5", e);
 *     ...
 *     run_close(&run);
 *
 * The struct owns all that it points to. Not thread-safe: one run, one thread. */
#ifndef COMMON_RUN_H
#define COMMON_RUN_H

#include "base/err.h"

struct run_column {
    const char *name;
    const char *type; /* number, integer, boolean, text, ...: the words of the dataset's schema */
};

struct run {
    const char *dir;
    const char *id;
    int64_t seed;
    bool classification; /* otherwise regression */
    char *data_path;
    char *split_path;
    size_t row_count; /* of the whole dataset version; 0 when run.json does not say */
    const char *target;
    const char **features;
    size_t feature_count;
    struct run_column *columns;
    size_t column_count;

    void *document; /* run.json; the text above lives in it */
    char *metrics_path, *progress_path;
    int metrics_fd, progress_fd;
};

/* Reads the folder that the environment variable CRISOL_RUN_DIR names. */
WARN_UNUSED enum err run_open(struct run *run, struct err_ctx *e);
void run_close(struct run *run);

/* The path of something in the run folder, to be freed. */
char *run_path(const struct run *run, const char *relative);

/* Parameters. A parameter that is absent or null is RUN_NONE, and the trainer's default counts. */
enum run_kind { RUN_NONE, RUN_NUMBER, RUN_BOOL, RUN_TEXT, RUN_OBJECT, RUN_OTHER };
enum run_kind run_parameter_kind(const struct run *run, const char *name);
double run_parameter_number(const struct run *run, const char *name); /* kind RUN_NUMBER */
bool run_parameter_is_integer(const struct run *run, const char *name);
bool run_parameter_bool(const struct run *run, const char *name);        /* kind RUN_BOOL */
const char *run_parameter_text(const struct run *run, const char *name); /* kind RUN_TEXT */
/* Walks through the names of all parameters: NULL starts, NULL is the end. */
const char *run_parameter_next(const struct run *run, const char *after);

/* Walks through a parameter of kind RUN_OBJECT whose values are numbers. `*key` is NULL at the
 * start and the walk ends with false; a value that is not a number comes as NaN. */
bool run_parameter_member(const struct run *run, const char *name, const char **key, double *value);

/* One line of metrics.ndjson. Steps count from 1; 0 is for a value that has none. A value that
 * is not finite is written as null. */
WARN_UNUSED enum err run_metric(struct run *run, const char *key, double value, int64_t step,
                                struct err_ctx *e);

/* One line of progress.ndjson; the fraction lies in [0, 1]. */
WARN_UNUSED enum err run_progress(struct run *run, double fraction, const char *message,
                                  struct err_ctx *e);

/* Writes artifacts/model/signature.json: the task, the features in the order of the input's
 * columns and, for a classification, the classes in the model's own order. `pairs` says that the
 * output "decision" holds one column per pair of classes. */
WARN_UNUSED enum err run_write_signature(const struct run *run, const char *const *classes,
                                         size_t class_count, bool pairs, struct err_ctx *e);

#endif
