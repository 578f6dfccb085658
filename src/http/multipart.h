/* http/multipart.h
 *
 * The parts of a multipart/form-data body, as views into it (RFC 7578). A body that was spooled to
 * a file is mapped, so a part of a gigabyte costs no memory.
 *
 *     struct multipart form;
 *     err = multipart_parse(rq, &form, e);
 *     const struct part *file = multipart_find(&form, "file");
 *
 * Lives in the request's arena. */
#ifndef HTTP_MULTIPART_H
#define HTTP_MULTIPART_H

#include "http/http.h"

enum { MULTIPART_PARTS_MAX = 64 };

struct part {
    struct str name;
    struct str file_name;    /* without a pointer where the part is no file */
    struct str content_type; /* likewise */
    struct str content;
};

struct multipart {
    struct part parts[MULTIPART_PARTS_MAX];
    unsigned count;
};

/* ERR_UNSUPPORTED when the request is no form, ERR_SYNTAX when it is a broken one. */
WARN_UNUSED enum err multipart_parse(struct http_request *rq, struct multipart *form,
                                     struct err_ctx *e);

bool multipart_is(const struct http_request *rq);

/* The first part of the name, or NULL. */
const struct part *multipart_find(const struct multipart *form, const char *name);

/* The same, or 422 naming the part. */
WARN_UNUSED enum err multipart_need(const struct multipart *form, const char *name,
                                    const struct part **part, struct err_ctx *e);

#endif
