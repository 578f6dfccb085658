#include "onnx/graph.h"

#include "base/arena.h"
#include "base/file.h"
#include "registry/onnx.pb-c.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "ONNX's raw_data is little-endian");

/* Old enough for every runtime in use, new enough for the operators that the trainers need. */
enum { IR_VERSION = 7, OPSET_STANDARD = 13, OPSET_ML = 1 };

/* A protobuf message is at most 2 GiB long. */
static const size_t model_size_max = ((size_t)1 << 31) - 1;

struct onnx_graph {
    Onnx__GraphProto graph;
    Onnx__ModelProto model;
    struct arena *arena; /* all that the messages point to: the outermost graph's */
    struct arena own;
};

struct onnx_node {
    Onnx__NodeProto proto;
    struct onnx_graph *g;
};

static void *keep(struct onnx_graph *g, size_t size)
{
    return arena_zalloc(g->arena, size);
}

static void *keep_copy(struct onnx_graph *g, const void *bytes, size_t size)
{
    void *copy = keep(g, size);
    if (size)
        memcpy(copy, bytes, size);
    return copy;
}

static char *keep_text(struct onnx_graph *g, const char *text)
{
    return keep_copy(g, text, strlen(text) + 1);
}

static ProtobufCBinaryData keep_bytes(struct onnx_graph *g, const char *text)
{
    return (ProtobufCBinaryData){.len = strlen(text), .data = (uint8_t *)keep_text(g, text)};
}

/* Appends to one of protobuf-c's arrays of pointers. The lists of a graph are short, so each
 * append copies the array. */
static void *append(struct onnx_graph *g, void *array, size_t *count, void *item)
{
    void **grown = keep(g, (*count + 1) * sizeof *grown);
    if (*count)
        memcpy(grown, array, *count * sizeof *grown);
    grown[(*count)++] = item;
    return grown;
}

static bool is_body(const struct onnx_graph *g)
{
    return g->arena != &g->own;
}

struct onnx_graph *onnx_graph_new(const char *name)
{
    struct onnx_graph *g = xcalloc(1, sizeof *g);
    arena_init(&g->own);
    g->arena = &g->own;
    onnx__graph_proto__init(&g->graph);
    onnx__model_proto__init(&g->model);
    g->graph.name = keep_text(g, name);
    return g;
}

void onnx_graph_free(struct onnx_graph *g)
{
    if (!g)
        return;
    assert(!is_body(g)); /* a body goes with the graph around it */
    arena_release(&g->own);
    free(g);
}

/* ---- inputs, outputs, constants ---- */

/* The number of rows has a name, but not in a body: by equal names ONNX Runtime 1.17 and before
 * conclude that memory can be shared, and get it wrong inside a Loop. */
static Onnx__TensorShapeProto__Dimension *dimension(struct onnx_graph *g, size_t columns)
{
    Onnx__TensorShapeProto__Dimension *dim = keep(g, sizeof *dim);
    onnx__tensor_shape_proto__dimension__init(dim);
    if (columns) {
        dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        dim->dim_value = (int64_t)columns;
    } else if (!is_body(g)) {
        dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
        dim->dim_param = keep_text(g, "N");
    }
    return dim;
}

static Onnx__ValueInfoProto *value_info(struct onnx_graph *g, const char *name,
                                        enum onnx_type elem_type, size_t columns)
{
    Onnx__TensorShapeProto *shape = keep(g, sizeof *shape);
    Onnx__TypeProto__Tensor *tensor = keep(g, sizeof *tensor);
    Onnx__TypeProto *type = keep(g, sizeof *type);
    Onnx__ValueInfoProto *info = keep(g, sizeof *info);
    onnx__tensor_shape_proto__init(shape);
    onnx__type_proto__tensor__init(tensor);
    onnx__type_proto__init(type);
    onnx__value_info_proto__init(info);

