#include "server/reference.h"

#include "identity/role.h"
#include "server/version.h"

/* Made from the files in reference/ when the program is built. */
extern const char reference_docs_html[], reference_docs_css[], reference_docs_js[];
extern const char reference_schemas_json[];
extern const size_t reference_docs_html_bytes, reference_docs_css_bytes, reference_docs_js_bytes;
extern const size_t reference_schemas_json_bytes;

static const char *const method_names[HTTP_METHOD_COUNT] = {
    [HTTP_GET] = "get",     [HTTP_POST] = "post",     [HTTP_PUT] = "put",
    [HTTP_PATCH] = "patch", [HTTP_DELETE] = "delete",
};

/* ---- the frame ---- */

static json_t *pack_text(const char *key, const char *value)
{
    json_t *object = json_object();
    json_set_cstr(object, key, value);
    return object;
}

json_t *reference_new(void)
{
    struct err_ctx e;
    json_t *source = NULL, *doc = json_object();
    err_ctx_init(&e);
    enum err err =
        json_read(str_from(reference_schemas_json, reference_schemas_json_bytes), &source, &e);
    assert(!err);
    json_set_cstr(doc, "openapi", "3.1.0");
    json_t *info = json_incref(json_object_get(source, "info"));
    json_set_cstr(info, "version", version_text);
    json_set(doc, "info", info);
    json_set(doc, "paths", json_object());
    json_t *components = json_object();
    json_set(components, "schemas", json_incref(json_object_get(source, "schemas")));
    json_set(components, "securitySchemes",
             json_incref(json_object_get(source, "securitySchemes")));
    json_set(doc, "components", components);
    /* Not part of OpenAPI: reference_write() takes them out again. */
    json_set(doc, "x-parameters", json_incref(json_object_get(source, "parameters")));
    json_decref(source);
    return doc;
}

/* ---- one operation ---- */

/* "/a/{rest*}" is "/a/{rest}" there. */
static void path_of(const char *pattern, struct buf *out)
{
    for (const char *p = pattern; *p; p++)
        if (!(p[0] == '*' && p[1] == '}'))
            buf_add_c(out, *p);
    buf_add_c(out, '\0');
    assert(!buf_failed(out));
}

static json_t *parameter(const char *in, struct str name, bool required, json_t *schema)
{
    json_t *p = json_object();
    json_set_text(p, "name", name);
    json_set_cstr(p, "in", in);
    if (required)
        json_set_bool(p, "required", true);
    json_set(p, "schema", schema);
    return p;
}

static void add_path_parameters(json_t *parameters, const char *path)
{
    struct str rest = str_of(path), segment;
    while (str_split(&rest, '/', &segment))
        if (str_starts(segment, STR("{")))
            json_push(parameters, parameter("path", str_from(segment.p + 1, segment.n - 2), true,
                                            pack_text("type", "string")));
}

/* What may follow the question mark stands in schemas.json by "METHOD path". */
static void add_query_parameters(json_t *parameters, const json_t *doc, const char *method,
                                 const char *path)
{
    char key[256];
    const char *name;
    json_t *schema;
    snprintf(key, sizeof key, "%s %s", method, path);
    json_t *known = json_object_get(json_object_get(doc, "x-parameters"), key);
    json_object_foreach(known, name, schema)
        json_push(parameters, parameter("query", str_of(name), false, json_incref(schema)));
}

/* `forms` are words: the name of a schema, for the usual kind, or another kind of content. */
static json_t *content_of(const char *kind, const char *forms)
{
    json_t *content = json_object();
    struct str rest = str_of(forms), word;
    char text[128];
    while (str_split(&rest, ' ', &word)) {
        json_t *media = json_object();
        bool other = memchr(word.p, '/', word.n);
        snprintf(text, sizeof text, "%s" STR_FMT, other ? "" : "#/components/schemas/",
                 STR_ARG(word));
        if (!other)
            json_set(media, "schema", pack_text("$ref", text));
        json_set(content, other ? text : kind, media);
    }
    return content;
}

static json_t *refusal_of(const char *path)
{
    if (strncmp(path, "/v2", 3) == 0)
        return content_of("application/json", "OipError");
    return content_of("application/problem+json", "Problem");
}

static json_t *answers_of(const struct http_route *route, const char *path)
{
    json_t *answers = json_object(), *good = json_object(), *bad = json_object();
    json_set_cstr(good, "description", route->answers ? "Done" : "Done; there may be no body");
    if (route->answers)
        json_set(good, "content", content_of("application/json", route->answers));
    json_set(answers, "2XX", good);
    json_set_cstr(bad, "description", "Refused, with the reason");
    json_set(bad, "content", refusal_of(path));
    json_set(answers, "default", bad);
    return answers;
}

