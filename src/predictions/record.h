/* predictions/record.h
 *
 * One request in the log: when, by which version, its rows as they were asked and what the version
 * said. Shared by reference count between the request, the writer and the shadows that score it
 * too. In the database the rows are one packed body, described here because it outlives programs:
 *
 *     byte      format, 1
 *     number    rows
 *     number    ids (0 or rows), each a text: what the client called the rows
 *     number    tensors, each: byte datatype, byte rank, number per dimension, then its elements,
 *               little-endian; texts as length and bytes each
 *     scores    byte task; classification: number of classes, a u16 per row, then a text for each
 *               row whose class is 65535, byte 1 and an f32 per row and class where there are
 *               probabilities, else 0; regression: an f64 per row
 *
 * A number is a LEB128 varint, a text a number and that many bytes.
 *
 *     err = record_new(&head, inputs, input_count, &scores, &r, e);
 *     err = record_read(r->body, arena, &view, e);
 *     record_unref(r); */
#ifndef PREDICTIONS_RECORD_H
#define PREDICTIONS_RECORD_H

#include <stdatomic.h>

#include "predictions/scores.h"

enum { RECORD_BYTES_MAX = 1 << 28 };

struct record {
    _Atomic unsigned refs;
    int64_t model_id;
    int64_t seq; /* an id: sorts by time */
    int64_t time_ms;
    int64_t version; /* the one that the client got */
    uint32_t rows;
    bool id_taken;          /* request_id belongs to another record; the writer's */
    _Atomic bool discarded; /* it was not written, nor may anything about it be */
    struct str request_id; /* the client's, for the whole request; without a pointer: none */
    struct str unit;       /* likewise */
    struct str *row_ids;   /* the client's, [rows]; NULL: none */
    struct str body;
};

struct record_head {
    int64_t model_id, seq, time_ms, version;
    struct str request_id, unit;
    const struct str *row_ids; /* [rows] or NULL */
};

/* Packs everything; nothing of the arguments is needed afterwards. With `inputs` NULL only the
 * scores are kept (inputs that are too large for the log). ERR_TOO_LARGE past RECORD_BYTES_MAX. */
WARN_UNUSED enum err record_new(const struct record_head *head, const struct tensor *inputs,
                                unsigned input_count, const struct scores *scores,
                                struct record **out, struct err_ctx *e);
struct record *record_ref(struct record *r);
void record_unref(struct record *r);

struct record_view {
    uint32_t rows;
    const struct str *row_ids; /* NULL: none */
    unsigned input_count;      /* 0: not kept */
    struct tensor *inputs;
    struct scores scores;
};

/* Unpacks a body into the arena. ERR_CORRUPT for what cannot be one. */
WARN_UNUSED enum err record_read(struct str body, struct arena *a, struct record_view *out,
                                 struct err_ctx *e);

/* One row of what was unpacked, in memory of its own. */
struct scores scores_row(const struct scores *s, uint32_t row, struct arena *a);

/* The scores alone, for the arms that scored a request without answering it. */
struct str scores_pack(const struct scores *s, struct arena *a);
WARN_UNUSED enum err scores_unpack(struct str packed, struct arena *a, uint32_t rows,
                                   struct scores *out, struct err_ctx *e);

/* True when row `i` of one view has the same inputs as row `k` of another. Rows are the slices of
 * the tensors' first dimension. */
bool record_same_row(const struct record_view *x, uint32_t i, const struct record_view *y,
                     uint32_t k);

#endif
