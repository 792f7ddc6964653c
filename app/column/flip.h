/*
 * Flip: when the clock alone can next change who is in. A window's bounds move with the clock; the
 * value that stands closest before one of them is reached first.
 */
#ifndef MUSTER_COLUMN_FLIP_H
#define MUSTER_COLUMN_FLIP_H

#include <stdint.h>

#include "column/eval.h"

#define FLIP_NEVER INT64_MAX

/*
 * The earliest instant after now_ms (the program's clock) at which a time leaf can change its
 * answer for some row of the chunk with no new data; FLIP_NEVER when none can. Never too late; too
 * early where a leaf's change does not change the whole filter, or its value is overridden by a
 * newer one.
 */
int64_t flip_next(const struct program *program, const struct eval_column *columns, int64_t now_ms);

#endif
