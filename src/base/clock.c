#include "base/clock.h"

#include <time.h>

#include "base/num.h"

void clock_init(struct clock *c)
{
    atomic_init(&c->virtual_ms, INT64_MIN);
}

void clock_init_virtual(struct clock *c, int64_t start_ms)
{
    assert(start_ms != INT64_MIN);
    atomic_init(&c->virtual_ms, start_ms);
}

bool clock_is_virtual(const struct clock *c)
{
    return atomic_load_explicit(&c->virtual_ms, memory_order_relaxed) != INT64_MIN;
}

int64_t clock_now_ms(const struct clock *c)
{
    int64_t at_ms = atomic_load_explicit(&c->virtual_ms, memory_order_relaxed);
    if (at_ms != INT64_MIN)
        return at_ms;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_advance(struct clock *c, int64_t by_ms)
{
    assert(clock_is_virtual(c) && by_ms >= 0);
    atomic_fetch_add(&c->virtual_ms, by_ms);
}

uint64_t clock_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

struct timespec clock_deadline(unsigned after_ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    long ns = at.tv_nsec + (long)(after_ms % 1000) * 1000000;
    at.tv_sec += after_ms / 1000 + ns / 1000000000;
    at.tv_nsec = ns % 1000000000;
    return at;
}

char *clock_format(int64_t time_ms, char text[CLOCK_TEXT_BYTES])
{
    int64_t ms = ((time_ms % 1000) + 1000) % 1000;
    time_t seconds = (time_t)((time_ms - ms) / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    char wide[96]; /* the compiler cannot know that each field is short */
    snprintf(wide, sizeof wide, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
             MAX(0, MIN(tm.tm_year + 1900, 9999)), tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
             tm.tm_sec, (int)ms);
    memcpy(text, wide, CLOCK_TEXT_BYTES - 1);
    text[CLOCK_TEXT_BYTES - 1] = '\0';
    return text;
}

/* Takes exactly `count` digits off the front. */
static bool take_number(struct str *s, size_t count, int max, int *value)
{
    uint64_t parsed;
    if (s->n < count || !num_parse_u64(str_from(s->p, count), (uint64_t)max, &parsed))
        return false;
    *value = (int)parsed;
    *s = str_from(s->p + count, s->n - count);
    return true;
}

static bool take_char(struct str *s, char c)
{
    if (s->n == 0 || (s->p[0] | 0x20) != (c | 0x20))
        return false;
    *s = str_from(s->p + 1, s->n - 1);
    return true;
}

static bool take_date(struct str *s, struct tm *tm)
{
    int year, month, day;
    if (!take_number(s, 4, 9999, &year) || !take_char(s, '-') || !take_number(s, 2, 12, &month) ||
        !take_char(s, '-') || !take_number(s, 2, 31, &day) || month < 1 || day < 1)
        return false;
    tm->tm_year = year - 1900;
    tm->tm_mon = month - 1;
    tm->tm_mday = day;
    return true;
}

static bool take_time(struct str *s, struct tm *tm, int *ms)
{
    if (!take_number(s, 2, 23, &tm->tm_hour) || !take_char(s, ':') ||
        !take_number(s, 2, 59, &tm->tm_min) || !take_char(s, ':') ||
        !take_number(s, 2, 60, &tm->tm_sec))
        return false;
    *ms = 0;
    if (!take_char(s, '.'))
        return true;
    size_t digits = 0;
    for (int scale = 100; s->n && s->p[0] >= '0' && s->p[0] <= '9'; scale /= 10, digits++) {
        *ms += (s->p[0] - '0') * scale;
        *s = str_from(s->p + 1, s->n - 1);
    }
    return digits > 0;
}

static bool take_offset(struct str *s, int *offset_s)
{
    int hours, minutes;
    *offset_s = 0;
    if (take_char(s, 'z'))
        return true;
    int sign = s->n && s->p[0] == '-' ? -1 : 1;
    if (!(s->n && (s->p[0] == '-' || s->p[0] == '+')))
        return false;
    *s = str_from(s->p + 1, s->n - 1);
    if (!take_number(s, 2, 23, &hours) || !take_char(s, ':') || !take_number(s, 2, 59, &minutes))
        return false;
    *offset_s = sign * (hours * 3600 + minutes * 60);
    return true;
}

static int month_days(const struct tm *tm)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = tm->tm_year + 1900;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[tm->tm_mon] + (leap && tm->tm_mon == 1);
}

bool clock_parse(struct str s, int64_t *time_ms)
{
    struct tm tm = {0};
    int ms = 0, offset_s = 0;
    if (!take_date(&s, &tm))
        return false;
    if (tm.tm_mday > month_days(&tm))
        return false;
    if (s.n) {
        if (!take_char(&s, 't') && !take_char(&s, ' '))
            return false;
        if (!take_time(&s, &tm, &ms) || !take_offset(&s, &offset_s) || s.n)
            return false;
    }
    time_t seconds = timegm(&tm);
    *time_ms = ((int64_t)seconds - offset_s) * 1000 + ms;
    return true;
}

bool clock_parse_span(struct str s, int64_t *span_ms)
{
    static const struct {
        char letter;
        int64_t unit_ms;
    } units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}, {'w', 604800000}};
    uint64_t count;
    if (s.n < 2 || !num_parse_u64(str_from(s.p, s.n - 1), 1000000000, &count))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (units[i].letter != s.p[s.n - 1])
            continue;
        *span_ms = (int64_t)count * units[i].unit_ms;
        return count > 0 && *span_ms <= INT64_C(3660) * 86400000;
    }
    return false;
}
