/* monitoring/live.h
 *
 * Reports of live predictions: from buckets of minutes and hours, and where the span cuts one, from
 * the rows themselves (monitoring/plan.h), so the figures are those of the rows, whatever the span.
 * All is read in one snapshot.
 *
 *     err = live_metrics(monitoring, &window, object, e);
 *     err = live_curve(monitoring, &window, CURVE_ROC, object, e);
 *     err = live_figures(monitoring, &window, &report, e);     counters alone; then release it
 *
 * Up to opts.exact_rows rows with truth, AUC and curves come from their scores; above, from the
 * histograms in the buckets. Inside this folder only. */
#ifndef MONITORING_LIVE_H
#define MONITORING_LIVE_H

#include "monitoring/window.h"

enum { LIVE_BUCKETS_MAX = 2000 };

WARN_UNUSED enum err live_metrics(struct monitoring *m, const struct window *w, json_t *to,
                                  struct err_ctx *e);
WARN_UNUSED enum err live_curve(struct monitoring *m, const struct window *w, enum curve_kind kind,
                                json_t *to, struct err_ctx *e);

/* On an error there is nothing to release. */
WARN_UNUSED enum err live_figures(struct monitoring *m, const struct window *w, struct report *out,
                                  struct err_ctx *e);

#endif
