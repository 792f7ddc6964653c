/*
 * The bounded JSON reader over yajl: depth, number of values and number range are checked, NUL in
 * strings, invalid UTF-8, duplicate member names and trailing garbage are refused.
 * One of the two places that know <yajl/…>.
 */
#ifndef MUSTER_JSON_JSONREAD_H
#define MUSTER_JSON_JSONREAD_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "json/jsonval.h"

/*
 * Parses one whole JSON text into `arena`. At most LIMIT_JSON_DEPTH levels and LIMIT_JSON_VALUES
 * values. ret points into the arena (text is copied).
 * Returns 0, or ERR_INVAL with code VALIDATION_ERROR: message "Invalid JSON in request body" for
 * what is no JSON (http-api §1.2), and a message that names the limit or the place (dotted path in
 * item.field) for depth, count, duplicate names, NUL and numbers that are not finite.
 */
int jsonread_parse(struct arena *arena, struct str text, const struct jsonval **ret,
                   struct err_info *info) MUST_CHECK;

#endif
