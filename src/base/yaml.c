#include "base/yaml.h"

#include <yaml.h>

#include "base/num.h"

static enum err refuse(const yaml_node_t *node, const char *what, struct err_ctx *e)
{
    return err_set(e, ERR_SYNTAX, "line %zu, column %zu: %s", node->start_mark.line + 1,
                   node->start_mark.column + 1, what);
}

static struct str scalar_text(const yaml_node_t *node)
{
    return str_from((const char *)node->data.scalar.value, node->data.scalar.length);
}

static json_t *plain_scalar(struct str text)
{
    static const struct {
        const char *word;
        int value;
    } words[] = {{"", -1},    {"~", -1},   {"null", -1}, {"Null", -1}, {"NULL", -1}, {"true", 1},
                 {"True", 1}, {"TRUE", 1}, {"false", 0}, {"False", 0}, {"FALSE", 0}};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_is(text, words[i].word))
            return words[i].value < 0 ? json_null() : json_boolean(words[i].value);
    int64_t whole;
    double number;
    if (num_parse_i64(text, INT64_MIN, INT64_MAX, &whole))
        return json_integer(whole);
    if (num_parse_f64(text, &number))
        return json_real(number);
    return json_text(text);
}

static enum err convert(yaml_document_t *doc, int index, unsigned depth, json_t **out,
                        struct err_ctx *e);

static enum err convert_list(yaml_document_t *doc, yaml_node_t *node, unsigned depth, json_t **out,
                             struct err_ctx *e)
{
    enum err err = ERR_OK;
    *out = json_array();
    for (yaml_node_item_t *item = node->data.sequence.items.start;
         !err && item < node->data.sequence.items.top; item++) {
        json_t *value = NULL;
        err = convert(doc, *item, depth + 1, &value, e);
        if (!err)
            json_push(*out, value);
    }
    return err;
}

static enum err convert_pair(yaml_document_t *doc, const yaml_node_pair_t *pair, unsigned depth,
                             json_t *object, struct err_ctx *e)
{
    const yaml_node_t *key = yaml_document_get_node(doc, pair->key);
    char name[128];
    if (key->type != YAML_SCALAR_NODE || key->data.scalar.length >= sizeof name)
        return refuse(key, "a key has to be a short text", e);
    snprintf(name, sizeof name, "%s", (const char *)key->data.scalar.value);
    if (json_object_get(object, name))
        return refuse(key, "the key is there already", e);
    json_t *value = NULL;
    enum err err = convert(doc, pair->value, depth + 1, &value, e);
    if (!err)
        json_set(object, name, value);
    return err;
}

static enum err convert_object(yaml_document_t *doc, yaml_node_t *node, unsigned depth,
                               json_t **out, struct err_ctx *e)
{
    enum err err = ERR_OK;
    *out = json_object();
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         !err && pair < node->data.mapping.pairs.top; pair++)
        err = convert_pair(doc, pair, depth, *out, e);
    return err;
}

/* On failure nothing is left in `*out`. */
static enum err convert(yaml_document_t *doc, int index, unsigned depth, json_t **out,
                        struct err_ctx *e)
{
    yaml_node_t *node = yaml_document_get_node(doc, index);
    enum err err = ERR_OK;
    assert(node);
    if (depth > JSON_DEPTH_MAX)
        return refuse(node, "it is nested too deeply", e);
    if (node->type == YAML_SCALAR_NODE)
        *out = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? plain_scalar(scalar_text(node))
                                                                  : json_text(scalar_text(node));
    else if (node->type == YAML_SEQUENCE_NODE)
        err = convert_list(doc, node, depth, out, e);
    else
        err = convert_object(doc, node, depth, out, e);
    if (err) {
        json_decref(*out);
        *out = NULL;
    }
    return err;
}

static enum err parse_failed(const yaml_parser_t *parser, struct err_ctx *e)
{
    return err_set(e, ERR_SYNTAX, "line %zu, column %zu: %s", parser->problem_mark.line + 1,
                   parser->problem_mark.column + 1,
                   parser->problem ? parser->problem : "this is no YAML");
}

/* A few lines of aliases can stand for gigabytes: they are not followed at all. */
static enum err refuse_aliases(struct str text, struct err_ctx *e)
{
    yaml_parser_t parser;
    yaml_event_t event;
    enum err err = ERR_OK;
    bool more = true;
    if (!yaml_parser_initialize(&parser))
        abort();
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.p, text.n);
    while (more && !err) {
        if (!yaml_parser_parse(&parser, &event)) {
            err = parse_failed(&parser, e);
            break;
        }
        if (event.type == YAML_ALIAS_EVENT)
            err = err_set(e, ERR_SYNTAX, "line %zu: aliases are not understood",
                          event.start_mark.line + 1);
        more = event.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return err;
}

enum err yaml_read(struct str text, json_t **out, struct err_ctx *e)
{
    yaml_parser_t parser;
    yaml_document_t doc;
    enum err err = refuse_aliases(text, e);
    if (err)
        return err;
    if (!yaml_parser_initialize(&parser))
        abort();
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.p, text.n);
    if (!yaml_parser_load(&parser, &doc)) {
        err = parse_failed(&parser, e);
        goto out_parser;
    }
    yaml_node_t *root = yaml_document_get_root_node(&doc);
    if (root)
        err = convert(&doc, (int)(root - doc.nodes.start) + 1, 0, out, e);
    else
        err = err_set(e, ERR_SYNTAX, "the document is empty");
    yaml_document_delete(&doc);
out_parser:
    yaml_parser_delete(&parser);
    return err;
}
