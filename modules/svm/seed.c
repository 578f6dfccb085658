#include "svm/seed.h"

#include <stdlib.h>

void seed_libsvm(int64_t seed)
{
    uint64_t bits = (uint64_t)seed;
    srand((unsigned)(bits ^ (bits >> 32)));
}
