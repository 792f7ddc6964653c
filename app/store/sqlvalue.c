#include "store/sqlvalue.h"

struct str sqlvalue_text(struct arena *arena, const struct db_rows *rows, unsigned column)
{
    if (db_is_null(rows, column)) {
        return (struct str){NULL, 0};
    }
    return str_copy(arena, db_bytes(rows, column));
}

struct uuid sqlvalue_uuid(const struct db_rows *rows, unsigned column)
{
    struct uuid uuid = {{0}};
    struct str bytes = db_bytes(rows, column);
    if (bytes.len == sizeof(uuid.bytes)) {
        memcpy(uuid.bytes, bytes.at, sizeof(uuid.bytes));
    }
    return uuid;
}

struct db_param sqlvalue_of_text(struct str text)
{
    return text.at == NULL ? DB_NULL : DB_STR(text);
}

struct db_param sqlvalue_of_uuid(const struct uuid *uuid)
{
    return DB_BYTES(uuid->bytes, sizeof(uuid->bytes));
}

struct str sqlvalue_containing(struct arena *arena, struct str text)
{
    char *out = arena_alloc(arena, text.len * 2 + 2);
    size_t len = 0;
    out[len++] = '%';
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '%' || text.at[i] == '_' || text.at[i] == '!')
            out[len++] = '!';
        out[len++] = text.at[i];
    }
    out[len++] = '%';
    return (struct str){out, len};
}
