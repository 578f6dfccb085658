#include "stats/codec.h"

#include <math.h>

static void put_byte(struct codec_out *out, uint8_t byte)
{
    if (out->used < out->room)
        out->p[out->used] = byte;
    out->used++;
}

static void put_le(struct codec_out *out, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        put_byte(out, (uint8_t)(v >> (8 * i)));
}

void codec_put_u32(struct codec_out *out, uint32_t v)
{
    put_le(out, v, 4);
}

void codec_put_u64(struct codec_out *out, uint64_t v)
{
    put_le(out, v, 8);
}

void codec_put_f64(struct codec_out *out, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    put_le(out, bits, 8);
}

void codec_put_varint(struct codec_out *out, uint64_t v)
{
    while (v >= 0x80) {
        put_byte(out, (uint8_t)(v | 0x80));
        v >>= 7;
    }
    put_byte(out, (uint8_t)v);
}

/* FNV-1a, 32 bits: finds damage, not malice. */
static uint32_t checksum(const uint8_t *p, size_t n)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 16777619u;
    return h;
}

void codec_begin(struct codec_out *out, uint32_t tag, uint32_t version)
{
    assert(out && out->used == 0);
    codec_put_u32(out, tag);
    codec_put_u32(out, version);
    codec_put_u64(out, 0); /* length and checksum, known at the end */
}

size_t codec_end(struct codec_out *out)
{
    assert(out->used >= CODEC_HEADER_BYTES);
    size_t payload_bytes = out->used - CODEC_HEADER_BYTES;
    assert(payload_bytes <= UINT32_MAX);
    if (out->used <= out->room) {
        struct codec_out header = {.p = out->p + 8, .room = 8};
        codec_put_u32(&header, (uint32_t)payload_bytes);
        codec_put_u32(&header, checksum(out->p + CODEC_HEADER_BYTES, payload_bytes));
    }
    return out->used;
}

static uint64_t get_le(struct codec_in *in, unsigned bytes)
{
    if (in->failed || in->n - in->at < bytes) {
        in->failed = true;
        return 0;
    }
    uint64_t v = 0;
    for (unsigned i = 0; i < bytes; i++)
        v |= (uint64_t)in->p[in->at++] << (8 * i);
    return v;
}

uint32_t codec_get_u32(struct codec_in *in)
{
    return (uint32_t)get_le(in, 4);
}

uint64_t codec_get_u64(struct codec_in *in)
{
    return get_le(in, 8);
}

double codec_get_f64(struct codec_in *in)
{
    uint64_t bits = get_le(in, 8);
    double v;
    memcpy(&v, &bits, sizeof v);
    return codec_expect(in, isfinite(v)) ? v : 0;
}

uint64_t codec_get_varint(struct codec_in *in)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint64_t byte = get_le(in, 1);
        if (in->failed)
            return 0;
        if (shift == 63 && byte > 1)
            break;
        v |= (byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return v;
    }
    in->failed = true;
    return 0;
}

bool codec_expect(struct codec_in *in, bool condition)
{
    if (!condition)
        in->failed = true;
    return !in->failed;
}

static enum err damaged(struct err_ctx *e, const char *what, const char *why)
{
    return err_set(e, ERR_CORRUPT, "the stored %s %s; rebuild it from the prediction log", what,
                   why);
}

enum err codec_open(struct codec_in *in, const uint8_t *p, size_t n, uint32_t tag, uint32_t version,
                    const char *what, struct err_ctx *e)
{
    assert(in && (p || n == 0));
    *in = (struct codec_in){.p = p, .n = n};
    if (n < CODEC_HEADER_BYTES)
        return damaged(e, what, "is cut short");
    if (codec_get_u32(in) != tag)
        return damaged(e, what, "is of another kind");
    if (codec_get_u32(in) != version)
        return damaged(e, what, "was written by another version of the program");
    uint32_t payload_bytes = codec_get_u32(in);
    uint32_t sum = codec_get_u32(in);
    if (payload_bytes != n - CODEC_HEADER_BYTES)
        return damaged(e, what, "has the wrong length");
    if (sum != checksum(p + CODEC_HEADER_BYTES, payload_bytes))
        return damaged(e, what, "does not match its checksum");
    return ERR_OK;
}

enum err codec_close(const struct codec_in *in, const char *what, struct err_ctx *e)
{
    if (in->failed || in->at != in->n)
        return damaged(e, what, "holds impossible values");
    return ERR_OK;
}
