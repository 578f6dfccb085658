#include "common/table.h"

#include <float.h>
#include <math.h>

/* ---- split.csv ---- */

enum part { PART_NONE, PART_TRAINING, PART_HOLDOUT };

struct split {
    unsigned char *part; /* of each dataset row */
    size_t row_count;
    size_t training_count;
};

static enum err split_row(struct split *split, const struct csv *csv, struct err_ctx *e)
{
    double number = -1;
    if (csv->field_count != 2 || !csv_number(csv->fields[0], &number) || number < 0 ||
        number != floor(number) || number > 1e12)
        return err_set(e, ERR_SYNTAX, "%s, line %zu: expected ROW,training or ROW,holdout",
                       csv->path, csv->line);
    size_t row = (size_t)number;
    bool training = strcmp(csv->fields[1], "training") == 0;
    if (!training && strcmp(csv->fields[1], "holdout") != 0)
        return err_set(e, ERR_SYNTAX, "%s, line %zu: a part is training or holdout, not \"%s\"",
                       csv->path, csv->line, csv->fields[1]);
    if (row >= split->row_count)
        return err_set(e, ERR_INVALID, "%s, line %zu: the dataset has no row %zu, only %zu rows",
                       csv->path, csv->line, row, split->row_count);
    if (split->part[row] != PART_NONE)
        return err_set(e, ERR_INVALID, "%s, line %zu: row %zu stands there twice", csv->path,
                       csv->line, row);
    split->part[row] = training ? PART_TRAINING : PART_HOLDOUT;
    split->training_count += training;
    return ERR_OK;
}

static enum err split_load(struct split *split, const char *path, size_t row_count,
                           struct err_ctx *e)
{
    struct csv csv;
    *split = (struct split){.row_count = row_count};
    enum err err = csv_open(&csv, path, e);
    if (err)
        return err;
    split->part = xcalloc(row_count, 1);
    if (csv_next(&csv) && (csv.field_count != 2 || strcmp(csv.fields[0], "row") != 0))
        err = err_set(e, ERR_SYNTAX, "%s: the header is not row,part", path);
    while (!err && csv_next(&csv))
        err = split_row(split, &csv, e);
    if (!err)
        err = csv_error(&csv, e);
    if (!err && split->training_count == 0)
        err = err_set(e, ERR_INVALID, "%s marks no row for training", path);
    csv_close(&csv);
    if (err)
        free(split->part);
    return err;
}

/* ---- data.csv ---- */

struct layout {
    size_t column_count;
    size_t *feature_at; /* column of each feature */
    size_t target_at;
};

static enum err column_find(const struct csv *csv, const char *name, size_t *at, struct err_ctx *e)
{
    size_t found = 0;
    for (size_t i = 0; i < csv->field_count; i++)
        if (strcmp(csv->fields[i], name) == 0) {
            *at = i;
            found++;
        }
    if (found == 1)
        return ERR_OK;
    return err_set(e, ERR_INVALID,
                   found ? "the dataset has more than one column named \"%s\""
                         : "the dataset has no column named \"%s\"",
                   name);
}

/* A declared type that holds no numbers is refused by its name before any value is looked at. */
static enum err check_type(const struct run *run, const char *feature, struct err_ctx *e)
{
    static const char *const fine[] = {"number", "integer", "boolean"};
    for (size_t i = 0; i < run->column_count; i++) {
        if (strcmp(run->columns[i].name, feature) != 0)
            continue;
        for (size_t j = 0; j < ARRAY_LEN(fine); j++)
            if (strcmp(run->columns[i].type, fine[j]) == 0)
                return ERR_OK;
        return err_set(e, ERR_INVALID,
                       "the feature \"%s\" is of type %s, and this module learns from numbers: "
                       "leave it out of the features or write it as numbers",
                       feature, run->columns[i].type);
    }
    return ERR_OK;
}

static enum err layout_read(struct layout *layout, struct csv *csv, const struct run *run,
                            struct err_ctx *e)
{
    layout->feature_at = NULL;
    if (!csv_next(csv)) {
        enum err err = csv_error(csv, e);
        return err ? err : err_set(e, ERR_INVALID, "%s is empty", csv->path);
    }
    layout->column_count = csv->field_count;
    layout->feature_at = xcalloc(run->feature_count, sizeof *layout->feature_at);
    enum err err = column_find(csv, run->target, &layout->target_at, e);
    for (size_t i = 0; !err && i < run->feature_count; i++) {
        err = column_find(csv, run->features[i], &layout->feature_at[i], e);
        if (!err)
            err = check_type(run, run->features[i], e);
    }
    if (err)
        free(layout->feature_at);
    return err;
}

static size_t count_rows(const struct csv *header)
{
    struct csv csv = *header;
    size_t lines = 0;
    for (const char *p = csv.at; p < csv.end; p++)
        lines += *p == '\n';
    return lines + 1; /* an upper bound: lines may be empty, and quoted fields may span lines */
}

