#include "stats/confusion.h"

enum { CONFUSION_SLOTS_MIN = 256, CONFUSION_VERSION = 1 };

static const uint32_t confusion_tag = CODEC_TAG('C', 'O', 'N', 'F');

void confusion_init(struct confusion *c, uint32_t class_count)
{
    assert(c && class_count <= CONFUSION_CLASSES_MAX);
    *c = (struct confusion){.class_count = class_count};
    if (class_count <= CONFUSION_DENSE_MAX)
        c->dense = xcalloc((size_t)class_count * class_count, sizeof *c->dense);
}

void confusion_release(struct confusion *c)
{
    free(c->dense);
    free(c->slots);
    *c = (struct confusion){0};
}

/* Mixes the pair so that neighbours spread; the multiplier is 2^64 divided by the golden ratio. */
static size_t slot_start(const struct confusion *c, uint32_t truth, uint32_t predicted)
{
    uint64_t key = (uint64_t)truth << 32 | predicted;
    key ^= key >> 29;
    return (size_t)((key * 0x9e3779b97f4a7c15u) >> 20) & (c->slot_count - 1);
}

static bool slot_free(const struct confusion_entry *slot)
{
    return slot->truth == UINT32_MAX;
}

/* The slot of the pair, or the free one where it would go. */
static struct confusion_entry *slot_find(const struct confusion *c, uint32_t truth,
                                         uint32_t predicted)
{
    assert(c->slot_count > c->slots_used);
    for (size_t i = slot_start(c, truth, predicted);; i = (i + 1) & (c->slot_count - 1)) {
        struct confusion_entry *slot = &c->slots[i];
        if (slot_free(slot) || (slot->truth == truth && slot->predicted == predicted))
            return slot;
    }
}

static void slots_resize(struct confusion *c, size_t slot_count)
{
    struct confusion old = *c;
    c->slots = xmalloc(slot_count * sizeof *c->slots);
    memset(c->slots, 0xff, slot_count * sizeof *c->slots);
    c->slot_count = slot_count;
    c->slots_used = 0;
    for (size_t i = 0; i < old.slot_count; i++) {
        if (slot_free(&old.slots[i]) || old.slots[i].tally.rows == 0)
            continue;
        *slot_find(c, old.slots[i].truth, old.slots[i].predicted) = old.slots[i];
        c->slots_used++;
    }
    free(old.slots);
}

/* The tally of a pair, made if it is not there. */
static struct tally *tally_at(struct confusion *c, uint32_t truth, uint32_t predicted)
{
    if (c->dense)
        return &c->dense[(size_t)truth * c->class_count + predicted];
    if (c->slot_count == 0)
        slots_resize(c, CONFUSION_SLOTS_MIN);
    else if (c->slots_used >= c->slot_count / 2)
        slots_resize(c, c->slot_count * 2);
    struct confusion_entry *slot = slot_find(c, truth, predicted);
    if (slot_free(slot)) {
        *slot = (struct confusion_entry){.truth = truth, .predicted = predicted};
        c->slots_used++;
    }
    return &slot->tally;
}

static void grow_dense(struct confusion *c, uint32_t class_count)
{
    struct tally *wide = xcalloc((size_t)class_count * class_count, sizeof *wide);
    for (uint32_t truth = 0; truth < c->class_count; truth++)
        memcpy(&wide[(size_t)truth * class_count], &c->dense[(size_t)truth * c->class_count],
               c->class_count * sizeof *wide);
    free(c->dense);
    c->dense = wide;
    c->class_count = class_count;
}

static void grow_to_sparse(struct confusion *c, uint32_t class_count)
{
    struct confusion sparse = {.class_count = class_count};
    for (uint32_t truth = 0; truth < c->class_count; truth++)
        for (uint32_t predicted = 0; predicted < c->class_count; predicted++) {
            struct tally t = confusion_cell(c, truth, predicted);
            if (t.rows > 0)
                *tally_at(&sparse, truth, predicted) = t;
        }
    free(c->dense);
    *c = sparse;
}

void confusion_grow(struct confusion *c, uint32_t class_count)
{
    assert(class_count <= CONFUSION_CLASSES_MAX);
    if (class_count <= c->class_count)
        return;
    if (!c->dense)
        c->class_count = class_count;
    else if (class_count <= CONFUSION_DENSE_MAX)
        grow_dense(c, class_count);
    else
        grow_to_sparse(c, class_count);
}

void confusion_add(struct confusion *c, uint32_t truth, uint32_t predicted, double weight)
{
    assert(truth < c->class_count && predicted < c->class_count);
    assert(tally_weight_ok(weight));
    tally_add(tally_at(c, truth, predicted), weight);
}

bool confusion_remove(struct confusion *c, uint32_t truth, uint32_t predicted, double weight)
{
    assert(truth < c->class_count && predicted < c->class_count);
    assert(tally_weight_ok(weight));
    if (confusion_cell(c, truth, predicted).rows == 0)
        return false;
    return tally_remove(tally_at(c, truth, predicted), weight);
}

