/*
 * The addresses that a dry run would have made: nothing of it is stored, but a later row with the
 * same address must not count as a new contact once more. Hashes only, and at most
 * IMPORTSEEN_MAX of them: beyond that repeats far apart are counted twice.
 */
#ifndef MUSTER_STORE_IMPORTSEEN_H
#define MUSTER_STORE_IMPORTSEEN_H

#include <stdbool.h>

#include "base/str.h"

#define IMPORTSEEN_MAX (4u * 1024 * 1024)

struct importseen;

/* Never fails. Free with importseen_free (NULL allowed). */
struct importseen *importseen_new(void);
void importseen_free(struct importseen *seen);
AUTO_DEFINE(importseen);

/* Whether the address was added. */
bool importseen_has(const struct importseen *seen, struct str email);

/* Adds an address; twice is once. */
void importseen_add(struct importseen *seen, struct str email);

#endif
