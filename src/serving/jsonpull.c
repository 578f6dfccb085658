#include "serving/jsonpull.h"

#include "base/decimal.h"

void jsonpull_init(struct jsonpull *j, struct str text, struct arena *a)
{
    *j = (struct jsonpull){.start = text.p, .at = text.p, .end = text.p + text.n, .arena = a};
}

static bool broken(struct jsonpull *j, const char *why)
{
    if (!j->error)
        j->error = why;
    return false;
}

static void skip_blanks(struct jsonpull *j)
{
    while (j->at < j->end && (*j->at == ' ' || *j->at == '\n' || *j->at == '\t' || *j->at == '\r'))
        j->at++;
}

char jsonpull_peek(struct jsonpull *j)
{
    skip_blanks(j);
    return j->at < j->end && !j->error ? *j->at : '\0';
}

static bool take(struct jsonpull *j, char c, const char *otherwise)
{
    if (jsonpull_peek(j) != c)
        return broken(j, otherwise);
    j->at++;
    return true;
}

static bool enter(struct jsonpull *j, char c, const char *otherwise)
{
    if (!take(j, c, otherwise))
        return false;
    if (++j->depth > JSONPULL_DEPTH_MAX)
        return broken(j, "the document is nested too deeply");
    j->first = true;
    return true;
}

bool jsonpull_object(struct jsonpull *j)
{
    return enter(j, '{', "an object is expected");
}

bool jsonpull_array(struct jsonpull *j)
{
    return enter(j, '[', "a list is expected");
}

/* Moves to the next member, or out of the container. */
static bool next_member(struct jsonpull *j, char closing, const char *otherwise)
{
    bool first = j->first;
    j->first = false;
    char c = jsonpull_peek(j);
    if (c == closing) {
        j->at++;
        j->depth--;
        return false;
    }
    if (first)
        return c ? true : broken(j, "the document ends too early");
    if (c != ',')
        return broken(j, c ? otherwise : "the document ends too early");
    j->at++;
    return true;
}

bool jsonpull_element(struct jsonpull *j)
{
    return !j->error && next_member(j, ']', "a comma or a closing bracket is expected");
}

bool jsonpull_key(struct jsonpull *j, struct str *key)
{
    return !j->error && next_member(j, '}', "a comma or a closing brace is expected") &&
           jsonpull_text(j, key) && take(j, ':', "a colon is expected");
}

/* ---- texts ---- */

static int hex_value(const char *p)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i], low = (char)(c | 0x20);
        int digit = c >= '0' && c <= '9' ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

