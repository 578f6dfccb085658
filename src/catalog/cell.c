#include "catalog/cell.h"

#include <math.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "base/num.h"

enum { NUMBER_BYTES_MAX = 64 };

static const char *const type_texts[CELL_TYPE_COUNT] = {
    [CELL_INTEGER] = "integer", [CELL_NUMBER] = "number", [CELL_BOOLEAN] = "boolean",
    [CELL_DATE] = "date",       [CELL_TEXT] = "text",
};

const char *cell_type_text(enum cell_type type)
{
    assert(type < CELL_TYPE_COUNT);
    return type_texts[type];
}

bool cell_type_parse(struct str s, enum cell_type *type)
{
    for (int i = 0; i < CELL_TYPE_COUNT; i++) {
        if (str_is(s, type_texts[i])) {
            *type = (enum cell_type)i;
            return true;
        }
    }
    return false;
}

bool cell_is_missing(struct str field)
{
    static const char *const words[] = {"na", "n/a", "nan", "null", "?"};
    if (field.n == 0)
        return true;
    if (field.n > 4 || (field.p[0] >= '0' && field.p[0] <= '9'))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_is_nocase(field, words[i]))
            return true;
    return false;
}

/* Makes 1,5 and .5 and 5. what the parser of JSON numbers reads; a second point makes it none. */
static size_t as_json(struct str field, char point, char text[NUMBER_BYTES_MAX + 2])
{
    size_t n = 0;
    bool pointed = false;
    for (size_t i = 0; i < field.n; i++) {
        char c = field.p[i];
        if ((c == '.' && point != '.') || (c == point && pointed))
            return 0;
        if (c != point) {
            text[n++] = c;
            continue;
        }
        pointed = true;
        bool digit_before = i > 0 && field.p[i - 1] >= '0' && field.p[i - 1] <= '9';
        bool digit_after = i + 1 < field.n && field.p[i + 1] >= '0' && field.p[i + 1] <= '9';
        if (!digit_before && !digit_after)
            return 0;
        if (!digit_before)
            text[n++] = '0';
        if (digit_after)
            text[n++] = '.';
    }
    return n;
}

bool cell_number(struct str field, char point, double *value)
{
    if (field.n == 0 || field.n > NUMBER_BYTES_MAX)
        return false;
    if (field.p[0] == '+' && field.n > 1 && field.p[1] != '-' && field.p[1] != '+')
        field = str_from(field.p + 1, field.n - 1);
    if (point == '.' && decimal_parse_f64(field, value) == field.n)
        return isfinite(*value);
    char text[NUMBER_BYTES_MAX + 2];
    size_t n = as_json(field, point, text);
    return n > 0 && decimal_parse_f64(str_from(text, n), value) == n && isfinite(*value);
}

bool cell_integer(struct str field, double *value)
{
    static const int64_t limit = INT64_C(1) << 53;
    bool sign = field.n > 0 && (field.p[0] == '-' || field.p[0] == '+');
    struct str digits = str_from(field.p + sign, field.n - sign);
    int64_t whole = 0;
    if (digits.n == 0 || digits.n > 16 || (digits.p[0] == '0' && digits.n > 1))
        return false;
    for (size_t i = 0; i < digits.n; i++) {
        if (digits.p[i] < '0' || digits.p[i] > '9')
            return false;
        whole = whole * 10 + (digits.p[i] - '0');
    }
    *value = (double)(sign && field.p[0] == '-' ? -whole : whole);
    return whole <= limit;
}

bool cell_boolean(struct str field, bool *value)
{
    *value = str_is_nocase(field, "true");
    return *value || str_is_nocase(field, "false");
}

static int two_digits(const char *p)
{
    return p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9' ? -1
                                                                : (p[0] - '0') * 10 + p[1] - '0';
}

/* Days since 1970-01-01 of a day in the Gregorian calendar, the year counted from March. */
static int64_t days_since_1970(int year, int month, int day)
{
    year -= month <= 2;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return INT64_C(365) * year + year / 4 - year / 100 + year / 400 + day_of_year - 719468;
}

/* Most dates in tables are days: YYYY-MM-DD. The 29th to the 31st are left to clock_parse(), which
 * knows how long the months are. */
static bool plain_day(struct str field, int64_t *time_ms)
{
    int century = two_digits(field.p), year = two_digits(field.p + 2);
    int month = two_digits(field.p + 5), day = two_digits(field.p + 8);
    if (field.n != 10 || field.p[7] != '-' || century < 0 || year < 0 || month < 1 || month > 12 ||
        day < 1 || day > 28)
        return false;
    *time_ms = days_since_1970(century * 100 + year, month, day) * 86400000;
    return true;
}

bool cell_date(struct str field, int64_t *time_ms)
{
    if (field.n < 10 || field.n > 35 || field.p[4] != '-')
        return false;
    if (plain_day(field, time_ms))
        return true;
    if (clock_parse(field, time_ms))
        return true;
    char text[40];
    memcpy(text, field.p, field.n);
    text[field.n] = 'Z';
    return clock_parse(str_from(text, field.n + 1), time_ms);
}
