/* server/history.h
 *
 * What monitoring asks of its neighbours: a run's judgement, row by row and as figures, and what
 * the overview says about runs, datasets and health. The server is the one who knows them all.
 *
 *     struct monitoring_hooks hooks = history_hooks(features);
 *     monitoring_set_hooks(features->monitoring, &hooks); */
#ifndef SERVER_HISTORY_H
#define SERVER_HISTORY_H

#include "monitoring/monitoring.h"
#include "server/features.h"

struct monitoring_hooks history_hooks(struct features *f);

#endif
