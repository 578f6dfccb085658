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

/* Each argument is evaluated once, in the type that both have in common. The number makes the names
 * differ where one call stands inside another. Not for constant expressions. */
#define COMPARED(a, b, op, n) COMPARED_(a, b, op, n)
#define COMPARED_(a, b, op, n)                                                                     \
    __extension__({                                                                                \
        __typeof__(1 ? (a) : (b)) a_##n = (a), b_##n = (b);                                        \
        a_##n op b_##n ? a_##n : b_##n;                                                            \
    })
#define MIN(a, b) COMPARED(a, b, <, __COUNTER__)
#define MAX(a, b) COMPARED(a, b, >, __COUNTER__)

#include "base/banned.h"

#endif