static enum err read_value(const char *field, const char *feature, size_t row, double *out,
                           struct err_ctx *e)
{
    double value;
    if (!*field) {
        *out = NAN;
        return ERR_OK;
    }
    if (strcmp(field, "true") == 0 || strcmp(field, "false") == 0) {
        *out = *field == 't';
        return ERR_OK;
    }
    if (!csv_number(field, &value))
        return err_set(e, ERR_INVALID,
                       "row %zu of the dataset: \"%.60s\" in the feature \"%s\" "
                       "is not a number",
                       row, field, feature);
    if (fabs(value) > (double)FLT_MAX)
        return err_set(e, ERR_INVALID,
                       "row %zu of the dataset: %s in the feature \"%s\" is "
                       "larger than the numbers a served model takes (float32)",
                       row, field, feature);
    *out = (double)(float)value;
    return ERR_OK;
}

static enum err take_row(struct table *table, const struct layout *layout, const struct run *run,
                         size_t row, struct err_ctx *e)
{
    const struct csv *csv = &table->csv;
    double *x = table->x + table->row_count * table->feature_count;
    for (size_t i = 0; i < table->feature_count; i++) {
        enum err err =
            read_value(csv->fields[layout->feature_at[i]], run->features[i], row, &x[i], e);
        if (err)
            return err;
    }
    table->target[table->row_count] = csv->fields[layout->target_at];
    table->origin[table->row_count++] = row;
    return ERR_OK;
}

static enum err read_rows(struct table *table, const struct layout *layout,
                          const struct split *split, const struct run *run, struct err_ctx *e)
{
    struct csv *csv = &table->csv;
    size_t row = 0;
    for (; csv_next(csv); row++) {
        if (csv->field_count != layout->column_count)
            return err_set(e, ERR_SYNTAX, "%s, line %zu: %zu fields where the header has %zu",
                           csv->path, csv->line, csv->field_count, layout->column_count);
        if (row >= split->row_count || split->part[row] != PART_TRAINING)
            continue;
        enum err err = take_row(table, layout, run, row, e);
        if (err)
            return err;
    }
    if (run->row_count && row != run->row_count)
        return csv->fault ? csv_error(csv, e)
                          : err_set(e, ERR_INVALID, "%s has %zu rows where run.json says %zu",
                                    csv->path, row, run->row_count);
    if (!csv->fault && table->row_count < split->training_count)
        return err_set(e, ERR_INVALID, "%s has %zu rows, and the split names rows behind them",
                       csv->path, row);
    return csv_error(csv, e);
}

enum err table_load(struct table *table, const struct run *run, struct err_ctx *e)
{
    *table = (struct table){.feature_count = run->feature_count};
    struct layout layout;
    struct split split;
    enum err err = csv_open(&table->csv, run->data_path, e);
    if (err)
        return err;
    err = layout_read(&layout, &table->csv, run, e);
    if (err)
        goto out_table;
    err = split_load(&split, run->split_path,
                     run->row_count ? run->row_count : count_rows(&table->csv), e);
    if (err)
        goto out_layout;

    table->x = xcalloc(split.training_count * table->feature_count, sizeof *table->x);
    table->target = xcalloc(split.training_count, sizeof *table->target);
    table->origin = xcalloc(split.training_count, sizeof *table->origin);
    err = read_rows(table, &layout, &split, run, e);
    free(split.part);

out_layout:
    free(layout.feature_at);
out_table:
    if (err)
        table_release(table);
    return err;
}

void table_release(struct table *table)
{
    csv_close(&table->csv);
    free(table->x);
    free(table->target);
    free(table->origin);
    *table = (struct table){0};
}

/* ---- questions ---- */

static size_t missing_in(const struct table *table, size_t feature)
{
    size_t missing = 0;
    for (size_t row = 0; row < table->row_count; row++)
        missing += isnan(table->x[row * table->feature_count + feature]) != 0;
    return missing;
}

/* Adds `"name" (3 rows)` to a list that is cut off after `named_max` names. */
static void name_column(char *list, size_t size, size_t *named, const char *name, size_t missing)
{
    enum { NAMED_MAX = 5 };
    size_t used = strlen(list);
    if (*named < NAMED_MAX)
        snprintf(list + used, size - used, "%s\"%.60s\" (%zu rows)", *named ? ", " : "", name,
                 missing);
    else if (*named == NAMED_MAX)
        snprintf(list + used, size - used, " and others");
    ++*named;
}

enum err table_check_complete(const struct table *table, const struct run *run, struct err_ctx *e)
{
    char list[ERR_DETAIL_MAX - 160] = "";
    size_t named = 0, missing_target = 0;
    for (size_t i = 0; i < table->feature_count; i++) {
        size_t missing = missing_in(table, i);
        if (missing)
            name_column(list, sizeof list, &named, run->features[i], missing);
    }
    for (size_t row = 0; row < table->row_count; row++)
        missing_target += !*table->target[row];
    if (missing_target)
        name_column(list, sizeof list, &named, run->target, missing_target);
    if (!named)
        return ERR_OK;
    return err_set(e, ERR_INVALID,
                   "values are missing in the training rows: %s; fill them in, leave out the "
                   "rows, or leave the column out of the features",
                   list);
}

enum err table_target_numbers(const struct table *table, const struct run *run, double *y,
                              struct err_ctx *e)
{
    for (size_t row = 0; row < table->row_count; row++)
        if (!csv_number(table->target[row], &y[row]))
            return err_set(e, ERR_INVALID,
                           "row %zu of the dataset: \"%.60s\" in the target \"%s\" is not a "
                           "number, and a regression needs one",
                           table->origin[row], table->target[row], run->target);
    return ERR_OK;
}
