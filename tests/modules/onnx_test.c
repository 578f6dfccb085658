/* Other people's ONNX files are understood whole, and what the builder writes is read back. */
#include "onnx/graph.h"

#include <dirent.h>
#include <setjmp.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "registry/onnx.pb-c.h"

/* ---- reading ---- */

static const char *shared_data(void)
{
    const char *folder = getenv("CRISOL_SHARED_DATA");
    return folder ? folder : getenv("CRISOL_DEFAULT_SHARED_DATA");
}

static Onnx__ModelProto *unpack(const char *path)
{
    struct mapping mapping;
    assert_int_equal(mapping_open(path, &mapping, NULL), ERR_OK);
    Onnx__ModelProto *model =
        onnx__model_proto__unpack(NULL, mapping.text.n, (const uint8_t *)mapping.text.p);
    mapping_close(&mapping);
    return model;
}

/* Fields that onnx.proto does not know, at any depth. */
static size_t unknown_in(const ProtobufCMessage *message)
{
    size_t count = message->n_unknown_fields;
    const ProtobufCMessageDescriptor *d = message->descriptor;
    for (unsigned i = 0; i < d->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &d->fields[i];
        const char *at = (const char *)message + f->offset;
        const char *quantifier = (const char *)message + f->quantifier_offset;
        if (f->type != PROTOBUF_C_TYPE_MESSAGE)
            continue;
        if (f->label == PROTOBUF_C_LABEL_REPEATED) {
            ProtobufCMessage *const *items = *(ProtobufCMessage * *const *)at;
            for (size_t k = 0; k < *(const size_t *)quantifier; k++)
                count += unknown_in(items[k]);
            continue;
        }
        bool one_of = f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
        const ProtobufCMessage *item = *(ProtobufCMessage *const *)at;
        if (item && (!one_of || *(const uint32_t *)quantifier == f->id))
            count += unknown_in(item);
    }
    return count;
}

static void check_file(const char *path)
{
    Onnx__ModelProto *model = unpack(path);
    if (!model || !model->graph || !model->graph->n_node || !model->graph->n_output)
        fail_msg("%s is not read", path);
    if (unknown_in(&model->base))
        fail_msg("%s has %zu fields that onnx.proto does not know", path, unknown_in(&model->base));
    onnx__model_proto__free_unpacked(model, NULL);
}

static unsigned check_folder(const char *name)
{
    char folder[512], path[1024];
    snprintf(folder, sizeof folder, "%s/%s", shared_data(), name);
    DIR *dir = opendir(folder);
    unsigned found = 0;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (!str_ends(str_of(entry->d_name), STR(".onnx")))
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        check_file(path);
        found++;
    }
    if (dir)
        closedir(dir);
    return found;
}

static void models_of_all_makers_are_read_without_a_rest(void **state)
{
    unsigned found = check_folder("onnx") + check_folder("models");
    if (!found) {
        print_message("no ONNX files in %s: set CRISOL_SHARED_DATA\n", shared_data());
        skip();
    }
    assert_true(found >= 18);
}

static void known_facts_are_found_in_a_known_file(void **state)
{
    char path[512];
    snprintf(path, sizeof path, "%s/onnx/yalue_sklearn_randomforest.onnx", shared_data());
    if (!file_exists(path)) {
        print_message("%s is not there: set CRISOL_SHARED_DATA\n", path);
        skip();
    }
    Onnx__ModelProto *model = unpack(path);
    assert_non_null(model);
    assert_int_equal(model->ir_version, 8);
    assert_int_equal(model->graph->n_output, 2);
    const Onnx__TypeProto *type = model->graph->output[1]->type;
    assert_int_equal(type->value_case, ONNX__TYPE_PROTO__VALUE_SEQUENCE_TYPE);
    const Onnx__TypeProto *map = type->sequence_type->elem_type;
    assert_int_equal(map->value_case, ONNX__TYPE_PROTO__VALUE_MAP_TYPE);
    assert_int_equal(map->map_type->key_type, ONNX__TENSOR_PROTO__DATA_TYPE__INT64);
    onnx__model_proto__free_unpacked(model, NULL);
}

/* ---- writing ---- */

static struct onnx_graph *small_graph(void)
{
    static const double numbers[] = {1.5, -2, 0.1};
    static const int64_t integers[] = {INT64_MIN, 7};
    static const char *const texts[] = {"a", "µ"};
    struct onnx_graph *g = onnx_graph_new("small");
    onnx_graph_input(g, "input", ONNX_FLOAT, 3);
    onnx_graph_output(g, "label", ONNX_STRING, 0);
    onnx_graph_doubles(g, "wide", numbers, 3, 1);
    onnx_graph_floats(g, "single", numbers, 0, 0);
    onnx_graph_note(g, "key", "value");
    struct onnx_node *node = onnx_node_add(g, ONNX_ML, "Anything", "input wide", "label other");
    onnx_node_int(node, "int", -5);
    onnx_node_float(node, "float", 0.25);
    onnx_node_text(node, "text", "LINEAR");
    onnx_node_ints(node, "ints", integers, 2);
    onnx_node_floats(node, "floats", numbers, 3);
    onnx_node_texts(node, "texts", texts, 2);
    return g;
}

