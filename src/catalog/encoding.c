#include "catalog/encoding.h"

#include "base/err.h"

static const struct {
    const char *name, *encoding;
} names[] = {{"", "utf-8"},
             {"utf-8", "utf-8"},
             {"utf8", "utf-8"},
             {"ascii", "utf-8"},
             {"latin-1", "windows-1252"},
             {"latin1", "windows-1252"},
             {"iso-8859-1", "windows-1252"},
             {"windows-1252", "windows-1252"},
             {"cp1252", "windows-1252"}};

/* What 0x80 to 0x9f mean; the five that mean nothing become U+FFFD. */
static const uint16_t upper_controls[32] = {
    0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178};

const char *encoding_find(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_is_nocase(name, names[i].name))
            return names[i].encoding;
    return NULL;
}

static size_t add_point(char *to, unsigned point)
{
    if (point < 0x80) {
        to[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        to[0] = (char)(0xc0 | point >> 6);
        to[1] = (char)(0x80 | (point & 0x3f));
        return 2;
    }
    to[0] = (char)(0xe0 | point >> 12);
    to[1] = (char)(0x80 | (point >> 6 & 0x3f));
    to[2] = (char)(0x80 | (point & 0x3f));
    return 3;
}

char *encoding_decode(struct str text, size_t *bytes)
{
    size_t room = 1, n = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        room += c < 0x80 ? 1 : c < 0xa0 ? 3 : 2;
    }
    char *to = xmalloc(room);
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        n += add_point(to + n, c >= 0x80 && c < 0xa0 ? upper_controls[c - 0x80] : c);
    }
    *bytes = n;
    return to;
}
