/* What unit tests share: one arena per test, and the run of a suite. */
#ifndef MUSTER_TESTS_UNIT_UNIT_H
#define MUSTER_TESTS_UNIT_UNIT_H

#include <check.h>

#include "base/arena.h"
#include "base/str.h"

/* Fresh for every test. */
extern struct arena *unit_arena;

/* A test, and how many rows its table has: it runs once for each, as _i. 0: no table. */
struct unit_case {
    const TTest *test;
    size_t rows;
};

/* Runs them all; returns main's status. */
int unit_run(const char *name, const struct unit_case *cases, size_t count);
#define UNIT_RUN(name, cases) unit_run(name, cases, sizeof(cases) / sizeof((cases)[0]))

/* Fails the test, showing both, unless the bytes are those of `expected`. */
void unit_str_eq(struct str actual, const char *expected);

#endif
