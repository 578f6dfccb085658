#include "server/demo_http.h"

#include <curl/curl.h>

enum { ANSWER_BYTES_MAX = 16 << 20, TIMEOUT_S = 60 };

struct demo_http {
    CURL *curl;
    char *url;
    char *csrf;        /* the header, NULL before the login */
    struct buf answer; /* of the last request */
};

static size_t take_answer(char *data, size_t size, size_t count, void *argument)
{
    struct buf *answer = argument;
    buf_add(answer, str_from(data, size * count));
    return buf_failed(answer) ? 0 : size * count;
}

/* What holds for every request. curl_easy_reset() between them would lose memory with the libcurl
 * of Debian 12: it forgets the list of cookie files without freeing it. */
static void configure(struct demo_http *h)
{
    curl_easy_setopt(h->curl, CURLOPT_COOKIEFILE, "");
    curl_easy_setopt(h->curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(h->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h->curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
    curl_easy_setopt(h->curl, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(h->curl, CURLOPT_WRITEDATA, &h->answer);
}

enum err demo_http_open(const char *url, struct demo_http **out, struct err_ctx *e)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURL *curl = curl_easy_init();
    if (!curl)
        return err_set(e, ERR_IO, "libcurl cannot be used");
    struct demo_http *h = xcalloc(1, sizeof *h);
    h->curl = curl;
    h->url = xstrdup(url);
    buf_init(&h->answer, ANSWER_BYTES_MAX);
    configure(h);
    *out = h;
    return ERR_OK;
}

void demo_http_close(struct demo_http *h)
{
    if (!h)
        return;
    curl_easy_cleanup(h->curl);
    curl_global_cleanup();
    buf_release(&h->answer);
    free(h->csrf);
    free(h->url);
    free(h);
}

/* ---- one request ---- */

/* HTTPGET forgets the body of the request before. */
static struct curl_slist *prepare(struct demo_http *h, const char *method, const char *path,
                                  const char *type, struct arena *a)
{
    struct curl_slist *headers = h->csrf ? curl_slist_append(NULL, h->csrf) : NULL;
    if (type)
        headers = curl_slist_append(headers, type);
    buf_clear(&h->answer);
    curl_easy_setopt(h->curl, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(h->curl, CURLOPT_URL, arena_printf(a, "%s%s", h->url, path));
    curl_easy_setopt(h->curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, headers);
    return headers;
}

/* The sentence of a problem+json body. */
static enum err refuse(const struct demo_http *h, const char *method, const char *path, long status,
                       struct err_ctx *e)
{
    json_t *problem = NULL;
    struct str detail = STR("it gives no reason");
    if (json_read_object(buf_str(&h->answer), &problem, NULL) == ERR_OK)
        (void)!json_want_text(problem, "detail", 1, ERR_DETAIL_MAX, &detail, NULL);
    enum err err =
        err_set(e, status == 404 ? ERR_NOT_FOUND : ERR_INTERNAL,
                "%s %s was answered with %ld: " STR_FMT, method, path, status, STR_ARG(detail));
    json_decref(problem);
    return err;
}

static enum err perform(struct demo_http *h, const char *method, const char *path,
                        struct curl_slist *headers, struct err_ctx *e)
{
    long status = 0;
    CURLcode failed = curl_easy_perform(h->curl);
    curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    if (failed)
        return err_set(e, ERR_IO, "%s %s was not answered: %s", method, path,
                       curl_easy_strerror(failed));
    return status / 100 == 2 ? ERR_OK : refuse(h, method, path, status, e);
}

static enum err read_answer(const struct demo_http *h, const char *path, json_t **out,
                            struct err_ctx *e)
{
    if (!out)
        return ERR_OK;
    enum err err = json_read_object(buf_str(&h->answer), out, e);
    return err ? err_prefix(e, "the answer of %s", path) : ERR_OK;
}

/* ---- what can be asked ---- */

enum err demo_http_json(struct demo_http *h, const char *method, const char *path, json_t *body,
                        json_t **out, struct err_ctx *e)
{
    struct arena a;
    arena_init(&a);
    struct curl_slist *headers = prepare(h, method, arena_printf(&a, "/api/v1%s", path),
                                         "Content-Type: application/json", &a);
    if (body) {
        struct str text = json_dump(body, &a);
        curl_easy_setopt(h->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)text.n);
        curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, text.p);
        json_decref(body);
    }
    enum err err = perform(h, method, path, headers, e);
    arena_release(&a);
    return err ? err : read_answer(h, path, out, e);
}

enum err demo_http_text(struct demo_http *h, const char *path, struct str *out, struct arena *a,
                        struct err_ctx *e)
{
    struct curl_slist *headers =
        prepare(h, "GET", arena_printf(a, "/api/v1%s", path), "Accept: */*", a);
    enum err err = perform(h, "GET", path, headers, e);
    if (!err)
        *out = arena_str(a, buf_str(&h->answer));
    return err;
}

enum err demo_http_upload(struct demo_http *h, const char *path, const char *file, const char *name,
                          json_t **out, struct err_ctx *e)
{
    struct arena a;
    arena_init(&a);
    struct curl_slist *headers = prepare(h, "POST", arena_printf(&a, "/api/v1%s", path), NULL, &a);
    curl_mime *form = curl_mime_init(h->curl);
    curl_mimepart *part = curl_mime_addpart(form);
    curl_mime_name(part, "name");
    curl_mime_data(part, name, CURL_ZERO_TERMINATED);
    part = curl_mime_addpart(form);
    curl_mime_name(part, "file");
    curl_mime_filedata(part, file);
    curl_easy_setopt(h->curl, CURLOPT_MIMEPOST, form);
    enum err err = perform(h, "POST", path, headers, e);
    curl_mime_free(form);
    arena_release(&a);
    return err ? err : read_answer(h, path, out, e);
}

bool demo_http_has_page(struct demo_http *h, const char *path)
{
    struct arena a;
    arena_init(&a);
    enum err err = perform(h, "GET", path, prepare(h, "GET", path, NULL, &a), NULL);
    arena_release(&a);
    return err == ERR_OK;
}

enum err demo_http_login(struct demo_http *h, const char *name, const char *password,
                         struct err_ctx *e)
{
    json_t *body = json_object(), *answer = NULL;
    struct str csrf;
    json_set_cstr(body, "name", name);
    json_set_cstr(body, "password", password);
    enum err err = demo_http_json(h, "POST", "/session", body, &answer, e);
    if (!err)
        err = json_need_text(answer, "csrf", 1, 200, &csrf, e);
    if (!err) {
        struct buf header;
        size_t bytes;
        buf_init(&header, 400);
        buf_addf(&header, "X-CSRF-Token: " STR_FMT, STR_ARG(csrf));
        free(h->csrf);
        h->csrf = buf_detach(&header, &bytes);
    }
    json_decref(answer);
    return err;
}
