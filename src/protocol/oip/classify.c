#include <math.h>

#include "protocol/oip/inside.h"

/* As many are found by insertion; where a client asks for more, all are sorted. */
enum { FEW = 32, BYTES_MAX = 1 << 28 };

/* What is no number comes last. */
static double rank_of(const struct tensor *t, size_t index)
{
    double value = tensor_f64(t, index);
    return value == value ? value : -INFINITY;
}

static bool greater(const struct tensor *t, size_t x, size_t y)
{
    double a = rank_of(t, x), b = rank_of(t, y);
    return a > b || (a == b && x < y);
}

static int by_size(const void *x, const void *y, void *tensor)
{
    return greater(tensor, *(const size_t *)x, *(const size_t *)y) ? -1 : 1;
}

static void sort_all(const struct tensor *t, size_t first, size_t width, size_t *best)
{
    for (size_t i = 0; i < width; i++)
        best[i] = first + i;
    qsort_r(best, width, sizeof *best, by_size, (void *)(uintptr_t)t);
}

/* The largest `top` of `width` elements from `first` on, by insertion: `top` is small. */
static void find_top(const struct tensor *t, size_t first, size_t width, size_t top, size_t *best)
{
    size_t n = 0;
    for (size_t i = 0; i < width; i++) {
        size_t at = n < top ? n : top;
        while (at > 0 && greater(t, first + i, best[at - 1]))
            at--;
        if (at >= top)
            continue;
        n = MIN(n + 1, top);
        memmove(best + at + 1, best + at, (n - at - 1) * sizeof *best);
        best[at] = first + i;
    }
}

static void find_best(const struct tensor *t, size_t row, size_t width, size_t take, size_t *best)
{
    if (take <= FEW)
        find_top(t, row * width, width, take, best);
    else
        sort_all(t, row * width, width, best);
}

/* "value:index[:label]" */
static struct str write_class(const struct signature *sig, const struct tensor *t, size_t at,
                              size_t width, struct arena *a)
{
    size_t index = at % width;
    bool named = index < sig->class_count && width == sig->class_count;
    return str_of(arena_printf(a, "%f:%zu%s%s", tensor_f64(t, at), index, named ? ":" : "",
                               named ? sig->classes[index] : ""));
}

enum err oip_classify(const struct signature *sig, const struct tensor *t, uint32_t top,
                      struct tensor *out, struct arena *a, struct err_ctx *e)
{
    if (t->datatype == DATATYPE_BYTES)
        return err_set(e, ERR_INVALID, "classification needs an output of numbers");
    size_t rows = t->rank > 1 ? (size_t)t->shape[0] : 1;
    size_t width = rows ? t->count / rows : 0;
    size_t take = MIN((size_t)top, width);
    *out = (struct tensor){
        .datatype = DATATYPE_BYTES, .rank = 2, .shape = {(int64_t)rows, (int64_t)take}};
    if (t->rank <= 1) {
        out->rank = 1;
        out->shape[0] = (int64_t)take;
    }
    enum err err = tensor_alloc(out, a, BYTES_MAX, e);
    if (err)
        return err;
    size_t *best = arena_alloc(a, (take <= FEW ? take + 1 : width) * sizeof *best);
    struct str *texts = out->data;
    for (size_t r = 0; r < rows; r++) {
        find_best(t, r, width, take, best);
        for (size_t k = 0; k < take; k++)
            *texts++ = write_class(sig, t, best[k], width, a);
    }
    return ERR_OK;
}
