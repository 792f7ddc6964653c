#include "store/importtypes.h"

#include "base/limits.h"
#include "base/timeutil.h"
#include "store/importcell.h"
#include "json/jsonwrite.h"

/* A column takes its name and target, both at most a row's bytes in all, and some numbers. */
#define TEXT_BYTES (8 * LIMIT_IMPORT_ROW_BYTES)

struct importtypes *importtypes_new(struct arena *arena, const struct importcolumns *columns)
{
    struct importtypes *types = arena_alloc(arena, sizeof *types);
    types->columns = columns;
    types->counts = arena_array(arena, columns->count, sizeof *types->counts);
    return types;
}

static void count_text(struct importtypes_column *counts, struct str text)
{
    int64_t ms;
    enum timeutil_date kind = timeutil_parse(text, &ms);
    if (kind == TIMEUTIL_DAY || kind == TIMEUTIL_INSTANT) {
        counts->date++;
    } else {
        counts->string++;
    }
}

void importtypes_add(struct importtypes *types, const struct csv_row *row, bool spreadsheet)
{
    for (size_t i = 0; i < row->count; i++) {
        struct importtypes_column *counts = &types->counts[i];
        struct str cell = spreadsheet ? importcell_plain(row->cells[i]) : row->cells[i];
        struct jsonval value;
        if (!importcell_value(cell, &value)) {
            counts->empty++;
        } else if (value.type == JSONVAL_NUMBER) {
            counts->number++;
        } else if (value.type == JSONVAL_BOOL) {
            counts->boolean++;
        } else {
            count_text(counts, value.string);
        }
    }
}

static void write_counts(struct jsonwrite *w, const struct importtypes_column *counts)
{
    const struct {
        const char *name;
        uint64_t count;
    } all[] = {{"string", counts->string},
               {"number", counts->number},
               {"boolean", counts->boolean},
               {"date", counts->date},
               {"empty", counts->empty}};
    jsonwrite_name(w, "types");
    jsonwrite_object(w);
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        jsonwrite_name(w, all[i].name);
        jsonwrite_i64(w, (int64_t)all[i].count);
    }
    jsonwrite_object_end(w);
}

struct str importtypes_print(struct arena *arena, const struct importtypes *types)
{
    struct buf text;
    struct jsonwrite w;
    buf_init(&text, TEXT_BYTES);
    jsonwrite_init(&w, &text);
    jsonwrite_list(&w);
    for (size_t i = 0; i < types->columns->count; i++) {
        jsonwrite_object(&w);
        jsonwrite_name(&w, "name");
        jsonwrite_str(&w, types->columns->headers[i]);
        jsonwrite_name(&w, "target");
        if (types->columns->targets[i].at == NULL) {
            jsonwrite_null(&w);
        } else {
            jsonwrite_str(&w, types->columns->targets[i]);
        }
        write_counts(&w, &types->counts[i]);
        jsonwrite_object_end(&w);
    }
    jsonwrite_list_end(&w);
    struct str copy = jsonwrite_ok(&w) ? str_copy(arena, buf_str(&text)) : STR("[]");
    buf_done(&text);
    return copy;
}