static void write_graph(char *path)
{
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    struct onnx_graph *g = small_graph();
    assert_int_equal(onnx_graph_write(g, "test", "1", path, NULL), ERR_OK);
    onnx_graph_free(g);
}

static void check_tensors(const Onnx__GraphProto *graph)
{
    const Onnx__TensorProto *wide = graph->initializer[0], *single = graph->initializer[1];
    static const double numbers[] = {1.5, -2, 0.1};
    static const float first = 1.5F;
    assert_int_equal(wide->n_dims, 2);
    assert_true(wide->dims[0] == 3 && wide->dims[1] == 1);
    assert_int_equal(wide->data_type, ONNX_DOUBLE);
    assert_int_equal(wide->raw_data.len, sizeof numbers);
    assert_memory_equal(wide->raw_data.data, numbers, sizeof numbers);
    assert_int_equal(single->n_dims, 0);
    assert_int_equal(single->raw_data.len, sizeof first);
    assert_memory_equal(single->raw_data.data, &first, sizeof first);
}

static void check_attributes(const Onnx__NodeProto *node)
{
    assert_int_equal(node->n_attribute, 6);
    Onnx__AttributeProto *const *a = node->attribute;
    assert_true(a[0]->has_i && a[0]->i == -5);
    assert_true(a[1]->has_f && a[1]->f == 0.25F);
    assert_memory_equal(a[2]->s.data, "LINEAR", 6);
    assert_int_equal(a[2]->s.len, 6);
    assert_true(a[3]->n_ints == 2 && a[3]->ints[0] == INT64_MIN && a[3]->ints[1] == 7);
    assert_true(a[4]->n_floats == 3 && a[4]->floats[2] == 0.1F);
    assert_int_equal(a[5]->n_strings, 2);
    assert_int_equal(a[5]->strings[1].len, strlen("µ"));
    for (size_t i = 0; i < node->n_attribute; i++)
        assert_true(a[i]->has_type);
}

static void written_models_read_back_as_they_were_built(void **state)
{
    char path[] = "/tmp/crisol_onnx_XXXXXX";
    write_graph(path);
    Onnx__ModelProto *model = unpack(path);
    unlink(path);
    assert_non_null(model);
    assert_string_equal(model->producer_name, "test");
    assert_string_equal(model->metadata_props[0]->value, "value");
    assert_int_equal(model->n_opset_import, 2);
    const Onnx__GraphProto *graph = model->graph;
    assert_int_equal(graph->n_node, 1);
    assert_int_equal(graph->node[0]->n_input, 2);
    assert_string_equal(graph->node[0]->output[1], "other");
    const Onnx__TensorShapeProto *in = graph->input[0]->type->tensor_type->shape;
    assert_int_equal(in->n_dim, 2);
    assert_string_equal(in->dim[0]->dim_param, "N");
    assert_int_equal(in->dim[1]->dim_value, 3);
    assert_int_equal(graph->output[0]->type->tensor_type->shape->n_dim, 1);
    check_tensors(graph);
    check_attributes(graph->node[0]);
    onnx__model_proto__free_unpacked(model, NULL);
}

static void the_same_graph_gives_the_same_bytes(void **state)
{
    char a[] = "/tmp/crisol_onnx_XXXXXX", b[] = "/tmp/crisol_onnx_XXXXXX";
    struct mapping left, right;
    write_graph(a);
    write_graph(b);
    assert_int_equal(mapping_open(a, &left, NULL), ERR_OK);
    assert_int_equal(mapping_open(b, &right, NULL), ERR_OK);
    assert_true(left.text.n > 0 && str_eq(left.text, right.text));
    mapping_close(&left);
    mapping_close(&right);
    unlink(a);
    unlink(b);
}

static void a_place_that_cannot_be_written_is_named(void **state)
{
    struct err_ctx e;
    err_ctx_init(&e);
    struct onnx_graph *g = small_graph();
    assert_int_equal(onnx_graph_write(g, "test", "1", "/nowhere/model.onnx", &e), ERR_NOT_FOUND);
    assert_non_null(strstr(e.detail, "/nowhere/model.onnx"));
    onnx_graph_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_of_all_makers_are_read_without_a_rest),
        cmocka_unit_test(known_facts_are_found_in_a_known_file),
        cmocka_unit_test(written_models_read_back_as_they_were_built),
        cmocka_unit_test(the_same_graph_gives_the_same_bytes),
        cmocka_unit_test(a_place_that_cannot_be_written_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
