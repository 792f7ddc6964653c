/*
 * Cuts a migration file into statements: one ends with the line whose last character is `;`.
 * Lines that begin with -- are comments. So a literal must not hold a line that ends with `;`.
 * Pure.
 */
#ifndef MUSTER_DB_SQLSPLIT_H
#define MUSTER_DB_SQLSPLIT_H

#include <stdbool.h>

#include "base/str.h"

/*
 * Takes the next statement off `rest`. ret is a view of the file, without its `;`, from its first
 * line that is no comment; comment lines inside stay, the servers know them. Returns false when
 * nothing but comments and blanks is left. A last statement without `;` counts.
 */
bool sqlsplit_next(struct str *rest, struct str *ret);

#endif
