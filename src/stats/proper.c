#include "stats/proper.h"

#include <float.h>
#include <math.h>

#include "stats/tally.h"

enum { PROPER_VERSION = 1 };

static const uint32_t proper_tag = CODEC_TAG('P', 'R', 'O', 'P');

static double log_loss_of(double probability)
{
    return -log(fmin(fmax(probability, DBL_EPSILON), 1 - DBL_EPSILON));
}

static double brier_of(const double *p, size_t class_count, size_t truth)
{
    if (class_count == 2 && truth < 2) {
        double miss = p[1] - (truth == 1 ? 1 : 0);
        return miss * miss;
    }
    double sum = truth < class_count ? 0 : 1;
    for (size_t k = 0; k < class_count; k++) {
        double miss = p[k] - (k == truth ? 1 : 0);
        sum += miss * miss;
    }
    return class_count == 2 ? sum / 2 : sum;
}

static bool probabilities_ok(const double *p, size_t class_count)
{
    for (size_t k = 0; k < class_count; k++)
        if (!(p[k] >= 0 && p[k] <= 1))
            return false;
    return class_count > 0;
}

static void move(struct proper *s, const double *p, size_t class_count, size_t truth, double weight)
{
    double probability = truth < class_count ? p[truth] : 0;
    dd_add(&s->weight, weight);
    dd_add_product(&s->log_loss, weight, log_loss_of(probability));
    dd_add_product(&s->brier, weight, brier_of(p, class_count, truth));
}

bool proper_add(struct proper *s, const double *probabilities, size_t class_count, size_t truth,
                double weight)
{
    assert(s && tally_weight_ok(weight));
    if (!probabilities_ok(probabilities, class_count))
        return false;
    s->rows++;
    move(s, probabilities, class_count, truth, weight);
    return true;
}

bool proper_remove(struct proper *s, const double *probabilities, size_t class_count, size_t truth,
                   double weight)
{
    assert(s && tally_weight_ok(weight));
    if (s->rows == 0 || !probabilities_ok(probabilities, class_count))
        return false;
    move(s, probabilities, class_count, truth, -weight);
    if (--s->rows == 0)
        *s = (struct proper){0};
    return true;
}

void proper_merge(struct proper *s, const struct proper *other)
{
    s->rows += other->rows;
    dd_add_dd(&s->weight, other->weight);
    dd_add_dd(&s->log_loss, other->log_loss);
    dd_add_dd(&s->brier, other->brier);
}

static struct stat_value mean(const struct proper *s, const struct dd *sum)
{
    if (s->rows == 0)
        return stat_none(STAT_EMPTY);
    if (dd_value(&s->weight) <= 0)
        return stat_none(STAT_NO_WEIGHT);
    return stat_ok(fmax(0, dd_value(sum) / dd_value(&s->weight)));
}

struct stat_value proper_log_loss(const struct proper *s)
{
    return mean(s, &s->log_loss);
}

struct stat_value proper_brier(const struct proper *s)
{
    return mean(s, &s->brier);
}

size_t proper_write(const struct proper *s, uint8_t *p, size_t room)
{
    struct codec_out out = {.p = p, .room = room};
    codec_begin(&out, proper_tag, PROPER_VERSION);
    codec_put_u64(&out, s->rows);
    dd_put(&out, &s->weight);
    dd_put(&out, &s->log_loss);
    dd_put(&out, &s->brier);
    return codec_end(&out);
}

enum err proper_read(struct proper *s, const uint8_t *p, size_t n, struct err_ctx *e)
{
    static const char what[] = "log loss and Brier sums";
    struct codec_in in;
    enum err err = codec_open(&in, p, n, proper_tag, PROPER_VERSION, what, e);
    if (err)
        return err;
    struct proper read = {.rows = codec_get_u64(&in)};
    read.weight = dd_get(&in);
    read.log_loss = dd_get(&in);
    read.brier = dd_get(&in);
    codec_expect(&in, dd_value(&read.weight) >= 0);
    err = codec_close(&in, what, e);
    if (!err)
        *s = read;
    return err;
}
