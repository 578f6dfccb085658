#include "svm/seed.h"

#include <stdlib.h>

/* srand() takes 32 bits, and glibc takes 0 for 1: the seed is mixed first (SplitMix64's last step),
 * so that neighbours, negative and large seeds all give sequences of their own. */
void seed_libsvm(int64_t seed)
{
    uint64_t z = (uint64_t)seed + 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    srand((unsigned)(z >> 32));
}
