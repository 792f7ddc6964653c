/*
 * Ranking: contacts put in the order of a value (address, time of entry), and one page of it.
 * Finding the k-th costs the same wherever k is, so that a late page costs what the first does.
 */
#ifndef MUSTER_AUDIENCE_RANKING_H
#define MUSTER_AUDIENCE_RANKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* A contact with what it is ordered by: `key`, then `text` (NULL: none), then the ordinal. */
struct ranking_item {
    uint64_t key;
    const char *text; /* ends with '\n' */
    uint32_t ordinal;
};

/* The first eight bytes of a text as a number that orders alike. */
uint64_t ranking_text_key(struct str text);

/* Bytewise order of two such texts: < 0, 0, > 0. */
int ranking_compare(const struct ranking_item *a, const struct ranking_item *b);

/*
 * Brings items[skip … skip+take) into their places of the ascending (or descending) order, sorted.
 */
void ranking_select(struct ranking_item *items, size_t count, bool descending, size_t skip,
                    size_t take);

#endif
