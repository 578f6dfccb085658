#include "server/commands.h"

#include "base/file.h"
#include "registry/registry.h"
#include "server/program.h"
#include "serving/version.h"

enum { LIST_PAGE = 200, SIGNATURE_BYTES_MAX = 1 << 20 };

const struct cli_option command_model_import_options[2] = {
    {"task", "TASK", "classification, regression or other; guessed from the file when left out",
     false},
    {"signature", "FILE", "JSON that names features and classes where the file does not", false},
};

static enum err open_registry(struct program *p, struct arena *a, struct registry **out,
                              struct err_ctx *e)
{
    struct registry_opts opts = {.store = p->store, .clock = &p->clock, .ids = &p->ids};
    enum err err = program_folder(p, a, "models", &opts.folder, e);
    return err ? err : registry_open(&opts, out, e);
}

/* ---- import ---- */

static enum err read_signature(const char *path, json_t **out, struct arena *a, struct err_ctx *e)
{
    struct str text;
    enum err err = file_read(a, path, SIGNATURE_BYTES_MAX, &text, e);
    if (err)
        return err;
    err = json_read_object(text, out, e);
    return err ? err_prefix(e, "the signature file %s", path) : ERR_OK;
}

static enum err read_task(const char *text, struct version_order *order, struct err_ctx *e)
{
    order->task_given = text != NULL;
    if (!text || task_parse(str_of(text), &order->task))
        return ERR_OK;
    return err_set(e, ERR_INVALID,
                   "\"%s\" is no task: there are classification, regression and other", text);
}

static enum err check_model(void *runtime, const char *path, const struct signature *signature,
                            struct err_ctx *e)
{
    return version_check(runtime, path, signature, e);
}

/* The model is really opened and run once before it is registered, as the server does it. */
static enum err add_version(struct registry *registry, const struct version_order *order,
                            struct model_version *out, struct arena *a, struct err_ctx *e)
{
    struct runtime *runtime = NULL;
    enum err err = runtime_open(&runtime, e);
    if (err)
        return err;
    registry_set_hooks(registry,
                       &(struct registry_hooks){.check = check_model, .context = runtime});
    err = registry_version_add(registry, order, out, a, e);
    runtime_close(runtime);
    return err;
}

static enum err import_content(struct program *p, const struct version_order *order,
                               struct arena *a, struct err_ctx *e)
{
    struct registry *registry = NULL;
    struct model_version version;
    enum err err = open_registry(p, a, &registry, e);
    if (err)
        return err;
    err = add_version(registry, order, &version, a, e);
    registry_close(registry);
    if (!err)
        printf(STR_FMT " version %lld\n", STR_ARG(order->model), (long long)version.number);
    return err;
}

static enum err import(struct program *p, const struct cli *cli, struct err_ctx *e)
{
    struct version_order order = {.model = str_of(cli->words[0]), .source = "upload"};
    const char *signature = cli_value(cli, "signature");
    struct mapping file;
    struct arena a;
    arena_init(&a);
    enum err err = read_task(cli_value(cli, "task"), &order, e);
    if (!err && signature)
        err = read_signature(signature, &order.signature, &a, e);
    if (!err)
        err = mapping_open(cli->words[1], &file, e);
    if (!err) {
        order.content = file.text;
        err = import_content(p, &order, &a, e);
        mapping_close(&file);
    }
    json_decref(order.signature);
    arena_release(&a);
    return err;
}

int command_model_import(const struct cli *cli)
{
    return program_run(cli, import);
}

/* ---- list ---- */

/* Name, task, number of versions, champion, when it was made. */
static enum err print_model(struct registry *r, const struct model *m, struct arena *a,
                            struct err_ctx *e)
{
    struct arm arms[REGISTRY_ARMS_MAX];
    struct model_version *versions;
    unsigned arm_count = 0, version_count = 0;
    char champion[24] = "-", created[CLOCK_TEXT_BYTES];
    enum err err = registry_arms(r, m->id, arms, &arm_count, e);
    if (!err)
        err = registry_versions(r, m->id, &versions, &version_count, a, e);
    if (err)
        return err;
    for (unsigned i = 0; i < arm_count; i++)
        if (arms[i].mode == ARM_CHAMPION)
            snprintf(champion, sizeof champion, "%lld", (long long)arms[i].number);
    printf(STR_FMT "\t%s\t%u\t%s\t%s\n", STR_ARG(m->name), task_text(m->task), version_count,
           champion, clock_format(m->created_ms, created));
    return ERR_OK;
}

static enum err print_models(struct registry *r, struct arena *a, struct err_ctx *e)
{
    struct model *models;
    struct str after = STR("");
    unsigned count = LIST_PAGE;
    enum err err = ERR_OK;
    while (!err && count == LIST_PAGE) {
        err = registry_models(r, after, LIST_PAGE, &models, &count, a, e);
        for (unsigned i = 0; i < count && !err; i++)
            err = print_model(r, &models[i], a, e);
        if (!err && count)
            after = models[count - 1].name;
    }
    return err;
}

static enum err list(struct program *p, const struct cli *cli, struct err_ctx *e)
{
    struct registry *registry = NULL;
    struct arena a;
    arena_init(&a);
    enum err err = open_registry(p, &a, &registry, e);
    if (!err) {
        err = print_models(registry, &a, e);
        registry_close(registry);
    }
    arena_release(&a);
    return err;
}

int command_model_list(const struct cli *cli)
{
    return program_run(cli, list);
}
