#include "registry/onnx_file.h"

#include "base/map.h"

/* ---- the wire format of protocol buffers ---- */

enum wire_type { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };
enum { NESTING_MAX = 16 };

struct wire {
    const unsigned char *p, *end;
    bool broken;
};

struct field {
    uint32_t number;
    enum wire_type type;
    uint64_t value;   /* WIRE_VARINT */
    struct str bytes; /* WIRE_BYTES */
};

static struct wire wire_of(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    return (struct wire){p, p + s.n, false};
}

static uint64_t take_varint(struct wire *w)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && w->p < w->end; shift += 7) {
        unsigned char c = *w->p++;
        value |= (uint64_t)(c & 0x7f) << shift;
        if (!(c & 0x80))
            return value;
    }
    w->broken = true;
    return 0;
}

static void skip(struct wire *w, size_t n)
{
    if (n > (size_t)(w->end - w->p)) {
        w->broken = true;
        w->p = w->end;
    } else {
        w->p += n;
    }
}

/* The next field, false at the end or when the bytes make no sense (w->broken). */
static bool wire_next(struct wire *w, struct field *f)
{
    if (w->broken || w->p >= w->end)
        return false;
    uint64_t key = take_varint(w);
    f->number = (uint32_t)(key >> 3);
    f->type = (enum wire_type)(key & 7);
    f->bytes = (struct str){NULL, 0};
    if (f->type == WIRE_VARINT) {
        f->value = take_varint(w);
    } else if (f->type == WIRE_BYTES) {
        uint64_t n = take_varint(w);
        const unsigned char *start = w->p;
        skip(w, n);
        f->bytes = str_from((const char *)start, (size_t)n);
    } else if (f->type == WIRE_64 || f->type == WIRE_32) {
        skip(w, f->type == WIRE_64 ? 8 : 4);
    } else {
        w->broken = true;
    }
    return !w->broken && f->number != 0;
}

/* ---- the messages of ONNX, by their field numbers ---- */

struct labels {
    bool text;
    const char *names[SIGNATURE_CLASSES_MAX];
    unsigned count;
};

struct reader {
    struct arena *arena;
    struct onnx_summary *out;
    struct err_ctx *e;
    struct map initialised; /* names of the inputs that have a default */
    struct labels *labels;  /* room for one classifier's, made when the first one is met */
    bool broken;
    bool unreadable; /* a name or a label is no text */
    bool too_many_labels;
    unsigned depth;
};

static bool r_next(struct reader *r, struct wire *w, struct field *f)
{
    bool more = wire_next(w, f);
    r->broken = r->broken || w->broken;
    return more;
}

static const char *text_of(struct reader *r, struct str s)
{
    return arena_strdup(r->arena, s);
}

/* What is shown, stored and given back to the runtime must be the same text everywhere. */
static const char *name_of(struct reader *r, struct str s)
{
    if (!str_is_utf8(s) || (s.n && memchr(s.p, '\0', s.n)))
        r->unreadable = true;
    return text_of(r, s);
}

/* TensorShapeProto: 1 = dimension {1 = value, 2 = name}. */
static void read_shape(struct reader *r, struct str message, struct tensor_spec *spec)
{
    struct wire w = wire_of(message);
    struct field f, d;
    spec->shape_known = true;
    spec->rank = 0;
    while (r_next(r, &w, &f)) {
        if (f.number != 1 || f.type != WIRE_BYTES)
            continue;
        if (spec->rank == TENSOR_RANK_MAX) {
            spec->shape_known = false;
            return;
        }
        int64_t size = -1;
        struct wire inner = wire_of(f.bytes);
        while (r_next(r, &inner, &d))
            if (d.number == 1 && d.type == WIRE_VARINT)
                size = (int64_t)d.value < 0 ? -1 : (int64_t)d.value;
        spec->shape[spec->rank++] = size;
    }
}

/* TypeProto.Tensor: 1 = element type, 2 = shape. */
static void read_tensor_type(struct reader *r, struct str message, struct tensor_spec *spec)
{
    struct wire w = wire_of(message);
    struct field f;
    while (r_next(r, &w, &f)) {
        if (f.number == 1 && f.type == WIRE_VARINT)
            spec->datatype = f.value <= 64 ? datatype_from_onnx((int)f.value) : DATATYPE_NONE;
        else if (f.number == 2 && f.type == WIRE_BYTES)
            read_shape(r, f.bytes, spec);
    }
}

/* The submessage with the number, or a view without a pointer. */
static struct str submessage(struct reader *r, struct str message, uint32_t number)
{
    struct wire w = wire_of(message);
    struct field f;
    while (r_next(r, &w, &f))
        if (f.number == number && f.type == WIRE_BYTES)
            return f.bytes;
    return (struct str){NULL, 0};
}

