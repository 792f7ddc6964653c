/*
 * Rows of a file become items of a contact write, or refusals with a reason: one batch of them.
 * Pure: no I/O.
 */
#ifndef MUSTER_STORE_IMPORTROWS_H
#define MUSTER_STORE_IMPORTROWS_H

#include "store/contactwrite.h"
#include "store/importcolumns.h"
#include "store/importerror.h"
#include "store/importtypes.h"

/* Where an item comes from. */
struct importrows_place {
    uint64_t row;
    uint64_t line;
};

struct importrows {
    struct arena *arena;
    const struct importjob_input *input;
    const struct importlane *lane;       /* whose rows are taken */
    const struct importcolumns *columns; /* of CSV */
    int64_t now_ms;                      /* the database's clock, lately */
    struct importtypes *types;           /* counts the cells; NULL: nobody wants to know */
    struct contactwrite_item *items;
    struct importrows_place *places; /* of the items */
    size_t count;
    size_t room;
    struct importerror *errors; /* in the order of the file */
    size_t error_count;
    size_t error_room;
};

/* Starts a batch of at most `room` rows in `arena`. */
void importrows_begin(struct importrows *rows, struct arena *arena,
                      const struct importjob_input *input, const struct importlane *lane,
                      const struct importcolumns *columns, size_t room, int64_t now_ms);

/*
 * Adds a row of CSV, or a line of NDJSON, as the input says, when it belongs to the lane; text is
 * copied. Returns whether it does.
 */
bool importrows_add(struct importrows *rows, const struct csv_row *row);

#endif
