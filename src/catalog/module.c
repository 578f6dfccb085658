#include "catalog/module.h"

#include <dirent.h>
#include <errno.h>

#include "base/file.h"
#include "base/yaml.h"
#include "catalog/parameters.h"

static enum err need_texts(json_t *document, const char *key, struct err_ctx *e)
{
    json_t *texts = json_object_get(document, key), *text;
    const char *language;
    if (!json_is_object(texts) || !json_is_string(json_object_get(texts, "en")))
        return err_set(e, ERR_INVALID, "\"%s\" must be an object with an English text, \"en\"",
                       key);
    json_object_foreach(texts, language, text)
    {
        if (!json_is_string(text))
            return err_set(e, ERR_INVALID, "\"%s\".\"%s\" must be a text", key, language);
    }
    return ERR_OK;
}

static enum err want_words(json_t *document, const char *key, struct err_ctx *e)
{
    json_t *words = json_object_get(document, key), *word;
    size_t i;
    if (!words) {
        json_set(document, key, json_array());
        return ERR_OK;
    }
    json_array_foreach(words, i, word)
    {
        if (!json_is_string(word))
            return err_set(e, ERR_INVALID, "\"%s\" must be a list of texts", key);
    }
    return json_is_array(words) ? ERR_OK
                                : err_set(e, ERR_INVALID, "\"%s\" must be a list of texts", key);
}

static enum err read_tasks(json_t *document, struct err_ctx *e)
{
    json_t *tasks = json_object_get(document, "tasks"), *task;
    size_t i;
    json_array_foreach(tasks, i, task)
    {
        struct str word = json_is_string(task) ? json_str(task) : STR("");
        if (!str_is(word, "classification") && !str_is(word, "regression") &&
            !str_is(word, "other"))
            return err_set(e, ERR_INVALID,
                           "a task must be \"classification\", \"regression\" or \"other\"");
    }
    if (json_array_size(tasks) == 0)
        return err_set(e, ERR_INVALID, "\"tasks\" must name what the module can do");
    return ERR_OK;
}

/* The file of the module's own, wherever its programs are; NULL where there is none. */
static const char *own_file(const struct module *m, const char *relative, const char *programs,
                            struct arena *a)
{
    const char *beside = arena_printf(a, "%s/%s", m->folder, relative);
    const char *built = arena_printf(a, "%s/%s/%s", programs ? programs : "", m->name, relative);
    if (file_exists(beside))
        return beside;
    return programs && file_exists(built) ? built : NULL;
}

/* "./x" is a file of the module's own, and must be there; so is any other word of which there is
 * such a file: the program starts in the run's folder, where "learn.py" would mean nothing. */
static enum err resolve(const struct module *m, const char **word, bool first, const char *programs,
                        struct arena *a, struct err_ctx *e)
{
    bool dotted = strncmp(*word, "./", 2) == 0;
    struct str relative = str_of(*word + (dotted ? 2 : 0));
    if (!dotted && !file_is_relative(relative))
        return ERR_OK;
    if (!file_is_relative(relative))
        return err_set(e, ERR_INVALID, "\"%s\" in \"train\".\"command\" leaves the module", *word);
    const char *found = own_file(m, relative.p, programs, a);
    if (!found && (dotted || (first && memchr(relative.p, '/', relative.n))))
        return err_set(e, ERR_INVALID, "its program %s is missing", *word);
    *word = found ? found : *word;
    return ERR_OK;
}

static enum err read_inputs(struct module *m, json_t *train, struct err_ctx *e)
{
    json_t *types = json_object_get(train, "features"), *one;
    size_t i;
    m->inputs = types ? 0 : 1u << CELL_INTEGER | 1u << CELL_NUMBER | 1u << CELL_BOOLEAN;
    json_array_foreach(types, i, one)
    {
        enum cell_type type;
        if (!json_is_string(one) || !cell_type_parse(json_str(one), &type))
            return err_set(e, ERR_INVALID, "\"train\".\"features\" must be a list of types");
        m->inputs |= 1u << type;
    }
    if (!m->inputs)
        return err_set(e, ERR_INVALID, "\"train\".\"features\" must be a list of types");
    return ERR_OK;
}

