/* http/events.h
 *
 * Live news for everybody who listens: a hub that hands each event to all open streams.
 *
 *     events_publish(hub, "run", json);                  from any thread, never blocks
 *     enum err handler(...) { return events_listen(hub, rq, e); }
 *
 * Nothing is stored: who connects later reads the state first and listens from then on. A listener
 * that is too slow is dropped and connects again. */
#ifndef HTTP_EVENTS_H
#define HTTP_EVENTS_H

#include "base/clock.h"
#include "http/http.h"

struct events;
struct streams;

/* After streams_end() publishing goes on into the void. */
struct events *events_new(const struct clock *clock, struct streams *streams);
void events_free(struct events *hub); /* NULL is fine */

/* Gives up the reference to `data`. `hub` may be NULL in tests: then nobody listens. */
void events_publish(struct events *hub, const char *name, json_t *data);

/* Turns the request into one of the streams, with a first event "hello". */
WARN_UNUSED enum err events_listen(struct events *hub, struct http_request *rq, struct err_ctx *e);

unsigned events_listeners(struct events *hub);

#endif
