#include "base/crypto.h"
#include "training/inside.h"

/* Copies of `bodies`, each once with every value of the parameter. */
static enum err multiply(json_t **bodies, const char *parameter, json_t *values, struct err_ctx *e)
{
    size_t i, k;
    json_t *body, *value, *more = json_array();
    if (json_array_size(values) == 0 ||
        json_array_size(values) * json_array_size(*bodies) > RUN_BATCH_MAX) {
        json_decref(more);
        return err_set_at(e, ERR_INVALID, "/grid",
                          "\"grid\" must give each parameter a list of values, %d runs at most",
                          RUN_BATCH_MAX);
    }
    json_array_foreach(*bodies, i, body)
    {
        json_array_foreach(values, k, value)
        {
            json_t *copy = json_deep_copy(body);
            json_t *parameters = json_object_get(copy, "parameters");
            if (!json_is_object(parameters)) {
                json_set(copy, "parameters", json_object());
                parameters = json_object_get(copy, "parameters");
            }
            json_set(parameters, parameter, json_incref(value));
            json_push(more, copy);
        }
    }
    json_decref(*bodies);
    *bodies = more;
    return ERR_OK;
}

/* The body without what makes it a batch. All runs share a seed: what differs between them is what
 * was asked to differ. */
static json_t *template_of(json_t *body)
{
    static const char *const members[] = {"grid", "modules", "runs"};
    uint32_t chance;
    json_t *copy = json_deep_copy(body);
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        json_object_del(copy, members[i]);
    crypto_random(&chance, sizeof chance);
    if (!json_object_get(copy, "seed"))
        json_set_i64(copy, "seed", chance >> 1);
    return copy;
}

static enum err with_modules(json_t *body, json_t *modules, json_t **out, struct err_ctx *e)
{
    size_t i;
    json_t *module, *template = template_of(body);
    *out = json_array();
    if (!modules)
        json_push(*out, json_incref(template));
    json_array_foreach(modules, i, module)
    {
        json_t *copy = json_deep_copy(template);
        json_set(copy, "module", json_incref(module));
        json_push(*out, copy);
    }
    json_decref(template);
    if (json_array_size(*out) == 0)
        return err_set_at(e, ERR_INVALID, "/modules", "\"modules\" is empty");
    return ERR_OK;
}

enum err run_batch_expand(json_t *body, json_t **out, struct err_ctx *e)
{
    json_t *runs = NULL, *modules = NULL, *grid = NULL, *values;
    const char *parameter;
    enum err err = json_want_array(body, "runs", RUN_BATCH_MAX, &runs, e);
    if (!err)
        err = json_want_array(body, "modules", RUN_BATCH_MAX, &modules, e);
    if (!err)
        err = json_want_object(body, "grid", &grid, e);
    if (err)
        return err;
    if (runs) {
        *out = json_incref(runs);
        return json_array_size(runs) ? ERR_OK
                                     : err_set_at(e, ERR_INVALID, "/runs", "\"runs\" is empty");
    }
    err = with_modules(body, modules, out, e);
    json_object_foreach(grid, parameter, values)
    {
        if (!err)
            err = multiply(out, parameter, values, e);
    }
    return err;
}
