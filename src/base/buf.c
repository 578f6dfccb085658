#include "base/buf.h"

#include "base/decimal.h"
#include "base/err.h"

void buf_init(struct buf *b, size_t bytes_max)
{
    *b = (struct buf){.max = bytes_max};
}

void buf_release(struct buf *b)
{
    free(b->p);
    buf_init(b, b->max);
}

void buf_clear(struct buf *b)
{
    b->n = 0;
    b->failed = false;
}

char *buf_room(struct buf *b, size_t n)
{
    if (LIKELY(n <= b->capacity - b->n))
        return b->p + b->n;
    if (b->failed || n > b->max || b->n > b->max - n) {
        b->failed = true;
        return NULL;
    }
    size_t wanted = MAX(b->n + n, MAX(b->capacity * 2, (size_t)256));
    b->capacity = MIN(wanted, b->max);
    b->p = xrealloc(b->p, b->capacity);
    return b->p + b->n;
}

void buf_add(struct buf *b, struct str s)
{
    if (s.n == 0)
        return;
    char *room = buf_room(b, s.n);
    if (!room)
        return;
    memcpy(room, s.p, s.n);
    b->n += s.n;
}

void buf_add_c(struct buf *b, char c)
{
    char *room = buf_room(b, 1);
    if (!room)
        return;
    *room = c;
    b->n++;
}

void buf_addf(struct buf *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(n >= 0);
    char *room = buf_room(b, (size_t)n + 1);
    if (room) {
        vsnprintf(room, (size_t)n + 1, format, again);
        b->n += (size_t)n;
    }
    va_end(again);
}

static const char json_short_escapes[128] = {
    ['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
    ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't',
};

static bool json_plain(unsigned char c)
{
    return c >= 0x20 && c != '"' && c != '\\' && c != 0x7f;
}

static void add_json_escape(struct buf *b, unsigned char c)
{
    if (c < 128 && json_short_escapes[c]) {
        buf_add_c(b, '\\');
        buf_add_c(b, json_short_escapes[c]);
    } else {
        buf_addf(b, "\\u%04x", c);
    }
}

/* The slow way for text with bytes that are no UTF-8: character by character. */
static void add_json_repaired(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n;) {
        size_t length = 1;
        while (length <= 4 && i + length <= s.n && !str_is_utf8(str_from(s.p + i, length)))
            length++;
        if (length > 4 || i + length > s.n) {
            buf_add(b, STR("\xef\xbf\xbd"));
            i++;
            continue;
        }
        if (length == 1 && !json_plain((unsigned char)s.p[i]))
            add_json_escape(b, (unsigned char)s.p[i]);
        else
            buf_add(b, str_from(s.p + i, length));
        i += length;
    }
}

void buf_add_json(struct buf *b, struct str s)
{
    buf_add_c(b, '"');
    if (!str_is_utf8(s)) {
        add_json_repaired(b, s);
        buf_add_c(b, '"');
        return;
    }
    size_t done = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (json_plain((unsigned char)s.p[i]))
            continue;
        buf_add(b, str_from(s.p + done, i - done));
        add_json_escape(b, (unsigned char)s.p[i]);
        done = i + 1;
    }
    buf_add(b, str_from(s.p + done, s.n - done));
    buf_add_c(b, '"');
}

void buf_add_f32(struct buf *b, float value)
{
    char *room = buf_room(b, DECIMAL_TEXT_MAX);
    if (room)
        b->n += decimal_format_f32(value, room);
}

void buf_add_f64(struct buf *b, double value)
{
    char *room = buf_room(b, DECIMAL_TEXT_MAX);
    if (room)
        b->n += decimal_format_f64(value, room);
}

void buf_add_u64(struct buf *b, uint64_t value)
{
    char digits[DECIMAL_DIGITS_MAX];
    buf_add(b, str_from(digits, decimal_format_u64(value, digits)));
}

void buf_add_i64(struct buf *b, int64_t value)
{
    char digits[DECIMAL_DIGITS_MAX];
    buf_add(b, str_from(digits, decimal_format_i64(value, digits)));
}

char *buf_detach(struct buf *b, size_t *n)
{
    char *text = xrealloc(b->p, b->n + 1);
    text[b->n] = '\0';
    *n = b->n;
    buf_init(b, b->max);
    return text;
}
