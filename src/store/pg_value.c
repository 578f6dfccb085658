#include "store/pg_value.h"

#include <math.h>

#include "base/buf.h"

enum { NUMERIC_HEADER_BYTES = 8, NUMERIC_NEGATIVE = 0x4000, NUMERIC_TEXT_MAX = 1 << 20 };

static uint64_t big_endian(struct str raw, size_t at, size_t bytes)
{
    assert(at + bytes <= raw.n);
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | (uint8_t)raw.p[at + i];
    return value;
}

static int64_t read_int(struct str raw)
{
    assert(raw.n == 1 || raw.n == 2 || raw.n == 4 || raw.n == 8);
    unsigned unused_bits = 64 - 8 * (unsigned)raw.n;
    return (int64_t)(big_endian(raw, 0, raw.n) << unused_bits) >> unused_bits;
}

static double read_float4(struct str raw)
{
    uint32_t bits = (uint32_t)big_endian(raw, 0, sizeof bits);
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

static double read_float8(struct str raw)
{
    uint64_t bits = big_endian(raw, 0, sizeof bits);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* A numeric is digits of base 10000, the first one worth 10000^weight: spelling it and reading the
 * text gives the nearest double, which adding up the digits would not. */
static double read_numeric(struct str raw)
{
    int digits = (int)big_endian(raw, 0, 2);
    int weight = (int16_t)big_endian(raw, 2, 2);
    unsigned sign = (unsigned)big_endian(raw, 4, 2);
    if (sign > NUMERIC_NEGATIVE)
        return NAN; /* infinities are numerics too, but no sum of ours is one */
    struct buf text;
    buf_init(&text, NUMERIC_TEXT_MAX);
    buf_addf(&text, "%s0", sign == NUMERIC_NEGATIVE ? "-" : "");
    for (int i = 0; i < digits; i++)
        buf_addf(&text, "%04u", (unsigned)big_endian(raw, NUMERIC_HEADER_BYTES + 2 * (size_t)i, 2));
    buf_addf(&text, "e%d", 4 * (weight - digits + 1));
    buf_add_c(&text, '\0');
    double value = strtod(text.p, NULL);
    buf_release(&text);
    return value;
}

static int64_t numeric_i64(struct str raw)
{
    int digits = (int)big_endian(raw, 0, 2);
    int weight = (int16_t)big_endian(raw, 2, 2);
    bool negative = big_endian(raw, 4, 2) == NUMERIC_NEGATIVE;
    int64_t value = 0;
    for (int i = 0; i <= weight; i++) {
        int64_t digit =
            i < digits ? (int64_t)big_endian(raw, NUMERIC_HEADER_BYTES + 2 * (size_t)i, 2) : 0;
        if (__builtin_mul_overflow(value, 10000, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value))
            return negative ? INT64_MIN : INT64_MAX;
    }
    return value;
}

static int64_t clamp(double value)
{
    if (isnan(value))
        return 0;
    if (value >= 0x1p63)
        return INT64_MAX;
    return value <= -0x1p63 ? INT64_MIN : (int64_t)value;
}

bool pg_type_is_number(unsigned type)
{
    return type == PG_BOOL || type == PG_INT2 || type == PG_INT4 || type == PG_INT8 ||
           type == PG_FLOAT4 || type == PG_FLOAT8 || type == PG_NUMERIC;
}

bool pg_type_is_bytes(unsigned type)
{
    return type == PG_TEXT || type == PG_BYTEA || type == PG_VARCHAR || type == PG_NAME ||
           type == PG_VOID;
}

double pg_value_f64(unsigned type, struct str raw)
{
    assert(pg_type_is_number(type));
    switch (type) {
    case PG_FLOAT4:
        return read_float4(raw);
    case PG_FLOAT8:
        return read_float8(raw);
    case PG_NUMERIC:
        return read_numeric(raw);
    default:
        return (double)read_int(raw);
    }
}

int64_t pg_value_i64(unsigned type, struct str raw)
{
    assert(pg_type_is_number(type));
    switch (type) {
    case PG_FLOAT4:
    case PG_FLOAT8:
        return clamp(pg_value_f64(type, raw));
    case PG_NUMERIC:
        return numeric_i64(raw);
    default:
        return read_int(raw);
    }
}
