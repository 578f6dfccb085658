#include "base/config.h"

#include <ctype.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/num.h"
#include "base/yaml.h"

enum { NAME_MAX_BYTES = 128, RANGE_MAX_BYTES = 256, FILE_MAX_BYTES = 1 << 20 };

struct setting;

/* What a type is: how its texts are read, and the sentence that says which are allowed. */
struct type {
    bool (*read)(const struct setting *s, const char *text, void *field);
    void (*range)(const struct setting *s, char text[RANGE_MAX_BYTES]);
    json_t *(*json)(const char *text);
};

struct setting {
    const char *name;
    const struct type *type;
    const char *fallback;
    int64_t min, max;
    const char *unit;
    bool reloadable, secret;
    const char *sentence;
    size_t offset; /* of the field */
};

/* ---- types ---- */

static bool read_bool(const struct setting *s, const char *text, void *field)
{
    *(bool *)field = strcmp(text, "true") == 0;
    return *(bool *)field || strcmp(text, "false") == 0;
}

static void range_bool(const struct setting *s, char text[RANGE_MAX_BYTES])
{
    snprintf(text, RANGE_MAX_BYTES, "true or false");
}

static json_t *json_of_bool(const char *text)
{
    return json_boolean(strcmp(text, "true") == 0);
}

static bool read_text(const struct setting *s, const char *text, void *field)
{
    size_t n = strlen(text);
    *(const char **)field = text;
    return n >= (size_t)s->min && n <= (size_t)s->max && str_is_utf8(str_of(text));
}

static void range_text(const struct setting *s, char text[RANGE_MAX_BYTES])
{
    snprintf(text, RANGE_MAX_BYTES, "text of %lld to %lld bytes", (long long)s->min,
             (long long)s->max);
}

static json_t *json_of_text(const char *text)
{
    return json_text(str_of(text));
}

static bool read_choice(const struct setting *s, const char *text, void *field)
{
    struct str words = str_of(s->unit), word;
    *(const char **)field = text;
    while (str_split(&words, '|', &word)) {
        if (str_is(word, text))
            return true;
    }
    return false;
}

static void range_choice(const struct setting *s, char text[RANGE_MAX_BYTES])
{
    struct str words = str_of(s->unit), word;
    size_t n = 0;
    while (str_split(&words, '|', &word))
        n += (size_t)snprintf(text + n, RANGE_MAX_BYTES - n, "%s" STR_FMT,
                              n == 0 ? "" : (words.p ? ", " : " or "), STR_ARG(word));
}

static bool read_int(const struct setting *s, const char *text, void *field)
{
    return num_parse_i64(str_of(text), s->min, s->max, field);
}

static void range_int(const struct setting *s, char text[RANGE_MAX_BYTES])
{
    snprintf(text, RANGE_MAX_BYTES, "a whole number from %lld to %lld", (long long)s->min,
             (long long)s->max);
}

static json_t *json_of_int(const char *text)
{
    return json_integer(strtoll(text, NULL, 10));
}

static bool read_time(const struct setting *s, const char *text, void *field)
{
    *(int64_t *)field = 0;
    return !*text || clock_parse(str_of(text), field);
}

static void range_time(const struct setting *s, char text[RANGE_MAX_BYTES])
{
    snprintf(text, RANGE_MAX_BYTES, "a time like 2026-01-31T08:15:00Z");
}

static const struct type type_BOOL = {read_bool, range_bool, json_of_bool},
                         type_CHOICE = {read_choice, range_choice, json_of_text},
                         type_INT = {read_int, range_int, json_of_int},
                         type_TEXT = {read_text, range_text, json_of_text},
                         type_TIME = {read_time, range_time, json_of_text};

static const struct setting settings[CONFIG_COUNT] = {
#define X(field, name, type, fallback, min, max, unit, reloadable, secret, sentence)               \
    {name, &type_##type, fallback, min,      max,                                                  \
     unit, reloadable,   secret,   sentence, offsetof(struct config, field)},
#include "base/config.def"
#undef X
};

/* ---- names ---- */

static const struct setting *find(struct str name)
{
    for (size_t i = 0; i < CONFIG_COUNT; i++) {
        if (str_is(name, settings[i].name))
            return &settings[i];
    }
    return NULL;
}

/* True for "http", false for "http.threads" and "htt". */
static bool is_section(struct str name)
{
    for (size_t i = 0; i < CONFIG_COUNT; i++) {
        struct str known = str_of(settings[i].name);
        if (str_starts(known, name) && known.n > name.n && known.p[name.n] == '.')
            return true;
    }
    return false;
}

