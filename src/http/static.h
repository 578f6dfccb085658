/* http/static.h
 *
 * The files of the web interface, read once at the start, with their compressed twins and tags. A
 * path that is no file gets index.html, because the interface finds its pages itself.
 *
 *     err = statics_open(folder, &files, e);
 *     enum err handler(...) { return statics_answer(files, rq, rq->params[0], e); }
 *
 * Read-only after the start: any thread. */
#ifndef HTTP_STATIC_H
#define HTTP_STATIC_H

#include "http/http.h"

struct statics;

/* A folder that does not exist gives a server without pages: every path then says so. */
WARN_UNUSED enum err statics_open(const char *folder, struct statics **out, struct err_ctx *e);
void statics_close(struct statics *s);

WARN_UNUSED enum err statics_answer(struct statics *s, struct http_request *rq, struct str path,
                                    struct err_ctx *e);

#endif
