/* Members that many answers have: a name and an optional text, id or piece of JSON. */
#ifndef MUSTER_API_JSONPARTS_H
#define MUSTER_API_JSONPARTS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/uuid.h"
#include "json/jsonwrite.h"

/* Writes the name and the text; null when text.at is NULL. */
void jsonparts_text(struct jsonwrite *w, const char *name, struct str text);

/* The same for JSON text of our own. */
void jsonparts_json(struct jsonwrite *w, const char *name, struct str json);

/* Writes the name and the id; null when it is NULL. */
void jsonparts_id(struct jsonwrite *w, const char *name, const struct uuid *uuid);

/*
 * Prints a value that a client sent, without blanks, into the arena. Returns 0, or ERR_INTERNAL
 * when it cannot be printed.
 */
int jsonparts_print(struct arena *arena, const struct jsonval *value, struct str *ret,
                    struct err_info *info) MUST_CHECK;

#endif
