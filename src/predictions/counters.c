#include "predictions/counters.h"

#include "base/num.h"

enum { INDEXED_CLASSES_MIN = 65, BINS_FEW = 256, BINS_FEW_FROM = 17 };

void counters_init(struct counters *c, const struct signature *signature)
{
    assert(c && signature);
    *c = (struct counters){.signature = signature};
    map_init(&c->index);
    confusion_init(&c->confusion, signature->class_count);
}

static void release_histograms(struct counters *c)
{
    for (unsigned i = 0; i < c->histogram_count; i++)
        scorehist_release(&c->histograms[i]);
    free(c->histograms);
    c->histograms = NULL;
    c->histogram_count = 0;
}

void counters_forget_histograms(struct counters *c)
{
    release_histograms(c);
    c->histograms_off = true;
}

void counters_release(struct counters *c)
{
    release_histograms(c);
    for (unsigned i = 0; i < c->label_count; i++)
        free((char *)c->labels[i].p);
    free(c->labels);
    map_release(&c->index);
    confusion_release(&c->confusion);
    *c = (struct counters){0};
}

/* ---- labels and their numbers ---- */

static void *to_entry(size_t number)
{
    return (void *)(uintptr_t)(number + 1);
}

/* Few classes are compared one by one; many get into the index when it is first asked. */
static int64_t find_class(struct counters *c, struct str label)
{
    const struct signature *sig = c->signature;
    if (sig->class_count < INDEXED_CLASSES_MIN)
        return signature_class(sig, label);
    if (!map_get(&c->index, str_of(sig->classes[0])))
        for (unsigned i = 0; i < sig->class_count; i++)
            map_put(&c->index, str_of(sig->classes[i]), to_entry(i));
    return -1;
}

int64_t counters_class(struct counters *c, struct str label)
{
    int64_t number = find_class(c, label);
    if (number >= 0)
        return number;
    const void *entry = map_get(&c->index, label);
    return (int64_t)(uintptr_t)entry - 1;
}

static int64_t add_label(struct counters *c, struct str label)
{
    if (c->label_count == COUNTERS_LABELS_MAX)
        return -1;
    char *copy = xmalloc(label.n + 1);
    if (label.n)
        memcpy(copy, label.p, label.n);
    c->labels = xrealloc(c->labels, (c->label_count + 1) * sizeof *c->labels);
    c->labels[c->label_count++] = str_from(copy, label.n);
    size_t number = c->signature->class_count + c->label_count - 1;
    map_put(&c->index, label, to_entry(number));
    confusion_grow(&c->confusion, (uint32_t)number + 1);
    return (int64_t)number;
}

/* The label's number, made where it is new and `make` is set; -1: unknown, or one too many. */
static int64_t number_of(struct counters *c, struct str label, bool make)
{
    int64_t number = counters_class(c, label);
    return number < 0 && make ? add_label(c, label) : number;
}

static int64_t predicted_number(struct counters *c, const struct scores *s, uint32_t row, bool make)
{
    if (s->classes[row] < c->signature->class_count)
        return s->classes[row];
    return number_of(c, scores_label(s, c->signature, row), make);
}

/* ---- one row ---- */

unsigned counters_histograms(unsigned class_count)
{
    if (class_count == 2)
        return 1;
    return class_count <= COUNTERS_HISTOGRAMS_MAX ? class_count : 0;
}

static void make_histograms(struct counters *c)
{
    unsigned class_count = c->signature->class_count;
    if (c->histograms || c->histograms_off || counters_histograms(class_count) == 0)
        return;
    c->histogram_count = counters_histograms(class_count);
    c->histograms = xcalloc(c->histogram_count, sizeof *c->histograms);
    for (unsigned i = 0; i < c->histogram_count; i++)
        scorehist_init(&c->histograms[i], class_count < BINS_FEW_FROM ? SCOREHIST_BINS : BINS_FEW);
}

/* The class whose scores a histogram holds. */
static unsigned histogram_class(const struct counters *c, unsigned histogram)
{
    return c->signature->class_count == 2 ? 1 : histogram;
}

bool counters_probabilities(const struct signature *signature, const struct scores *s, uint32_t row,
                            double *out)
{
    static const double rounding = 1e-5;
    unsigned class_count = signature->class_count;
    if (!s->probabilities || s->class_count != class_count)
        return false;
    const float *from = s->probabilities + (size_t)row * class_count;
    for (unsigned k = 0; k < class_count; k++) {
        double p = (double)from[k];
        if (!(p >= -rounding && p <= 1 + rounding))
            return false;
        out[k] = MIN(MAX(p, 0), 1);
    }
    return true;
}

static void add_probabilities(struct counters *c, const double *p, int64_t truth, double weight)
{
    bool added = proper_add(&c->proper, p, c->signature->class_count, (size_t)truth, weight);
    assert(added);
    make_histograms(c);
    for (unsigned i = 0; i < c->histogram_count; i++) {
        unsigned k = histogram_class(c, i);
        added = scorehist_add(&c->histograms[i], p[k], truth == k, weight);
        assert(added);
    }
}

static bool remove_probabilities(struct counters *c, const double *p, int64_t truth, double weight)
{
    bool held = proper_remove(&c->proper, p, c->signature->class_count, (size_t)truth, weight);
    for (unsigned i = 0; held && i < c->histogram_count; i++) {
        unsigned k = histogram_class(c, i);
        held = scorehist_remove(&c->histograms[i], p[k], truth == k, weight);
    }
    return held;
}

