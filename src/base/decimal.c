#include "base/decimal.h"

#include <math.h>

/* Powers of ten that a double holds exactly. */
static const double exact_power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
enum { EXACT_POWER_MAX = 22, MANTISSA_DIGITS_MAX = 19 };

struct scanned {
    uint64_t mantissa; /* the first digits, up to MANTISSA_DIGITS_MAX of them */
    int exponent;      /* value = mantissa * 10^exponent when not `truncated` */
    bool negative;
    bool truncated; /* there were more digits */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *scan_digits(struct scanned *d, const char *p, const char *end, bool fraction)
{
    const char *from = p;
    uint64_t mantissa = d->mantissa;
    for (; p < end && is_digit(*p) && mantissa < UINT64_C(1000000000000000000); p++)
        mantissa = mantissa * 10 + (uint64_t)(*p - '0');
    d->mantissa = mantissa;
    if (fraction)
        d->exponent -= (int)(p - from);
    for (; p < end && is_digit(*p); p++) {
        d->truncated = d->truncated || *p != '0';
        d->exponent += !fraction;
    }
    return p;
}

/* Reads e[+-]digits; returns `p` unchanged when it is not an exponent. */
static const char *scan_exponent(struct scanned *d, const char *p, const char *end)
{
    const char *q = p + 1;
    bool negative = q < end && *q == '-';
    if (q < end && (*q == '-' || *q == '+'))
        q++;
    if (q == end || !is_digit(*q))
        return p;
    int exponent = 0;
    for (; q < end && is_digit(*q); q++)
        if (exponent < 100000)
            exponent = exponent * 10 + (*q - '0');
    d->exponent += negative ? -exponent : exponent;
    return q;
}

/* The grammar of JSON numbers. Returns the end, or NULL when there is no number. */
static const char *scan(struct scanned *d, const char *p, const char *end)
{
    if (p < end && *p == '-') {
        d->negative = true;
        p++;
    }
    if (p == end || !is_digit(*p))
        return NULL;
    if (*p == '0')
        p++;
    else
        p = scan_digits(d, p, end, false);
    if (p + 1 < end && *p == '.' && is_digit(p[1]))
        p = scan_digits(d, p + 1, end, true);
    if (p < end && (*p == 'e' || *p == 'E'))
        p = scan_exponent(d, p, end);
    return p;
}

/* The C library's conversion wants a terminated text. Digits beyond the 800th cannot change the
 * nearest double except by breaking a tie: a longer text is cut, and a last digit 1 stands for
 * the rest of it. */
static double parse_slowly(const char *p, size_t n, const struct scanned *d)
{
    char text[832];
    if (n < sizeof text) {
        memcpy(text, p, n);
        text[n] = '\0';
        return strtod(text, NULL);
    }
    snprintf(text, sizeof text, "%s%llu%de%d", d->negative ? "-" : "",
             (unsigned long long)d->mantissa, d->truncated, d->exponent - 1);
    return strtod(text, NULL);
}

size_t decimal_span(struct str s)
{
    struct scanned d = {0};
    const char *end = scan(&d, s.p, s.p + s.n);
    return end ? (size_t)(end - s.p) : 0;
}

size_t decimal_parse_f64(struct str s, double *value)
{
    struct scanned d = {0};
    const char *end = scan(&d, s.p, s.p + s.n);
    if (!end)
        return 0;
    size_t n = (size_t)(end - s.p);
    bool exact = !d.truncated && d.mantissa <= (UINT64_C(1) << 53);
    if (exact && d.exponent >= -EXACT_POWER_MAX && d.exponent <= EXACT_POWER_MAX) {
        double m = (double)d.mantissa;
        m = d.exponent < 0 ? m / exact_power[-d.exponent] : m * exact_power[d.exponent];
        *value = d.negative ? -m : m;
    } else {
        *value = parse_slowly(s.p, n, &d);
    }
    return n;
}

/* ---- writing ---- */

size_t decimal_format_u64(uint64_t value, char *text)
{
    char digits[DECIMAL_DIGITS_MAX];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    memcpy(text, digits + at, sizeof digits - at);
    return sizeof digits - at;
}

size_t decimal_format_i64(int64_t value, char *text)
{
    if (value >= 0)
        return decimal_format_u64((uint64_t)value, text);
    *text = '-';
    return 1 + decimal_format_u64(0 - (uint64_t)value, text + 1);
}

/* digits × 10^exponent in plain notation where that is short, else in scientific notation. */
static size_t write_decimal(char *text, uint64_t digits, int exponent)
{
    while (digits && digits % 10 == 0) {
        digits /= 10;
        exponent++;
    }
    char mantissa[DECIMAL_DIGITS_MAX];
    int count = (int)decimal_format_u64(digits, mantissa);
    int point = count + exponent; /* digits before the decimal point */
    if (point > 0 && point <= 17) {
        if (exponent >= 0) {
            memcpy(text, mantissa, (size_t)count);
            memset(text + count, '0', (size_t)exponent);
            return (size_t)point;
        }
        memcpy(text, mantissa, (size_t)point);
        text[point] = '.';
        memcpy(text + point + 1, mantissa + point, (size_t)(count - point));
        return (size_t)count + 1;
    }
    if (point <= 0 && point > -5) {
        text[0] = '0';
        text[1] = '.';
        memset(text + 2, '0', (size_t)-point);
        memcpy(text + 2 - point, mantissa, (size_t)count);
        return (size_t)(2 - point + count);
    }
    size_t n = 0;
    text[n++] = mantissa[0];
    if (count > 1) {
        text[n++] = '.';
        memcpy(text + n, mantissa + 1, (size_t)count - 1);
        n += (size_t)count - 1;
    }
    return n + (size_t)snprintf(text + n, DECIMAL_TEXT_MAX - n, "e%d", point - 1);
}

static size_t write_special(double value, char *text, bool *done)
{
    *done = true;
    if (!isfinite(value)) {
        memcpy(text, "null", 4);
        return 4;
    }
    if (value == 0) {
        memcpy(text, "-0.0", 4);
        if (signbit(value))
            return 4;
        text[0] = '0';
        return 1;
    }
    *done = false;
    return 0;
}

/* The decimal exponent of the first digit of a positive value that is a float, possibly one too
 * small or large for values right at a power of ten; the caller's check by reading back makes up
 * for that. Every float is a normal double, so its bits tell the binary exponent; 78913 / 2^18 is
 * the decimal logarithm of 2. */
static int leading_exponent(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int guess = (((int)(bits >> 52) - 1023) * 78913) >> 18;
    if (guess >= 0 && guess < EXACT_POWER_MAX && value >= exact_power[guess + 1])
        guess++;
    else if (guess < 0 && -guess - 1 <= EXACT_POWER_MAX && value * exact_power[-guess - 1] >= 1)
        guess++;
    return guess;
}

/* A double right between two floats may owe that to its own rounding: the decimal behind it could
 * belong to either neighbour. */
static bool halfway_between_floats(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (bits & 0x1fffffff) == 0x10000000;
}

/* Tries to say `value` with `count` significant digits by arithmetic that is exact or off by at
 * most one rounding; true when reading the digits back gives the same float. */
static bool f32_candidate(float value, int count, int lead, uint64_t *digits, int *exponent)
{
    int scale = count - 1 - lead;
    if (scale > EXACT_POWER_MAX || scale < -EXACT_POWER_MAX)
        return false;
    double v = value;
    double scaled = scale >= 0 ? v * exact_power[scale] : v / exact_power[-scale];
    *digits = (uint64_t)(scaled + 0.5);
    double rounded = (double)*digits;
    double back = scale >= 0 ? rounded / exact_power[scale] : rounded * exact_power[-scale];
    *exponent = -scale;
    return (float)back == value && !halfway_between_floats(back);
}

/* Six digits always tell floats from decimals that people write; what was computed mostly needs
 * eight. So seven are tried first: they say whether to go up or down. */
static bool f32_shortest(float value, uint64_t *digits, int *exponent)
{
    uint64_t fewer;
    int fewer_exponent, lead = leading_exponent(value);
    if (!f32_candidate(value, 7, lead, digits, exponent))
        return f32_candidate(value, 8, lead, digits, exponent) ||
               f32_candidate(value, 9, lead, digits, exponent);
    if (f32_candidate(value, 6, lead, &fewer, &fewer_exponent)) {
        *digits = fewer;
        *exponent = fewer_exponent;
    }
    return true;
}

static size_t format_by_library(double value, int first, int last, bool single, char *text)
{
    for (int precision = first; precision <= last; precision++) {
        char wide[48];
        int n = snprintf(wide, sizeof wide, "%.*e", precision - 1, value);
        bool same = single ? strtof(wide, NULL) == (float)value : strtod(wide, NULL) == value;
        if (!same && precision < last)
            continue;
        uint64_t digits = 0;
        int i = 0;
        for (; i < n && wide[i] != 'e'; i++)
            if (is_digit(wide[i]))
                digits = digits * 10 + (uint64_t)(wide[i] - '0');
        int exponent = (int)strtol(wide + i + 1, NULL, 10);
        return write_decimal(text, digits, exponent - (precision - 1));
    }
    return 0;
}

size_t decimal_format_f32(float value, char *text)
{
    bool done;
    size_t n = write_special(value, text, &done);
    if (done)
        return n;
    if (value < 0) {
        *text++ = '-';
        value = -value;
        n = 1;
    }
    uint64_t digits;
    int exponent;
    if (f32_shortest(value, &digits, &exponent))
        return n + write_decimal(text, digits, exponent);
    return n + format_by_library(value, 1, 9, true, text);
}

size_t decimal_format_f64(double value, char *text)
{
    bool done;
    size_t n = write_special(value, text, &done);
    if (done)
        return n;
    if (value < 0) {
        *text++ = '-';
        value = -value;
        n = 1;
    }
    if (value < 1e15 && value == floor(value))
        return n + write_decimal(text, (uint64_t)value, 0);
    return n + format_by_library(value, 15, 17, false, text);
}
