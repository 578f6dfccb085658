#include "base/json.h"

#include <math.h>

#include "base/clock.h"

/* jansson recurses as deep as the text says: brackets are counted before it may begin. */
static bool too_deep(struct str text)
{
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (in_string) {
            i += c == '\\';
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > JSON_DEPTH_MAX)
                return true;
        } else if (c == ']' || c == '}') {
            depth--;
        }
    }
    return false;
}

enum err json_read(struct str text, json_t **out, struct err_ctx *e)
{
    if (str_trim(text).n == 0)
        return err_set(e, ERR_SYNTAX, "the body is empty where a JSON document is expected");
    if (too_deep(text))
        return err_set(e, ERR_SYNTAX, "the JSON document is nested deeper than %d levels",
                       JSON_DEPTH_MAX);
    json_error_t why;
    json_t *value =
        json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);
    if (!value)
        return err_set(e, ERR_SYNTAX, "the JSON document cannot be read at line %d, column %d: %s",
                       why.line, why.column, why.text);
    *out = value;
    return ERR_OK;
}

enum err json_read_object(struct str text, json_t **out, struct err_ctx *e)
{
    json_t *value = NULL;
    enum err err = json_read(text, &value, e);
    if (err)
        return err;
    if (!json_is_object(value)) {
        json_decref(value);
        return err_set_at(e, ERR_INVALID, "", "the body must be a JSON object");
    }
    *out = value;
    return ERR_OK;
}

static const char *pointer_to(const char *key, char pointer[ERR_POINTER_MAX])
{
    snprintf(pointer, ERR_POINTER_MAX, "/%s", key);
    return pointer;
}

static json_t *member(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

static enum err wrong(struct err_ctx *e, const char *key, const char *expected)
{
    char pointer[ERR_POINTER_MAX];
    return err_set_at(e, ERR_INVALID, pointer_to(key, pointer), "\"%s\" must be %s", key, expected);
}

enum err json_want_text(json_t *object, const char *key, size_t bytes_min, size_t bytes_max,
                        struct str *out, struct err_ctx *e)
{
    json_t *value = member(object, key);
    if (!value)
        return ERR_OK;
    if (!json_is_string(value))
        return wrong(e, key, "a text");
    struct str text = json_str(value);
    if (text.n < bytes_min || text.n > bytes_max) {
        char expected[80];
        snprintf(expected, sizeof expected, "a text of %zu to %zu bytes", bytes_min, bytes_max);
        return wrong(e, key, expected);
    }
    if (memchr(text.p, '\0', text.n))
        return wrong(e, key, "a text without the character U+0000");
    *out = text;
    return ERR_OK;
}

enum err json_need_text(json_t *object, const char *key, size_t bytes_min, size_t bytes_max,
                        struct str *out, struct err_ctx *e)
{
    if (!member(object, key)) {
        char pointer[ERR_POINTER_MAX];
        return err_set_at(e, ERR_INVALID, pointer_to(key, pointer), "\"%s\" is missing", key);
    }
    return json_want_text(object, key, bytes_min, bytes_max, out, e);
}

enum err json_want_i64(json_t *object, const char *key, int64_t min, int64_t max, int64_t *out,
                       struct err_ctx *e)
{
    json_t *value = member(object, key);
    if (!value)
        return ERR_OK;
    if (!json_is_integer(value) || json_integer_value(value) < min ||
        json_integer_value(value) > max) {
        char expected[96];
        snprintf(expected, sizeof expected, "a whole number from %lld to %lld", (long long)min,
                 (long long)max);
        return wrong(e, key, expected);
    }
    *out = json_integer_value(value);
    return ERR_OK;
}

enum err json_want_f64(json_t *object, const char *key, double min, double max, double *out,
                       struct err_ctx *e)
{
    json_t *value = member(object, key);
    if (!value)
        return ERR_OK;
    double number = json_number_value(value);
    if (!json_is_number(value) || !(number >= min && number <= max)) {
        char expected[96];
        snprintf(expected, sizeof expected, "a number from %g to %g", min, max);
        return wrong(e, key, expected);
    }
    *out = number;
    return ERR_OK;
}

enum err json_want_bool(json_t *object, const char *key, bool *out, struct err_ctx *e)
{
    json_t *value = member(object, key);
    if (!value)
        return ERR_OK;
    if (!json_is_boolean(value))
        return wrong(e, key, "true or false");
    *out = json_is_true(value);
    return ERR_OK;
}

enum err json_want_object(json_t *object, const char *key, json_t **out, struct err_ctx *e)
{
    *out = member(object, key);
    if (*out && !json_is_object(*out))
        return wrong(e, key, "an object");
    return ERR_OK;
}

enum err json_want_array(json_t *object, const char *key, size_t count_max, json_t **out,
                         struct err_ctx *e)
{
    *out = member(object, key);
    if (!*out)
        return ERR_OK;
    if (!json_is_array(*out))
        return wrong(e, key, "a list");
    if (json_array_size(*out) > count_max) {
        char expected[64];
        snprintf(expected, sizeof expected, "a list of at most %zu items", count_max);
        return wrong(e, key, expected);
    }
    return ERR_OK;
}

static json_t *or_abort(json_t *value)
{
    if (!value) {
        fputs("crisol: out of memory\n", stderr);
        abort();
    }
    return value;
}

void json_set(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, or_abort(value)))
        or_abort(NULL);
}