    if (columns != ONNX_SCALAR)
        shape->dim = append(g, shape->dim, &shape->n_dim, dimension(g, 0));
    if (columns && columns != ONNX_SCALAR)
        shape->dim = append(g, shape->dim, &shape->n_dim, dimension(g, columns));
    tensor->has_elem_type = true;
    tensor->elem_type = (int32_t)elem_type;
    tensor->shape = shape;
    type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type->tensor_type = tensor;
    info->name = keep_text(g, name);
    info->type = type;
    return info;
}

void onnx_graph_input(struct onnx_graph *g, const char *name, enum onnx_type type, size_t columns)
{
    g->graph.input =
        append(g, g->graph.input, &g->graph.n_input, value_info(g, name, type, columns));
}

void onnx_graph_output(struct onnx_graph *g, const char *name, enum onnx_type type, size_t columns)
{
    g->graph.output =
        append(g, g->graph.output, &g->graph.n_output, value_info(g, name, type, columns));
}

void onnx_graph_note(struct onnx_graph *g, const char *key, const char *value)
{
    Onnx__StringStringEntryProto *entry = keep(g, sizeof *entry);
    onnx__string_string_entry_proto__init(entry);
    entry->key = keep_text(g, key);
    entry->value = keep_text(g, value);
    g->model.metadata_props = append(g, g->model.metadata_props, &g->model.n_metadata_props, entry);
}

static Onnx__TensorProto *constant(struct onnx_graph *g, const char *name, enum onnx_type type,
                                   size_t rows, size_t columns)
{
    Onnx__TensorProto *t = keep(g, sizeof *t);
    onnx__tensor_proto__init(t);
    int64_t dims[2] = {(int64_t)rows, (int64_t)columns};
    t->name = keep_text(g, name);
    t->n_dims = columns ? 2 : rows ? 1 : 0;
    t->dims = keep_copy(g, dims, sizeof dims);
    t->has_data_type = true;
    t->data_type = (int32_t)type;
    t->has_raw_data = true;
    g->graph.initializer = append(g, g->graph.initializer, &g->graph.n_initializer, t);
    return t;
}

static size_t value_count(size_t rows, size_t columns)
{
    return columns ? rows * columns : rows ? rows : 1;
}

static float *keep_floats(struct onnx_graph *g, const double *values, size_t count)
{
    float *floats = keep(g, count * sizeof *floats);
    for (size_t i = 0; i < count; i++)
        floats[i] = (float)values[i];
    return floats;
}

void onnx_graph_doubles(struct onnx_graph *g, const char *name, const double *values, size_t rows,
                        size_t columns)
{
    Onnx__TensorProto *t = constant(g, name, ONNX_DOUBLE, rows, columns);
    t->raw_data.len = value_count(rows, columns) * sizeof *values;
    t->raw_data.data = keep_copy(g, values, t->raw_data.len);
}

void onnx_graph_floats(struct onnx_graph *g, const char *name, const double *values, size_t rows,
                       size_t columns)
{
    Onnx__TensorProto *t = constant(g, name, ONNX_FLOAT, rows, columns);
    t->raw_data.len = value_count(rows, columns) * sizeof(float);
    t->raw_data.data = (uint8_t *)keep_floats(g, values, value_count(rows, columns));
}

void onnx_graph_integers(struct onnx_graph *g, const char *name, const int64_t *values,
                         size_t count)
{
    Onnx__TensorProto *t = constant(g, name, ONNX_INT64, count, 0);
    t->raw_data.len = value_count(count, 0) * sizeof *values;
    t->raw_data.data = keep_copy(g, values, t->raw_data.len);
}

/* ---- nodes ---- */

static char **split_names(struct onnx_graph *g, const char *names, size_t *count)
{
    char **list = NULL;
    char *text = keep_text(g, names), *rest = text;
    for (char *name; (name = strsep(&rest, " "));)
        list = append(g, list, count, name);
    return list;
}

struct onnx_node *onnx_node_add(struct onnx_graph *g, const char *domain, const char *operator_name,
                                const char *inputs, const char *outputs)
{
    struct onnx_node *node = keep(g, sizeof *node);
    node->g = g;
    Onnx__NodeProto *proto = &node->proto;
    onnx__node_proto__init(proto);
    proto->input = split_names(g, inputs, &proto->n_input);
    proto->output = split_names(g, outputs, &proto->n_output);
    proto->name = keep_text(g, proto->output[0]);
    proto->op_type = keep_text(g, operator_name);
    proto->domain = keep_text(g, domain);
    g->graph.node = append(g, g->graph.node, &g->graph.n_node, proto);
    return node;
}

