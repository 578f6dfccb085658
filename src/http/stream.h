/* http/stream.h
 *
 * An answer without an end: server-sent events. Whoever has news pushes text; the HTTP thread
 * sends it when the client can take it.
 *
 *     struct http_stream *s = http_stream_new(256 * 1024);
 *     rq->answer.stream = http_stream_ref(s);
 *     rq->answer.content_type = "text/event-stream";
 *     ...
 *     if (!http_stream_push(s, text))            the client has gone, or is too slow
 *         http_stream_unref(s);
 *
 * Any thread. A stream is shared between its producer and the connection by reference count. */
#ifndef HTTP_STREAM_H
#define HTTP_STREAM_H

#include "base/buf.h"

struct http_stream;

struct http_stream *http_stream_new(size_t waiting_max_bytes);
struct http_stream *http_stream_ref(struct http_stream *s);
void http_stream_unref(struct http_stream *s); /* NULL is fine */

/* False when nobody listens any more; a client that is too slow counts as gone. */
bool http_stream_push(struct http_stream *s, struct str text);

/* "event: NAME\ndata: DATA\n\n". */
bool http_stream_event(struct http_stream *s, const char *name, struct str data);

/* No more will come: the answer ends after what is waiting. */
void http_stream_end(struct http_stream *s);

bool http_stream_open(struct http_stream *s);

/* ---- for server.c ---- */

/* Takes at most `max` bytes; 0 when there is nothing now (`wake` will then be called once, from
 * any thread, when there is), -1 at the end. */
ptrdiff_t http_stream_take(struct http_stream *s, char *to, size_t max, void (*wake)(void *),
                           void *argument);
void http_stream_hang_up(struct http_stream *s);

#endif
