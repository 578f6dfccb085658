#include "server/server.h"

#include "base/exposition.h"
#include "server/inside.h"

static void expose_pool(const struct server *s, struct exposition *x)
{
    struct pool_stats stats;
    pool_stats(s->pool, &stats);
    exposition_gauge(x, "crisol_work_queued", "Requests that wait for a worker.");
    exposition_add(x, NO_LABELS, stats.queued);
    exposition_gauge(x, "crisol_work_queue_max", "How many may wait.");
    exposition_add(x, NO_LABELS, stats.queue_max);
    exposition_gauge(x, "crisol_work_running", "Workers that are at work.");
    exposition_add(x, NO_LABELS, stats.running);
    exposition_counter(x, "crisol_work_refused_total", "Requests that found the queue full.");
    exposition_add(x, NO_LABELS, (double)stats.refused);
}

void server_metrics(void *server, struct exposition *x)
{
    struct server *s = server;
    bool sqlite = store_kind(s->program->store) == STORE_SQLITE;
    http_server_expose(s->http, x);
    expose_pool(s, x);
    exposition_gauge(x, "crisol_event_listeners", "Who listens to live events.");
    exposition_add(x, NO_LABELS, events_listeners(s->events));
    exposition_gauge(x, "crisol_store_info", "Where the records are; always 1.");
    exposition_add(x, LABELS({"kind", sqlite ? STR("sqlite") : STR("postgresql")}), 1);
    features_expose(&s->features, x);
}
