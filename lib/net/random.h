/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random numbers from a seed: the same ones everywhere. */
#ifndef LIB_NET_RANDOM_H
#define LIB_NET_RANDOM_H

#include <stdint.h>

/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): for seeds, and where numbers
 * are few. */
static inline uint64_t scope_split_mix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* xoshiro256++ 1.0 (Blackman, Vigna, ACM TOMS 47(4), 2021). */
struct scope_random {
    uint64_t state[4];
};

static inline void scope_random_seed(struct scope_random *random, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        random->state[i] = scope_split_mix(&seed);
}

static inline uint64_t scope_random_next(struct scope_random *random)
{
    uint64_t *s = random->state;
    uint64_t sum = s[0] + s[3];
    uint64_t result = ((sum << 23) | (sum >> 41)) + s[0];
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 45) | (s[3] >> 19);
    return result;
}

/* In (0, 1]. */
static inline double scope_random_unit(struct scope_random *random)
{
    return (double)((scope_random_next(random) >> 11) + 1) * 0x1p-53;
}

#endif
