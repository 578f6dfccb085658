#include "catalog/json_schema.h"

#include <math.h>
#include <regex.h>

/* ---- does a value fit? ---- */

static bool is_type(const json_t *value, const char *type)
{
    double whole;
    if (strcmp(type, "number") == 0)
        return json_is_number(value);
    if (strcmp(type, "integer") == 0)
        return json_is_integer(value) ||
               (json_is_real(value) && modf(json_real_value(value), &whole) == 0);
    return (strcmp(type, "string") == 0 && json_is_string(value)) ||
           (strcmp(type, "boolean") == 0 && json_is_boolean(value)) ||
           (strcmp(type, "array") == 0 && json_is_array(value)) ||
           (strcmp(type, "object") == 0 && json_is_object(value)) ||
           (strcmp(type, "null") == 0 && json_is_null(value));
}

static bool fits_type(const json_t *wanted, const json_t *value)
{
    size_t i;
    json_t *type;
    if (json_is_string(wanted))
        return is_type(value, json_string_value(wanted));
    json_array_foreach(wanted, i, type)
    {
        if (is_type(value, json_string_value(type)))
            return true;
    }
    return false;
}

/* 1 and 1.0 are the same number. */
static bool same(const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b))
        return json_number_value(a) == json_number_value(b);
    return json_equal(a, b);
}

static bool fits_enum(const json_t *allowed, const json_t *value)
{
    size_t i;
    json_t *one;
    json_array_foreach(allowed, i, one)
    {
        if (same(one, value))
            return true;
    }
    return false;
}

static bool fits_const(const json_t *wanted, const json_t *value)
{
    return same(wanted, value);
}

static bool fits_minimum(const json_t *limit, const json_t *value)
{
    return !json_is_number(value) || json_number_value(value) >= json_number_value(limit);
}

static bool fits_maximum(const json_t *limit, const json_t *value)
{
    return !json_is_number(value) || json_number_value(value) <= json_number_value(limit);
}

static bool fits_above(const json_t *limit, const json_t *value)
{
    return !json_is_number(value) || json_number_value(value) > json_number_value(limit);
}

static bool fits_below(const json_t *limit, const json_t *value)
{
    return !json_is_number(value) || json_number_value(value) < json_number_value(limit);
}

static bool fits_multiple(const json_t *of, const json_t *value)
{
    double times = json_number_value(value) / json_number_value(of);
    return !json_is_number(value) || fabs(times - nearbyint(times)) < 1e-9;
}

/* Code points, as JSON Schema counts. */
static size_t length_of(const json_t *text)
{
    struct str s = json_str(text);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return n;
}

static bool fits_min_length(const json_t *limit, const json_t *value)
{
    return !json_is_string(value) || length_of(value) >= (size_t)json_integer_value(limit);
}

static bool fits_max_length(const json_t *limit, const json_t *value)
{
    return !json_is_string(value) || length_of(value) <= (size_t)json_integer_value(limit);
}

static bool fits_pattern(const json_t *pattern, const json_t *value)
{
    regex_t compiled;
    if (!json_is_string(value))
        return true;
    if (regcomp(&compiled, json_string_value(pattern), REG_EXTENDED | REG_NOSUB))
        return false;
    bool match = regexec(&compiled, json_string_value(value), 0, NULL, 0) == 0;
    regfree(&compiled);
    return match;
}

static bool fits_items(const json_t *schema, const json_t *value)
{
    size_t i;
    json_t *item;
    json_array_foreach(value, i, item)
    {
        if (!json_schema_fits(schema, item))
            return false;
    }
    return true;
}

static bool fits_min_items(const json_t *limit, const json_t *value)
{
    return !json_is_array(value) || json_array_size(value) >= (size_t)json_integer_value(limit);
}

static bool fits_max_items(const json_t *limit, const json_t *value)
{
    return !json_is_array(value) || json_array_size(value) <= (size_t)json_integer_value(limit);
}

static bool fits_members(const json_t *schema, const json_t *value)
{
    const char *key;
    json_t *member;
    if (json_is_boolean(schema))
        return json_is_true(schema) || json_object_size(value) == 0;
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        if (!json_schema_fits(schema, member))
            return false;
    }
    return true;
}

static bool fits_max_members(const json_t *limit, const json_t *value)
{
    return json_object_size(value) <= (size_t)json_integer_value(limit);
}

static size_t count_fitting(const json_t *schemas, const json_t *value)
{
    size_t i, n = 0;
    json_t *schema;
    json_array_foreach(schemas, i, schema)
    {
        n += json_schema_fits(schema, value);
    }
    return n;
}

