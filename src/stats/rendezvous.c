#include "stats/rendezvous.h"

#include <math.h>

#include "stats/rng.h"

size_t rendezvous_arm(uint64_t salt, uint64_t unit, const struct rendezvous_arm *arms, size_t count)
{
    size_t nearest = SIZE_MAX;
    double least = INFINITY;
    for (size_t k = 0; k < count; k++) {
        assert(arms[k].weight >= 0);
        if (arms[k].weight == 0)
            continue;
        uint64_t hash = rng_mix(rng_mix(salt, unit), arms[k].id);
        double distance = -log(rng_unit(hash)) / arms[k].weight;
        if (nearest == SIZE_MAX || distance < least) {
            least = distance;
            nearest = k;
        }
    }
    assert(nearest != SIZE_MAX);
    return nearest;
}
