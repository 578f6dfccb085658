#include "predictions/counters.h"

enum { COUNTERS_VERSION = 1, HISTOGRAMS_VERSION = 1 };

static const uint32_t counters_tag = CODEC_TAG('C', 'N', 'T', 'R');
static const uint32_t histograms_tag = CODEC_TAG('C', 'N', 'T', 'H');
static const char what_counters[] = "the counters of a version";
static const char what_histograms[] = "the score histograms of a version";

/* ---- writing ---- */

static void put_bytes(struct codec_out *out, struct str s)
{
    codec_put_varint(out, s.n);
    if (s.n && out->used <= out->room && s.n <= out->room - out->used)
        memcpy(out->p + out->used, s.p, s.n);
    out->used += s.n;
}

/* A frame inside the frame: its writer is asked for the size first. */
#define PUT_PART(out, write, what)                                                                 \
    do {                                                                                           \
        size_t bytes_ = write(what, NULL, 0);                                                      \
        codec_put_varint(out, bytes_);                                                             \
        if ((out)->used <= (out)->room && bytes_ <= (out)->room - (out)->used)                     \
            (void)write(what, (out)->p + (out)->used, bytes_);                                     \
        (out)->used += bytes_;                                                                     \
    } while (0)

size_t counters_write(const struct counters *c, uint8_t *p, size_t room)
{
    struct codec_out out = {.p = p, .room = room};
    codec_begin(&out, counters_tag, COUNTERS_VERSION);
    codec_put_varint(&out, c->labelled);
    for (unsigned i = 0; i < FAULT_KINDS; i++)
        codec_put_varint(&out, c->faults[i]);
    codec_put_varint(&out, c->signature->class_count);
    codec_put_varint(&out, c->label_count);
    for (unsigned i = 0; i < c->label_count; i++)
        put_bytes(&out, c->labels[i]);
    PUT_PART(&out, confusion_write, &c->confusion);
    PUT_PART(&out, proper_write, &c->proper);
    PUT_PART(&out, regression_write, &c->regression);
    return codec_end(&out);
}

size_t counters_write_histograms(const struct counters *c, uint8_t *p, size_t room)
{
    if (c->histogram_count == 0)
        return 0;
    struct codec_out out = {.p = p, .room = room};
    codec_begin(&out, histograms_tag, HISTOGRAMS_VERSION);
    codec_put_varint(&out, c->histogram_count);
    for (unsigned i = 0; i < c->histogram_count; i++)
        PUT_PART(&out, scorehist_write, &c->histograms[i]);
    return codec_end(&out);
}

/* ---- reading ---- */

static struct str get_bytes(struct codec_in *in)
{
    uint64_t n = codec_get_varint(in);
    if (!codec_expect(in, n <= in->n - in->at))
        return str_from("", 0);
    struct str s = str_from((const char *)in->p + in->at, (size_t)n);
    in->at += (size_t)n;
    return s;
}

static void read_labels(struct counters *c, struct codec_in *in)
{
    uint64_t count = codec_get_varint(in);
    if (!codec_expect(in, count <= COUNTERS_LABELS_MAX))
        return;
    c->labels = xcalloc(count + 1, sizeof *c->labels);
    for (uint64_t i = 0; i < count; i++) {
        struct str label = get_bytes(in);
        if (!codec_expect(in, !map_get(&c->index, label)))
            return;
        char *copy = xmalloc(label.n + 1);
        if (label.n)
            memcpy(copy, label.p, label.n);
        c->labels[c->label_count++] = str_from(copy, label.n);
        map_put(&c->index, label, (void *)(uintptr_t)(c->signature->class_count + c->label_count));
    }
}

static enum err read_sums(struct counters *c, struct codec_in *in, struct err_ctx *e)
{
    struct str confusion = get_bytes(in), proper = get_bytes(in), regression = get_bytes(in);
    enum err err = codec_close(in, what_counters, e);
    if (err)
        return err;
    struct confusion read;
    err = confusion_read(&read, (const uint8_t *)confusion.p, confusion.n, e);
    if (err)
        return err;
    confusion_release(&c->confusion);
    c->confusion = read;
    if (read.class_count != c->signature->class_count + c->label_count)
        return err_set(e, ERR_CORRUPT, "%s: the classes do not agree with the confusion matrix",
                       what_counters);
    err = proper_read(&c->proper, (const uint8_t *)proper.p, proper.n, e);
    if (err)
        return err;
    return regression_read(&c->regression, (const uint8_t *)regression.p, regression.n, e);
}

enum err counters_read(struct counters *c, const struct signature *signature, struct str bytes,
                       struct err_ctx *e)
{
    struct codec_in in;
    enum err err = codec_open(&in, (const uint8_t *)bytes.p, bytes.n, counters_tag,
                              COUNTERS_VERSION, what_counters, e);
    if (err)
        return err;
    counters_init(c, signature);
    c->labelled = codec_get_varint(&in);
    for (unsigned i = 0; i < FAULT_KINDS; i++)
        c->faults[i] = codec_get_varint(&in);
    codec_expect(&in, codec_get_varint(&in) == signature->class_count);
    read_labels(c, &in);
    err = read_sums(c, &in, e);
    if (err)
        counters_release(c);
    return err;
}

enum err counters_read_histograms(struct counters *c, struct str bytes, struct err_ctx *e)
{
    assert(!c->histograms);
    struct codec_in in;
    if (bytes.n == 0)
        return ERR_OK;
    enum err err = codec_open(&in, (const uint8_t *)bytes.p, bytes.n, histograms_tag,
                              HISTOGRAMS_VERSION, what_histograms, e);
    if (err)
        return err;
    unsigned count = counters_histograms(c->signature->class_count);
    if (!codec_expect(&in, count > 0 && codec_get_varint(&in) == count))
        return codec_close(&in, what_histograms, e);
    c->histograms = xcalloc(count, sizeof *c->histograms);
    for (unsigned i = 0; !err && i < count; i++) {
        struct str part = get_bytes(&in);
        err = scorehist_read(&c->histograms[i], (const uint8_t *)part.p, part.n, e);
        c->histogram_count += !err;
    }
    return err ? err : codec_close(&in, what_histograms, e);
}
