#include "catalog/parameters.h"

#include "catalog/json_schema.h"

enum { TEXT_MAX = 400 };

enum err parameters_check(json_t *declared, struct err_ctx *e)
{
    const char *name;
    json_t *schema;
    json_object_foreach(declared, name, schema)
    {
        enum err err = json_schema_check(schema, e);
        if (err)
            return e ? err_prefix(e, "parameter \"%s\"", name) : err;
    }
    return ERR_OK;
}

static void say_at(struct err_ctx *e, const char *name, const char *sentence, bool *failed)
{
    char pointer[ERR_POINTER_MAX];
    snprintf(pointer, sizeof pointer, "/parameters/%s", name);
    if (!*failed)
        err_set_at(e, ERR_INVALID, pointer, "%s", sentence);
    else
        err_add_item(e, pointer, "%s", sentence);
    *failed = true;
}

static void say_misfit(struct err_ctx *e, const char *name, const json_t *schema,
                       const json_t *value, bool *failed)
{
    struct buf wanted, got;
    char sentence[ERR_DETAIL_MAX];
    buf_init(&wanted, TEXT_MAX);
    buf_init(&got, 80);
    json_schema_describe(schema, &wanted);
    json_write(value, &got);
    snprintf(sentence, sizeof sentence, "\"%s\" must be " STR_FMT "%s" STR_FMT, name,
             STR_ARG(buf_str(&wanted)), buf_failed(&got) ? "" : ", not ",
             buf_failed(&got) ? 0 : (int)got.n, got.p ? got.p : "");
    say_at(e, name, sentence, failed);
    buf_release(&got);
    buf_release(&wanted);
}

static void refuse_unknown(json_t *declared, json_t *given, struct err_ctx *e, bool *failed)
{
    const char *name;
    json_t *value;
    char sentence[ERR_ITEM_DETAIL_MAX];
    json_object_foreach(given, name, value)
    {
        if (json_object_get(declared, name))
            continue;
        snprintf(sentence, sizeof sentence, "the module has no parameter \"%.128s\"", name);
        say_at(e, name, sentence, failed);
    }
}

enum err parameters_complete(json_t *declared, json_t *given, json_t **complete, struct err_ctx *e)
{
    const char *name;
    json_t *schema, *all = json_object();
    bool failed = false;
    refuse_unknown(declared, given, e, &failed);
    json_object_foreach(declared, name, schema)
    {
        json_t *value = json_object_get(given, name);
        if (json_is_null(value) && !json_schema_fits(schema, value))
            value = NULL; /* a form's empty field */
        if (value && !json_schema_fits(schema, value)) {
            say_misfit(e, name, schema, value, &failed);
            continue;
        }
        value = value ? value : json_object_get(schema, "default");
        if (value)
            json_set(all, name, json_deep_copy(value));
    }
    if (failed) {
        json_decref(all);
        return ERR_INVALID;
    }
    *complete = all;
    return ERR_OK;
}
