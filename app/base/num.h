/* Numbers as text: the ECMAScript form of doubles, and strict parsing of integers. */
#ifndef MUSTER_BASE_NUM_H
#define MUSTER_BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/str.h"

/*
 * Writes a finite double as ECMAScript's Number::toString does (shortest digits that read back,
 * 5, 0.1, 1e+21, 1e-7, -0 as "0") into out[32], NUL-terminated; returns the length.
 * Source: ECMA-262 Number::toString; filters.md §4 "mixed rule".
 */
size_t num_format(double value, char out[32]);

/* Digits beyond this change no double but the most contrived; a longer number is refused. */
#define NUM_TEXT_BYTES 512

/* Reads a JSON number token. Returns false when it is not one, not finite, or longer than
 * NUM_TEXT_BYTES. */
bool num_parse(struct str text, double *ret);

/* Reads [0-9]+ up to `max`. Returns false on anything else (signs, blanks, overflow). */
bool num_parse_u64(struct str text, uint64_t max, uint64_t *ret);

#endif
