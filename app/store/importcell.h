/* What one cell of a CSV file stands for (http-api §4.7). Pure: no I/O. */
#ifndef MUSTER_STORE_IMPORTCELL_H
#define MUSTER_STORE_IMPORTCELL_H

#include <stdbool.h>

#include "json/jsonval.h"

/*
 * The cell without the ' that a spreadsheet wants before a text beginning with = + - @ TAB CR
 * (http-api §4.6).
 */
struct str importcell_plain(struct str cell);

/*
 * The value: a number when it is -?(0|[1-9][0-9]*)(\.[0-9]+)? with at most 15 significant digits,
 * a boolean when it is true or false in any case, else the text itself (borrowed). Returns false
 * for an empty cell: nothing is said.
 */
bool importcell_value(struct str cell, struct jsonval *ret);

/* Reads true, yes, false or no in any case. Returns false for anything else. */
bool importcell_yes_no(struct str cell, bool *ret);

#endif
