#include "http/exchange.h"

#include "base/num.h"

enum { SHORT_BODY_BYTES = 65536 };

static const char *const method_names[HTTP_METHOD_COUNT] = {
    [HTTP_GET] = "GET",     [HTTP_POST] = "POST",     [HTTP_PUT] = "PUT",
    [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE",
};

const char *exchange_method(const struct exchange *x)
{
    return method_names[x->rq.method];
}

static bool method_of(const char *name, struct http_request *rq)
{
    rq->head = strcmp(name, "HEAD") == 0;
    if (rq->head)
        name = "GET";
    for (unsigned m = 0; m < HTTP_METHOD_COUNT; m++) {
        if (strcmp(method_names[m], name) == 0) {
            rq->method = (enum http_method)m;
            return true;
        }
    }
    return false;
}

static void refuse_method(struct exchange *x, const char *method, unsigned methods)
{
    struct buf allowed;
    buf_init(&allowed, 256);
    for (unsigned m = 0; m < HTTP_METHOD_COUNT; m++)
        if (methods & 1u << m)
            buf_addf(&allowed, "%s%s", allowed.n ? ", " : "", method_names[m]);
    const char *list = arena_strdup(&x->rq.arena, buf_str(&allowed));
    buf_release(&allowed);
    http_answer_header(&x->rq, "Allow", list);
    err_set(&x->failure, ERR_METHOD, "this path takes %s, not %.20s", list, method);
}

static void find_route(struct exchange *x, const char *method)
{
    bool known = method_of(method, &x->rq);
    struct http_request *rq = &x->rq;
    struct router_match match;
    router_find(exchange_router(x), rq->method, rq->path, &match);
    x->mount = match.mount;
    rq->route = match.route;
    if (match.methods && !(known && match.route)) {
        rq->route = NULL;
        refuse_method(x, method, match.methods);
        return;
    }
    if (!match.route) {
        err_set(&x->failure, ERR_NOT_FOUND, "there is nothing at " STR_FMT, STR_ARG(rq->path));
        return;
    }
    rq->context = match.mount->context;
    for (unsigned i = 0; i < match.param_count; i++)
        if (!http_decode(&rq->arena, match.params[i], false, &rq->params[i]))
            err_set(&x->failure, ERR_SYNTAX, "the path has a broken percent escape");
}

/* What cannot be decoded is refused once, here, so that handlers need not look. */
static void check_text(struct exchange *x)
{
    struct http_request *rq = &x->rq;
    struct str query;
    if (rq->query.n && !(http_decode(&rq->arena, rq->query, true, &query) && str_is_utf8(query)))
        err_set(&x->failure, ERR_SYNTAX,
                "the query has a broken percent escape or is no UTF-8 text");
    for (unsigned i = 0; i < HTTP_PARAMS_MAX; i++)
        if (!str_is_utf8(rq->params[i]))
            err_set(&x->failure, ERR_SYNTAX, "the path is no UTF-8 text");
}

static void check_length(struct exchange *x)
{
    struct str length = http_header(&x->rq, "Content-Length");
    uint64_t bytes;
    if (!length.p)
        return;
    if (!num_parse_u64(length, UINT64_MAX, &bytes))
        err_set(&x->failure, ERR_SYNTAX, "Content-Length is not a number");
    else if (bytes > exchange_body_max(x))
        err_set(&x->failure, ERR_TOO_LARGE, "the body has %llu bytes; at most %zu are allowed here",
                (unsigned long long)bytes, exchange_body_max(x));
}

static void authorise_early(struct exchange *x)
{
    const struct http_hooks *hooks = &exchange_opts(x)->hooks;
    if (!hooks->authorise) {
        x->authorised = true;
        return;
    }
    /* An upload must not be stored for somebody who may not send it. */
    bool may_block = x->rq.route->body == HTTP_BODY_FILE;
    x->authorised = hooks->authorise(hooks->context, &x->rq, may_block, &x->failure) == HTTP_PASS;
}

bool exchange_is_short(const struct exchange *x)
{
    struct str length = http_header(&x->rq, "Content-Length");
    uint64_t bytes = 0;
    return x->failure.code != ERR_TOO_LARGE && !http_header(&x->rq, "Transfer-Encoding").p &&
           !http_header(&x->rq, "Expect").p &&
           (!length.p || num_parse_u64(length, SHORT_BODY_BYTES, &bytes));
}

void exchange_read_head(struct exchange *x, const char *method)
{
    find_route(x, method);
    if (!x->failure.code)
        check_text(x);
    if (!x->failure.code)
        check_length(x);
    if (!x->failure.code)
        authorise_early(x);
}
