/* base/decimal.h
 *
 * Numbers to text and back, exactly: what decimal_format_f32() writes reads back as the same
 * bits, in as few digits as that takes; what decimal_parse_f64() reads is the nearest double.
 * Both take a fast path for the numbers that people send and fall back to the C library's exact
 * conversion for the rest.
 *
 *     char text[DECIMAL_TEXT_MAX];
 *     size_t n = decimal_format_f32(0.1f, text);       "0.1"
 *
 * No state, any thread. The decimal point is a point whatever the locale says. */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include "base/str.h"

enum { DECIMAL_TEXT_MAX = 32, DECIMAL_DIGITS_MAX = 20 };

/* Writes at most DECIMAL_TEXT_MAX bytes, not terminated, and returns their number. NaN and
 * infinities become "null", which is all that JSON can say of them. */
size_t decimal_format_f32(float value, char *text);
size_t decimal_format_f64(double value, char *text);

/* Writes at most DECIMAL_DIGITS_MAX bytes, not terminated, and returns their number. */
size_t decimal_format_u64(uint64_t value, char *text);
size_t decimal_format_i64(int64_t value, char *text);

/* Reads a JSON number from the front of `s`. Returns the bytes it took, 0 when there is none.
 * The value may be infinite when the text is too large for a double. */
size_t decimal_parse_f64(struct str s, double *value);

/* The same bytes without the value. */
size_t decimal_span(struct str s);

#endif
