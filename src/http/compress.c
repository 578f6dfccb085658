#include "http/exchange.h"

#include <zlib.h>

enum {
    WINDOW_ANY = 15 + 32, /* gzip or zlib, told by the header */
    WINDOW_GZIP = 15 + 16,
    CHUNK_BYTES = 64 * 1024,
    WORTH_IT_BYTES = 1400 /* what fits into one packet is sent as it is */
};

enum err compress_inflate(struct str packed, size_t bytes_max, struct buf *out, struct err_ctx *e)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)packed.p, .avail_in = (uInt)packed.n};
    if (packed.n > UINT32_MAX || inflateInit2(&z, WINDOW_ANY) != Z_OK)
        return err_set(e, ERR_INTERNAL, "the decompressor cannot be started");
    int state = Z_OK;
    while (state == Z_OK) {
        char *room = buf_room(out, CHUNK_BYTES);
        if (!room || out->n > bytes_max)
            break;
        z.next_out = (Bytef *)room;
        z.avail_out = CHUNK_BYTES;
        state = inflate(&z, Z_NO_FLUSH);
        buf_took(out, CHUNK_BYTES - z.avail_out);
    }
    inflateEnd(&z);
    if (out->n > bytes_max || buf_failed(out))
        return err_set(e, ERR_TOO_LARGE, "the decompressed body has more than %zu bytes",
                       bytes_max);
    if (state != Z_STREAM_END)
        return err_set(e, ERR_SYNTAX, "the compressed body is damaged or cut short");
    return ERR_OK;
}

bool compress_gzip(struct str plain, int level, struct buf *out)
{
    z_stream z = {0};
    if (plain.n > UINT32_MAX / 2 ||
        deflateInit2(&z, level, Z_DEFLATED, WINDOW_GZIP, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    uLong bound = deflateBound(&z, plain.n);
    char *room = buf_room(out, bound);
    z.next_in = (Bytef *)(uintptr_t)plain.p;
    z.avail_in = (uInt)plain.n;
    z.next_out = (Bytef *)room;
    z.avail_out = (uInt)bound;
    bool done = room && deflate(&z, Z_FINISH) == Z_STREAM_END && z.total_out < plain.n;
    if (done)
        buf_took(out, z.total_out);
    deflateEnd(&z);
    return done;
}

void compress_answer(struct http_request *rq)
{
    struct http_answer *answer = &rq->answer;
    if (answer->body.n < WORTH_IT_BYTES || answer->fixed.p || answer->stream || answer->file_path)
        return;
    struct str accepted = http_header(rq, "Accept-Encoding");
    if (!accepted.p || str_find_str(accepted, STR("gzip")) < 0)
        return;
    struct buf packed;
    buf_init(&packed, answer->body.max);
    if (!compress_gzip(buf_str(&answer->body), 1, &packed)) {
        buf_release(&packed);
        return;
    }
    buf_release(&answer->body);
    answer->body = packed;
    http_answer_header(rq, "Content-Encoding", "gzip");
    http_answer_header(rq, "Vary", "Accept-Encoding");
}
