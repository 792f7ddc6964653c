/*
 * A filter in a request body, in any dialect: judged, in its canonical and its given form, and with
 * what it names; and a stored filter in an answer, in the dialect of the route.
 */
#ifndef MUSTER_API_CONDITION_H
#define MUSTER_API_CONDITION_H

#include "filter/filter.h"
#include "store/segment.h"
#include "store/segref.h"
#include "json/jsonwrite.h"

struct condition {
    const struct filter *filter;
    struct str source;    /* as given, printed without blanks */
    struct str canonical; /* Plunk text of the tree */
    struct segref_names names;
};

/*
 * Reads a filter of the dialect; `path` is where it stands in the body. NULL (absent) is refused
 * like any other value of the wrong shape. The result lives in `arena` and borrows from `value`.
 * Returns 0, or ERR_INVAL as dialect_parse and check_size.
 */
int condition_read(struct arena *arena, enum segment_dialect dialect, const struct jsonval *value,
                   const char *path, struct condition *ret, struct err_info *info) MUST_CHECK;

/*
 * Writes a segment's filter as member `name` of the object that is open, in the wanted dialect: the
 * text as given when it was written in that one, else the tree printed. A tree that cannot be said
 * there stands in the Plunk form under `x-muster`, behind an empty native form. A static segment
 * has null as its Plunk form. `source` and `filter` of the segment are looked at. Returns 0, or
 * ERR_INTERNAL when the stored filter does not read back.
 */
int condition_write(struct jsonwrite *w, struct arena *arena, const char *name,
                    const struct segment *segment, enum segment_dialect wanted,
                    struct err_info *info) MUST_CHECK;

/*
 * The instant of an `at` (text.at == NULL, not given: AUDIENCE_AT_NOW). Returns 0, or ERR_INVAL at
 * field "at" when it is no date.
 */
int condition_at(struct str text, int64_t *ret_ms, struct err_info *info) MUST_CHECK;

#endif
