/* onnx/graph.h
 *
 * Builds an ONNX model node by node and writes it: what every native trainer needs in order to
 * hand over its result.
 *
 *     struct onnx_graph *g = onnx_graph_new("svm");
 *     onnx_graph_input(g, "input", ONNX_FLOAT, 4);
 *     struct onnx_node *n = onnx_node_add(g, ONNX_ML, "Scaler", "input", "scaled");
 *     onnx_node_floats(n, "offset", mean, 4);
 *     onnx_node_floats(n, "scale", factor, 4);
 *     ...
 *     onnx_graph_output(g, "value", ONNX_FLOAT, 1);
 *     err = onnx_graph_write(g, "crisol-svm", CRISOL_VERSION, "artifacts/model/model.onnx", e);
 *     onnx_graph_free(g);
 *
 * The same calls write the same bytes, always. Everything that is given is copied into the graph
 * at once; the nodes belong to it. Not thread-safe. */
#ifndef ONNX_GRAPH_H
#define ONNX_GRAPH_H

#include "base/err.h"

#define ONNX_STANDARD ""
#define ONNX_ML "ai.onnx.ml"

/* The numbers are those of TensorProto.DataType. */
enum onnx_type {
    ONNX_FLOAT = 1,
    ONNX_INT64 = 7,
    ONNX_STRING = 8,
    ONNX_BOOL = 9,
    ONNX_DOUBLE = 11,
};

/* In the place of a number of columns: a single value without shape. */
#define ONNX_SCALAR SIZE_MAX

struct onnx_graph;
struct onnx_node;

struct onnx_graph *onnx_graph_new(const char *name);
void onnx_graph_free(struct onnx_graph *g);

/* A tensor of N rows, and of `columns` columns unless that is 0 (a list of N values). N is left to
 * whoever calls the model. */
void onnx_graph_input(struct onnx_graph *g, const char *name, enum onnx_type type, size_t columns);
void onnx_graph_output(struct onnx_graph *g, const char *name, enum onnx_type type, size_t columns);

/* A line of metadata that tools show beside the model. */
void onnx_graph_note(struct onnx_graph *g, const char *key, const char *value);

/* A constant of `rows` × `columns`, or a list of `rows` values where `columns` is 0; a single value
 * without shape where `rows` is 0 too. */
void onnx_graph_doubles(struct onnx_graph *g, const char *name, const double *values, size_t rows,
                        size_t columns);
void onnx_graph_floats(struct onnx_graph *g, const char *name, const double *values, size_t rows,
                       size_t columns);
void onnx_graph_integers(struct onnx_graph *g, const char *name, const int64_t *values,
                         size_t count);

/* A node; `inputs` and `outputs` are names with single spaces between them. */
struct onnx_node *onnx_node_add(struct onnx_graph *g, const char *domain, const char *operator_name,
                                const char *inputs, const char *outputs);
void onnx_node_int(struct onnx_node *node, const char *name, int64_t value);
void onnx_node_float(struct onnx_node *node, const char *name, double value);
void onnx_node_text(struct onnx_node *node, const char *name, const char *value);
void onnx_node_ints(struct onnx_node *node, const char *name, const int64_t *values, size_t count);
void onnx_node_floats(struct onnx_node *node, const char *name, const double *values, size_t count);
void onnx_node_texts(struct onnx_node *node, const char *name, const char *const *values,
                     size_t count);

/* The body of a Loop: a graph inside an attribute, built by the same calls and freed with the
 * whole. Its nodes see the tensors of the graph around it by their names, so that no name may stand
 * for two things. Constants are best put into the outermost graph. */
struct onnx_graph *onnx_node_body(struct onnx_node *node, const char *name);

/* Writes the model whole or not at all. It loads in ONNX Runtime 1.15 and later. */
WARN_UNUSED enum err onnx_graph_write(struct onnx_graph *g, const char *producer,
                                      const char *producer_version, const char *path,
                                      struct err_ctx *e);

#endif
