/*
 * What a key may do: "read", "write" (which includes reading), "admin" (keys and the record of
 * acts, nothing else), or "*", everything there is and will be. Kept as words parted by commas.
 */
#ifndef MUSTER_STORE_KEYSCOPE_H
#define MUSTER_STORE_KEYSCOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* A set of them: bits. */
enum keyscope { KEYSCOPE_READ = 1, KEYSCOPE_WRITE = 2, KEYSCOPE_ADMIN = 4, KEYSCOPE_ALL = 8 };

#define KEYSCOPE_TEXT_MAX 24 /* bytes with NUL of the longest text */

/* The scope of a word; 0: it is none. */
unsigned keyscope_of_word(struct str word);

/* The word of one scope; never NULL. */
const char *keyscope_word(unsigned scope);

/* Reads words parted by commas. False when one is none, or there is no word at all. */
bool keyscope_parse(struct str text, unsigned *ret);

/* Prints them as keyscope_parse reads them, in the order of the enum, with `between` in between. */
void keyscope_print(unsigned scopes, const char *between, char out[KEYSCOPE_TEXT_MAX]);

/* Whether a key with `scopes` may do what one scope is for. */
bool keyscope_allows(unsigned scopes, unsigned needed);

/* Whether such a key may give each scope of `asked` to another. */
bool keyscope_covers(unsigned scopes, unsigned asked);

#endif