static enum err read_command(struct module *m, json_t *train, const char *programs, struct arena *a,
                             struct err_ctx *e)
{
    json_t *command = json_object_get(train, "command"), *word;
    size_t i;
    enum err err = ERR_OK;
    if (json_array_size(command) == 0 || json_array_size(command) > MODULE_ARGS_MAX)
        return err_set(e, ERR_INVALID, "\"train\".\"command\" must be a list of 1 to %d texts",
                       MODULE_ARGS_MAX);
    m->argv = arena_zalloc(a, (json_array_size(command) + 1) * sizeof *m->argv);
    json_array_foreach(command, i, word)
    {
        if (!json_is_string(word) || json_string_length(word) == 0 ||
            strlen(json_string_value(word)) != json_string_length(word))
            return err_set(e, ERR_INVALID, "\"train\".\"command\" must be a list of texts");
        m->argv[m->argc] = json_string_value(word);
        if (!err)
            err = resolve(m, &m->argv[m->argc], m->argc == 0, programs, a, e);
        m->argc++;
    }
    return err;
}

static enum err read_train(struct module *m, const char *programs, struct arena *a,
                           struct err_ctx *e)
{
    json_t *train = json_object_get(m->document, "train");
    if (!train || json_is_null(train)) {
        json_set_null(m->document, "train");
        return ERR_OK;
    }
    if (!json_is_object(train))
        return err_set(e, ERR_INVALID, "\"train\" must be an object");
    enum err err = read_command(m, train, programs, a, e);
    if (!err)
        err = read_inputs(m, train, e);
    if (err)
        return err;
    if (!json_object_get(train, "parameters"))
        json_set(train, "parameters", json_object());
    m->parameters = json_object_get(train, "parameters");
    m->resources = json_object_get(train, "resources");
    if (!json_is_object(m->parameters))
        return err_set(e, ERR_INVALID, "\"train\".\"parameters\" must be an object");
    if (m->resources && !json_is_object(m->resources))
        return err_set(e, ERR_INVALID, "\"train\".\"resources\" must be an object");
    return parameters_check(m->parameters, e);
}

static enum err read_name(struct module *m, struct err_ctx *e)
{
    struct str name = {NULL, 0}, version = {NULL, 0}, data = {NULL, 0};
    enum err err = json_need_text(m->document, "name", 1, 64, &name, e);
    if (!err && !str_is(name, m->name))
        err = err_set(e, ERR_INVALID, "the name \"" STR_FMT "\" is not that of its folder",
                      STR_ARG(name));
    if (!err)
        err = json_need_text(m->document, "version", 1, 64, &version, e);
    if (!err)
        err = json_need_text(m->document, "data", 1, 64, &data, e);
    if (!err && !str_is(data, "tabular") && !str_is(data, "image"))
        err = err_set(e, ERR_INVALID, "\"data\" must be \"tabular\" or \"image\"");
    m->version = version.p;
    return err;
}

