#include "common/folds.h"

#include "base/err.h"

/* SplitMix64 (Steele, Lea, Flood 2014): small, and quite good enough to shuffle rows. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void shuffle(size_t *row, size_t count, uint64_t *state)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)(next_random(state) % i);
        size_t kept = row[i - 1];
        row[i - 1] = row[j];
        row[j] = kept;
    }
}

/* Puts the shuffled rows in order of their classes, stably, by counting. */
static void group_by_class(size_t *row, size_t count, const int *class_of_row)
{
    int class_max = 0;
    for (size_t i = 0; i < count; i++)
        class_max = MAX(class_max, class_of_row[i]);
    size_t *start = xcalloc((size_t)class_max + 2, sizeof *start);
    size_t *shuffled = xcalloc(count, sizeof *shuffled);
    memcpy(shuffled, row, count * sizeof *row);
    for (size_t i = 0; i < count; i++)
        start[class_of_row[i] + 1]++;
    for (int c = 0; c < class_max; c++)
        start[c + 1] += start[c];
    for (size_t i = 0; i < count; i++)
        row[start[class_of_row[shuffled[i]]]++] = shuffled[i];
    free(shuffled);
    free(start);
}

void folds_assign(int *fold, size_t row_count, int fold_count, const int *class_of_row,
                  int64_t seed)
{
    assert(fold_count >= 1);
    uint64_t state = (uint64_t)seed;
    size_t *row = xcalloc(row_count, sizeof *row);
    for (size_t i = 0; i < row_count; i++)
        row[i] = i;
    shuffle(row, row_count, &state);
    if (class_of_row)
        group_by_class(row, row_count, class_of_row);
    /* Dealt like cards, class after class, without beginning again at the first fold. */
    for (size_t i = 0; i < row_count; i++)
        fold[row[i]] = (int)(i % (size_t)fold_count);
    free(row);
}