static json_t *repaired_text(struct str value)
{
    struct buf b;
    buf_init(&b, value.n * 6 + 16);
    buf_add_json(&b, value);
    json_t *text = json_loadb(b.p, b.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    buf_release(&b);
    return or_abort(text);
}

json_t *json_text(struct str value)
{
    json_t *text = json_stringn(value.n ? value.p : "", value.n);
    return text ? text : repaired_text(value);
}

void json_set_text(json_t *object, const char *key, struct str value)
{
    json_set(object, key, json_text(value));
}

void json_set_cstr(json_t *object, const char *key, const char *value_or_null)
{
    json_set(object, key, value_or_null ? json_text(str_of(value_or_null)) : json_null());
}

void json_set_i64(json_t *object, const char *key, int64_t value)
{
    json_set(object, key, json_integer(value));
}

void json_set_digits(json_t *object, const char *key, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    json_set_cstr(object, key, value ? text : NULL);
}

void json_set_f64(json_t *object, const char *key, double value)
{
    json_set(object, key, isfinite(value) ? json_real(value) : json_null());
}

void json_set_bool(json_t *object, const char *key, bool value)
{
    json_set(object, key, json_boolean(value));
}

void json_set_null(json_t *object, const char *key)
{
    json_set(object, key, json_null());
}

void json_set_time(json_t *object, const char *key, int64_t time_ms)
{
    char text[CLOCK_TEXT_BYTES];
    json_set_cstr(object, key, time_ms ? clock_format(time_ms, text) : NULL);
}

void json_push(json_t *array, json_t *value)
{
    if (json_array_append_new(array, or_abort(value)))
        or_abort(NULL);
}

struct str json_str(const json_t *text)
{
    return str_from(json_string_value(text), json_string_length(text));
}

json_t *json_stored(struct str text)
{
    json_t *value =
        text.n ? json_loadb(text.p, text.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
    return value ? value : json_null();
}

static void write_members(const json_t *object, struct buf *out)
{
    const char *key;
    json_t *value;
    bool first = true;
    buf_add_c(out, '{');
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        if (!first)
            buf_add_c(out, ',');
        first = false;
        buf_add_json(out, str_of(key));
        buf_add_c(out, ':');
        json_write(value, out);
    }
    buf_add_c(out, '}');
}

static void write_elements(const json_t *array, struct buf *out)
{
    buf_add_c(out, '[');
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i)
            buf_add_c(out, ',');
        json_write(json_array_get(array, i), out);
    }
    buf_add_c(out, ']');
}

/* jansson's own writer says 4.3 as 4.2999999999999998. */
static void write_real(double value, struct buf *out)
{
    size_t from = out->n;
    buf_add_f64(out, value);
    /* A real stays one when it is read again. */
    for (size_t i = from; i < out->n; i++)
        if (out->p[i] == '.' || out->p[i] == 'e' || out->p[i] == 'n')
            return;
    buf_add(out, STR(".0"));
}

void json_write(const json_t *value, struct buf *out)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        write_members(value, out);
        break;
    case JSON_ARRAY:
        write_elements(value, out);
        break;
    case JSON_STRING:
        buf_add_json(out, json_str(value));
        break;
    case JSON_INTEGER:
        buf_add_i64(out, json_integer_value(value));
        break;
    case JSON_REAL:
        write_real(json_real_value(value), out);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        buf_add(out, json_is_true(value) ? STR("true") : STR("false"));
        break;
    case JSON_NULL:
        buf_add(out, STR("null"));
        break;
    }
}

struct str json_dump(const json_t *value, struct arena *a)
{
    struct buf b;
    buf_init(&b, SIZE_MAX / 2);
    json_write(value, &b);
    struct str copy = arena_str(a, buf_str(&b));
    buf_release(&b);
    return copy;
}
