#include "http/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "http/exchange.h"

enum { GATHER_BYTES = 256 * 1024 };

struct http_spool {
    struct http_request *rq;
    int fd; /* -1: given away */
    uint64_t bytes;
    struct buf gathered;
};

static void release(void *spool)
{
    struct http_spool *s = spool;
    if (s->fd >= 0)
        close(s->fd);
    buf_release(&s->gathered);
}

enum err http_spool_open(struct http_request *rq, struct http_spool **out, struct err_ctx *e)
{
    const char *folder = exchange_opts(exchange_of(rq))->spool_folder;
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_errno(e, errno, folder);
    struct http_spool *s = arena_alloc(&rq->arena, sizeof *s);
    *s = (struct http_spool){.rq = rq, .fd = fd};
    buf_init(&s->gathered, (size_t)1 << 30);
    arena_on_release(&rq->arena, release, s);
    *out = s;
    return ERR_OK;
}

struct buf *http_spool_buf(struct http_spool *s)
{
    return &s->gathered;
}

static enum err write_out(struct http_spool *s, struct err_ctx *e)
{
    if (buf_failed(&s->gathered))
        return err_set(e, ERR_TOO_LARGE, "a single row of the answer is too large");
    enum err err = file_write_all(s->fd, buf_str(&s->gathered), "storing the answer", e);
    s->bytes += s->gathered.n;
    buf_clear(&s->gathered);
    return err;
}

enum err http_spool_flush(struct http_spool *s, struct err_ctx *e)
{
    bool enough = s->gathered.n >= GATHER_BYTES || buf_failed(&s->gathered);
    return enough ? write_out(s, e) : ERR_OK;
}

enum err http_spool_answer(struct http_spool *s, struct err_ctx *e)
{
    enum err err = write_out(s, e);
    if (!err)
        s->rq->answer.spool = s;
    return err;
}

int http_spool_take(struct http_spool *s, uint64_t *bytes)
{
    int fd = s->fd;
    s->fd = -1;
    *bytes = s->bytes;
    return fd;
}
