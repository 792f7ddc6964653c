/* What a dry run found in the columns of a CSV file: how many cells of which type. Pure: no I/O. */
#ifndef MUSTER_STORE_IMPORTTYPES_H
#define MUSTER_STORE_IMPORTTYPES_H

#include "store/importcolumns.h"

/* Cells of a column, each as the import would store it as data. */
struct importtypes_column {
    uint64_t string; /* that is no date */
    uint64_t number;
    uint64_t boolean;
    uint64_t date; /* text: a day, or an instant with a zone */
    uint64_t empty;
};

struct importtypes {
    const struct importcolumns *columns;
    struct importtypes_column *counts; /* by column */
};

/* Begins with nothing counted; `columns` is borrowed, the rest lives in `arena`. */
struct importtypes *importtypes_new(struct arena *arena, const struct importcolumns *columns);

/* Counts the cells of a row, which has as many as the header. */
void importtypes_add(struct importtypes *types, const struct csv_row *row, bool spreadsheet);

/* [{"name","target","types":{…}}] in the order of the file, as JSON text in `arena`. */
struct str importtypes_print(struct arena *arena, const struct importtypes *types);

#endif
