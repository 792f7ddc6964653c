/* CSV as we write it: every field quoted, CR LF behind each row (http-api §4.6). */
#ifndef MUSTER_API_CSVTEXT_H
#define MUSTER_API_CSVTEXT_H

#include "base/buf.h"

/*
 * Appends one row. With `spreadsheet` a ' stands before each field that begins with = + - @ TAB CR,
 * so that a spreadsheet takes it for text and not for a formula.
 */
void csvtext_row(struct buf *out, const struct str *fields, size_t count, bool spreadsheet);

#endif