static bool fits_one_of(const json_t *schemas, const json_t *value)
{
    return count_fitting(schemas, value) == 1;
}

static bool fits_any_of(const json_t *schemas, const json_t *value)
{
    return count_fitting(schemas, value) > 0;
}

static bool fits_not(const json_t *schema, const json_t *value)
{
    return !json_schema_fits(schema, value);
}

/* ---- the keywords: what their value must be, how they are checked ---- */

enum kind { A_NUMBER, A_COUNT, A_TEXT, A_LIST, A_SCHEMA, SCHEMAS, TYPES, ANYTHING };

static const struct keyword {
    const char *name;
    enum kind kind;
    bool (*fits)(const json_t *argument, const json_t *value); /* NULL: nothing to check */
} keywords[] = {
    {"additionalProperties", A_SCHEMA, fits_members},
    {"anyOf", SCHEMAS, fits_any_of},
    {"const", ANYTHING, fits_const},
    {"default", ANYTHING, NULL},
    {"description", ANYTHING, NULL},
    {"enum", A_LIST, fits_enum},
    {"examples", ANYTHING, NULL},
    {"exclusiveMaximum", A_NUMBER, fits_below},
    {"exclusiveMinimum", A_NUMBER, fits_above},
    {"items", A_SCHEMA, fits_items},
    {"maxItems", A_COUNT, fits_max_items},
    {"maxLength", A_COUNT, fits_max_length},
    {"maxProperties", A_COUNT, fits_max_members},
    {"maximum", A_NUMBER, fits_maximum},
    {"minItems", A_COUNT, fits_min_items},
    {"minLength", A_COUNT, fits_min_length},
    {"minimum", A_NUMBER, fits_minimum},
    {"multipleOf", A_NUMBER, fits_multiple},
    {"not", A_SCHEMA, fits_not},
    {"oneOf", SCHEMAS, fits_one_of},
    {"pattern", A_TEXT, fits_pattern},
    {"title", ANYTHING, NULL},
    {"type", TYPES, fits_type},
};

static const struct keyword *keyword_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(keywords); i++)
        if (strcmp(keywords[i].name, name) == 0)
            return &keywords[i];
    return NULL;
}

bool json_schema_fits(const json_t *schema, const json_t *value)
{
    for (size_t i = 0; i < ARRAY_LEN(keywords); i++) {
        const json_t *argument = json_object_get(schema, keywords[i].name);
        if (argument && keywords[i].fits && !keywords[i].fits(argument, value))
            return false;
    }
    return true;
}

/* ---- is it a schema? ---- */

static enum err check(json_t *schema, unsigned depth, struct err_ctx *e);

static bool is_type_name(const json_t *name)
{
    static const char *const types[] = {"number", "integer", "string", "boolean",
                                        "array",  "object",  "null"};
    for (size_t i = 0; i < ARRAY_LEN(types) && json_is_string(name); i++)
        if (strcmp(json_string_value(name), types[i]) == 0)
            return true;
    return false;
}

static bool are_types(const json_t *argument)
{
    size_t i;
    json_t *one;
    if (!json_is_array(argument))
        return is_type_name(argument);
    json_array_foreach(argument, i, one)
    {
        if (!is_type_name(one))
            return false;
    }
    return json_array_size(argument) > 0;
}

static enum err check_schemas(json_t *list, unsigned depth, struct err_ctx *e)
{
    size_t i;
    json_t *one;
    enum err err = ERR_OK;
    json_array_foreach(list, i, one)
    {
        if (!err)
            err = check(one, depth, e);
    }
    return err;
}

static enum err check_argument(const struct keyword *keyword, json_t *argument, unsigned depth,
                               struct err_ctx *e)
{
    bool good = true;
    regex_t compiled;
    switch (keyword->kind) {
    case A_NUMBER:
        good = json_is_number(argument);
        break;
    case A_COUNT:
        good = json_is_integer(argument) && json_integer_value(argument) >= 0;
        break;
    case A_TEXT:
        good = json_is_string(argument) &&
               regcomp(&compiled, json_string_value(argument), REG_EXTENDED | REG_NOSUB) == 0;
        if (good)
            regfree(&compiled);
        break;
    case A_LIST:
        good = json_array_size(argument) > 0;
        break;
    case TYPES:
        good = are_types(argument);
        break;
    case SCHEMAS:
        if (json_array_size(argument) > 0)
            return check_schemas(argument, depth + 1, e);
        good = false;
        break;
    case A_SCHEMA:
        return json_is_boolean(argument) ? ERR_OK : check(argument, depth + 1, e);
    case ANYTHING:
        break;
    }
    return good ? ERR_OK : err_set(e, ERR_INVALID, "\"%s\" has a wrong value", keyword->name);
}

