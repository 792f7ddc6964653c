/*
 * A JSON writer over a buf, with a checked stack of scopes and a sticky error (after kcgijson).
 * Misuse (a value without a name inside an object, an end that does not match) and text that is no
 * UTF-8 set the error; the caller asks once, at the end.
 */
#ifndef MUSTER_JSON_JSONWRITE_H
#define MUSTER_JSON_JSONWRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "json/jsonval.h"

#define JSONWRITE_DEPTH 256

struct jsonwrite {
    struct buf *out; /* borrowed */
    unsigned depth;
    char scope[JSONWRITE_DEPTH]; /* '{' or '[' per level */
    bool need_comma;
    bool after_name;
    bool failed;
};

/* Starts writing one JSON value at the end of `out`, which must outlive the writer. */
void jsonwrite_init(struct jsonwrite *w, struct buf *out);

/* Open and close an object or a list; each end must match. */
void jsonwrite_object(struct jsonwrite *w);
void jsonwrite_object_end(struct jsonwrite *w);
void jsonwrite_list(struct jsonwrite *w);
void jsonwrite_list_end(struct jsonwrite *w);

/* Name of the next value; inside objects only. */
void jsonwrite_name(struct jsonwrite *w, const char *name);
void jsonwrite_name_str(struct jsonwrite *w, struct str name);

/* One value each: the root, an element, or what belongs to the last name. */
void jsonwrite_null(struct jsonwrite *w);
void jsonwrite_bool(struct jsonwrite *w, bool value);
void jsonwrite_i64(struct jsonwrite *w, int64_t value);
/* ECMAScript form (num_format); a value that is not finite is a misuse. */
void jsonwrite_number(struct jsonwrite *w, double value);
void jsonwrite_str(struct jsonwrite *w, struct str value);
void jsonwrite_c(struct jsonwrite *w, const char *value);
/* An instant as "YYYY-MM-DDTHH:MM:SS.mmmZ". */
void jsonwrite_time(struct jsonwrite *w, int64_t ms);
void jsonwrite_value(struct jsonwrite *w, const struct jsonval *value);
/* JSON text that is known to be valid (our own stored data), copied as it is. */
void jsonwrite_raw(struct jsonwrite *w, struct str json);

/* True when everything was written and every scope is closed. */
bool jsonwrite_ok(const struct jsonwrite *w);

#endif
