#include "predictions/predictions.h"

void predictions_expose(struct predictions *p, struct exposition *x)
{
    struct predictions_stats s;
    predictions_stats(p, &s);
    const struct {
        const char *name, *help;
        uint64_t value;
    } counters[] = {
        {"crisol_prediction_requests_total", "Requests whose record is in the log.", s.records},
        {"crisol_predictions_total", "Predictions (rows) in the log since the start.", s.rows},
        {"crisol_shadow_scores_total", "Records that got the scores of a shadow.", s.scores},
        {"crisol_prediction_log_refused_total", "Records that found the log's queue full.",
         s.refused},
        {"crisol_prediction_log_failed_total", "Records that could not be written.", s.failed},
        {"crisol_prediction_log_commits_total", "Commits of the log's writer.", s.commits},
    };
    for (size_t i = 0; i < ARRAY_LEN(counters); i++) {
        exposition_counter(x, counters[i].name, counters[i].help);
        exposition_add(x, NO_LABELS, (double)counters[i].value);
    }
    exposition_gauge(x, "crisol_prediction_log_queued", "Records that wait for the writer.");
    exposition_add(x, NO_LABELS, s.queued);
    exposition_gauge(x, "crisol_prediction_log_queue_max", "How many may wait.");
    exposition_add(x, NO_LABELS, s.queue_max);
}