static enum err check(json_t *schema, unsigned depth, struct err_ctx *e)
{
    const char *name;
    json_t *argument;
    if (!json_is_object(schema) || depth > 8)
        return err_set(e, ERR_INVALID, "a schema has to be an object, at most 8 levels deep");
    json_object_foreach(schema, name, argument)
    {
        const struct keyword *keyword = keyword_find(name);
        if (!keyword && strncmp(name, "x-", 2) != 0)
            return err_set(e, ERR_INVALID, "the keyword \"%s\" is not understood", name);
        enum err err = keyword ? check_argument(keyword, argument, depth, e) : ERR_OK;
        if (err)
            return err;
    }
    const json_t *preset = json_object_get(schema, "default");
    if (preset && !json_schema_fits(schema, preset))
        return err_set(e, ERR_INVALID, "its default does not obey its own schema");
    return ERR_OK;
}

enum err json_schema_check(json_t *schema, struct err_ctx *e)
{
    return check(schema, 0, e);
}

/* ---- for people ---- */

static const char *noun_of(const char *type)
{
    static const struct {
        const char *type, *noun;
    } nouns[] = {{"number", "a number"}, {"integer", "a whole number"},
                 {"string", "a text"},   {"boolean", "true or false"},
                 {"array", "a list"},    {"object", "an object"},
                 {"null", "null"}};
    for (size_t i = 0; i < ARRAY_LEN(nouns); i++)
        if (strcmp(nouns[i].type, type) == 0)
            return nouns[i].noun;
    return type;
}

static void describe_list(const json_t *list, struct buf *out)
{
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        buf_add(out, i ? STR(", ") : STR(""));
        json_write(one, out);
    }
}

static void describe_types(const json_t *types, struct buf *out)
{
    size_t i;
    json_t *one;
    if (json_is_string(types))
        buf_add(out, str_of(noun_of(json_string_value(types))));
    json_array_foreach(types, i, one)
    {
        buf_add(out, i ? STR(" or ") : STR(""));
        buf_add(out, str_of(noun_of(json_string_value(one))));
    }
}

static void describe_limits(const json_t *schema, struct buf *out)
{
    static const struct {
        const char *keyword, *words;
    } limits[] = {{"minimum", "at least"},
                  {"exclusiveMinimum", "greater than"},
                  {"maximum", "at most"},
                  {"exclusiveMaximum", "less than"},
                  {"multipleOf", "a multiple of"},
                  {"minLength", "with a length of at least"},
                  {"maxLength", "with a length of at most"},
                  {"pattern", "matching"},
                  {"minItems", "with a number of items of at least"},
                  {"maxItems", "with a number of items of at most"}};
    unsigned told = 0;
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        const json_t *limit = json_object_get(schema, limits[i].keyword);
        if (!limit)
            continue;
        buf_addf(out, "%s%s ", told++ ? " and " : " ", limits[i].words);
        json_write(limit, out);
    }
}

void json_schema_describe(const json_t *schema, struct buf *out)
{
    const json_t *choices = json_object_get(schema, "enum");
    const json_t *either = json_object_get(schema, "oneOf");
    size_t i;
    json_t *one;
    either = either ? either : json_object_get(schema, "anyOf");
    if (json_object_get(schema, "const")) {
        json_write(json_object_get(schema, "const"), out);
    } else if (choices) {
        buf_add(out, json_array_size(choices) > 1 ? STR("one of ") : STR(""));
        describe_list(choices, out);
    } else if (either) {
        json_array_foreach(either, i, one)
        {
            buf_add(out, i ? STR(" or ") : STR(""));
            json_schema_describe(one, out);
        }
    } else {
        describe_types(json_object_get(schema, "type"), out);
        describe_limits(schema, out);
        one = json_object_get(schema, "items");
        one = one ? one : json_object_get(schema, "additionalProperties");
        if (json_is_object(one)) {
            buf_add(out, STR(" of "));
            json_schema_describe(one, out);
        }
        if (json_object_get(schema, "not")) {
            buf_add(out, STR(" but not "));
            json_schema_describe(json_object_get(schema, "not"), out);
        }
    }
}
