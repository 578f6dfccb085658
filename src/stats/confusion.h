/* stats/confusion.h
 *
 * Who was taken for whom: for every pair (truth, prediction) the rows and their weight. It is the
 * sufficient statistic of every metric of labels (stats/classify.h).
 *
 *     struct confusion c;
 *     confusion_init(&c, 3);
 *     confusion_add(&c, truth, predicted, weight);
 *     confusion_merge(&c, &other_hour);
 *     if (!confusion_remove(&c, old_truth, predicted, weight))
 *         ...                                   // was never added: rebuild this bucket
 *     confusion_release(&c);
 *
 * Up to CONFUSION_DENSE_MAX classes it is a square table, above that a hash table of the pairs
 * that occur, so that 10 000 classes cost what their rows cost. The number of classes can grow
 * while rows come in. Merging adds: exact in any order for whole-number weights; with fractional
 * weights the same order gives the same bits.
 *
 * It allocates and owns its cells. Not thread-safe. */
#ifndef STATS_CONFUSION_H
#define STATS_CONFUSION_H

#include "stats/tally.h"

enum { CONFUSION_DENSE_MAX = 64, CONFUSION_CLASSES_MAX = 1 << 20 };

struct confusion_entry {
    uint32_t truth, predicted;
    struct tally tally;
};

struct confusion {
    uint32_t class_count;
    struct tally *dense;           /* class_count * class_count, row = truth; NULL when sparse */
    struct confusion_entry *slots; /* open addressing; rows == 0 and truth == UINT32_MAX is free */
    size_t slot_count, slots_used; /* slot_count is a power of two, or 0 */
};

/* class_count <= CONFUSION_CLASSES_MAX; 0 is fine and grows later. */
void confusion_init(struct confusion *c, uint32_t class_count);
void confusion_release(struct confusion *c);

/* Makes room for more classes; fewer than there are is no change. */
void confusion_grow(struct confusion *c, uint32_t class_count);

/* truth, predicted < class_count; tally_weight_ok(weight). */
void confusion_add(struct confusion *c, uint32_t truth, uint32_t predicted, double weight);
/* Takes one row back out; false, and no change, if the cell holds none. */
WARN_UNUSED bool confusion_remove(struct confusion *c, uint32_t truth, uint32_t predicted,
                                  double weight);
void confusion_merge(struct confusion *c, const struct confusion *other);
/* Adds many rows of one pair at once: for merging where the classes are numbered differently. */
void confusion_add_tally(struct confusion *c, uint32_t truth, uint32_t predicted,
                         const struct tally *t);

struct tally confusion_cell(const struct confusion *c, uint32_t truth, uint32_t predicted);

/* The cells with rows, ordered by truth, then prediction. `entries` holds confusion_entry_count()
 * of them. */
size_t confusion_entry_count(const struct confusion *c);
void confusion_entries(const struct confusion *c, struct confusion_entry *entries);

/* Bytes needed; written if they fit into `room`. */
size_t confusion_write(const struct confusion *c, uint8_t *p, size_t room);
/* Initialises `c` from stored bytes; on an error there is nothing to release. */
WARN_UNUSED enum err confusion_read(struct confusion *c, const uint8_t *p, size_t n,
                                    struct err_ctx *e);

#endif