static char folded(char c)
{
    return c == '.' ? '_' : (char)tolower((unsigned char)c);
}

/* How many letters have to be inserted, left out or changed (Levenshtein). */
static unsigned distance(struct str a, const char *b)
{
    unsigned row[NAME_MAX_BYTES + 1];
    size_t columns = strlen(b);
    assert(columns <= NAME_MAX_BYTES);
    for (unsigned k = 0; k <= columns; k++)
        row[k] = k;
    for (size_t i = 0; i < a.n; i++) {
        unsigned corner = row[0];
        row[0]++;
        for (size_t k = 0; k < columns; k++) {
            unsigned changed = corner + (folded(a.p[i]) != folded(b[k]));
            corner = row[k + 1];
            row[k + 1] = MIN(changed, MIN(row[k], row[k + 1]) + 1);
        }
    }
    return row[columns];
}

/* NULL when nothing is near enough to have been meant. */
static const char *nearest(struct str name)
{
    const char *best = NULL;
    unsigned best_distance = 1 + (unsigned)MIN(name.n / 3, 5);
    for (size_t i = 0; i < CONFIG_COUNT; i++) {
        unsigned d = distance(name, settings[i].name);
        if (d < best_distance) {
            best_distance = d;
            best = settings[i].name;
        }
    }
    return best;
}

static enum err unknown(const char *origin, struct str name, struct err_ctx *e)
{
    const char *meant = nearest(name);
    name.n = MIN(name.n, NAME_MAX_BYTES);
    return err_set(e, ERR_INVALID, "%s: there is no setting \"" STR_FMT "\"%s%s%s", origin,
                   STR_ARG(name), meant ? "; did you mean \"" : "; crisol config lists them all",
                   meant ? meant : "", meant ? "\"?" : "");
}

/* ---- setting ---- */

/* `origin` is how messages name the source. */
static enum err set(struct config *c, const struct setting *s, struct str value,
                    enum config_source source, const char *origin, struct err_ctx *e)
{
    const char *text = arena_strdup(&c->arena, value);
    if (memchr(value.p, '\0', value.n) || !s->type->read(s, text, (char *)c + s->offset)) {
        char range[RANGE_MAX_BYTES];
        s->type->range(s, range);
        if (s->secret)
            return err_set(e, ERR_INVALID, "%s: %s must be %s", origin, s->name, range);
        return err_set(e, ERR_INVALID, "%s: %s is \"%.100s\", but must be %s", origin, s->name,
                       text, range);
    }
    c->texts[s - settings] = text;
    c->sources[s - settings] = source;
    return ERR_OK;
}

static void set_defaults(struct config *c)
{
    for (size_t i = 0; i < CONFIG_COUNT; i++) {
        enum err err =
            set(c, &settings[i], str_of(settings[i].fallback), CONFIG_DEFAULT, "config.def", NULL);
        assert(!err);
        (void)err;
    }
}

/* ---- flags ---- */

static enum err set_flag(struct config *c, const char *flag, struct err_ctx *e)
{
    struct str value = str_of(flag), name;
    if (!strchr(flag, '='))
        return err_set(e, ERR_INVALID, "--set %.100s: name=value is expected", flag);
    (void)!str_split(&value, '=', &name);
    const struct setting *s = find(name);
    return s ? set(c, s, value.p ? value : STR(""), CONFIG_FLAG, "command line", e)
             : unknown("command line", name, e);
}

static enum err set_flags(struct config *c, const struct config_sources *from, struct err_ctx *e)
{
    enum err err = ERR_OK;
    for (size_t i = 0; !err && i < from->flag_count; i++)
        err = set_flag(c, from->flags[i], e);
    return err;
}

/* ---- environment ---- */

static bool is_variable_of(struct str variable, const char *name)
{
    size_t i = 0;
    while (i < variable.n && name[i] && folded(variable.p[i]) == folded(name[i]))
        i++;
    return i == variable.n && !name[i];
}

static const struct setting *find_variable(struct str variable)
{
    for (size_t i = 0; i < CONFIG_COUNT; i++) {
        if (is_variable_of(variable, settings[i].name))
            return &settings[i];
    }
    return NULL;
}

/* CRISOL_HTTP_THREDS is a mistake, CRISOL_RUN_DIR is somebody else's. */
static bool is_meant(struct str name)
{
    char section[NAME_MAX_BYTES];
    ptrdiff_t end = str_find(name, '_');
    if (end < 0 || end >= NAME_MAX_BYTES)
        return false;
    for (ptrdiff_t i = 0; i < end; i++)
        section[i] = folded(name.p[i]);
    return is_section(str_from(section, (size_t)end));
}

