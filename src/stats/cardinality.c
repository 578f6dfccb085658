#include "stats/cardinality.h"

#include <math.h>

/* A register holds 0, or 1 + the leading zeros of the hash's other 52 bits: at most 53. */
enum { CARDINALITY_VERSION = 1, TAIL_BITS = 64 - CARDINALITY_BITS, LEVEL_MAX = TAIL_BITS + 1 };

static const uint32_t cardinality_tag = CODEC_TAG('C', 'A', 'R', 'D');

void cardinality_add(struct cardinality *c, uint64_t hash)
{
    uint64_t slot = hash >> TAIL_BITS, tail = hash << CARDINALITY_BITS;
    int level = tail == 0 ? LEVEL_MAX : 1 + __builtin_clzll(tail);
    if (c->registers[slot] < level)
        c->registers[slot] = (uint8_t)level;
}

void cardinality_merge(struct cardinality *c, const struct cardinality *other)
{
    for (size_t i = 0; i < CARDINALITY_REGISTERS; i++)
        c->registers[i] = MAX(c->registers[i], other->registers[i]);
}

/* Ertl's sigma and tau: the share of registers that stayed empty, and that overflowed. */
static double sigma(double x)
{
    if (x == 1)
        return INFINITY;
    double y = 1, z = x, before;
    do {
        x *= x;
        before = z;
        z += x * y;
        y += y;
    } while (z != before);
    return z;
}

static double tau(double x)
{
    if (x == 0 || x == 1)
        return 0;
    double y = 1, z = 1 - x, before;
    do {
        x = sqrt(x);
        before = z;
        y *= 0.5;
        z -= (1 - x) * (1 - x) * y;
    } while (z != before);
    return z / 3;
}

double cardinality_estimate(const struct cardinality *c)
{
    const double m = CARDINALITY_REGISTERS;
    uint32_t levels[LEVEL_MAX + 1] = {0};
    for (size_t i = 0; i < CARDINALITY_REGISTERS; i++)
        levels[c->registers[i]]++;
    double z = m * tau(1 - levels[LEVEL_MAX] / m);
    for (int k = LEVEL_MAX - 1; k >= 1; k--)
        z = 0.5 * (z + levels[k]);
    z += m * sigma(levels[0] / m);
    return m * m / (2 * M_LN2 * z);
}

size_t cardinality_write(const struct cardinality *c, uint8_t *p, size_t room)
{
    struct codec_out out = {.p = p, .room = room};
    codec_begin(&out, cardinality_tag, CARDINALITY_VERSION);
    for (size_t i = 0; i < CARDINALITY_REGISTERS;) { /* runs of equal registers */
        size_t end = i + 1;
        while (end < CARDINALITY_REGISTERS && c->registers[end] == c->registers[i])
            end++;
        codec_put_varint(&out, c->registers[i]);
        codec_put_varint(&out, end - i);
        i = end;
    }
    return codec_end(&out);
}

enum err cardinality_read(struct cardinality *c, const uint8_t *p, size_t n, struct err_ctx *e)
{
    static const char what[] = "count of distinct values";
    struct codec_in in;
    enum err err = codec_open(&in, p, n, cardinality_tag, CARDINALITY_VERSION, what, e);
    if (err)
        return err;
    struct cardinality read;
    for (size_t i = 0; i < CARDINALITY_REGISTERS && !in.failed;) {
        uint64_t level = codec_get_varint(&in), run = codec_get_varint(&in);
        if (!codec_expect(&in, level <= LEVEL_MAX && run > 0 && run <= CARDINALITY_REGISTERS - i))
            break;
        memset(read.registers + i, (int)level, (size_t)run);
        i += (size_t)run;
    }
    err = codec_close(&in, what, e);
    if (!err)
        *c = read;
    return err;
}
