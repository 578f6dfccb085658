/* base/compat.h
 *
 * The first include of every file: the system headers that every file may count on, the
 * compiler's annotations under short names, and the functions that nobody may call. Feature
 * macros (_GNU_SOURCE) come from the build. */
#ifndef BASE_COMPAT_H
#define BASE_COMPAT_H

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WARN_UNUSED __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_index, args_index)                                                      \
    __attribute__((format(printf, format_index, args_index)))
#define NO_RETURN __attribute__((noreturn))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#include "base/banned.h"

#endif
