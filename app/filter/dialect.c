/* The three ways to write a filter down. */
#include "filter/dialect.h"

#include "filter/mprules.h"
#include "filter/plunk.h"
#include "filter/pmrules.h"

const char *const dialect_words[] = {"plunk", "pushmail", "mailpanda", NULL};

int dialect_parse(struct arena *arena, enum dialect dialect, const struct jsonval *value,
                  const char *path, const struct filter **ret, struct err_info *info)
{
    switch (dialect) {
    case DIALECT_PLUNK:
        return plunk_parse(arena, value, path, ret, info);
    case DIALECT_PUSHMAIL:
        return pmrules_parse(arena, value, path, ret, info);
    case DIALECT_MAILPANDA:
        return mprules_parse(arena, value, path, ret, info);
    }
    return err_set(info, ERR_INTERNAL, NULL, "no such dialect");
}

const struct jsonval *dialect_print(struct arena *arena, enum dialect dialect,
                                    const struct filter *filter, struct notes *notes)
{
    switch (dialect) {
    case DIALECT_PLUNK:
        return plunk_print(arena, filter);
    case DIALECT_PUSHMAIL:
        return pmrules_print(arena, filter, notes);
    case DIALECT_MAILPANDA:
        return mprules_print(arena, filter, notes);
    }
    return NULL;
}

const struct jsonval *dialect_empty(struct arena *arena, enum dialect dialect)
{
    struct jsonval *empty = arena_alloc(arena, sizeof(*empty));

    jsonval_list(arena, 0, empty);
    if (dialect == DIALECT_MAILPANDA)
        return empty;
    jsonval_object(arena, 2, empty);
    if (dialect == DIALECT_PLUNK) {
        *jsonval_add(empty, "logic") = jsonval_of_str(STR("AND"));
        jsonval_list(arena, 0, jsonval_add(empty, "groups"));
    } else {
        *jsonval_add(empty, "operator") = jsonval_of_str(STR("AND"));
        jsonval_list(arena, 0, jsonval_add(empty, "conditions"));
    }
    return empty;
}
