#include "http/exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"

void exchange_body_begin(struct exchange *x)
{
    x->body_seen = 0;
    x->body_fd = -1;
    x->body_map = (struct mapping){{NULL, 0}, NULL};
}

/* The memory of a body stays for the next one. */
void exchange_body_close(struct exchange *x)
{
    mapping_close(&x->body_map);
    if (x->body_fd >= 0)
        close(x->body_fd);
    exchange_body_begin(x);
}

size_t exchange_body_max(const struct exchange *x)
{
    const struct http_server_opts *opts = exchange_opts(x);
    if (x->rq.route && x->rq.route->body == HTTP_BODY_FILE)
        return opts->upload_max_bytes;
    return opts->body_max_bytes;
}

/* The file has no name: it goes with its descriptor, whatever happens to the program. */
static enum err open_spool(struct exchange *x, struct err_ctx *e)
{
    const char *folder = exchange_opts(x)->spool_folder;
    x->body_fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (x->body_fd < 0)
        return err_set_errno(e, errno, folder);
    return ERR_OK;
}

static enum err spool(struct exchange *x, struct str piece, struct err_ctx *e)
{
    if (x->body_fd < 0) {
        enum err err = open_spool(x, e);
        if (err)
            return err;
    }
    return file_write_all(x->body_fd, piece, "storing the upload", e);
}

static void keep(struct exchange *x, struct str piece)
{
    size_t wanted = x->body_seen;
    if (wanted > x->body_capacity) {
        x->body_capacity = MAX(wanted, MIN(x->body_capacity * 2, exchange_body_max(x)));
        x->body = xrealloc(x->body, x->body_capacity);
    }
    memcpy(x->body + wanted - piece.n, piece.p, piece.n);
}

/* The idle timeout alone would let a client hold a connection for ever with a byte now and then. */
bool exchange_body_drips(const struct exchange *x)
{
    enum { NS_PER_BYTE = 1000000000 / 1024 };
    uint64_t took_ns = clock_monotonic_ns() - x->rq.started_ns;
    uint64_t grace_ns = exchange_opts(x)->body_timeout_s * UINT64_C(1000000000);
    return took_ns > grace_ns && (took_ns - grace_ns) / NS_PER_BYTE > x->body_seen;
}

void exchange_body_add(struct exchange *x, struct str piece)
{
    x->body_seen += piece.n;
    if (x->failure.code)
        return;
    if (x->body_seen > exchange_body_max(x))
        err_set(&x->failure, ERR_TOO_LARGE, "the body has more than the %zu bytes allowed here",
                exchange_body_max(x));
    else if (x->rq.route->body == HTTP_BODY_FILE)
        (void)!spool(x, piece, &x->failure);
    else if (x->rq.route->body == HTTP_BODY_MEMORY)
        keep(x, piece);
}

static enum err decompress(struct exchange *x, struct err_ctx *e)
{
    struct str encoding = http_header(&x->rq, "Content-Encoding");
    if (!encoding.p || str_is_nocase(encoding, "identity") || encoding.n == 0)
        return ERR_OK;
    if (!str_is_nocase(encoding, "gzip") && !str_is_nocase(encoding, "deflate"))
        return err_set(e, ERR_UNSUPPORTED,
                       "Content-Encoding \"" STR_FMT "\" is not understood; gzip and deflate are",
                       STR_ARG(encoding));
    struct buf plain;
    size_t max = MIN(exchange_body_max(x), exchange_opts(x)->body_max_bytes);
    buf_init(&plain, max + 128 * 1024);
    enum err err = compress_inflate(x->rq.body, max, &plain, e);
    if (err) {
        buf_release(&plain);
        return err;
    }
    free(x->body);
    x->body = plain.p;
    x->body_capacity = plain.capacity;
    x->rq.body = buf_str(&plain);
    return ERR_OK;
}

enum err exchange_body_end(struct exchange *x, struct err_ctx *e)
{
    enum err err = ERR_OK;
    if (x->body_fd >= 0) {
        err = mapping_open_fd(x->body_fd, &x->body_map, e);
        x->rq.body = x->body_map.text;
    } else if (x->rq.route && x->rq.route->body == HTTP_BODY_MEMORY && x->body_seen) {
        x->rq.body = str_from(x->body, x->body_seen);
    } else {
        x->rq.body = STR("");
    }
    return err ? err : decompress(x, e);
}
