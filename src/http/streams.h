/* http/streams.h
 *
 * All answers without an end that are open, whoever feeds them: live events, logs that are
 * followed. One heart beats for them, and looks whether those who opened them still may listen.
 *
 *     struct http_stream *stream = http_stream_new(256 * 1024);
 *     err = streams_begin(streams, rq, stream, e);      the answer; from now on stream.h's calls
 *     ...
 *     streams_recheck(streams);                         somebody lost a right: looks at once
 *
 * A heartbeat is a comment now and then: it keeps proxies from hanging up and finds out who has
 * gone. The authoriser's hooks (http.h) say who still may listen; they are asked every second, for
 * what other nodes and the command line change and for what expires. A stream that may not go on
 * ends as one whose producer ended it.
 *
 * Any thread. A stream is held until it has ended; whoever feeds it holds it for himself. */
#ifndef HTTP_STREAMS_H
#define HTTP_STREAMS_H

#include "http/http.h"

struct streams;

WARN_UNUSED enum err streams_open(struct streams **out, struct err_ctx *e);

/* Ends all streams and takes no new ones, so that the server can drain; the hooks are not called
 * any more when it returns. */
void streams_end(struct streams *all);
void streams_close(struct streams *all); /* NULL is fine */

/* Makes the stream the answer: server-sent events. */
WARN_UNUSED enum err streams_begin(struct streams *all, struct http_request *rq,
                                   struct http_stream *stream, struct err_ctx *e);

/* Never blocks. */
void streams_recheck(struct streams *all);

#endif
