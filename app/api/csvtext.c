#include "api/csvtext.h"

static void add_field(struct buf *out, struct str field, bool spreadsheet)
{
    buf_add_char(out, '"');
    if (spreadsheet && field.len > 0 && memchr("=+-@\t\r", field.at[0], 6) != NULL) {
        buf_add_char(out, '\'');
    }
    while (field.at != NULL && field.len > 0) {
        struct str rest;
        struct str piece = str_split(field, '"', &rest);
        buf_add_str(out, piece);
        if (rest.at != NULL) {
            buf_add_c(out, "\"\"");
        }
        field = rest;
    }
    buf_add_char(out, '"');
}

void csvtext_row(struct buf *out, const struct str *fields, size_t count, bool spreadsheet)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            buf_add_char(out, ',');
        }
        add_field(out, fields[i], spreadsheet);
    }
    buf_add_c(out, "\r\n");
}
