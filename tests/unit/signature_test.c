/* What a model file tells about itself, whatever its bytes, and what a signature file may change.
 */
#include "base/file.h"
#include "registry/onnx_file.h"
#include "serving/outputs.h"

#include <setjmp.h>

#include <cmocka.h>

static struct arena arena;

static int set_up(void **state)
{
    arena_init(&arena);
    return 0;
}

static int tear_down(void **state)
{
    arena_release(&arena);
    return 0;
}

/* ---- files of other projects, where they are at hand ---- */

static bool read_shared(const char *name, struct str *content)
{
    const char *folder = getenv("CRISOL_SHARED_DATA");
    folder = folder ? folder : CRISOL_SOURCE "/../shared/data";
    const char *path = arena_printf(&arena, "%s/onnx/%s.onnx", folder, name);
    if (file_read(&arena, path, 1 << 20, content, NULL) == ERR_OK)
        return true;
    print_message("skipped: %s is not at hand (CRISOL_SHARED_DATA)\n", path);
    return false;
}

static const struct {
    const char *name;
    enum task task;
    unsigned inputs, outputs, features, classes;
    int label_output, scores_output, value_output;
    int64_t batch_fixed;
} shared[] = {
    {"tract_lgbm_classifier_tensor", TASK_CLASSIFICATION, 1, 2, 13, 3, 0, 1, -1, 0},
    {"tract_lgbm_regressor_tensor", TASK_REGRESSION, 1, 1, 13, 0, -1, -1, 0, 0},
    {"tract_xgboost_classifier_tree", TASK_CLASSIFICATION, 1, 2, 13, 3, 0, 1, -1, 0},
    {"tract_xgboost_regressor_tree", TASK_REGRESSION, 1, 1, 13, 0, -1, -1, 0, 0},
    {"tract_linear_classifier", TASK_CLASSIFICATION, 1, 2, 12, 14, 0, 1, -1, 0},
    {"tract_linear_regressor", TASK_REGRESSION, 1, 1, 21, 0, -1, -1, 0, 0},
    {"yalue_sklearn_randomforest", TASK_CLASSIFICATION, 1, 2, 4, 3, 0, 1, -1, 0},
    {"ort_logreg_iris", TASK_CLASSIFICATION, 1, 2, 2, 3, 0, 1, -1, 3},
    {"ankane_lightgbm", TASK_CLASSIFICATION, 1, 2, 2, 3, 0, 1, -1, 1},
    {"ort_LabelEncoder", TASK_OTHER, 1, 1, 1, 0, -1, -1, -1, 1},
    {"example_strings", TASK_OTHER, 1, 2, 1, 0, -1, -1, -1, 0},
    {"example_multitype", TASK_OTHER, 2, 2, 0, 0, -1, -1, -1, 1},
    {"example_dynamic_axes", TASK_REGRESSION, 1, 1, 10, 0, -1, -1, 0, 0},
    {"optional_inputs_ir3", TASK_OTHER, 2, 2, 2, 0, -1, -1, -1, 1},
    {"mnist", TASK_OTHER, 1, 1, 0, 0, -1, -1, -1, 1},
};

static void shared_models_are_understood(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(shared); i++) {
        struct str file;
        struct err_ctx e;
        struct onnx_summary *onnx = arena_alloc(&arena, sizeof *onnx);
        struct signature *sig = NULL;
        err_ctx_init(&e);
        if (!read_shared(shared[i].name, &file))
            return;
        if (onnx_read(file, &arena, onnx, &e) ||
            signature_from_onnx(onnx, signature_guess_task(onnx), &arena, &sig, &e))
            fail_msg("%s: %s", shared[i].name, e.detail);
        print_message("%s\n", shared[i].name);
        assert_int_equal(sig->task, shared[i].task);
        assert_int_equal(sig->input_count, shared[i].inputs);
        assert_int_equal(sig->output_count, shared[i].outputs);
        assert_int_equal(sig->feature_count, shared[i].features);
        assert_int_equal(sig->class_count, shared[i].classes);
        assert_int_equal(sig->label_output, shared[i].label_output);
        assert_int_equal(sig->scores_output, shared[i].scores_output);
        assert_int_equal(sig->value_output, shared[i].value_output);
        assert_int_equal(sig->batch_fixed, shared[i].batch_fixed);
    }
}

