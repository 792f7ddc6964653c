/* UUIDv4 as 16 bytes, and its text. */
#ifndef MUSTER_BASE_UUID_H
#define MUSTER_BASE_UUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct uuid {
    uint8_t bytes[16];
};

/* A fresh random one (getrandom; aborts when the kernel gives none). */
struct uuid uuid_new(void);

/*
 * A fresh one in order of time, as UUIDv7: of two with one instant that with the smaller `place`
 * comes first. Rows with such keys are added at the end of their table.
 */
struct uuid uuid_ordered(int64_t at_ms, size_t place);

/* Writes the 36 lower-case characters and NUL. */
void uuid_format(const struct uuid *uuid, char out[37]);

/* Reads the 36-character form, any case. Returns false for anything else. */
bool uuid_parse(struct str text, struct uuid *ret);

/* True when both are the same one. */
bool uuid_eq(const struct uuid *a, const struct uuid *b);

/* A random 63-bit number (never 0, never negative), for seqs and write ids. */
int64_t uuid_random63(void);

/* Fills with random bytes. */
void uuid_random(void *out, size_t len);

#endif
