#include "stats/radix.h"

enum { DIGIT_BITS = 8, DIGITS = 64 / DIGIT_BITS, DIGIT_VALUES = 1 << DIGIT_BITS };

static const uint64_t sign_bit = (uint64_t)1 << 63;

uint64_t radix_key(double value)
{
    assert(value == value);
    double positive_zero = value + 0.0;
    uint64_t bits;
    memcpy(&bits, &positive_zero, sizeof bits);
    return bits & sign_bit ? ~bits : bits | sign_bit;
}

double radix_value(uint64_t key)
{
    uint64_t bits = key & sign_bit ? key & ~sign_bit : ~key;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void insertion_sort(struct radix_item *items, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct radix_item item = items[i];
        size_t at = i;
        for (; at > 0 && items[at - 1].key > item.key; at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

static unsigned digit_of(uint64_t key, unsigned digit)
{
    return (key >> (digit * DIGIT_BITS)) & (DIGIT_VALUES - 1);
}

/* Distributes by one digit; false if all items share it, so that nothing moved. */
static bool distribute(const struct radix_item *from, struct radix_item *to, size_t n,
                       unsigned digit, size_t *counts)
{
    if (counts[digit_of(from[0].key, digit)] == n)
        return false;
    size_t start = 0;
    for (unsigned v = 0; v < DIGIT_VALUES; v++) {
        size_t count = counts[v];
        counts[v] = start;
        start += count;
    }
    for (size_t i = 0; i < n; i++)
        to[counts[digit_of(from[i].key, digit)]++] = from[i];
    return true;
}

void radix_sort(struct radix_item *items, struct radix_item *scratch, size_t n)
{
    const size_t few = 64; /* below it the histograms cost more than they save */
    if (n <= few) {
        insertion_sort(items, n);
        return;
    }
    size_t counts[DIGITS][DIGIT_VALUES] = {0};
    for (size_t i = 0; i < n; i++)
        for (unsigned digit = 0; digit < DIGITS; digit++)
            counts[digit][digit_of(items[i].key, digit)]++;
    struct radix_item *from = items, *to = scratch;
    for (unsigned digit = 0; digit < DIGITS; digit++)
        if (distribute(from, to, n, digit, counts[digit])) {
            struct radix_item *swap = from;
            from = to;
            to = swap;
        }
    if (from != items)
        memcpy(items, from, n * sizeof *items);
}
