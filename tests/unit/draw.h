/* Random numbers that a seed can draw again. */
#ifndef MUSTER_TESTS_DRAW_H
#define MUSTER_TESTS_DRAW_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/uuid.h"

static uint64_t random_state;

static uint64_t random_below(uint64_t bound)
{
    uint64_t z = (random_state += UINT64_C(0x9e3779b97f4a7c15)); /* splitmix64 */

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (z ^ (z >> 31)) % bound;
}

/* One of a list of texts. */
#define PICK(texts) ((texts)[random_below(ARRAY_LEN(texts))])

/* Begins a series: the seed of MUSTER_TEST_SEED, else a fresh one, which is printed. */
static inline void random_seed(const char *test)
{
    const char *given = getenv("MUSTER_TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)uuid_random63();

    printf("%s: MUSTER_TEST_SEED=%llu\n", test, (unsigned long long)seed);
    (void)fflush(stdout);
    random_state = seed;
}

#endif
