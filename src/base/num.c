#include "base/num.h"

#include <math.h>

#include "base/decimal.h"

bool num_parse_u64(struct str s, uint64_t max, uint64_t *value)
{
    uint64_t total = 0;
    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        if (__builtin_mul_overflow(total, 10u, &total) ||
            __builtin_add_overflow(total, (uint64_t)(s.p[i] - '0'), &total))
            return false;
    }
    if (total > max)
        return false;
    *value = total;
    return true;
}

bool num_parse_i64(struct str s, int64_t min, int64_t max, int64_t *value)
{
    bool negative = s.n && s.p[0] == '-';
    uint64_t magnitude;
    uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    if (!num_parse_u64(negative ? str_from(s.p + 1, s.n - 1) : s, limit, &magnitude))
        return false;
    int64_t signed_value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    if (signed_value < min || signed_value > max)
        return false;
    *value = signed_value;
    return true;
}

bool num_parse_f64(struct str s, double *value)
{
    if (s.n > 1 && s.p[0] == '+' && s.p[1] != '-')
        s = str_from(s.p + 1, s.n - 1);
    double parsed;
    if (s.n == 0 || decimal_parse_f64(s, &parsed) != s.n || !isfinite(parsed))
        return false;
    *value = parsed;
    return true;
}
