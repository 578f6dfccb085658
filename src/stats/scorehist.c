#include "stats/scorehist.h"

#include "stats/auc.h"

enum { SCOREHIST_VERSION = 1 };

static const uint32_t scorehist_tag = CODEC_TAG('S', 'C', 'O', 'H');

void scorehist_init(struct scorehist *h, uint32_t bin_count)
{
    assert(h && bin_count > 0 && bin_count <= SCOREHIST_BINS_MAX);
    h->bin_count = bin_count;
    h->tallies = xcalloc((size_t)bin_count * 2, sizeof *h->tallies);
}

void scorehist_release(struct scorehist *h)
{
    free(h->tallies);
    *h = (struct scorehist){0};
}

static struct tally *tally_of(struct scorehist *h, double score, bool positive)
{
    if (!(score >= 0 && score <= 1))
        return NULL;
    uint32_t bin = (uint32_t)(score * h->bin_count);
    return &h->tallies[2 * (size_t)MIN(bin, h->bin_count - 1) + positive];
}

bool scorehist_add(struct scorehist *h, double score, bool positive, double weight)
{
    assert(h->tallies && tally_weight_ok(weight));
    struct tally *t = tally_of(h, score, positive);
    if (t)
        tally_add(t, weight);
    return t != NULL;
}

bool scorehist_remove(struct scorehist *h, double score, bool positive, double weight)
{
    assert(h->tallies && tally_weight_ok(weight));
    struct tally *t = tally_of(h, score, positive);
    return t && tally_remove(t, weight);
}

void scorehist_merge(struct scorehist *h, const struct scorehist *other)
{
    assert(h->bin_count == other->bin_count);
    for (size_t i = 0; i < (size_t)h->bin_count * 2; i++)
        tally_merge(&h->tallies[i], &other->tallies[i]);
}

void scorehist_ranking(const struct scorehist *h, struct ranking *r)
{
    *r = (struct ranking){.steps = xmalloc(h->bin_count * sizeof *r->steps)};
    for (uint32_t b = h->bin_count; b-- > 0;) {
        struct tally negative = h->tallies[2 * (size_t)b];
        struct tally positive = h->tallies[2 * (size_t)b + 1];
        r->rows += positive.rows + negative.rows;
        if (negative.weight + positive.weight == 0)
            continue;
        r->steps[r->count++] = (struct ranking_step){
            .score = (b + 0.5) / h->bin_count,
            .positive = positive.weight,
            .negative = negative.weight,
        };
        r->positive += positive.weight;
        r->negative += negative.weight;
    }
}

struct scorehist_auc scorehist_auc(const struct scorehist *h)
{
    struct ranking r;
    scorehist_ranking(h, &r);
    struct scorehist_auc answer = {.auc = auc_of(&r)};
    if (!answer.auc.reason) {
        double within = 0;
        for (size_t i = 0; i < r.count; i++)
            within += r.steps[i].positive * r.steps[i].negative;
        answer.error_max = within / r.positive / r.negative / 2;
    }
    ranking_release(&r);
    return answer;
}

size_t scorehist_write(const struct scorehist *h, uint8_t *p, size_t room)
{
    struct codec_out out = {.p = p, .room = room};
    codec_begin(&out, scorehist_tag, SCOREHIST_VERSION);
    codec_put_u32(&out, h->bin_count);
    tally_put_sparse(&out, h->tallies, (size_t)h->bin_count * 2);
    return codec_end(&out);
}

enum err scorehist_read(struct scorehist *h, const uint8_t *p, size_t n, struct err_ctx *e)
{
    static const char what[] = "score histogram";
    struct codec_in in;
    enum err err = codec_open(&in, p, n, scorehist_tag, SCOREHIST_VERSION, what, e);
    if (err)
        return err;
    uint32_t bin_count = codec_get_u32(&in);
    codec_expect(&in, bin_count > 0 && bin_count <= SCOREHIST_BINS_MAX);
    scorehist_init(h, in.failed ? 1 : bin_count);
    tally_get_sparse(&in, h->tallies, (size_t)h->bin_count * 2);
    err = codec_close(&in, what, e);
    if (err)
        scorehist_release(h);
    return err;
}
