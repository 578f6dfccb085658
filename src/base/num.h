/* base/num.h
 *
 * Arithmetic that cannot overflow silently, and parsing of whole texts into numbers with a
 * range. Everything returns false instead of a wrong value. No state, any thread. */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include "base/str.h"

static inline WARN_UNUSED bool num_mul(size_t a, size_t b, size_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

static inline WARN_UNUSED bool num_add(size_t a, size_t b, size_t *sum)
{
    return !__builtin_add_overflow(a, b, sum);
}

/* The whole text must be decimal digits (with a sign for i64) within the range. */
WARN_UNUSED bool num_parse_u64(struct str s, uint64_t max, uint64_t *value);
WARN_UNUSED bool num_parse_i64(struct str s, int64_t min, int64_t max, int64_t *value);

/* The whole text must be one finite JSON number; a leading "+" is allowed too. */
WARN_UNUSED bool num_parse_f64(struct str s, double *value);

#endif
