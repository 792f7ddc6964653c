/* Case folding of filters.md §4, over utf8proc. The only file of filter/ that knows utf8proc. */
#ifndef MUSTER_FILTER_FOLD_H
#define MUSTER_FILTER_FOLD_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

/*
 * Appends the folded form of valid UTF-8 text: each code point's full folding when that is one
 * code point, else its simple lower case. No normalisation. ASCII takes a fast path.
 */
void fold_append(struct buf *out, struct str text);

/* The folded form in an arena; returns `text` itself when folding changes nothing. */
struct str fold_text(struct arena *arena, struct str text);

#endif
