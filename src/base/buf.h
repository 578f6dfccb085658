/* base/buf.h
 *
 * A growing piece of text or bytes with a compulsory ceiling. Writers do not check each call:
 * what would pass the ceiling is dropped, buf_failed() says so at the end, and the content is
 * then not to be used.
 *
 *     struct buf b;
 *     buf_init(&b, 1 << 20);
 *     buf_add(&b, STR("{\"name\":"));
 *     buf_add_json(&b, name);
 *     buf_add_c(&b, '}');
 *     if (buf_failed(&b)) ...
 *     buf_release(&b);
 *
 * Not thread-safe. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

struct buf {
    char *p; /* not terminated; NULL while empty */
    size_t n;
    size_t capacity;
    size_t max;
    bool failed;
};

void buf_init(struct buf *b, size_t bytes_max);
void buf_release(struct buf *b);

/* Forgets the content and a failure; keeps the memory. */
void buf_clear(struct buf *b);

/* Room for `n` more bytes, or NULL past the ceiling. Write there, then call buf_took(). */
char *buf_room(struct buf *b, size_t n);

static inline void buf_took(struct buf *b, size_t n)
{
    assert(n <= b->capacity - b->n);
    b->n += n;
}

void buf_add(struct buf *b, struct str s);
void buf_add_c(struct buf *b, char c);
void buf_addf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);

/* The text as a JSON string with its quotes. Bytes that are no UTF-8 become U+FFFD. */
void buf_add_json(struct buf *b, struct str s);

/* The shortest decimal that reads back as the same number; null for NaN and infinities. */
void buf_add_f32(struct buf *b, float value);
void buf_add_f64(struct buf *b, double value);
void buf_add_i64(struct buf *b, int64_t value);
void buf_add_u64(struct buf *b, uint64_t value);

static inline bool buf_failed(const struct buf *b)
{
    return b->failed;
}

static inline struct str buf_str(const struct buf *b)
{
    return str_from(b->p, b->n);
}

/* Gives the memory away (free() it) and leaves the buffer empty. Terminated by a 0 byte. */
char *buf_detach(struct buf *b, size_t *n);

#endif