/* sequence(1 = element: map(2 = value: tensor(FLOAT))): what ZipMap makes of probabilities. */
static bool is_zipmap(struct reader *r, struct str sequence)
{
    struct str element = submessage(r, sequence, 1);
    struct str map = element.p ? submessage(r, element, 5) : element;
    struct str value = map.p ? submessage(r, map, 2) : map;
    struct str tensor = value.p ? submessage(r, value, 1) : value;
    struct tensor_spec spec = {0};
    if (tensor.p)
        read_tensor_type(r, tensor, &spec);
    return spec.datatype == DATATYPE_FP32;
}

/* TypeProto: 1 = tensor, 4 = sequence, 5 = map. */
static void read_type(struct reader *r, struct str message, struct tensor_spec *spec)
{
    struct wire w = wire_of(message);
    struct field f;
    while (r_next(r, &w, &f)) {
        if (f.number == 1 && f.type == WIRE_BYTES) {
            read_tensor_type(r, f.bytes, spec);
        } else if (f.number == 4 && f.type == WIRE_BYTES && is_zipmap(r, f.bytes)) {
            spec->zipmap = true;
            spec->datatype = DATATYPE_FP32;
            spec->shape_known = true;
            spec->rank = 2;
            spec->shape[0] = spec->shape[1] = -1;
        }
    }
}

/* ValueInfoProto: 1 = name, 2 = type. */
static void read_value_info(struct reader *r, struct str message, struct tensor_spec *spec)
{
    struct wire w = wire_of(message);
    struct field f;
    *spec = (struct tensor_spec){.name = ""};
    while (r_next(r, &w, &f)) {
        if (f.number == 1 && f.type == WIRE_BYTES)
            spec->name = name_of(r, f.bytes);
        else if (f.number == 2 && f.type == WIRE_BYTES)
            read_type(r, f.bytes, spec);
    }
}

static enum err check_tensor(struct reader *r, struct str message);
static enum err check_sparse(struct reader *r, struct str message);
static enum err read_graph(struct reader *r, struct str message, bool top);

static enum err check_attribute_value(struct reader *r, struct field *f)
{
    if (f->type != WIRE_BYTES)
        return ERR_OK;
    if (f->number == 5 || f->number == 10) /* t, tensors */
        return check_tensor(r, f->bytes);
    if (f->number == 6 || f->number == 11) /* g, graphs */
        return read_graph(r, f->bytes, false);
    if (f->number == 22 || f->number == 23) /* sparse_tensor, sparse_tensors */
        return check_sparse(r, f->bytes);
    return ERR_OK;
}

static void add_label(struct reader *r, struct labels *l, struct str text)
{
    if (l->count < ARRAY_LEN(l->names))
        l->names[l->count++] = name_of(r, text);
    else
        r->too_many_labels = true;
}

static void add_number_label(struct reader *r, struct labels *l, uint64_t value)
{
    l->text = false;
    add_label(r, l, str_of(arena_printf(r->arena, "%lld", (long long)(int64_t)value)));
}

/* AttributeProto: 1 = name, 8 = ints (packed or not), 9 = strings. */
static void read_labels(struct reader *r, struct str attribute, struct labels *l)
{
    struct str name = submessage(r, attribute, 1);
    struct wire w = wire_of(attribute);
    struct field f;
    if (!name.p || !str_starts(name, STR("classlabels_")))
        return;
    unsigned before = l->count;
    l->count = 0;
    while (r_next(r, &w, &f)) {
        if (f.number == 8 && f.type == WIRE_VARINT) {
            add_number_label(r, l, f.value);
        } else if (f.number == 8 && f.type == WIRE_BYTES) {
            struct wire packed = wire_of(f.bytes);
            while (packed.p < packed.end && !packed.broken)
                add_number_label(r, l, take_varint(&packed));
            r->broken = r->broken || packed.broken;
        } else if (f.number == 9 && f.type == WIRE_BYTES) {
            l->text = true;
            add_label(r, l, f.bytes);
        }
    }
    if (l->count == 0) /* the list of the kind that the model does not use */
        l->count = before;
}

static void keep_labels(struct reader *r, const struct labels *l)
{
    struct onnx_summary *out = r->out;
    out->label_count = l->count;
    out->labels_are_text = l->text;
    out->labels = arena_alloc(r->arena, l->count * sizeof *out->labels);
    memcpy(out->labels, l->names, l->count * sizeof *out->labels);
}

static struct labels *room_for_labels(struct reader *r)
{
    if (!r->labels)
        r->labels = arena_alloc(r->arena, sizeof *r->labels);
    r->labels->count = 0;
    return r->labels;
}

