#include "serving/serving.h"

void serving_expose(struct serving *serving, struct exposition *x)
{
    struct serving_stats s;
    serving_stats(serving, &s);
    const struct {
        const char *name, *help;
        double value;
    } gauges[] = {
        {"crisol_models", "Models that are served.", s.models},
        {"crisol_model_versions", "Versions of models that are loaded.", s.versions},
        {"crisol_serving_queued", "Requests that wait for the pool that runs models.", s.queued},
        {"crisol_serving_queue_max", "How many may wait.", s.queue_max},
        {"crisol_shadow_queued", "Requests that wait for their shadows.", s.shadow_queued},
    };
    for (size_t i = 0; i < ARRAY_LEN(gauges); i++) {
        exposition_gauge(x, gauges[i].name, gauges[i].help);
        exposition_add(x, NO_LABELS, gauges[i].value);
    }
    exposition_counter(x, "crisol_serving_refused_total",
                       "Requests that found the pool's queue full.");
    exposition_add(x, NO_LABELS, (double)s.refused);
    exposition_counter(x, "crisol_shadow_scored_total",
                       "Rows that shadows have scored, once for each shadow.");
    exposition_add(x, NO_LABELS, (double)s.shadow_scored);
    exposition_counter(x, "crisol_shadow_dropped_total", "Rows that shadows had no time for.");
    exposition_add(x, NO_LABELS, (double)s.shadow_dropped);
}