/* Every beginning of a file, and every byte of it changed: read or refused. */
static void damaged_models_are_survived(void **state)
{
    struct str file;
    if (!read_shared("tract_linear_classifier", &file))
        return;
    char *copy = xmalloc(file.n);
    for (size_t i = 0; i < file.n; i++) {
        struct arena a;
        struct err_ctx e;
        arena_init(&a);
        err_ctx_init(&e);
        struct onnx_summary *onnx = arena_alloc(&a, sizeof *onnx);
        memcpy(copy, file.p, file.n);
        enum err err = onnx_read(str_from(copy, i), &a, onnx, &e);
        assert_true(err == ERR_OK || (err == ERR_INVALID && e.detail[0]));
        copy[i] = (char)(copy[i] ^ 0x81);
        err_ctx_init(&e);
        err = onnx_read(str_from(copy, file.n), &a, onnx, &e);
        assert_true(err == ERR_OK || (err == ERR_INVALID && e.detail[0]));
        arena_release(&a);
    }
    free(copy);
}

static void a_map_is_no_input(void **state)
{
    struct str file;
    struct err_ctx e;
    struct onnx_summary *onnx = arena_alloc(&arena, sizeof *onnx);
    err_ctx_init(&e);
    if (!read_shared("ort_pipeline_vectorize", &file))
        return;
    assert_int_equal(onnx_read(file, &arena, onnx, &e), ERR_INVALID);
    assert_non_null(strstr(e.detail, "float_input"));
}

/* ---- made-up files ---- */

static void what_is_no_model_is_refused(void **state)
{
    static const struct str files[] = {
        {"", 0},
        {"\0", 1},
        {"\x08\x07", 2},         /* an IR version and no graph */
        {"\x3a\x00", 2},         /* a graph and no IR version */
        {"\x08\x07\x3a\x00", 4}, /* a graph without inputs */
        {"\x08\x07\x3a\x7f", 4}, /* longer than the file */
        {"\x08\x07\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 13},
        {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12},
        {"\x08\x07\x3b", 3}, /* a group */
        {"\x08\x07\x3a\x02\x0a\x00\x3a\x00", 8},
    };
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        struct err_ctx e;
        struct onnx_summary *onnx = arena_alloc(&arena, sizeof *onnx);
        err_ctx_init(&e);
        assert_int_equal(onnx_read(files[i], &arena, onnx, &e), ERR_INVALID);
        assert_true(e.detail[0] != '\0');
    }
}

/* A graph in an attribute of a node in a graph, and so on. */
static void graphs_nest_to_a_limit(void **state)
{
    struct buf b, wrapped;
    struct err_ctx e;
    struct onnx_summary *onnx = arena_alloc(&arena, sizeof *onnx);
    buf_init(&b, 4096);
    for (int level = 0; level < 20; level++) {
        static const unsigned char tags[] = {0x32, 0x2a, 0x0a}; /* g, attribute, node */
        for (size_t t = 0; t < ARRAY_LEN(tags); t++) {
            buf_init(&wrapped, 4096);
            buf_add_c(&wrapped, (char)tags[t]);
            buf_add_c(&wrapped, (char)((b.n & 0x7f) | 0x80));
            buf_add_c(&wrapped, (char)(b.n >> 7));
            buf_add(&wrapped, buf_str(&b));
            buf_release(&b);
            b = wrapped;
        }
    }
    buf_init(&wrapped, 4096);
    buf_add(&wrapped, STR("\x08\x07\x3a"));
    buf_add_c(&wrapped, (char)((b.n & 0x7f) | 0x80));
    buf_add_c(&wrapped, (char)(b.n >> 7));
    buf_add(&wrapped, buf_str(&b));
    err_ctx_init(&e);
    assert_int_equal(onnx_read(buf_str(&wrapped), &arena, onnx, &e), ERR_INVALID);
    assert_non_null(strstr(e.detail, "deeper"));
    buf_release(&b);
    buf_release(&wrapped);
}

/* ---- signatures ---- */

static struct signature *stored(const char *json)
{
    struct signature *sig = NULL;
    struct err_ctx e;
    err_ctx_init(&e);
    json_t *document = json_loads(json, 0, NULL);
    assert_non_null(document);
    if (signature_from_json(document, &arena, &sig, &e))
        fail_msg("%s", e.detail);
    json_decref(document);
    return sig;
}

static const char tabular[] =
    "{\"task\":\"classification\","
    "\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[-1,3]}],"
    "\"outputs\":[{\"name\":\"l\",\"datatype\":\"BYTES\",\"shape\":[-1]},"
    "{\"name\":\"p\",\"datatype\":\"FP32\",\"shape\":[-1,2]}],"
    "\"features\":[{\"name\":\"c\",\"input\":0,\"column\":0},"
    "{\"name\":\"a\",\"input\":0,\"column\":1},{\"name\":\"b\",\"input\":0,\"column\":2}],"
    "\"classes\":[\"nein\",\"ja\"],\"model_labels\":[\"no\",\"yes\"],"
    "\"label_output\":0,\"scores_output\":1,\"value_output\":-1,\"batch_fixed\":0}";

