/* monitoring/news.h
 *
 * Tells listeners that a model got predictions or truth, at most once a second and model, however
 * many there are.
 *
 *     err = news_open(events, registry, &news, e);
 *     news_add(news, model_id, rows, labelled);           cheap, never blocks for long
 *     news_close(news);
 *
 * A thread of its own publishes: the first news at once, what comes within the next second
 * together. Any thread. */
#ifndef MONITORING_NEWS_H
#define MONITORING_NEWS_H

#include "http/events.h"
#include "registry/registry.h"

struct news;

WARN_UNUSED enum err news_open(struct events *events, struct registry *registry, struct news **out,
                               struct err_ctx *e);
void news_add(struct news *n, int64_t model_id, uint64_t rows, uint64_t labelled);

/* What has not been told stays untold. NULL is fine. */
void news_close(struct news *n);

#endif