struct tally confusion_cell(const struct confusion *c, uint32_t truth, uint32_t predicted)
{
    assert(truth < c->class_count && predicted < c->class_count);
    if (c->dense)
        return c->dense[(size_t)truth * c->class_count + predicted];
    if (c->slot_count == 0)
        return (struct tally){0};
    const struct confusion_entry *slot = slot_find(c, truth, predicted);
    return slot_free(slot) ? (struct tally){0} : slot->tally;
}

void confusion_merge(struct confusion *c, const struct confusion *other)
{
    assert(c != other);
    confusion_grow(c, other->class_count);
    if (other->dense && c->dense && c->class_count == other->class_count) {
        for (size_t i = 0; i < (size_t)c->class_count * c->class_count; i++)
            tally_merge(&c->dense[i], &other->dense[i]);
        return;
    }
    for (uint32_t truth = 0; other->dense && truth < other->class_count; truth++)
        for (uint32_t predicted = 0; predicted < other->class_count; predicted++) {
            struct tally t = confusion_cell(other, truth, predicted);
            if (t.rows > 0)
                tally_merge(tally_at(c, truth, predicted), &t);
        }
    for (size_t i = 0; i < other->slot_count; i++) {
        const struct confusion_entry *slot = &other->slots[i];
        if (!slot_free(slot) && slot->tally.rows > 0)
            tally_merge(tally_at(c, slot->truth, slot->predicted), &slot->tally);
    }
}

void confusion_add_tally(struct confusion *c, uint32_t truth, uint32_t predicted,
                         const struct tally *t)
{
    assert(truth < c->class_count && predicted < c->class_count);
    tally_merge(tally_at(c, truth, predicted), t);
}

size_t confusion_entry_count(const struct confusion *c)
{
    size_t count = 0;
    size_t dense_count = c->dense ? (size_t)c->class_count * c->class_count : 0;
    for (size_t i = 0; i < dense_count; i++)
        count += c->dense[i].rows > 0;
    for (size_t i = 0; i < c->slot_count; i++)
        count += !slot_free(&c->slots[i]) && c->slots[i].tally.rows > 0;
    return count;
}

static int entry_order(const void *a, const void *b)
{
    const struct confusion_entry *x = a, *y = b;
    if (x->truth != y->truth)
        return x->truth < y->truth ? -1 : 1;
    return (x->predicted > y->predicted) - (x->predicted < y->predicted);
}

void confusion_entries(const struct confusion *c, struct confusion_entry *entries)
{
    size_t count = 0;
    size_t dense_count = c->dense ? (size_t)c->class_count * c->class_count : 0;
    for (size_t i = 0; i < dense_count; i++)
        if (c->dense[i].rows > 0)
            entries[count++] = (struct confusion_entry){
                .truth = (uint32_t)(i / c->class_count),
                .predicted = (uint32_t)(i % c->class_count),
                .tally = c->dense[i],
            };
    for (size_t i = 0; i < c->slot_count; i++)
        if (!slot_free(&c->slots[i]) && c->slots[i].tally.rows > 0)
            entries[count++] = c->slots[i];
    if (c->slot_count > 0)
        qsort(entries, count, sizeof *entries, entry_order);
}

size_t confusion_write(const struct confusion *c, uint8_t *p, size_t room)
{
    size_t count = confusion_entry_count(c);
    struct confusion_entry *entries = xmalloc(count * sizeof *entries);
    confusion_entries(c, entries);

    struct codec_out out = {.p = p, .room = room};
    codec_begin(&out, confusion_tag, CONFUSION_VERSION);
    codec_put_u32(&out, c->class_count);
    codec_put_varint(&out, count);
    uint64_t next = 0; /* position in the square of classes, so that gaps are small */
    for (size_t i = 0; i < count; i++) {
        uint64_t at = (uint64_t)entries[i].truth * c->class_count + entries[i].predicted;
        codec_put_varint(&out, at - next);
        tally_put(&out, &entries[i].tally);
        next = at + 1;
    }
    free(entries);
    return codec_end(&out);
}

static void read_entries(struct confusion *c, struct codec_in *in)
{
    uint64_t cells = (uint64_t)c->class_count * c->class_count;
    uint64_t count = codec_get_varint(in);
    uint64_t next = 0;
    while (!in->failed && count-- > 0) {
        uint64_t gap = codec_get_varint(in);
        struct tally t = tally_get(in);
        if (!codec_expect(in, gap < cells - next && t.rows > 0))
            return;
        next += gap;
        *tally_at(c, (uint32_t)(next / c->class_count), (uint32_t)(next % c->class_count)) = t;
        next++;
    }
}

enum err confusion_read(struct confusion *c, const uint8_t *p, size_t n, struct err_ctx *e)
{
    static const char what[] = "confusion matrix";
    struct codec_in in;
    enum err err = codec_open(&in, p, n, confusion_tag, CONFUSION_VERSION, what, e);
    if (err)
        return err;
    uint32_t class_count = codec_get_u32(&in);
    codec_expect(&in, class_count <= CONFUSION_CLASSES_MAX);
    confusion_init(c, in.failed ? 0 : class_count);
    read_entries(c, &in);
    err = codec_close(&in, what, e);
    if (err)
        confusion_release(c);
    return err;
}