static enum err set_variable(struct config *c, const char *variable, struct err_ctx *e)
{
    struct str value = str_of(variable), name;
    if (!str_starts(value, STR("CRISOL_")) || !str_split(&value, '=', &name))
        return ERR_OK;
    const char *origin = arena_printf(&c->arena, "environment variable " STR_FMT, STR_ARG(name));
    name = str_from(name.p + strlen("CRISOL_"), name.n - strlen("CRISOL_"));
    const struct setting *s = find_variable(name);
    if (s)
        return set(c, s, value.p ? value : STR(""), CONFIG_ENVIRONMENT, origin, e);
    return is_meant(name) ? unknown(origin, name, e) : ERR_OK;
}

static enum err set_variables(struct config *c, char *const *environment, struct err_ctx *e)
{
    enum err err = ERR_OK;
    for (; !err && environment && *environment; environment++)
        err = set_variable(c, *environment, e);
    return err;
}

/* ---- file ---- */

/* Structures that other parts of the program read. */
static bool is_for_others(const char *name, const json_t *value)
{
    static const char *const names[] = {"connections", "probes", "schedules"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return json_is_array(value) && !find(str_of(name));
}

/* A number where text is wanted may have lost a zero at either end, so it has to be in quotes. */
static enum err set_scalar(struct config *c, const struct setting *s, json_t *value,
                           struct err_ctx *e)
{
    bool takes_text = s->type == &type_TEXT || s->type == &type_CHOICE || s->type == &type_TIME;
    struct str text = json_is_string(value) ? json_str(value) : json_dump(value, &c->arena);
    if (c->sources[s - settings] == CONFIG_FILE)
        return err_set(e, ERR_INVALID, "%s: %s is set twice", c->file, s->name);
    if (takes_text && !json_is_string(value))
        return err_set(e, ERR_INVALID, "%s: %s must be text; put it in quotes", c->file, s->name);
    return set(c, s, text, CONFIG_FILE, c->file, e);
}

static enum err set_object(struct config *c, const char *prefix, json_t *object, struct err_ctx *e);

static enum err set_member(struct config *c, const char *name, json_t *value, struct err_ctx *e)
{
    const struct setting *s = find(str_of(name));
    if (is_for_others(name, value)) {
        if (json_is_null(value))
            return ERR_OK;
        json_set(c->rest, name, json_incref(value));
        return ERR_OK;
    }
    if (s)
        return set_scalar(c, s, value, e);
    if (json_is_object(value))
        return set_object(c, arena_printf(&c->arena, "%s.", name), value, e);
    /* A section of which every line is a comment. */
    if (json_is_null(value) && is_section(str_of(name)))
        return ERR_OK;
    return unknown(c->file, str_of(name), e);
}

static enum err set_object(struct config *c, const char *prefix, json_t *object, struct err_ctx *e)
{
    const char *key;
    json_t *value;
    enum err err = ERR_OK;
    json_object_foreach(object, key, value)
    {
        err = set_member(c, arena_printf(&c->arena, "%s%s", prefix, key), value, e);
        if (err)
            break;
    }
    return err;
}

/* A file of comments is no YAML document, but a fine start for a configuration. */
static bool says_nothing(struct str text)
{
    struct str line;
    while (str_split(&text, '\n', &line)) {
        line = str_trim(line);
        if (line.n > 0 && line.p[0] != '#')
            return false;
    }
    return true;
}

static enum err set_file(struct config *c, const char *path, struct err_ctx *e)
{
    struct str text;
    json_t *document = NULL;
    c->file = arena_strdup(&c->arena, str_of(path));
    enum err err = file_read(&c->arena, path, FILE_MAX_BYTES, &text, e);
    if (err || says_nothing(text))
        return err;
    err = yaml_read(text, &document, e);
    if (err)
        return e ? err_prefix(e, "%s", path) : err;
    if (json_is_object(document))
        err = set_object(c, "", document, e);
    else
        err = err_set(e, ERR_SYNTAX, "%s: \"name: value\" is expected", path);
    json_decref(document);
    return err;
}

/* ---- all together ---- */

static enum err set_found_file(struct config *c, struct err_ctx *e)
{
    const char *path = arena_printf(&c->arena, "%s/crisol.yaml", c->data);
    if (!file_exists(path))
        return ERR_OK;
    enum err err = set_file(c, path, e);
    if (!err && c->sources[CONFIG_data] == CONFIG_FILE)
        err = err_set(e, ERR_INVALID, "%s: data cannot be set by a file in that folder", path);
    return err;
}

/* Flags and environment have to come before the file, because they tell where it is, and after
 * it, because they count more. */
static enum err set_all(struct config *c, const struct config_sources *from, struct err_ctx *e)
{
    for (int round = 0; round < 2; round++) {
        enum err err = ERR_OK;
        if (round > 0 && !from->no_file)
            err = from->file ? set_file(c, from->file, e) : set_found_file(c, e);
        if (!err)
            err = set_variables(c, from->environment, e);
        if (!err)
            err = set_flags(c, from, e);
        if (err)
            return err;
    }
    return ERR_OK;
}

struct config *config_defaults(void)
{
    struct config *c = xcalloc(1, sizeof *c);
    arena_init(&c->arena);
    c->rest = json_object();
    atomic_init(&c->refs, 1);
    set_defaults(c);
    return c;
}

enum err config_load(const struct config_sources *from, struct config **out, struct err_ctx *e)
{
    struct config *c = config_defaults();
    enum err err = set_all(c, from, e);
    if (err) {
        config_unref(c);
        return err;
    }
    *out = c;
    return ERR_OK;
}

struct config *config_ref(struct config *c)
{
    atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
    return c;
}

void config_unref(struct config *c)
{
    if (!c || atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) > 1)
        return;
    json_decref(c->rest);
    arena_release(&c->arena);
    free(c);
}

