#include "stats/paired.h"

enum { PAIRED_VERSION = 1 };

static const uint32_t paired_tag = CODEC_TAG('P', 'A', 'I', 'R');

static uint64_t *cell(struct paired *p, bool a_right, bool b_right)
{
    if (a_right)
        return b_right ? &p->both_right : &p->only_a;
    return b_right ? &p->only_b : &p->both_wrong;
}

void paired_add_labels(struct paired *p, bool a_right, bool b_right)
{
    ++*cell(p, a_right, b_right);
}

bool paired_remove_labels(struct paired *p, bool a_right, bool b_right)
{
    uint64_t *count = cell(p, a_right, b_right);
    if (*count == 0)
        return false;
    --*count;
    return true;
}

bool paired_add_losses(struct paired *p, double loss_a, double loss_b)
{
    return moments_add(&p->difference, loss_a - loss_b);
}

bool paired_remove_losses(struct paired *p, double loss_a, double loss_b)
{
    return moments_remove(&p->difference, loss_a - loss_b);
}

void paired_merge(struct paired *p, const struct paired *other)
{
    p->both_right += other->both_right;
    p->only_a += other->only_a;
    p->only_b += other->only_b;
    p->both_wrong += other->both_wrong;
    moments_merge(&p->difference, &other->difference);
}

size_t paired_write(const struct paired *p, uint8_t *bytes, size_t room)
{
    struct codec_out out = {.p = bytes, .room = room};
    codec_begin(&out, paired_tag, PAIRED_VERSION);
    codec_put_varint(&out, p->both_right);
    codec_put_varint(&out, p->only_a);
    codec_put_varint(&out, p->only_b);
    codec_put_varint(&out, p->both_wrong);
    /* The moments are a frame of their own at the end. */
    size_t room_left = out.used < room ? room - out.used : 0;
    uint8_t *rest = room_left > 0 ? bytes + out.used : NULL;
    out.used += moments_write(&p->difference, rest, room_left);
    return codec_end(&out);
}

enum err paired_read(struct paired *p, const uint8_t *bytes, size_t n, struct err_ctx *e)
{
    static const char what[] = "paired counts";
    struct codec_in in;
    enum err err = codec_open(&in, bytes, n, paired_tag, PAIRED_VERSION, what, e);
    if (err)
        return err;
    struct paired read = {.both_right = codec_get_varint(&in)};
    read.only_a = codec_get_varint(&in);
    read.only_b = codec_get_varint(&in);
    read.both_wrong = codec_get_varint(&in);
    err = moments_read(&read.difference, bytes + in.at, n - in.at, e);
    if (err)
        return err;
    in.at = n;
    err = codec_close(&in, what, e);
    if (!err)
        *p = read;
    return err;
}
