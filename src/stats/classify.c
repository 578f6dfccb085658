#include "stats/classify.h"

#include <math.h>

#include "stats/dd.h"

static bool occurs(const struct classify_class *k)
{
    return k->truth.rows > 0 || k->predicted.rows > 0;
}

static void sum_margins(struct classify_report *r, const struct confusion *c)
{
    size_t count = confusion_entry_count(c);
    struct confusion_entry *entries = xmalloc(count * sizeof *entries);
    confusion_entries(c, entries);
    for (size_t i = 0; i < count; i++) {
        const struct confusion_entry *cell = &entries[i];
        tally_merge(&r->classes[cell->truth].truth, &cell->tally);
        tally_merge(&r->classes[cell->predicted].predicted, &cell->tally);
        tally_merge(&r->all, &cell->tally);
        if (cell->truth == cell->predicted) {
            tally_merge(&r->classes[cell->truth].hit, &cell->tally);
            tally_merge(&r->hit, &cell->tally);
        }
    }
    free(entries);
    for (uint32_t k = 0; k < r->class_count; k++)
        r->classes_occurring += occurs(&r->classes[k]);
}

static struct stat_value share(double part, double whole)
{
    return stat_ok(whole > 0 ? part / whole : 0); /* zero_division = 0 */
}

static struct classify_scores scores_none(enum stat_reason reason)
{
    struct stat_value none = stat_none(reason);
    return (struct classify_scores){none, none, none};
}

static struct classify_scores class_scores(const struct classify_class *k)
{
    if (!occurs(k))
        return scores_none(STAT_CLASS_ABSENT);
    return (struct classify_scores){
        .precision = share(k->hit.weight, k->predicted.weight),
        .recall = share(k->hit.weight, k->truth.weight),
        .f1 = share(2 * k->hit.weight, k->predicted.weight + k->truth.weight),
    };
}

/* Adds a class's scores to running means; `weight` is its share of the mean. */
static void scores_add(struct classify_scores *mean, const struct classify_scores *k, double weight)
{
    mean->precision.value += weight * k->precision.value;
    mean->recall.value += weight * k->recall.value;
    mean->f1.value += weight * k->f1.value;
}

static void means(struct classify_report *r)
{
    for (uint32_t k = 0; k < r->class_count; k++) {
        struct classify_class *one = &r->classes[k];
        one->scores = class_scores(one);
        if (!occurs(one))
            continue;
        scores_add(&r->macro, &one->scores, 1.0 / r->classes_occurring);
        scores_add(&r->weighted, &one->scores, one->truth.weight / r->all.weight);
    }
}

/* Covariances times the square of the whole weight. In double-double, because a rare class leaves
 * only the last digits of W^2 - sum t^2. */
struct agreement {
    struct dd both, truth, predicted;          /* cW - sum tp, W^2 - sum t^2, W^2 - sum p^2 */
    struct dd chance;                          /* W^2 - sum tp */
    unsigned truth_classes, predicted_classes; /* those with weight */
};

static struct agreement agreement_of(const struct classify_report *r)
{
    struct dd square = dd_product(r->all.weight, r->all.weight);
    struct agreement a = {dd_product(r->hit.weight, r->all.weight), square, square, square, 0, 0};
    for (uint32_t k = 0; k < r->class_count; k++) {
        double truth = r->classes[k].truth.weight, predicted = r->classes[k].predicted.weight;
        dd_add_product(&a.both, -truth, predicted);
        dd_add_product(&a.chance, -truth, predicted);
        dd_add_product(&a.truth, -truth, truth);
        dd_add_product(&a.predicted, -predicted, predicted);
        a.truth_classes += truth > 0;
        a.predicted_classes += predicted > 0;
    }
    return a;
}

static void agreement_figures(struct classify_report *r)
{
    struct agreement a = agreement_of(r);
    r->mcc = r->kappa = stat_ok(0);
    if (a.truth_classes > 1 && a.predicted_classes > 1)
        r->mcc =
            stat_ok(dd_value(&a.both) / sqrt(dd_value(&a.truth)) / sqrt(dd_value(&a.predicted)));
    if (a.truth_classes > 1 || a.predicted_classes > 1)
        r->kappa = stat_ok(dd_value(&a.both) / dd_value(&a.chance));
    else if (r->hit.weight > 0)
        r->kappa = stat_none(STAT_ONE_CLASS); /* chance alone agrees on everything */
}

void classify_init(struct classify_report *r, const struct confusion *c)
{
    assert(r && c);
    *r = (struct classify_report){.class_count = c->class_count};
    r->classes = xcalloc(c->class_count, sizeof *r->classes);
    sum_margins(r, c);
    if (r->all.rows == 0 || r->all.weight == 0) {
        enum stat_reason reason = r->all.rows == 0 ? STAT_EMPTY : STAT_NO_WEIGHT;
        r->accuracy = r->mcc = r->kappa = stat_none(reason);
        r->macro = r->weighted = scores_none(reason);
        for (uint32_t k = 0; k < r->class_count; k++)
            r->classes[k].scores = scores_none(occurs(&r->classes[k]) ? reason : STAT_CLASS_ABSENT);
        return;
    }
    means(r);
    r->accuracy = share(r->hit.weight, r->all.weight);
    agreement_figures(r);
}

void classify_release(struct classify_report *r)
{
    free(r->classes);
    *r = (struct classify_report){0};
}