json_t *config_rest(const struct config *c, const char *name)
{
    return json_object_get(c->rest, name);
}

/* ---- showing ---- */

static const char *const source_names[] = {[CONFIG_DEFAULT] = "default",
                                           [CONFIG_FILE] = "file",
                                           [CONFIG_ENVIRONMENT] = "environment",
                                           [CONFIG_FLAG] = "flag"};

/* Numbers and truth values stand in YAML as they are, text in JSON's quotes. */
static void dump_value(const struct setting *s, const char *text, struct buf *out)
{
    if (s->type == &type_INT || s->type == &type_BOOL)
        buf_add(out, str_of(text));
    else
        buf_add_json(out, str_of(text));
}

static void dump_setting(const struct config *c, size_t i, const char *indent, struct buf *out)
{
    const struct setting *s = &settings[i];
    const char *key = strrchr(s->name, '.');
    char range[RANGE_MAX_BYTES];
    s->type->range(s, range);
    bool hidden = s->secret && *c->texts[i];
    buf_addf(out, "%s# %s\n%s# %s", indent, s->sentence, indent, range);
    if (*s->unit && s->type != &type_CHOICE)
        buf_addf(out, ", %s", s->unit);
    buf_add(out, STR("; default "));
    dump_value(s, s->fallback, out);
    buf_addf(out, "; set by: %s\n%s%s%s: ", source_names[c->sources[i]], indent, hidden ? "# " : "",
             key ? key + 1 : s->name);
    if (hidden)
        buf_add(out, STR("(not shown)"));
    else
        dump_value(s, c->texts[i], out);
    buf_add_c(out, '\n');
}

void config_dump(const struct config *c, struct buf *out)
{
    struct str section = STR("");
    for (size_t i = 0; i < CONFIG_COUNT; i++) {
        struct str name = str_of(settings[i].name);
        ptrdiff_t dot = str_find(name, '.');
        struct str own = dot < 0 ? STR("") : str_from(name.p, (size_t)dot);
        if (i > 0)
            buf_add_c(out, '\n');
        if (own.n > 0 && !str_eq(own, section))
            buf_addf(out, STR_FMT ":\n", STR_ARG(own));
        section = own;
        dump_setting(c, i, own.n > 0 ? "  " : "", out);
    }
}

json_t *config_json(const struct config *c)
{
    json_t *items = json_array();
    for (size_t i = 0; i < CONFIG_COUNT; i++) {
        const struct setting *s = &settings[i];
        json_t *item = json_object(), *value = s->type->json(c->texts[i]);
        if (s->secret) {
            json_decref(value);
            value = *c->texts[i] ? json_text(STR("***")) : json_null();
        }
        json_set_cstr(item, "name", s->name);
        json_set(item, "value", value);
        json_set(item, "default", s->type->json(s->fallback));
        json_set_cstr(item, "unit", s->unit);
        json_set_bool(item, "reloadable", s->reloadable);
        json_set_cstr(item, "description", s->sentence);
        json_set_cstr(item, "source", source_names[c->sources[i]]);
        json_push(items, item);
    }
    return items;
}
