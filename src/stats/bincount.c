#include "stats/bincount.h"

enum { BINCOUNT_VERSION = 1 };

static const uint32_t bincount_tag = CODEC_TAG('B', 'I', 'N', 'C');

void bincount_init(struct bincount *c, uint32_t cell_count)
{
    assert(cell_count <= BINCOUNT_CELLS_MAX);
    c->cell_count = cell_count;
    c->rows = xcalloc(cell_count, sizeof *c->rows);
}

void bincount_release(struct bincount *c)
{
    free(c->rows);
    *c = (struct bincount){0};
}

void bincount_add(struct bincount *c, uint32_t cell)
{
    assert(cell < c->cell_count);
    c->rows[cell]++;
}

bool bincount_remove(struct bincount *c, uint32_t cell)
{
    assert(cell < c->cell_count);
    if (c->rows[cell] == 0)
        return false;
    c->rows[cell]--;
    return true;
}

void bincount_merge(struct bincount *c, const struct bincount *other)
{
    assert(c->cell_count == other->cell_count);
    for (uint32_t i = 0; i < c->cell_count; i++)
        c->rows[i] += other->rows[i];
}

uint64_t bincount_total(const struct bincount *c)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < c->cell_count; i++)
        total += c->rows[i];
    return total;
}

size_t bincount_write(const struct bincount *c, uint8_t *p, size_t room)
{
    struct codec_out out = {.p = p, .room = room};
    codec_begin(&out, bincount_tag, BINCOUNT_VERSION);
    codec_put_u32(&out, c->cell_count);
    for (uint32_t i = 0; i < c->cell_count; i++)
        codec_put_varint(&out, c->rows[i]);
    return codec_end(&out);
}

enum err bincount_read(struct bincount *c, const uint8_t *p, size_t n, struct err_ctx *e)
{
    static const char what[] = "bin counts";
    struct codec_in in;
    enum err err = codec_open(&in, p, n, bincount_tag, BINCOUNT_VERSION, what, e);
    if (err)
        return err;
    uint32_t cell_count = codec_get_u32(&in);
    codec_expect(&in, cell_count <= n); /* at least a byte each */
    codec_expect(&in, cell_count <= BINCOUNT_CELLS_MAX);
    bincount_init(c, in.failed ? 0 : cell_count);
    for (uint32_t i = 0; i < c->cell_count && !in.failed; i++) {
        c->rows[i] = codec_get_varint(&in);
        codec_expect(&in, c->rows[i] >> 62 == 0);
    }
    err = codec_close(&in, what, e);
    if (err)
        bincount_release(c);
    return err;
}
