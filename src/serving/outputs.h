/* serving/outputs.h
 *
 * Reads what a model said out of its output tensors. One rule holds everywhere:
 *
 * - the class is what the model's own label output says; without one it is the class with the
 *   largest score, the first of them on a tie;
 * - probabilities are the model's own, in the order of the signature's classes. */
#ifndef SERVING_OUTPUTS_H
#define SERVING_OUTPUTS_H

#include "predictions/scores.h"

/* Fills `s`; memory from the arena. For TASK_OTHER only rows is set. ERR_INTERNAL when the outputs
 * do not have the shapes that the signature promises. */
WARN_UNUSED enum err outputs_read(struct scores *s, const struct signature *sig,
                                  const struct tensor *outputs, uint32_t rows, struct arena *a,
                                  struct err_ctx *e);

#endif
