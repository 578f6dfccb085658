/* server/server.h
 *
 * The running program: everything built in order, then drained in reverse.
 *
 *     struct server *server = NULL;
 *     err = server_open(&program, &server, e);      listens when it returns; server_url()
 *     ...
 *     server_close(server);
 *
 * Opened and closed by one thread. The program outlives the server. */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "server/program.h"

enum { SERVER_LINK_BYTES = 41 };

struct server;

WARN_UNUSED enum err server_open(struct program *p, struct server **out, struct err_ctx *e);

const char *server_url(const struct server *s);

/* The token of the one-time link for the first administrator, where there is none yet. */
WARN_UNUSED enum err server_make_link(struct server *s, bool *needed, char token[SERVER_LINK_BYTES],
                                      struct err_ctx *e);

/* Answers what has begun and takes nothing new; false when it took too long. The server must then
 * not be closed: its threads still work. */
bool server_drain(struct server *s);
void server_close(struct server *s);

#endif
