#include "stats/curve.h"

#include <math.h>

/* The confusion at one threshold: weight of true and of false positives. */
struct cut {
    double hit, false_alarm, threshold;
};

typedef struct curve_point cut_to_point(const struct ranking *r, const struct cut *cut);

static struct curve_point roc_point(const struct ranking *r, const struct cut *cut)
{
    return (struct curve_point){cut->false_alarm / r->negative, cut->hit / r->positive,
                                cut->threshold};
}

static struct curve_point pr_point(const struct ranking *r, const struct cut *cut)
{
    double called = cut->hit + cut->false_alarm;
    double precision = isinf(cut->threshold) ? 1 : called > 0 ? cut->hit / called : 0;
    return (struct curve_point){cut->hit / r->positive, precision, cut->threshold};
}

static struct curve_point lift_point(const struct ranking *r, const struct cut *cut)
{
    double called = cut->hit + cut->false_alarm, all = r->positive + r->negative;
    double lift = called > 0 ? cut->hit / called * (all / r->positive) : 0;
    return (struct curve_point){called / all, lift, cut->threshold};
}

/* Whether the curve goes straight on through a step: only positives, or only negatives, on both
 * sides of it. In PR and lift such runs are smooth arcs, so there only the thinning applies. */
static bool straight(const struct ranking_step *a, const struct ranking_step *b)
{
    return (a->positive == 0 && b->positive == 0) || (a->negative == 0 && b->negative == 0);
}

/* Walks all thresholds from the highest score and keeps at most `room` points: in each of
 * room - 2 equal stretches of (TPR + FPR) / 2 the first that is offered, and the last of all. */
static void walk(struct curve *c, const struct ranking *r, cut_to_point *to_point, bool corners)
{
    struct cut cut = {.threshold = INFINITY};
    double stretches = (double)(c->room - 2);
    double stretch_taken = -1;
    bool thin = r->count > c->room - 2;
    for (size_t i = 0; i < r->count; i++) {
        const struct ranking_step *step = &r->steps[i];
        cut.hit += step->positive;
        cut.false_alarm += step->negative;
        cut.threshold = step->score;
        bool last = i + 1 == r->count;
        if (last) {
            /* The sums of steps may miss the totals by rounding; the end of a curve may not. */
            cut.hit = r->positive;
            cut.false_alarm = r->negative;
        } else if (corners && straight(step, step + 1)) {
            continue;
        }
        double along =
            (r->negative > 0 ? cut.false_alarm / r->negative : 1) / 2 + cut.hit / r->positive / 2;
        double stretch = floor(along * stretches);
        if (thin && !last && (stretch == stretch_taken || stretch >= stretches))
            continue;
        stretch_taken = stretch;
        c->points[c->count++] = to_point(r, &cut);
    }
}

static enum stat_reason begin(struct curve *c, enum stat_reason reason)
{
    assert(c && c->points && c->room >= 3);
    c->count = 0;
    return reason;
}

static enum stat_reason positives_needed(const struct ranking *r)
{
    enum stat_reason reason = ranking_two_classes(r);
    return reason == STAT_NO_NEGATIVES ? STAT_OK : reason;
}

enum stat_reason curve_roc(struct curve *c, const struct ranking *r)
{
    enum stat_reason reason = begin(c, ranking_two_classes(r));
    if (reason)
        return reason;
    c->points[c->count++] = (struct curve_point){0, 0, INFINITY};
    walk(c, r, roc_point, true);
    return STAT_OK;
}

enum stat_reason curve_precision_recall(struct curve *c, const struct ranking *r)
{
    enum stat_reason reason = begin(c, positives_needed(r));
    if (reason)
        return reason;
    c->points[c->count++] = (struct curve_point){0, 1, INFINITY};
    walk(c, r, pr_point, false);
    return STAT_OK;
}

enum stat_reason curve_lift(struct curve *c, const struct ranking *r)
{
    enum stat_reason reason = begin(c, positives_needed(r));
    if (reason)
        return reason;
    walk(c, r, lift_point, false);
    return STAT_OK;
}

struct stat_value curve_average_precision(const struct ranking *r)
{
    enum stat_reason reason = positives_needed(r);
    if (reason)
        return stat_none(reason);
    double sum = 0, hit = 0, called = 0;
    for (size_t i = 0; i < r->count; i++) {
        hit += r->steps[i].positive;
        called += r->steps[i].positive + r->steps[i].negative;
        if (called > 0)
            sum += r->steps[i].positive * (hit / called);
    }
    return stat_ok(fmin(1, sum / r->positive));
}

struct stat_value curve_ks(const struct ranking *r)
{
    enum stat_reason reason = ranking_two_classes(r);
    if (reason)
        return stat_none(reason);
    double hit = 0, false_alarm = 0, most = 0;
    for (size_t i = 0; i < r->count; i++) {
        hit += r->steps[i].positive;
        false_alarm += r->steps[i].negative;
        most = fmax(most, hit / r->positive - false_alarm / r->negative);
    }
    return stat_ok(most);
}

/* Bin of a score: the first whose upper edge i/B is not below it. The edges are formed as
 * i * (1/B), so that the comparison falls as in NumPy's linspace. */
static size_t bin_of(double score, size_t bin_count)
{
    double width = 1.0 / (double)bin_count;
    size_t bin = (size_t)(score * (double)bin_count);
    while (bin > 0 && score <= (double)bin * width)
        bin--;
    while (bin + 1 < bin_count && score > (double)(bin + 1) * width)
        bin++;
    return MIN(bin, bin_count - 1);
}

enum stat_reason curve_calibration(struct curve_bin *bins, size_t bin_count,
                                   const struct ranking *r)
{
    assert(bins && bin_count > 0);
    memset(bins, 0, bin_count * sizeof *bins);
    if (r->count == 0)
        return STAT_EMPTY;
    if (!(r->steps[0].score <= 1 && r->steps[r->count - 1].score >= 0))
        return STAT_OUT_OF_DOMAIN;
    for (size_t i = 0; i < r->count; i++) {
        struct curve_bin *bin = &bins[bin_of(r->steps[i].score, bin_count)];
        double weight = r->steps[i].positive + r->steps[i].negative;
        bin->weight += weight;
        bin->predicted += weight * r->steps[i].score;
        bin->observed += r->steps[i].positive;
    }
    for (size_t i = 0; i < bin_count; i++)
        if (bins[i].weight > 0) {
            bins[i].predicted /= bins[i].weight;
            bins[i].observed /= bins[i].weight;
        }
    return r->positive + r->negative > 0 ? STAT_OK : STAT_NO_WEIGHT;
}

struct stat_value curve_ece(const struct curve_bin *bins, size_t bin_count)
{
    double sum = 0, weight = 0;
    for (size_t i = 0; i < bin_count; i++) {
        sum += bins[i].weight * fabs(bins[i].observed - bins[i].predicted);
        weight += bins[i].weight;
    }
    return weight > 0 ? stat_ok(sum / weight) : stat_none(STAT_EMPTY);
}
