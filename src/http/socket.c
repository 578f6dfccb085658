#include "http/socket.h"

#include <errno.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/num.h"
#include "base/str.h"

enum { HOST_BYTES = 64, PORT_BYTES = 8, BACKLOG = 1024 };

static bool split_address(struct str address, char host[HOST_BYTES], char port[PORT_BYTES])
{
    ptrdiff_t colon = -1;
    for (size_t i = 0; i < address.n; i++)
        if (address.p[i] == ':')
            colon = (ptrdiff_t)i;
    if (colon < 0)
        return false;
    struct str h = str_from(address.p, (size_t)colon);
    struct str p = str_from(address.p + colon + 1, address.n - (size_t)colon - 1);
    uint64_t number;
    if (str_starts(h, STR("[")) && str_ends(h, STR("]")))
        h = str_from(h.p + 1, h.n - 2);
    if (!num_parse_u64(p, 65535, &number) || h.n == 0 || h.n >= HOST_BYTES)
        return false;
    snprintf(host, HOST_BYTES, STR_FMT, STR_ARG(h));
    snprintf(port, PORT_BYTES, "%u", (unsigned)number);
    return true;
}

static enum err bind_and_listen(const struct addrinfo *to, const char *address, int *out,
                                struct err_ctx *e)
{
    int yes = 1;
    int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_set_errno(e, errno, "opening a socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, to->ai_addr, to->ai_addrlen) || listen(fd, BACKLOG)) {
        int why = errno;
        close(fd);
        if (why == EADDRINUSE)
            return err_set(e, ERR_CONFLICT,
                           "%s is taken by another program; choose another with --listen", address);
        return err_set_errno(e, why, address);
    }
    *out = fd;
    return ERR_OK;
}

enum err http_socket_open(const char *listen, int *fd, struct err_ctx *e)
{
    char host[HOST_BYTES], port[PORT_BYTES];
    if (!split_address(str_of(listen), host, port))
        return err_set(e, ERR_INVALID, "\"%s\" is not an address like 127.0.0.1:8080", listen);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    int failed = getaddrinfo(host, port, &hints, &found);
    if (failed)
        return err_set(e, ERR_INVALID, "%s: %s", listen, gai_strerror(failed));
    enum err err = bind_and_listen(found, listen, fd, e);
    freeaddrinfo(found);
    return err;
}

void http_socket_url(int fd, char url[HTTP_URL_BYTES])
{
    struct sockaddr_storage address;
    socklen_t n = sizeof address;
    char host[HOST_BYTES], port[PORT_BYTES];
    getsockname(fd, (struct sockaddr *)&address, &n);
    getnameinfo((struct sockaddr *)&address, n, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
    bool six = address.ss_family == AF_INET6;
    snprintf(url, HTTP_URL_BYTES, "http://%s%s%s:%s", six ? "[" : "", host, six ? "]" : "", port);
}