static void add_body(json_t *operation, const struct http_route *route)
{
    if (!route->takes)
        return;
    bool form = route->body == HTTP_BODY_FILE;
    json_t *body = json_object();
    json_set_bool(body, "required", true);
    json_set(body, "content",
             content_of(form ? "multipart/form-data" : "application/json", route->takes));
    json_set(operation, "requestBody", body);
}

static void add_access(json_t *operation, int route_role)
{
    static const struct {
        int flag;
        const char *setting;
    } openers[] = {{OPEN_SERVING, "serving.anonymous"},
                   {OPEN_METRICS, "metrics.anonymous"},
                   {OPEN_REGISTRATION, "identity.registration"}};
    json_t *security = json_array();
    json_set_cstr(operation, "x-role", role_text(role_of_route(route_role)));
    for (size_t i = 0; i < ARRAY_LEN(openers); i++)
        if (route_role & openers[i].flag)
            json_set_cstr(operation, "x-open", openers[i].setting);
    if (role_of_route(route_role) != ROLE_NONE) {
        json_t *bearer = json_object(), *cookie = json_object();
        json_set(bearer, "bearer", json_array());
        json_set(cookie, "session", json_array());
        json_push(security, bearer);
        json_push(security, cookie);
    }
    json_set(operation, "security", security);
}

/* The part of the path that says what it is about: /api/v1/TAG, /v2. */
static void add_tag(json_t *operation, const char *path)
{
    struct str rest = str_of(path + 1), tag;
    json_t *tags = json_array();
    bool some = str_split(&rest, '/', &tag);
    if (some && str_is(tag, "api") && str_split(&rest, '/', &tag))
        some = str_split(&rest, '/', &tag);
    ptrdiff_t colon = str_find(tag, ':');
    json_push(tags, json_text(colon < 0 ? tag : str_from(tag.p, (size_t)colon)));
    json_set(operation, "tags", tags);
}

static json_t *operation_of(const json_t *doc, const struct http_route *route, const char *path)
{
    json_t *operation = json_object(), *parameters = json_array();
    json_set_cstr(operation, "summary", route->summary);
    add_tag(operation, path);
    add_path_parameters(parameters, path);
    add_query_parameters(parameters, doc, method_names[route->method], path);
    if (route->creates)
        json_push(parameters,
                  parameter("header", STR("Idempotency-Key"), false, pack_text("type", "string")));
    if (json_array_size(parameters))
        json_set(operation, "parameters", json_incref(parameters));
    json_decref(parameters);
    add_body(operation, route);
    json_set(operation, "responses", answers_of(route, path));
    add_access(operation, route->role);
    return operation;
}

void reference_add(json_t *doc, const struct http_route *routes, size_t count)
{
    json_t *paths = json_object_get(doc, "paths");
    struct buf path;
    buf_init(&path, 1024);
    for (size_t i = 0; i < count; i++) {
        if (!routes[i].summary)
            continue;
        buf_clear(&path);
        path_of(routes[i].pattern, &path);
        json_t *item = json_object_get(paths, path.p);
        if (!item) {
            item = json_object();
            json_set(paths, path.p, item);
        }
        json_set(item, method_names[routes[i].method], operation_of(doc, &routes[i], path.p));
    }
    buf_release(&path);
}

void reference_write(json_t *doc, struct buf *out)
{
    json_object_del(doc, "x-parameters");
    json_write(doc, out);
    json_decref(doc);
}

/* ---- the page ---- */

static const char policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; "
                             "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

enum err reference_page(struct http_request *rq, struct str name, struct err_ctx *e)
{
    const struct {
        const char *name, *type;
        struct str text;
    } files[] = {
        {"", "text/html; charset=utf-8", str_from(reference_docs_html, reference_docs_html_bytes)},
        {"docs.css", "text/css; charset=utf-8",
         str_from(reference_docs_css, reference_docs_css_bytes)},
        {"docs.js", "text/javascript; charset=utf-8",
         str_from(reference_docs_js, reference_docs_js_bytes)},
    };
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        if (!str_is(name, files[i].name))
            continue;
        rq->answer.content_type = files[i].type;
        rq->answer.fixed = files[i].text;
        http_answer_header(rq, "Content-Security-Policy", policy);
        http_answer_header(rq, "X-Content-Type-Options", "nosniff");
        return ERR_OK;
    }
    return err_set(e, ERR_NOT_FOUND, "there is nothing at " STR_FMT, STR_ARG(rq->path));
}