static void add_optional(json_t *document)
{
    static const char *const keys[] = {"description", "license", "links", "predict", "environment"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (!json_object_get(document, keys[i]))
            json_set_null(document, keys[i]);
    json_set_null(document, "error");
}

static enum err read_document(struct module *m, const char *programs, struct arena *a,
                              struct err_ctx *e)
{
    enum err err = read_name(m, e);
    err = err ? err : need_texts(m->document, "title", e);
    err = err ? err : need_texts(m->document, "summary", e);
    err = err ? err : want_words(m->document, "libraries", e);
    err = err ? err : want_words(m->document, "tags", e);
    err = err ? err : read_tasks(m->document, e);
    err = err ? err : read_train(m, programs, a, e);
    if (!err)
        add_optional(m->document);
    return err;
}

static void drop(void *json)
{
    json_decref(json);
}

static enum err read_file(struct module *m, const char *programs, struct arena *a,
                          struct err_ctx *e)
{
    struct str text;
    json_t *document = NULL;
    const char *path = arena_printf(a, "%s/module.yaml", m->folder);
    enum err err = file_read(a, path, MODULE_FILE_BYTES_MAX, &text, e);
    if (!err)
        err = yaml_read(text, &document, e);
    if (err)
        return err;
    arena_on_release(a, drop, document);
    if (!json_is_object(document))
        return err_set(e, ERR_INVALID, "it must be an object");
    m->document = document;
    return read_document(m, programs, a, e);
}

/* What is shown of a module that cannot be used. */
static json_t *broken_document(const struct module *m)
{
    json_t *document = json_object(), *title = json_object();
    json_set_cstr(document, "name", m->name);
    json_set_cstr(document, "version", "");
    json_set_cstr(title, "en", m->name);
    json_set(document, "title", title);
    json_set(document, "summary", json_object());
    json_set(document, "tasks", json_array());
    json_set_cstr(document, "data", "tabular");
    json_set(document, "libraries", json_array());
    json_set(document, "tags", json_array());
    json_set_null(document, "train");
    add_optional(document);
    json_set_cstr(document, "error", m->error);
    return document;
}

static void break_module(struct module *m, const char *sentence, struct arena *a)
{
    m->error = arena_strdup(a, str_of(sentence));
    m->document = broken_document(m);
    m->parameters = NULL;
    arena_on_release(a, drop, m->document);
}

static void read_module(struct module *m, const char *programs, struct arena *a)
{
    struct err_ctx *why = arena_alloc(a, sizeof *why);
    err_ctx_init(why);
    if (read_file(m, programs, a, why))
        break_module(m, arena_printf(a, "module.yaml: %s", why->detail), a);
}

static bool has_name(const struct module_list *list, const char *name)
{
    for (unsigned i = 0; i < list->count; i++)
        if (strcmp(list->modules[i].name, name) == 0)
            return true;
    return false;
}

static enum err read_folder(const char *folder, const char *programs, struct arena *a,
                            struct module_list *list, struct err_ctx *e)
{
    DIR *dir = folder ? opendir(folder) : NULL;
    if (!dir)
        return !folder || errno == ENOENT ? ERR_OK : err_set_errno(e, errno, folder);
    for (struct dirent *entry; (entry = readdir(dir)) && list->count < MODULE_COUNT_MAX;) {
        const char *path = arena_printf(a, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] == '.' || !file_exists(arena_printf(a, "%s/module.yaml", path)))
            continue;
        bool taken = has_name(list, entry->d_name);
        struct module *m = &list->modules[list->count];
        *m = (struct module){.name = arena_strdup(a, str_of(entry->d_name)), .folder = path};
        if (taken)
            continue; /* the built-in one counts */
        read_module(m, programs, a);
        list->count++;
    }
    closedir(dir);
    return ERR_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct module *)a)->name, ((const struct module *)b)->name);
}

enum err module_list_read(const struct module_folders *folders, struct arena *a,
                          struct module_list *out, struct err_ctx *e)
{
    *out =
        (struct module_list){.modules = arena_alloc(a, MODULE_COUNT_MAX * sizeof(struct module))};
    enum err err = read_folder(folders->built_in, folders->programs, a, out, e);
    if (!err)
        err = read_folder(folders->local, NULL, a, out, e);
    if (!err)
        qsort(out->modules, out->count, sizeof(struct module), by_name);
    return err;
}

enum err module_find(const struct module_folders *folders, struct str name, struct arena *a,
                     const struct module **out, struct err_ctx *e)
{
    const char *const places[] = {folders->built_in, folders->local};
    for (size_t i = 0; i < ARRAY_LEN(places) && file_is_name(name); i++) {
        const char *folder =
            arena_printf(a, "%s/" STR_FMT, places[i] ? places[i] : "", STR_ARG(name));
        if (!places[i] || !file_exists(arena_printf(a, "%s/module.yaml", folder)))
            continue;
        struct module *m = arena_zalloc(a, sizeof *m);
        *m = (struct module){.name = arena_strdup(a, name), .folder = folder};
        read_module(m, i == 0 ? folders->programs : NULL, a);
        *out = m;
        return ERR_OK;
    }
    return err_set(e, ERR_NOT_FOUND, "there is no module named \"" STR_FMT "\"", STR_ARG(name));
}

enum err module_usable(const struct module *m, struct err_ctx *e)
{
    if (m->error)
        return err_set_at(e, ERR_CONFLICT, "/module", "the module \"%s\" cannot be used: %s",
                          m->name, m->error);
    if (!m->parameters)
        return err_set_at(e, ERR_CONFLICT, "/module", "the module \"%s\" does not train", m->name);
    return ERR_OK;
}

bool module_has_task(const struct module *m, const char *task)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(m->document, "tasks"), i, one)
    {
        if (str_is(json_str(one), task))
            return true;
    }
    return false;
}
