#include "stats/stat.h"

#include <math.h>

struct reason_row {
    const char *name;
    const char *text;
};

static const struct reason_row reason_rows[STAT_REASON_COUNT] = {
    [STAT_OK] = {"ok", "the figure is defined"},
#define X(code, name, text) [code] = {name, text},
#include "stats/reason.def"
#undef X
};

struct stat_value stat_ok(double value)
{
    if (!isfinite(value))
        return stat_none(STAT_NOT_FINITE);
    return (struct stat_value){value, STAT_OK};
}

struct stat_value stat_none(enum stat_reason reason)
{
    assert(reason != STAT_OK);
    return (struct stat_value){0, reason};
}

struct stat_test stat_test_none(enum stat_reason reason)
{
    assert(reason != STAT_OK);
    return (struct stat_test){.p = 1, .reason = reason};
}

struct stat_interval stat_interval_none(enum stat_reason reason)
{
    assert(reason != STAT_OK);
    return (struct stat_interval){.reason = reason};
}

const char *stat_reason_name(enum stat_reason reason)
{
    assert((unsigned)reason < STAT_REASON_COUNT);
    return reason_rows[reason].name;
}

const char *stat_reason_text(enum stat_reason reason)
{
    assert((unsigned)reason < STAT_REASON_COUNT);
    return reason_rows[reason].text;
}
