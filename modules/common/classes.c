#include "common/classes.h"

#include <errno.h>
#include <inttypes.h>

/* Only the spelling that printing the number gives back: "7" and "-7", not "07", "+7" or "7.0".
 * So a label that is served as INT64 is still the text that stands in the dataset. */
static bool parse_integer(const char *label, int64_t *out)
{
    char again[32], *end;
    errno = 0;
    intmax_t value = strtoimax(label, &end, 10);
    if (errno || end == label || *end || value < INT64_MIN || value > INT64_MAX)
        return false;
    snprintf(again, sizeof again, "%jd", value);
    *out = (int64_t)value;
    return strcmp(again, label) == 0;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_value(const void *a, const void *b)
{
    int64_t x = 0, y = 0;
    parse_integer(*(const char *const *)a, &x);
    parse_integer(*(const char *const *)b, &y);
    return (x > y) - (x < y);
}

static void sort_labels(struct classes *classes, const char *const *target, size_t row_count)
{
    const char **all = xcalloc(row_count, sizeof *all);
    for (size_t i = 0; i < row_count; i++)
        all[i] = target[i];
    qsort(all, row_count, sizeof *all, by_bytes);
    for (size_t i = 0; i < row_count; i++)
        if (classes->count == 0 || strcmp(all[i], all[classes->count - 1]) != 0)
            all[classes->count++] = all[i];
    classes->label = all;

    classes->integer = xcalloc(classes->count, sizeof *classes->integer);
    classes->integers = true;
    for (size_t i = 0; i < classes->count && classes->integers; i++)
        classes->integers = parse_integer(all[i], &classes->integer[i]);
    if (!classes->integers)
        return;
    qsort(all, classes->count, sizeof *all, by_value);
    for (size_t i = 0; i < classes->count; i++)
        parse_integer(all[i], &classes->integer[i]);
}

int classes_find(const struct classes *classes, const char *label)
{
    int64_t value = 0;
    if (classes->integers && !parse_integer(label, &value))
        return -1;
    const char *const *found =
        bsearch(&label, classes->label, classes->count, sizeof *classes->label,
                classes->integers ? by_value : by_bytes);
    return found ? (int)(found - classes->label) : -1;
}

void classes_init(struct classes *classes, const char *const *target, size_t row_count)
{
    *classes = (struct classes){0};
    sort_labels(classes, target, row_count);
    classes->row_count = xcalloc(classes->count, sizeof *classes->row_count);
    classes->of_row = xcalloc(row_count, sizeof *classes->of_row);
    for (size_t i = 0; i < row_count; i++) {
        classes->of_row[i] = classes_find(classes, target[i]);
        assert(classes->of_row[i] >= 0);
        classes->row_count[classes->of_row[i]]++;
    }
}

void classes_release(struct classes *classes)
{
    free(classes->label);
    free(classes->integer);
    free(classes->row_count);
    free(classes->of_row);
    *classes = (struct classes){0};
}
