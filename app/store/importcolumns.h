/*
 * The header of a CSV file: what each column is. Names are trimmed; `email`, `subscribed`, `event`
 * and `timestamp` may be written in any case. `a.b` nests, a `data.` before it is left out (our own
 * exports write it), and what the system sets itself is ignored. What a client says of its headers
 * (store/importmapping.h) goes before all that. Pure: no I/O.
 */
#ifndef MUSTER_STORE_IMPORTCOLUMNS_H
#define MUSTER_STORE_IMPORTCOLUMNS_H

#include "store/importmapping.h"
#include "json/jsonval.h"

#define IMPORTCOLUMNS_NONE SIZE_MAX

/* A data key: a column, or an object of further ones. */
struct importcolumns_node {
    struct str name;
    size_t column; /* IMPORTCOLUMNS_NONE: an object */
    struct importcolumns_node *children;
    size_t count;
    size_t room;
    bool is_text; /* its cells are never numbers or booleans: locale */
};

struct importcolumns {
    size_t count;
    /* Columns by what they are; IMPORTCOLUMNS_NONE: not there, or not asked for. */
    size_t email;
    size_t subscribed;   /* of contacts */
    size_t created;      /* of contacts */
    size_t event;        /* of events */
    size_t timestamp;    /* of events */
    bool *is_unnamed;    /* cells of these must be empty */
    struct str *headers; /* trimmed */
    struct str *targets; /* what the cells become; at == NULL: nothing */
    struct importcolumns_node data;
};

/* Whether the header has a column that is the address: tells the right delimiter. */
bool importcolumns_has_email(const struct csv_row *header, const struct importmapping *mapping);

/*
 * Reads a header; everything is copied into `arena`. Returns 0, or ERR_INVAL with a message for the
 * file: no email column (or event, for events), two of one name, names that contradict each other
 * (a and a.b), one that no data key can have, or one that `mapping` names and that is not there.
 */
int importcolumns_read(struct arena *arena, const struct importjob_input *input,
                       const struct importmapping *mapping, const struct csv_row *header,
                       struct importcolumns *ret, struct err_info *info) MUST_CHECK;

/*
 * The data of a row, which must have as many cells as the header; NULL: none. Text is copied.
 */
const struct jsonval *importcolumns_data(struct arena *arena, const struct importcolumns *columns,
                                         const struct str *cells, bool spreadsheet);

#endif
