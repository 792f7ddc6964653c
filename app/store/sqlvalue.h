/* Values between rows and structs: optional texts and ids. */
#ifndef MUSTER_STORE_SQLVALUE_H
#define MUSTER_STORE_SQLVALUE_H

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"

/* A text column of the current row, copied; at == NULL for SQL NULL. */
struct str sqlvalue_text(struct arena *arena, const struct db_rows *rows, unsigned column);

/* A BINARY(16) column of the current row; all zero for SQL NULL. */
struct uuid sqlvalue_uuid(const struct db_rows *rows, unsigned column);

/* Parameters: NULL for a text with at == NULL; an id's bytes are borrowed. */
struct db_param sqlvalue_of_text(struct str text);
struct db_param sqlvalue_of_uuid(const struct uuid *uuid);

/* The pattern of LIKE … ESCAPE '!' that finds `text` anywhere, whatever is in it; in the arena. */
struct str sqlvalue_containing(struct arena *arena, struct str text);

#endif