static void add_label_row(struct counters *c, const struct scores *s, uint32_t row,
                          struct str label, double weight)
{
    int64_t predicted = predicted_number(c, s, row, true), truth = number_of(c, label, true);
    if (predicted < 0 || truth < 0) {
        c->faults[FAULT_LABELS]++;
        return;
    }
    confusion_add(&c->confusion, (uint32_t)truth, (uint32_t)predicted, weight);
    if (!s->probabilities || !c->signature->class_count)
        return;
    double *p = xmalloc(c->signature->class_count * sizeof *p);
    if (counters_probabilities(c->signature, s, row, p))
        add_probabilities(c, p, truth, weight);
    else
        c->faults[FAULT_PROBABILITIES]++;
    free(p);
}

static bool take(uint64_t *count)
{
    if (*count == 0)
        return false;
    --*count;
    return true;
}

static bool remove_label_row(struct counters *c, const struct scores *s, uint32_t row,
                             struct str label, double weight)
{
    int64_t predicted = predicted_number(c, s, row, false), truth = number_of(c, label, false);
    if (predicted < 0 || truth < 0)
        return take(&c->faults[FAULT_LABELS]);
    if (!confusion_remove(&c->confusion, (uint32_t)truth, (uint32_t)predicted, weight))
        return false;
    if (!s->probabilities || !c->signature->class_count)
        return true;
    double *p = xmalloc(c->signature->class_count * sizeof *p);
    bool held = counters_probabilities(c->signature, s, row, p)
                    ? remove_probabilities(c, p, truth, weight)
                    : take(&c->faults[FAULT_PROBABILITIES]);
    free(p);
    return held;
}

static enum counters_fault number_fault(double truth, bool parsed)
{
    return !parsed || truth > DD_ABS_MAX || truth < -DD_ABS_MAX ? FAULT_TRUTH : FAULT_PREDICTION;
}

void counters_add(struct counters *c, const struct scores *s, uint32_t row, struct str truth,
                  double weight)
{
    assert(row < s->rows && truth.p && tally_weight_ok(weight));
    c->labelled++;
    if (s->task == TASK_CLASSIFICATION) {
        add_label_row(c, s, row, truth, weight);
    } else if (s->task == TASK_REGRESSION) {
        double number = 0;
        bool parsed = num_parse_f64(truth, &number);
        if (!parsed || !regression_add(&c->regression, number, s->values[row], weight))
            c->faults[number_fault(number, parsed)]++;
    }
}

bool counters_remove(struct counters *c, const struct scores *s, uint32_t row, struct str truth,
                     double weight)
{
    assert(row < s->rows && truth.p && tally_weight_ok(weight));
    if (!take(&c->labelled))
        return false;
    if (s->task == TASK_CLASSIFICATION)
        return remove_label_row(c, s, row, truth, weight);
    if (s->task != TASK_REGRESSION)
        return true;
    double number = 0, predicted = s->values[row];
    bool parsed = num_parse_f64(truth, &number);
    bool usable = parsed && number >= -DD_ABS_MAX && number <= DD_ABS_MAX &&
                  predicted >= -DD_ABS_MAX && predicted <= DD_ABS_MAX;
    if (usable)
        return regression_remove(&c->regression, number, predicted, weight);
    return take(&c->faults[number_fault(number, parsed)]);
}

/* ---- merging ---- */

/* The numbers that the other's labels have here; UINT32_MAX: one too many. */
static uint32_t *map_labels(struct counters *c, const struct counters *other)
{
    uint32_t *numbers = xmalloc((other->label_count + 1) * sizeof *numbers);
    for (unsigned i = 0; i < other->label_count; i++)
        numbers[i] = (uint32_t)number_of(c, other->labels[i], true);
    return numbers;
}

static void merge_confusion(struct counters *c, const struct counters *other)
{
    uint32_t class_count = c->signature->class_count;
    uint32_t *numbers = map_labels(c, other);
    size_t count = confusion_entry_count(&other->confusion);
    struct confusion_entry *entries = xmalloc((count + 1) * sizeof *entries);
    confusion_entries(&other->confusion, entries);
    for (size_t i = 0; i < count; i++) {
        uint32_t truth = entries[i].truth, predicted = entries[i].predicted;
        truth = truth < class_count ? truth : numbers[truth - class_count];
        predicted = predicted < class_count ? predicted : numbers[predicted - class_count];
        if (truth == UINT32_MAX || predicted == UINT32_MAX)
            c->faults[FAULT_LABELS] += entries[i].tally.rows;
        else
            confusion_add_tally(&c->confusion, truth, predicted, &entries[i].tally);
    }
    free(entries);
    free(numbers);
}

void counters_merge(struct counters *c, const struct counters *other)
{
    assert(c != other && c->signature->class_count == other->signature->class_count);
    c->labelled += other->labelled;
    for (unsigned i = 0; i < FAULT_KINDS; i++)
        c->faults[i] += other->faults[i];
    if (other->label_count)
        merge_confusion(c, other);
    else
        confusion_merge(&c->confusion, &other->confusion);
    proper_merge(&c->proper, &other->proper);
    regression_merge(&c->regression, &other->regression);
    if (!other->histograms)
        return;
    make_histograms(c);
    for (unsigned i = 0; i < c->histogram_count; i++)
        scorehist_merge(&c->histograms[i], &other->histograms[i]);
}
