#include "stats/heavy.h"

enum { HEAVY_VERSION = 1 };

static const uint32_t heavy_tag = CODEC_TAG('H', 'E', 'A', 'V');

static struct heavy_entry *find(struct heavy *h, uint64_t key)
{
    for (uint32_t i = 0; i < h->count; i++)
        if (h->entries[i].key == key)
            return &h->entries[i];
    return NULL;
}

static struct heavy_entry *least(struct heavy *h)
{
    struct heavy_entry *min = &h->entries[0];
    for (uint32_t i = 1; i < h->count; i++)
        if (h->entries[i].rows < min->rows)
            min = &h->entries[i];
    return min;
}

void heavy_add(struct heavy *h, uint64_t key)
{
    h->rows++;
    struct heavy_entry *entry = find(h, key);
    if (entry) {
        entry->rows++;
        return;
    }
    if (h->count < HEAVY_ENTRIES) {
        h->entries[h->count++] = (struct heavy_entry){key, 1, 0};
        return;
    }
    /* The newcomer takes the place of the rarest and may have been there as often. */
    entry = least(h);
    *entry = (struct heavy_entry){key, entry->rows + 1, entry->rows};
}

static int more_frequent_first(const void *a, const void *b)
{
    const struct heavy_entry *x = a, *y = b;
    if (x->rows != y->rows)
        return x->rows > y->rows ? -1 : 1;
    return (x->key > y->key) - (x->key < y->key);
}

/* How often a value may have occurred that is not among the entries. */
static uint64_t unseen_max(struct heavy *h)
{
    return h->count < HEAVY_ENTRIES ? 0 : least(h)->rows;
}

void heavy_merge(struct heavy *h, const struct heavy *other)
{
    assert(h != other);
    struct heavy both[2] = {*h, *other};
    uint64_t missed[2] = {unseen_max(&both[0]), unseen_max(&both[1])};
    struct heavy_entry all[2 * HEAVY_ENTRIES];
    size_t count = 0;
    for (int side = 0; side < 2; side++)
        for (uint32_t i = 0; i < both[side].count; i++) {
            struct heavy_entry e = both[side].entries[i];
            const struct heavy_entry *twin = find(&both[1 - side], e.key);
            if (twin && side == 1)
                continue; /* was added from the first side */
            e.rows += twin ? twin->rows : missed[1 - side];
            e.error += twin ? twin->error : missed[1 - side];
            all[count++] = e;
        }
    qsort(all, count, sizeof *all, more_frequent_first);
    h->rows += other->rows;
    h->count = (uint32_t)MIN(count, (size_t)HEAVY_ENTRIES);
    memcpy(h->entries, all, h->count * sizeof *all);
}

size_t heavy_top(const struct heavy *h, struct heavy_entry top[HEAVY_ENTRIES])
{
    memcpy(top, h->entries, h->count * sizeof *top);
    qsort(top, h->count, sizeof *top, more_frequent_first);
    return h->count;
}

size_t heavy_write(const struct heavy *h, uint8_t *p, size_t room)
{
    struct heavy_entry top[HEAVY_ENTRIES];
    size_t count = heavy_top(h, top);
    struct codec_out out = {.p = p, .room = room};
    codec_begin(&out, heavy_tag, HEAVY_VERSION);
    codec_put_varint(&out, h->rows);
    codec_put_varint(&out, count);
    for (size_t i = 0; i < count; i++) {
        codec_put_u64(&out, top[i].key);
        codec_put_varint(&out, top[i].rows);
        codec_put_varint(&out, top[i].error);
    }
    return codec_end(&out);
}

enum err heavy_read(struct heavy *h, const uint8_t *p, size_t n, struct err_ctx *e)
{
    static const char what[] = "most frequent values";
    struct codec_in in;
    enum err err = codec_open(&in, p, n, heavy_tag, HEAVY_VERSION, what, e);
    if (err)
        return err;
    struct heavy read = {.rows = codec_get_varint(&in)};
    uint64_t count = codec_get_varint(&in);
    codec_expect(&in, count <= HEAVY_ENTRIES && read.rows >> 62 == 0);
    while (!in.failed && read.count < count) {
        struct heavy_entry entry = {.key = codec_get_u64(&in)};
        entry.rows = codec_get_varint(&in);
        entry.error = codec_get_varint(&in);
        codec_expect(&in, entry.rows > 0 && entry.rows >> 62 == 0 && entry.error < entry.rows);
        codec_expect(&in, find(&read, entry.key) == NULL);
        read.entries[read.count++] = entry;
    }
    err = codec_close(&in, what, e);
    if (!err)
        *h = read;
    return err;
}
