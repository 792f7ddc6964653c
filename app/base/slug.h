/*
 * The slug of a segment's name, which stands in its event names `segment.<slug>.entry|exit`.
 * Pure; one of the two files that know utf8proc (the other folds case for filters).
 */
#ifndef MUSTER_BASE_SLUG_H
#define MUSTER_BASE_SLUG_H

#include "base/arena.h"
#include "base/str.h"

/*
 * Lower case; letters with an accent or a stroke become their base letter (é → e, ø → o) and the
 * ligatures ß, æ, œ their two letters; runs of white space (Unicode's too) and hyphens become one
 * hyphen, none at the ends; everything else outside [a-z0-9_] goes. `name` is valid UTF-8. The
 * result stands in `arena` and is empty when nothing is left: the segment's id is then its slug.
 */
struct str slug_of(struct arena *arena, struct str name);

#endif