static Onnx__AttributeProto *attribute(struct onnx_node *node, const char *name,
                                       Onnx__AttributeProto__AttributeType type)
{
    Onnx__AttributeProto *a = keep(node->g, sizeof *a);
    onnx__attribute_proto__init(a);
    a->name = keep_text(node->g, name);
    a->has_type = true;
    a->type = type;
    node->proto.attribute = append(node->g, node->proto.attribute, &node->proto.n_attribute, a);
    return a;
}

void onnx_node_int(struct onnx_node *node, const char *name, int64_t value)
{
    Onnx__AttributeProto *a = attribute(node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    a->has_i = true;
    a->i = value;
}

void onnx_node_float(struct onnx_node *node, const char *name, double value)
{
    Onnx__AttributeProto *a = attribute(node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    a->has_f = true;
    a->f = (float)value;
}

void onnx_node_text(struct onnx_node *node, const char *name, const char *value)
{
    Onnx__AttributeProto *a = attribute(node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
    a->has_s = true;
    a->s = keep_bytes(node->g, value);
}

void onnx_node_ints(struct onnx_node *node, const char *name, const int64_t *values, size_t count)
{
    Onnx__AttributeProto *a = attribute(node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    a->n_ints = count;
    a->ints = keep_copy(node->g, values, count * sizeof *values);
}

void onnx_node_floats(struct onnx_node *node, const char *name, const double *values, size_t count)
{
    Onnx__AttributeProto *a = attribute(node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS);
    a->n_floats = count;
    a->floats = keep_floats(node->g, values, count);
}

void onnx_node_texts(struct onnx_node *node, const char *name, const char *const *values,
                     size_t count)
{
    Onnx__AttributeProto *a = attribute(node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS);
    a->n_strings = count;
    a->strings = keep(node->g, count * sizeof *a->strings);
    for (size_t i = 0; i < count; i++)
        a->strings[i] = keep_bytes(node->g, values[i]);
}

struct onnx_graph *onnx_node_body(struct onnx_node *node, const char *name)
{
    struct onnx_graph *body = keep(node->g, sizeof *body);
    body->arena = node->g->arena;
    onnx__graph_proto__init(&body->graph);
    body->graph.name = keep_text(body, name);
    Onnx__AttributeProto *a = attribute(node, "body", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH);
    a->g = &body->graph;
    return body;
}

/* ---- the model ---- */

static void import_operators(struct onnx_graph *g, const char *domain, int64_t version)
{
    Onnx__OperatorSetIdProto *set = keep(g, sizeof *set);
    onnx__operator_set_id_proto__init(set);
    set->domain = keep_text(g, domain);
    set->has_version = true;
    set->version = version;
    g->model.opset_import = append(g, g->model.opset_import, &g->model.n_opset_import, set);
}

enum err onnx_graph_write(struct onnx_graph *g, const char *producer, const char *producer_version,
                          const char *path, struct err_ctx *e)
{
    assert(!g->model.graph); /* a graph is written once */
    g->model.has_ir_version = true;
    g->model.ir_version = IR_VERSION;
    g->model.producer_name = keep_text(g, producer);
    g->model.producer_version = keep_text(g, producer_version);
    g->model.graph = &g->graph;
    import_operators(g, ONNX_STANDARD, OPSET_STANDARD);
    import_operators(g, ONNX_ML, OPSET_ML);

    size_t size = onnx__model_proto__get_packed_size(&g->model);
    if (size > model_size_max)
        return err_set(e, ERR_TOO_LARGE,
                       "the model would be an ONNX file of %zu bytes, and 2 GiB are the limit",
                       size);
    uint8_t *bytes = xmalloc(size);
    onnx__model_proto__pack(&g->model, bytes);
    enum err err = file_write(path, str_from((const char *)bytes, size), e);
    free(bytes);
    return err;
}
