/* http/socket.h
 *
 * The socket that the server listens on.
 *
 *     int fd;
 *     char url[HTTP_URL_BYTES];
 *     err = http_socket_open("127.0.0.1:0", &fd, e);
 *     http_socket_url(fd, url);                         "http://127.0.0.1:40123"
 *
 * The caller closes the descriptor. Inside this folder only. */
#ifndef HTTP_SOCKET_H
#define HTTP_SOCKET_H

#include "base/err.h"

enum { HTTP_URL_BYTES = 128 };

/* Takes HOST:PORT or [IPv6]:PORT; port 0 is any that is free. ERR_INVALID for what is no address,
 * ERR_CONFLICT when another program listens there. */
WARN_UNUSED enum err http_socket_open(const char *listen, int *fd, struct err_ctx *e);

/* Where the socket really listens. */
void http_socket_url(int fd, char url[HTTP_URL_BYTES]);

#endif
