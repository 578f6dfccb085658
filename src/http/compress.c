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
        if (state == Z_STREAM_END && z.avail_in > 0)
            state = inflateReset(&z); /* one more member: gzip's own way to join files */
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

/* True for q=0, which says "not this one". */
static bool is_unwanted(struct str parameters)
{
    struct str one;
    while (str_split(&parameters, ';', &one)) {
        one = str_trim(one);
        if (one.n < 3 || (one.p[0] | 0x20) != 'q' || one.p[1] != '=')
            continue;
        for (size_t i = 2; i < one.n; i++)
            if (one.p[i] >= '1' && one.p[i] <= '9')
                return false;
        return true;
    }
    return false;
}

static bool accepts_gzip(struct str accepted)
{
    struct str element, coding;
    while (str_split(&accepted, ',', &element))
        if (str_split(&element, ';', &coding) && str_is_nocase(str_trim(coding), "gzip"))
            return !is_unwanted(element);
    return false;
}

void compress_answer(struct http_request *rq)
{
    struct http_answer *answer = &rq->answer;
    if (answer->body.n < WORTH_IT_BYTES || answer->fixed.p || answer->stream || answer->file_path)
        return;
    if (!accepts_gzip(http_header(rq, "Accept-Encoding")))
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
