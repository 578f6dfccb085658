/* predictions/counters.h
 *
 * What is known about one version once truth has come: sums from which every metric follows,
 * without the rows themselves. Rows are added and taken out again when their truth is corrected;
 * counters of several spans merge.
 *
 *     struct counters c;
 *     counters_init(&c, signature);
 *     counters_add(&c, scores, row, truth, weight);
 *     if (!counters_remove(&c, scores, row, old_truth, old_weight))
 *         ...                                    they never held that row
 *     counters_merge(&c, &of_another_hour);
 *     counters_release(&c);
 *
 * Classes are numbered as in the signature; labels that the model does not know follow in the
 * order of their first appearance, at most COUNTERS_LABELS_MAX of them. A row that says nothing is
 * counted with the kind of its fault and otherwise left out: a truth or prediction that is no
 * number (regression), one label too many, probabilities that are no numbers from 0 to 1 (the row
 * still counts for the metrics of labels). Probabilities beyond that by no more than the rounding
 * of 32-bit arithmetic are taken as 0 and 1.
 *
 * Stored they are two pieces: the sums, and the histograms of scores, which are large and only
 * needed where rows are too many to be sorted.
 *
 * The signature must outlive them. Not thread-safe. They own their sums. */
#ifndef PREDICTIONS_COUNTERS_H
#define PREDICTIONS_COUNTERS_H

#include "base/map.h"
#include "predictions/scores.h"
#include "stats/confusion.h"
#include "stats/proper.h"
#include "stats/regression.h"
#include "stats/scorehist.h"

enum counters_fault {
    FAULT_TRUTH,
    FAULT_PREDICTION,
    FAULT_PROBABILITIES,
    FAULT_LABELS,
    FAULT_KINDS
};

enum { COUNTERS_LABELS_MAX = 1000, COUNTERS_HISTOGRAMS_MAX = 64 };

struct counters {
    const struct signature *signature;
    uint64_t labelled; /* rows with truth, faulty ones included */
    uint64_t faults[FAULT_KINDS];
    struct confusion confusion;
    unsigned label_count; /* that are no classes of the model */
    struct str *labels;   /* the counters' own */
    struct map index;     /* of labels, and of classes where they are many */
    struct proper proper;
    struct regression regression;
    bool histograms_off;      /* nobody will ask for them */
    unsigned histogram_count; /* 0 until a row has probabilities */
    struct scorehist *histograms;
};

void counters_init(struct counters *c, const struct signature *signature);
void counters_release(struct counters *c);

/* The weight is finite and not negative. */
void counters_add(struct counters *c, const struct scores *s, uint32_t row, struct str truth,
                  double weight);

/* False, and the sums are then not to be trusted, if the row was never added. */
WARN_UNUSED bool counters_remove(struct counters *c, const struct scores *s, uint32_t row,
                                 struct str truth, double weight);

/* Both are of the same version. */
void counters_merge(struct counters *c, const struct counters *other);

/* From now on there are no histograms: for counters that are not stored and rank by their rows. */
void counters_forget_histograms(struct counters *c);

/* Number of a label, or -1. */
int64_t counters_class(struct counters *c, struct str label);

/* How many histograms a version with so many classes has: one for two classes (that of class 1),
 * none for more than COUNTERS_HISTOGRAMS_MAX. */
unsigned counters_histograms(unsigned class_count);

/* The probabilities of one row as doubles in the arena of the caller; false without or with bad
 * ones. `out` has room for signature->class_count. */
WARN_UNUSED bool counters_probabilities(const struct signature *signature, const struct scores *s,
                                        uint32_t row, double *out);

/* Bytes needed; written if they fit into `room`. No histograms are no bytes. */
size_t counters_write(const struct counters *c, uint8_t *p, size_t room);
size_t counters_write_histograms(const struct counters *c, uint8_t *p, size_t room);

/* Initialises `c`; on an error there is nothing to release. */
WARN_UNUSED enum err counters_read(struct counters *c, const struct signature *signature,
                                   struct str bytes, struct err_ctx *e);
/* Into counters that were read and have none. Empty bytes are none. */
WARN_UNUSED enum err counters_read_histograms(struct counters *c, struct str bytes,
                                              struct err_ctx *e);

#endif
