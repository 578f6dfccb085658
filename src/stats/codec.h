/* stats/codec.h
 *
 * How an accumulator becomes bytes that a database keeps: little-endian, versioned, with a
 * checksum, and read with suspicion, because what was stored can be damaged.
 *
 *     struct codec_out out = {.p = p, .room = n};
 *     codec_begin(&out, CODEC_TAG('C', 'O', 'N', 'F'), 1);
 *     codec_put_u32(&out, class_count);
 *     return codec_end(&out);                       // bytes needed, written if they fit
 *
 * A frame is: tag (4 bytes), version (4), payload bytes (4), checksum of the payload (4),
 * payload. A writer never writes past its room but keeps counting, so a first call with no room
 * tells the size, as snprintf() does. A reader that runs past the end or meets an impossible
 * value turns `failed` on and yields zeros from then on: check once, at the end.
 *
 * Both live on the stack and borrow the caller's bytes. */
#ifndef STATS_CODEC_H
#define STATS_CODEC_H

#include "base/err.h"

#define CODEC_TAG(a, b, c, d)                                                                      \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

enum { CODEC_HEADER_BYTES = 16 };

struct codec_out {
    uint8_t *p;
    size_t room;
    size_t used; /* may exceed room: then nothing past it was written */
};

struct codec_in {
    const uint8_t *p;
    size_t n;
    size_t at;
    bool failed;
};

void codec_begin(struct codec_out *out, uint32_t tag, uint32_t version);
size_t codec_end(struct codec_out *out);

void codec_put_u32(struct codec_out *out, uint32_t v);
void codec_put_u64(struct codec_out *out, uint64_t v);
void codec_put_f64(struct codec_out *out, double v);
void codec_put_varint(struct codec_out *out, uint64_t v); /* small numbers in few bytes */

/* Checks frame, version and checksum and leaves `in` at the payload. ERR_CORRUPT names `what`. */
WARN_UNUSED enum err codec_open(struct codec_in *in, const uint8_t *p, size_t n, uint32_t tag,
                                uint32_t version, const char *what, struct err_ctx *e);
/* ERR_CORRUPT when a read failed or bytes are left over. */
WARN_UNUSED enum err codec_close(const struct codec_in *in, const char *what, struct err_ctx *e);

uint32_t codec_get_u32(struct codec_in *in);
uint64_t codec_get_u64(struct codec_in *in);
double codec_get_f64(struct codec_in *in); /* fails on what is not finite */
uint64_t codec_get_varint(struct codec_in *in);

/* Turns `failed` on unless the condition holds; returns whether all is well so far. */
bool codec_expect(struct codec_in *in, bool condition);

#endif
