/* Parameters against what a module declares of them. */
#include "base/yaml.h"
#include "catalog/parameters.h"

#include <setjmp.h>

#include <cmocka.h>

static json_t *yaml(const char *text)
{
    json_t *value = NULL;
    assert_int_equal(yaml_read(str_of(text), &value, NULL), ERR_OK);
    return value;
}

static void a_value_fits_its_schema_or_does_not(void **state)
{
    static const struct {
        const char *schema, *value;
        bool fits;
    } cases[] = {
        {"{type: number}", "1", true},
        {"{type: number}", "1.5", true},
        {"{type: number}", "'1'", false},
        {"{type: integer}", "1", true},
        {"{type: integer}", "1.0", true},
        {"{type: integer}", "1.5", false},
        {"{type: [integer, string]}", "x", true},
        {"{type: [integer, string]}", "true", false},
        {"{type: number, minimum: 1, maximum: 2}", "1", true},
        {"{type: number, minimum: 1, maximum: 2}", "2", true},
        {"{type: number, minimum: 1, maximum: 2}", "2.01", false},
        {"{type: number, exclusiveMinimum: 1, exclusiveMaximum: 2}", "1", false},
        {"{type: number, exclusiveMinimum: 1, exclusiveMaximum: 2}", "2", false},
        {"{type: number, multipleOf: 0.1}", "0.3", true},
        {"{type: number, multipleOf: 0.1}", "0.35", false},
        {"{enum: [1, a, null]}", "1.0", true},
        {"{enum: [1, a, null]}", "b", false},
        {"{const: a}", "a", true},
        {"{const: a}", "b", false},
        {"{type: string, minLength: 2, maxLength: 2}", "\xc3\xa9\xc3\xa9", true},
        {"{type: string, minLength: 2}", "\xc3\xa9", false},
        {"{type: string, pattern: '^a+$'}", "aaa", true},
        {"{type: string, pattern: '^a+$'}", "aab", false},
        {"{type: array, items: {type: integer}, minItems: 1}", "[1, 2]", true},
        {"{type: array, items: {type: integer}, minItems: 1}", "[]", false},
        {"{type: array, items: {type: integer}, maxItems: 1}", "[1, 2]", false},
        {"{type: array, items: {type: integer}}", "[1, x]", false},
        {"{type: object, additionalProperties: {type: number}}", "{a: 1}", true},
        {"{type: object, additionalProperties: {type: number}}", "{a: b}", false},
        {"{type: object, additionalProperties: false}", "{a: 1}", false},
        {"{type: object, maxProperties: 1}", "{a: 1, b: 2}", false},
        {"{oneOf: [{type: integer}, {minimum: 5}]}", "3", true},
        {"{oneOf: [{type: integer}, {minimum: 5}]}", "7", false},
        {"{anyOf: [{type: integer}, {minimum: 5}]}", "7", true},
        {"{anyOf: [{type: integer}, {minimum: 5}]}", "1.5", false},
        {"{type: integer, not: {const: 1}}", "1", false},
        {"{type: integer, not: {const: 1}}", "2", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        json_t *declared = json_object(), *given = json_object(), *complete = NULL;
        json_set(declared, "p", yaml(cases[i].schema));
        json_set(given, "p", yaml(cases[i].value));
        assert_int_equal(parameters_check(declared, NULL), ERR_OK);
        enum err err = parameters_complete(declared, given, &complete, NULL);
        if ((err == ERR_OK) != cases[i].fits)
            fail_msg("%s against %s", cases[i].value, cases[i].schema);
        json_decref(complete);
        json_decref(given);
        json_decref(declared);
    }
}

static void each_misfit_is_told_at_its_place(void **state)
{
    struct err_ctx e;
    json_t *complete = NULL;
    json_t *declared = yaml("{a: {type: number, minimum: 1}, b: {enum: [x, y]}}");
    json_t *given = yaml("{a: 0, b: z, c: 1}");
    err_ctx_init(&e);
    assert_int_equal(parameters_complete(declared, given, &complete, &e), ERR_INVALID);
    assert_int_equal(e.item_count, 3);
    assert_string_equal(e.items[0].pointer, "/parameters/c");
    assert_string_equal(e.items[1].pointer, "/parameters/a");
    assert_string_equal(e.items[1].detail, "\"a\" must be a number at least 1, not 0");
    assert_string_equal(e.items[2].detail, "\"b\" must be one of \"x\", \"y\", not \"z\"");
    json_decref(given);
    json_decref(declared);
}

static void a_schema_that_is_none_is_refused(void **state)
{
    static const char *const schemas[] = {
        "5",
        "{type: colour}",
        "{type: []}",
        "{minimum: low}",
        "{minItems: -1}",
        "{enum: []}",
        "{oneOf: []}",
        "{items: 5}",
        "{pattern: '('}",
        "{if: {type: number}}",
        "{type: number, default: x}",
        "{items: {items: {items: {items: {items: {items: {items: {items: {items: {}}}}}}}}}}",
    };
    for (size_t i = 0; i < ARRAY_LEN(schemas); i++) {
        json_t *declared = json_object();
        json_set(declared, "p", yaml(schemas[i]));
        assert_int_equal(parameters_check(declared, NULL), ERR_INVALID);
        json_decref(declared);
    }
}

static void yaml_says_what_it_looks_like(void **state)
{
    json_t *value = yaml("a: [1, 1.5, -2e3, true, null, ~, '1', \"x\", 1.2.3, plain text]\n");
    json_t *wanted = json_loads("{\"a\":[1,1.5,-2000.0,true,null,null,\"1\",\"x\",\"1.2.3\","
                                "\"plain text\"]}",
                                0, NULL);
    assert_true(json_equal(value, wanted));
    json_decref(wanted);
    json_decref(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_fits_its_schema_or_does_not),
        cmocka_unit_test(each_misfit_is_told_at_its_place),
        cmocka_unit_test(a_schema_that_is_none_is_refused),
        cmocka_unit_test(yaml_says_what_it_looks_like),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
