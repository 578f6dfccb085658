/* base/str.h
 *
 * A view of text that somebody else owns: a pointer and a length, not terminated.
 *
 *     struct str rest = str_of("a=1,b=2"), head;
 *     while (str_split(&rest, ',', &head))
 *         log_info("demo", STR_FMT, STR_ARG(head));
 *
 * Values are passed by copy. A view must not outlive the memory that it looks at. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/compat.h"

struct str {
    const char *p;
    size_t n;
};

#define STR(literal) ((struct str){literal "", sizeof(literal) - 1})
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).n, (s).p

static inline struct str str_of(const char *text)
{
    return (struct str){text, text ? strlen(text) : 0};
}

static inline struct str str_from(const char *p, size_t n)
{
    return (struct str){p, n};
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool str_is(struct str a, const char *text)
{
    return str_eq(a, str_of(text));
}

/* Like str_is(), ASCII letters compared without their case. */
bool str_is_nocase(struct str a, const char *text);

bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);

/* Bytewise order: negative, 0 or positive. */
int str_cmp(struct str a, struct str b);

/* Without the ASCII blanks at both ends. */
struct str str_trim(struct str s);

/* Index of the first `c`, or -1. */
ptrdiff_t str_find(struct str s, char c);

/* Where `needle` begins in `s`, or -1. */
ptrdiff_t str_find_str(struct str s, struct str needle);

/* Moves the part before the next `separator` from `rest` to `head`; false when nothing is left.
 * "a,,b" has three parts, "" has one (an empty one); a view of NULL has none. */
bool str_split(struct str *rest, char separator, struct str *head);

/* True for well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF). */
bool str_is_utf8(struct str s);

/* Not for secrets or hostile keys beyond a hash table: FNV-1a folded by a multiply. */
uint64_t str_hash(struct str s);

#endif
