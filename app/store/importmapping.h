/*
 * What a client says the columns of its file are: {header: target}, where a target is `email`,
 * `subscribed`, `createdAt`, `event`, `timestamp` or a data path, and null leaves the column out.
 * Headers that are not named keep their own meaning (store/importcolumns.h). Pure: no I/O.
 */
#ifndef MUSTER_STORE_IMPORTMAPPING_H
#define MUSTER_STORE_IMPORTMAPPING_H

#include "store/importjob.h"

struct importmapping_entry {
    struct str header;
    struct str target; /* a word, or a path with `data.` before it; at == NULL: it is left out */
};

struct importmapping {
    struct importmapping_entry *entries;
    size_t count;
    struct str text; /* as JSON without blanks; at == NULL: nothing was said */
};

/*
 * Reads JSON text (at == NULL: nothing is said) for an import as `input` wants it; everything is
 * copied into `arena`. Returns 0, or ERR_INVAL at field "columns", naming the header: no JSON
 * object, a target that is neither text nor null, one that cannot be a data path or is the
 * system's, two headers with one target, more than LIMIT_IMPORT_COLUMNS, or a file that has no
 * header.
 */
int importmapping_read(struct arena *arena, struct str text, const struct importjob_input *input,
                       struct importmapping *ret, struct err_info *info) MUST_CHECK;

/* What is said of a header; NULL: nothing. */
const struct importmapping_entry *importmapping_find(const struct importmapping *mapping,
                                                     struct str header);

#endif