static void features_are_found_by_name(void **state)
{
    struct signature *sig = stored(tabular);
    assert_int_equal(signature_feature(sig, STR("c")), 0);
    assert_int_equal(signature_feature(sig, STR("a")), 1);
    assert_int_equal(signature_feature(sig, STR("b")), 2);
    assert_int_equal(signature_feature(sig, STR("d")), -1);
    assert_int_equal(signature_feature(sig, STR("")), -1);
    assert_int_equal(signature_class(sig, STR("ja")), 1);
    assert_int_equal(signature_class(sig, STR("yes")), -1);
    assert_true(signature_is_tabular(sig));
}

static void a_signature_survives_its_storage(void **state)
{
    struct signature *sig = stored(tabular);
    json_t *first = signature_to_json(sig);
    struct signature *again = stored(arena_strdup(&arena, json_dump(first, &arena)));
    json_t *second = signature_to_json(again);
    assert_true(json_equal(first, second));
    json_decref(first);
    json_decref(second);
}

static struct err_ctx override_with(const char *file)
{
    struct err_ctx e;
    err_ctx_init(&e);
    struct signature *sig = stored(tabular);
    json_t *json = json_loads(file, 0, NULL);
    assert_non_null(json);
    (void)!signature_override(sig, json, &arena, &e);
    json_decref(json);
    return e;
}

static void a_signature_file_must_fit(void **state)
{
    static const struct {
        const char *file, *pointer;
    } wrong[] = {
        {"{\"features\":[\"a\",\"b\"]}", "/features"},
        {"{\"features\":[\"a\",\"b\",\"b\"]}", "/features/2"},
        {"{\"features\":[\"a\",\"b\",true]}", "/features/2"},
        {"{\"classes\":[\"a\"]}", "/classes"},
        {"{\"classes\":[\"a\",\"a\"]}", "/classes/1"},
        {"{\"image\":{\"width\":1,\"height\":1,\"std\":[0]}}", "/image"},
        {"{\"image\":{\"width\":1}}", "/image"},
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct err_ctx e = override_with(wrong[i].file);
        assert_int_equal(e.code, ERR_INVALID);
        assert_string_equal(e.items[0].pointer, wrong[i].pointer);
    }
    assert_int_equal(override_with("{\"features\":[1,2,3],\"classes\":[0,1]}").code, ERR_OK);
    assert_int_equal(override_with("{\"features\":null,\"other\":1}").code, ERR_OK);
}

/* ---- what a model said ---- */

static struct str said[] = {{"yes", 3}, {"maybe", 5}, {"no", 2}};
static float scored[] = {0.1f, 0.9f, 0.5f, 0.5f, 0.8f, 0.2f};

static void labels_of_the_model_become_classes(void **state)
{
    struct signature *sig = stored(tabular);
    struct tensor outputs[] = {
        {.datatype = DATATYPE_BYTES, .rank = 1, .shape = {3}, .count = 3, .data = said},
        {.datatype = DATATYPE_FP32, .rank = 2, .shape = {3, 2}, .count = 6, .data = scored}};
    struct scores s;
    assert_int_equal(outputs_read(&s, sig, outputs, 3, &arena, NULL), ERR_OK);
    assert_true(str_is(scores_label(&s, sig, 0), "ja"));
    assert_true(str_is(scores_label(&s, sig, 1), "maybe"));
    assert_true(str_is(scores_label(&s, sig, 2), "nein"));
    /* Without a label of its own the largest score decides, the first one on a tie. */
    sig->label_output = -1;
    assert_int_equal(outputs_read(&s, sig, outputs, 3, &arena, NULL), ERR_OK);
    assert_true(str_is(scores_label(&s, sig, 0), "ja"));
    assert_true(str_is(scores_label(&s, sig, 1), "nein"));
    /* Fewer answers than rows are no answer. */
    outputs[1].count = 4;
    assert_int_equal(outputs_read(&s, sig, outputs, 3, &arena, NULL), ERR_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(shared_models_are_understood, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_models_are_survived, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_map_is_no_input, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_model_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(graphs_nest_to_a_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(features_are_found_by_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_signature_survives_its_storage, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_signature_file_must_fit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(labels_of_the_model_become_classes, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
