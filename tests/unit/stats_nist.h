/* tests/unit/stats_nist.h
 *
 * The univariate sets of NIST's Statistical Reference Datasets (public domain), as whole numbers:
 * Lew, Lottery, Michelso (velocity of light, (x - 299) * 1000 km/ms), Mavro ((x - 2) * 10^5); the
 * NumAcc sets and the digits of pi are made by rule. Certified means, standard deviations and
 * autocorrelations stand beside them in stats_moments_test.c.
 *
 *     int digits[NIST_PI_DIGITS];
 *     nist_make_pi_digits(digits);
 *
 * PiDigits is pi with one misprint: NIST's file has 3 where the 957th digit of pi (the 3 in front
 * counted) is 8, and its certified values are those of the file. They tell as much themselves:
 * beside pi the sum is 5 less, the sum of squares 55 less (so an 8 became a 3), and the sum of
 * products of neighbours 35 less (so its neighbours sum to 7; they are 7 and 0). */
#ifndef UNIT_STATS_NIST_H
#define UNIT_STATS_NIST_H

#include "base/compat.h"

enum { NIST_PI_DIGITS = 5000, NIST_PI_MISPRINT = 956 };

static const int nist_lew[] = {
    -213, -564, -35,  -15,  141,  115,  -420, -360, 203,  -338, -431, 194,  -220, -513, 154,  -125,
    -559, 92,   -21,  -579, -52,  99,   -543, -175, 162,  -457, -346, 204,  -300, -474, 164,  -107,
    -572, -8,   83,   -541, -224, 180,  -420, -374, 201,  -236, -531, 83,   27,   -564, -112, 131,
    -507, -254, 199,  -311, -495, 143,  -46,  -579, -90,  136,  -472, -338, 202,  -287, -477, 169,
    -124, -568, 17,   48,   -568, -135, 162,  -430, -422, 172,  -74,  -577, -13,  92,   -534, -243,
    194,  -355, -465, 156,  -81,  -578, -64,  139,  -449, -384, 193,  -198, -538, 110,  -44,  -577,
    -6,   66,   -552, -164, 161,  -460, -344, 205,  -281, -504, 134,  -28,  -576, -118, 156,  -437,
    -381, 200,  -220, -540, 83,   11,   -568, -160, 172,  -414, -408, 188,  -125, -572, -32,  139,
    -492, -321, 205,  -262, -504, 142,  -83,  -574, 0,    48,   -571, -106, 137,  -501, -266, 190,
    -391, -406, 194,  -186, -553, 83,   -13,  -577, -49,  103,  -515, -280, 201,  300,  -506, 131,
    -45,  -578, -80,  138,  -462, -361, 201,  -211, -554, 32,   74,   -533, -235, 187,  -372, -442,
    182,  -147, -566, 25,   68,   -535, -244, 194,  -351, -463, 174,  -125, -570, 15,   72,   -550,
    -190, 172,  -424, -385, 198,  -218, -536, 96};

static const int nist_lottery[] = {
    162, 671, 933, 414, 788, 730, 817, 33,  536, 875, 670, 236, 473, 167, 877, 980, 316, 950, 456,
    92,  517, 557, 956, 954, 104, 178, 794, 278, 147, 773, 437, 435, 502, 610, 582, 780, 689, 562,
    964, 791, 28,  97,  848, 281, 858, 538, 660, 972, 671, 613, 867, 448, 738, 966, 139, 636, 847,
    659, 754, 243, 122, 455, 195, 968, 793, 59,  730, 361, 574, 522, 97,  762, 431, 158, 429, 414,
    22,  629, 788, 999, 187, 215, 810, 782, 47,  34,  108, 986, 25,  644, 829, 630, 315, 567, 919,
    331, 207, 412, 242, 607, 668, 944, 749, 168, 864, 442, 533, 805, 372, 63,  458, 777, 416, 340,
    436, 140, 919, 350, 510, 572, 905, 900, 85,  389, 473, 758, 444, 169, 625, 692, 140, 897, 672,
    288, 312, 860, 724, 226, 884, 508, 976, 741, 476, 417, 831, 15,  318, 432, 241, 114, 799, 955,
    833, 358, 935, 146, 630, 830, 440, 642, 356, 373, 271, 715, 367, 393, 190, 669, 8,   861, 108,
    795, 269, 590, 326, 866, 64,  523, 862, 840, 219, 382, 998, 4,   628, 305, 747, 247, 34,  747,
    729, 645, 856, 974, 24,  568, 24,  694, 608, 480, 410, 729, 947, 293, 53,  930, 223, 203, 677,
    227, 62,  455, 387, 318, 562, 242, 428, 968};

static const int nist_michelso[] = {
    850,  740, 900, 1070, 930, 850, 950, 980, 980, 880, 1000, 980, 930, 650, 760, 810, 1000,
    1000, 960, 960, 960,  940, 960, 940, 880, 800, 850, 880,  900, 840, 830, 790, 810, 880,
    880,  830, 800, 790,  760, 800, 880, 880, 880, 860, 720,  720, 620, 860, 970, 950, 880,
    910,  850, 870, 840,  840, 850, 840, 840, 840, 890, 810,  810, 820, 800, 770, 760, 740,
    750,  760, 910, 920,  890, 860, 880, 720, 840, 850, 850,  780, 890, 840, 780, 810, 760,
    810,  790, 810, 820,  850, 870, 870, 810, 740, 810, 940,  950, 800, 810, 870};

static const int nist_mavro[] = {180, 170, 180, 190, 180, 170, 150, 140, 150, 150, 170, 180, 180,
                                 190, 190, 210, 200, 160, 140, 130, 130, 150, 150, 160, 150, 140,
                                 130, 140, 150, 140, 150, 160, 150, 160, 190, 200, 200, 210, 220,
                                 230, 240, 250, 270, 260, 260, 260, 270, 260, 250, 240};

/* pi = 2 + 1/3 (2 + 2/5 (2 + 3/7 (2 + ...))), Euler's transform of Leibniz' series, from the inside
 * out in fixed point: x[0] is the whole part, every further place nine decimals. A term is worth a
 * binary digit. */
static inline void nist_make_pi_digits(int digits[NIST_PI_DIGITS])
{
    enum { PLACES = 1 + NIST_PI_DIGITS / 9 + 3, TERMS = NIST_PI_DIGITS * 10 / 3 + 100 };
    const uint64_t base = 1000000000;
    uint64_t x[PLACES] = {0};
    for (uint64_t k = TERMS; k > 0; k--) {
        uint64_t carry = 0, rest = 0;
        for (size_t i = PLACES; i-- > 0; carry /= base) {
            carry += x[i] * k;
            x[i] = carry % base;
        }
        for (size_t i = 0; i < PLACES; i++) {
            uint64_t part = rest * base + x[i];
            x[i] = part / (2 * k + 1);
            rest = part % (2 * k + 1);
        }
        x[0] += 2;
    }
    digits[0] = (int)x[0];
    for (size_t i = 1; i < NIST_PI_DIGITS; i++) {
        uint64_t place = x[1 + (i - 1) / 9];
        for (size_t shift = 8 - (i - 1) % 9; shift > 0; shift--)
            place /= 10;
        digits[i] = (int)(place % 10);
    }
    assert(digits[NIST_PI_MISPRINT] == 8);
    digits[NIST_PI_MISPRINT] = 3;
}

#endif
