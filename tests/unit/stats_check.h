/* tests/unit/stats_check.h
 *
 * What the tests of src/stats share: cmocka with its headers, and comparisons of doubles that
 * print both sides. `near(x, y)` is for 15 digits, `close_to(x, y, relative)` for fewer. */
#ifndef UNIT_STATS_CHECK_H
#define UNIT_STATS_CHECK_H

#include "stats/stat.h"

#include <math.h>
#include <setjmp.h>

#include <cmocka.h>

static inline void close_to(double got, double wanted, double relative)
{
    double scale = fmax(fabs(wanted), 1e-300);
    if (!(fabs(got - wanted) <= relative * scale))
        fail_msg("%.17g is not %.17g (off by %.3g)", got, wanted, fabs(got - wanted) / scale);
}

static inline void near(double got, double wanted)
{
    if (wanted == 0)
        assert_true(fabs(got) < 1e-15);
    else
        close_to(got, wanted, 1e-12);
}

static inline double value_of(struct stat_value v)
{
    if (v.reason)
        fail_msg("no figure: %s", stat_reason_text(v.reason));
    return v.value;
}

static inline void no_figure(struct stat_value v, enum stat_reason reason)
{
    assert_string_equal(stat_reason_name(v.reason), stat_reason_name(reason));
    assert_true(v.value == 0);
}

#endif
