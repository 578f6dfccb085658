#include "server/server.h"

#include "base/json.h"
#include "identity/role.h"
#include "protocol/oip/oip.h"
#include "server/inside.h"
#include "server/reference.h"

#define ROUTE(...) HTTP_ROUTE(__VA_ARGS__)
const struct http_route server_routes[] = {
#include "server/routes.def"
};
const struct http_route server_clock_routes[] = {
#include "server/clock_routes.def"
};
const struct http_route server_page_routes[] = {
#include "server/page_routes.def"
};
#undef ROUTE
const size_t server_route_count = ARRAY_LEN(server_routes);
const size_t server_clock_route_count = ARRAY_LEN(server_clock_routes);
const size_t server_page_route_count = ARRAY_LEN(server_page_routes);

/* ---- health ---- */

enum err server_live(struct http_request *rq, struct err_ctx *e)
{
    buf_add(&rq->answer.body, STR("{\"live\":true}"));
    return ERR_OK;
}

enum err server_ready(struct http_request *rq, struct err_ctx *e)
{
    struct server *s = rq->context;
    bool ready = atomic_load(&s->ready) && features_ready(&s->features);
    rq->answer.status = ready ? 200 : 400;
    buf_add(&rq->answer.body, ready ? STR("{\"ready\":true}") : STR("{\"ready\":false}"));
    return ERR_OK;
}

/* ---- live events ---- */

enum err server_events(struct http_request *rq, struct err_ctx *e)
{
    struct server *s = rq->context;
    return events_listen(s->events, rq, e);
}

/* ---- the clock of tests ---- */

enum err server_advance_clock(struct http_request *rq, struct err_ctx *e)
{
    struct server *s = rq->context;
    struct clock *clock = &s->program->clock;
    json_t *body = NULL;
    double advance_s = -1;
    enum err err = http_json_object(rq, &body, e);
    if (!err)
        err = json_want_f64(body, "advance_s", 0, 1e9, &advance_s, e);
    if (!err && advance_s < 0)
        err = err_set_at(e, ERR_INVALID, "/advance_s", "\"advance_s\" is missing");
    if (err)
        return err;
    clock_advance(clock, (int64_t)(advance_s * 1000 + 0.5));
    housekeeping_wake(s->housekeeping);
    json_t *answer = json_object();
    json_set_time(answer, "now", clock_now_ms(clock));
    http_answer_json(rq, 200, answer);
    return ERR_OK;
}

/* ---- what there is ---- */

enum err server_settings(struct http_request *rq, struct err_ctx *e)
{
    struct server *s = rq->context;
    json_t *answer = json_object();
    json_set(answer, "items", config_json(s->program->config));
    http_answer_json(rq, 200, answer);
    return ERR_OK;
}

enum err server_reference(struct http_request *rq, struct err_ctx *e)
{
    struct server *s = rq->context;
    buf_add(&rq->answer.body, buf_str(&s->reference));
    return ERR_OK;
}

enum err server_docs(struct http_request *rq, struct err_ctx *e)
{
    return reference_page(rq, rq->params[0].p ? rq->params[0] : STR(""), e);
}

/* ---- pages ---- */

void server_write_error(struct http_request *rq, const struct err_ctx *e)
{
    bool foreign = str_is(rq->path, "/v2") || str_starts(rq->path, STR("/v2/"));
    (foreign ? oip_write_error : http_answer_problem)(rq, e);
}

enum err server_nothing(struct http_request *rq, struct err_ctx *e)
{
    return err_set(e, ERR_NOT_FOUND, "there is nothing at " STR_FMT, STR_ARG(rq->path));
}

static bool is_interface(struct str path)
{
    struct str head = path;
    return str_split(&path, '/', &head) &&
           (str_is(head, "api") || str_is(head, "v2") || str_is(head, "metrics"));
}

/* A path of the interface that does not exist must not be answered with a page. */
enum err server_page(struct http_request *rq, struct err_ctx *e)
{
    struct server *s = rq->context;
    if (is_interface(rq->params[0]))
        return server_nothing(rq, e);
    return statics_answer(s->pages, rq, rq->params[0], e);
}
