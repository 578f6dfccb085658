/* server/demo_http.h
 *
 * The demonstration as a client of its own server: HTTP with a session cookie, as a browser has
 * it. The one place that knows libcurl.
 *
 *     struct demo_http *http = NULL;
 *     err = demo_http_open("http://127.0.0.1:8080", &http, e);
 *     err = demo_http_login(http, "demo", password, e);
 *     json_t *answer = NULL;
 *     err = demo_http_json(http, "GET", "/models/iris", NULL, &answer, e);
 *     ...
 *     json_decref(answer);
 *     demo_http_close(http);
 *
 * Paths are below /api/v1. An answer other than 2xx is an error with the server's own sentence;
 * 404 is ERR_NOT_FOUND. A client belongs to one thread at a time. */
#ifndef SERVER_DEMO_HTTP_H
#define SERVER_DEMO_HTTP_H

#include "base/json.h"

struct demo_http;

WARN_UNUSED enum err demo_http_open(const char *url, struct demo_http **out, struct err_ctx *e);
void demo_http_close(struct demo_http *h); /* NULL is fine */

WARN_UNUSED enum err demo_http_login(struct demo_http *h, const char *name, const char *password,
                                     struct err_ctx *e);

/* Sends a JSON body (NULL: none; the reference becomes the callee's) and reads a JSON answer
 * (`out` NULL: not wanted). The answer is the caller's. */
WARN_UNUSED enum err demo_http_json(struct demo_http *h, const char *method, const char *path,
                                    json_t *body, json_t **out, struct err_ctx *e);

/* Gets something that is no JSON, into the arena. */
WARN_UNUSED enum err demo_http_text(struct demo_http *h, const char *path, struct str *out,
                                    struct arena *a, struct err_ctx *e);

/* Sends a file as a form does, with a name beside it. */
WARN_UNUSED enum err demo_http_upload(struct demo_http *h, const char *path, const char *file,
                                      const char *name, json_t **out, struct err_ctx *e);

/* Whether the server answers this page, outside /api/v1. */
bool demo_http_has_page(struct demo_http *h, const char *path);

#endif