/* NodeProto: 4 = operator, 5 = attribute. */
static enum err read_node(struct reader *r, struct str message)
{
    struct str type = submessage(r, message, 4);
    bool names_classes = type.p && (str_ends(type, STR("Classifier")) || str_is(type, "ZipMap"));
    bool probabilities = false;
    struct labels *l = names_classes ? room_for_labels(r) : NULL;
    struct wire w = wire_of(message);
    struct field f, a;
    while (r_next(r, &w, &f)) {
        if (f.number != 5 || f.type != WIRE_BYTES)
            continue;
        struct str name = submessage(r, f.bytes, 1);
        probabilities = probabilities || (name.p && str_is(name, "prob_a"));
        if (l)
            read_labels(r, f.bytes, l);
        struct wire inner = wire_of(f.bytes);
        while (r_next(r, &inner, &a)) {
            enum err err = check_attribute_value(r, &a);
            if (err)
                return err;
        }
    }
    if (l && l->count)
        keep_labels(r, l);
    if (type.p && str_is(type, "SVMClassifier"))
        r->out->svm_without_probabilities = !probabilities;
    return ERR_OK;
}

/* TensorProto: 8 = name, 13 = external data, 14 = where the data is (1: elsewhere). */
static enum err check_tensor(struct reader *r, struct str message)
{
    struct wire w = wire_of(message);
    struct field f;
    bool elsewhere = false;
    struct str name = STR("");
    while (r_next(r, &w, &f)) {
        if (f.number == 8 && f.type == WIRE_BYTES)
            name = f.bytes;
        elsewhere = elsewhere || (f.number == 13 && f.type == WIRE_BYTES) ||
                    (f.number == 14 && f.type == WIRE_VARINT && f.value == 1);
    }
    if (elsewhere)
        return err_set(r->e, ERR_INVALID,
                       "the tensor \"%.100s\" keeps its data in another file; save the model in "
                       "one file without external data",
                       text_of(r, name));
    return ERR_OK;
}

/* SparseTensorProto: 1 = values, 2 = indices. */
static enum err check_sparse(struct reader *r, struct str message)
{
    struct wire w = wire_of(message);
    struct field f;
    enum err err = ERR_OK;
    while (!err && r_next(r, &w, &f))
        if ((f.number == 1 || f.number == 2) && f.type == WIRE_BYTES)
            err = check_tensor(r, f.bytes);
    return err;
}

static void note_initialised(struct reader *r, struct str tensor, uint32_t name_number)
{
    static char yes;
    struct str name = submessage(r, tensor, name_number);
    if (name.p)
        map_put(&r->initialised, name, &yes);
}

static enum err add_spec(struct reader *r, struct str message, struct tensor_spec *specs,
                         unsigned *count)
{
    if (*count == SIGNATURE_TENSORS_MAX)
        return err_set(r->e, ERR_INVALID, "the model has more than %d inputs or outputs",
                       SIGNATURE_TENSORS_MAX);
    read_value_info(r, message, &specs[(*count)++]);
    return ERR_OK;
}

static enum err read_graph_field(struct reader *r, const struct field *f, bool top)
{
    switch (f->number) {
    case 1:
        return read_node(r, f->bytes);
    case 5:
        if (top)
            note_initialised(r, f->bytes, 8);
        return check_tensor(r, f->bytes);
    case 15: { /* a sparse tensor's name is that of its values */
        struct str values = submessage(r, f->bytes, 1);
        if (top && values.p)
            note_initialised(r, values, 8);
        return check_sparse(r, f->bytes);
    }
    case 12:
        return top ? add_spec(r, f->bytes, r->out->outputs, &r->out->output_count) : ERR_OK;
    default:
        return ERR_OK;
    }
}

static enum err read_graph(struct reader *r, struct str message, bool top)
{
    if (r->depth == NESTING_MAX)
        return err_set(r->e, ERR_INVALID, "the model nests graphs deeper than %d levels",
                       NESTING_MAX);
    r->depth++;
    struct wire w = wire_of(message);
    struct field f;
    enum err err = ERR_OK;
    while (!err && r_next(r, &w, &f))
        if (f.type == WIRE_BYTES)
            err = read_graph_field(r, &f, top);
    r->depth--;
    return err;
}

/* Inputs come last: only then all defaults are known, wherever they stand in the file. */
static enum err read_inputs(struct reader *r, struct str graph)
{
    struct wire w = wire_of(graph);
    struct field f;
    enum err err = ERR_OK;
    while (!err && r_next(r, &w, &f)) {
        if (f.number != 11 || f.type != WIRE_BYTES)
            continue;
        struct str name = submessage(r, f.bytes, 1);
        if (!name.p || !map_get(&r->initialised, name))
            err = add_spec(r, f.bytes, r->out->inputs, &r->out->input_count);
    }
    return err;
}

