/* monitoring/history.h
 *
 * The other side of every comparison: how a version did on the rows of its run, held out or
 * trained with. Versions that no run has made have no history, and say so.
 *
 *     err = history_metrics(monitoring, &window, object, e);
 *     err = history_curve(monitoring, &window, CURVE_ROC, object, e);
 *
 * Inside this folder only. */
#ifndef MONITORING_HISTORY_H
#define MONITORING_HISTORY_H

#include "monitoring/window.h"

WARN_UNUSED enum err history_metrics(struct monitoring *m, const struct window *w, json_t *to,
                                     struct err_ctx *e);
WARN_UNUSED enum err history_curve(struct monitoring *m, const struct window *w,
                                   enum curve_kind kind, json_t *to, struct err_ctx *e);

/* The metrics as the run keeps them, a new reference; NULL: none. */
WARN_UNUSED enum err history_figures(struct monitoring *m, const struct known *version,
                                     bool training, json_t **out, struct err_ctx *e);

#endif