static size_t write_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xc0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xe0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3f));
        to[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    to[0] = (char)(0xf0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 0x3f));
    to[2] = (char)(0x80 | (c >> 6 & 0x3f));
    to[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* \uXXXX, or two of them for what lies beyond U+FFFF. `*p` stands behind the u. */
static bool unescape_unicode(const char **p, const char *end, char *to, size_t *n)
{
    int high = end - *p >= 4 ? hex_value(*p) : -1;
    if (high < 0)
        return false;
    *p += 4;
    uint32_t c = (uint32_t)high;
    if (c >= 0xd800 && c < 0xdc00) {
        int low = end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u' ? hex_value(*p + 2) : -1;
        if (low < 0xdc00 || low > 0xdfff)
            return false;
        *p += 6;
        c = 0x10000 + ((c - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
    } else if (c >= 0xdc00 && c < 0xe000) {
        return false;
    }
    *n += write_utf8(to + *n, c);
    return true;
}

static bool unescape(struct jsonpull *j, struct str raw, struct str *text)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    char *to = arena_alloc(j->arena, raw.n + 1);
    size_t n = 0;
    for (const char *p = raw.p, *end = raw.p + raw.n; p < end;) {
        if (*p != '\\') {
            to[n++] = *p++;
            continue;
        }
        p++;
        const char *name = p < end ? memchr(names, *p, sizeof names - 1) : NULL;
        if (name) {
            to[n++] = values[name - names];
            p++;
        } else if (p < end && *p == 'u') {
            p++;
            if (!unescape_unicode(&p, end, to, &n))
                return broken(j, "a text has a broken \\u escape");
        } else {
            return broken(j, "a text has an unknown escape");
        }
    }
    *text = str_from(to, n);
    return true;
}

bool jsonpull_text(struct jsonpull *j, struct str *text)
{
    if (!take(j, '"', "a text is expected"))
        return false;
    const char *p = j->at;
    bool escaped = false, wide = false;
    while (p < j->end && *p != '"') {
        if ((unsigned char)*p < 0x20)
            return broken(j, "a text has a control character");
        wide = wide || (*p & 0x80);
        if (*p == '\\') {
            escaped = true;
            p++;
        }
        p++;
    }
    if (p >= j->end)
        return broken(j, "a text has no end");
    struct str raw = str_from(j->at, (size_t)(p - j->at));
    if (wide && !str_is_utf8(raw))
        return broken(j, "a text is not UTF-8");
    j->at = p + 1;
    *text = raw;
    return !escaped || unescape(j, raw, text);
}

/* ---- the other values ---- */

bool jsonpull_number(struct jsonpull *j, double *value)
{
    skip_blanks(j);
    size_t n = j->error ? 0 : decimal_parse_f64(str_from(j->at, (size_t)(j->end - j->at)), value);
    if (n == 0)
        return broken(j, "a number is expected");
    j->at += n;
    return true;
}

bool jsonpull_digits(struct jsonpull *j, struct str *digits)
{
    skip_blanks(j);
    size_t n = j->error ? 0 : decimal_span(str_from(j->at, (size_t)(j->end - j->at)));
    if (n == 0)
        return broken(j, "a number is expected");
    *digits = str_from(j->at, n);
    j->at += n;
    return true;
}

static bool take_word(struct jsonpull *j, struct str word)
{
    skip_blanks(j);
    if (j->error || !str_starts(str_from(j->at, (size_t)(j->end - j->at)), word))
        return false;
    j->at += word.n;
    return true;
}

bool jsonpull_bool(struct jsonpull *j, bool *value)
{
    *value = take_word(j, STR("true"));
    return *value || take_word(j, STR("false")) || broken(j, "true or false is expected");
}

bool jsonpull_null(struct jsonpull *j)
{
    return take_word(j, STR("null")) || broken(j, "null is expected");
}

bool jsonpull_skip(struct jsonpull *j)
{
    struct str text;
    bool truth;
    switch (jsonpull_peek(j)) {
    case '{':
        if (jsonpull_object(j))
            while (jsonpull_key(j, &text) && jsonpull_skip(j)) {
            }
        break;
    case '[':
        if (jsonpull_array(j))
            while (jsonpull_element(j) && jsonpull_skip(j)) {
            }
        break;
    case '"':
        return jsonpull_text(j, &text);
    case 't':
    case 'f':
        return jsonpull_bool(j, &truth);
    case 'n':
        return jsonpull_null(j);
    default:
        return jsonpull_digits(j, &text);
    }
    return !j->error;
}

/* What does not open, close or quote says nothing about where a value ends. */
static const bool is_structure[256] = {
    ['['] = true, [']'] = true, ['{'] = true, ['}'] = true, ['"'] = true};

/* From a text's first quote to its last, or to the end. */
static const char *pass_text(const char *p, const char *end)
{
    for (p++; p < end && *p != '"'; p++)
        if (*p == '\\' && p + 1 < end)
            p++;
    return p;
}

bool jsonpull_pass(struct jsonpull *j)
{
    unsigned open = 0;
    char first = jsonpull_peek(j);
    if (first != '[' && first != '{')
        return jsonpull_skip(j);
    const char *p = j->at;
    for (; p < j->end; p++) {
        if (LIKELY(!is_structure[(unsigned char)*p]))
            continue;
        if (*p == '"' && (p = pass_text(p, j->end)) == j->end)
            break;
        if (*p == '[' || *p == '{')
            open++;
        else if (*p != '"' && --open == 0)
            break;
    }
    if (p == j->end)
        return broken(j, "the document ends too early");
    j->at = p + 1;
    return true;
}

bool jsonpull_end(struct jsonpull *j)
{
    if (j->error)
        return false;
    skip_blanks(j);
    return j->at == j->end || broken(j, "something follows the end of the document");
}

enum err jsonpull_fail(const struct jsonpull *j, struct err_ctx *e)
{
    assert(j->error);
    if (j->start == j->end)
        return err_set(e, ERR_SYNTAX, "the body is empty where a JSON document is expected");
    return err_set(e, ERR_SYNTAX, "the JSON document cannot be read at byte %zu: %s",
                   (size_t)(j->at - j->start), j->error);
}