/* OperatorSetIdProto: 1 = domain, 2 = version. A set that is listed twice counts once. */
static void read_opset(struct reader *r, struct str message)
{
    struct onnx_opset set = {"", 0};
    struct wire w = wire_of(message);
    struct field f;
    while (r_next(r, &w, &f)) {
        if (f.number == 1 && f.type == WIRE_BYTES)
            set.domain = text_of(r, f.bytes);
        else if (f.number == 2 && f.type == WIRE_VARINT)
            set.version = (int64_t)f.value;
    }
    for (unsigned i = 0; i < r->out->opset_count; i++)
        if (strcmp(r->out->opsets[i].domain, set.domain) == 0)
            return;
    if (r->out->opset_count < ONNX_OPSETS_MAX)
        r->out->opsets[r->out->opset_count++] = set;
}

/* FunctionProto: 7 = node. */
static enum err check_function(struct reader *r, struct str message)
{
    struct wire w = wire_of(message);
    struct field f;
    enum err err = ERR_OK;
    while (!err && r_next(r, &w, &f))
        if (f.number == 7 && f.type == WIRE_BYTES)
            err = read_node(r, f.bytes);
    return err;
}

/* ModelProto: 1 = IR version, 2 = producer, 7 = graph, 8 = operator set, 25 = function. */
static enum err read_model(struct reader *r, struct str file, struct str *graph)
{
    struct wire w = wire_of(file);
    struct field f;
    enum err err = ERR_OK;
    while (!err && r_next(r, &w, &f)) {
        if (f.number == 1 && f.type == WIRE_VARINT)
            r->out->ir_version = (int64_t)f.value;
        else if (f.number == 2 && f.type == WIRE_BYTES)
            r->out->producer = text_of(r, f.bytes);
        else if (f.number == 7 && f.type == WIRE_BYTES && graph->p)
            err = err_set(r->e, ERR_INVALID, "the file holds more than one graph");
        else if (f.number == 7 && f.type == WIRE_BYTES)
            *graph = f.bytes;
        else if (f.number == 8 && f.type == WIRE_BYTES)
            read_opset(r, f.bytes);
        else if (f.number == 25 && f.type == WIRE_BYTES)
            err = check_function(r, f.bytes);
    }
    return err;
}

static enum err check_specs(const struct tensor_spec *specs, unsigned count, const char *kind,
                            struct err_ctx *e)
{
    if (count == 0)
        return err_set(e, ERR_INVALID, "the model has no %s", kind);
    for (unsigned i = 0; i < count; i++) {
        if (!specs[i].name[0])
            return err_set(e, ERR_INVALID, "an %s of the model has no name", kind);
        if (specs[i].datatype == DATATYPE_NONE)
            return err_set(e, ERR_INVALID,
                           "the %s \"%.100s\" is not a tensor of a type that can be sent (a map, a "
                           "sequence or an unknown element type)",
                           kind, specs[i].name);
        for (unsigned k = 0; k < i; k++)
            if (strcmp(specs[k].name, specs[i].name) == 0)
                return err_set(e, ERR_INVALID, "the model has two %ss named \"%.100s\"", kind,
                               specs[i].name);
    }
    return ERR_OK;
}

static enum err read_all(struct reader *r, struct str file)
{
    struct str graph = {NULL, 0};
    enum err err = read_model(r, file, &graph);
    if (!err && graph.p && !r->broken)
        err = read_graph(r, graph, true);
    if (!err && graph.p && !r->broken)
        err = read_inputs(r, graph);
    if (err)
        return err;
    if (r->broken || !graph.p || r->out->ir_version <= 0)
        return err_set(r->e, ERR_INVALID, "the file is not an ONNX model, or it is damaged");
    if (r->unreadable)
        return err_set(r->e, ERR_INVALID, "a name or a class label in the model is not UTF-8 text");
    if (r->too_many_labels)
        return err_set(r->e, ERR_INVALID, "the model has more than %d classes",
                       SIGNATURE_CLASSES_MAX);
    err = check_specs(r->out->inputs, r->out->input_count, "input", r->e);
    return err ? err : check_specs(r->out->outputs, r->out->output_count, "output", r->e);
}

enum err onnx_read(struct str file, struct arena *a, struct onnx_summary *out, struct err_ctx *e)
{
    struct reader r = {.arena = a, .out = out, .e = e};
    memset(out, 0, sizeof *out);
    out->producer = "";
    map_init(&r.initialised);
    enum err err = read_all(&r, file);
    map_release(&r.initialised);
    return err;
}
