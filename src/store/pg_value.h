/* store/pg_value.h
 *
 * Reads the values that PostgreSQL sends in its binary format, by the number of their type.
 *
 *     if (pg_type_is_number(type))
 *         sum += pg_value_f64(type, raw);
 *
 * No state, any thread. */
#ifndef STORE_PG_VALUE_H
#define STORE_PG_VALUE_H

#include "base/str.h"

/* The types of PostgreSQL's catalogue that the store's SQL can lead to; the numbers are fixed. */
enum pg_type {
    PG_BOOL = 16,
    PG_BYTEA = 17,
    PG_NAME = 19,
    PG_INT8 = 20,
    PG_INT2 = 21,
    PG_INT4 = 23,
    PG_TEXT = 25,
    PG_FLOAT4 = 700,
    PG_FLOAT8 = 701,
    PG_VARCHAR = 1043,
    PG_NUMERIC = 1700, /* what sum() makes of BIGINT */
    PG_VOID = 2278,    /* what functions without a result return */
};

bool pg_type_is_number(unsigned type);
bool pg_type_is_bytes(unsigned type);

/* Truncates towards zero; what does not fit becomes the nearest that does. */
int64_t pg_value_i64(unsigned type, struct str raw);
double pg_value_f64(unsigned type, struct str raw);

#endif
