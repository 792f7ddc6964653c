#include "db/stmt.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/timeutil.h"

static size_t bucket_of(const char *sql)
{
    return ((uintptr_t)sql * UINT64_C(0x9E3779B97F4A7C15)) >> 56;
}

static unsigned fail_stmt(struct conn *conn, MYSQL_STMT *handle)
{
    return conn_fail(conn, mysql_stmt_errno(handle), mysql_stmt_error(handle));
}

static enum stmt_column column_of(const MYSQL_FIELD *field)
{
    /* An if, not a switch: the servers' type lists differ. */
    enum enum_field_types type = field->type;
    if (type == MYSQL_TYPE_TINY || type == MYSQL_TYPE_SHORT || type == MYSQL_TYPE_INT24 ||
        type == MYSQL_TYPE_LONG || type == MYSQL_TYPE_LONGLONG || type == MYSQL_TYPE_YEAR)
        return (field->flags & UNSIGNED_FLAG) ? STMT_UNSIGNED : STMT_INTEGER;
    if (type >= MYSQL_TYPE_TINY_BLOB && type <= MYSQL_TYPE_STRING)
        return STMT_BINARY;
    return STMT_TEXT;
}

static unsigned describe_columns(struct conn *conn, struct stmt *stmt)
{
    stmt->column_count = mysql_stmt_field_count(stmt->handle);
    if (stmt->column_count == 0)
        return 0;
    MYSQL_RES *meta = mysql_stmt_result_metadata(stmt->handle);
    if (!meta)
        return fail_stmt(conn, stmt->handle);
    stmt->columns = arena_xmalloc(stmt->column_count * sizeof(*stmt->columns));
    const MYSQL_FIELD *fields = mysql_fetch_fields(meta);
    for (unsigned i = 0; i < stmt->column_count; i++)
        stmt->columns[i] = column_of(&fields[i]);
    mysql_free_result(meta);
    return 0;
}

static void free_stmt(struct stmt *stmt)
{
    mysql_stmt_close(stmt->handle);
    free(stmt->columns);
    free(stmt);
}

static unsigned prepare(struct conn *conn, const char *sql, uint64_t sql_hash, struct stmt **ret)
{
    MYSQL_STMT *handle = mysql_stmt_init(conn->mysql);
    if (!handle)
        abort();
    struct stmt *stmt = arena_xmalloc(sizeof(*stmt));
    *stmt = (struct stmt){.sql = sql, .sql_hash = sql_hash, .handle = handle};
    unsigned code = 0;
    if (mysql_stmt_prepare(handle, sql, strlen(sql)))
        code = fail_stmt(conn, handle);
    else
        code = describe_columns(conn, stmt);
    if (code) {
        free_stmt(stmt);
        return code;
    }
    stmt->param_count = (unsigned)mysql_stmt_param_count(handle);
    *ret = stmt;
    return 0;
}

static void drop_oldest(struct stmt_cache *cache)
{
    struct stmt *oldest = NULL;
    for (size_t i = 0; i < STMT_BUCKETS; i++) {
        for (struct stmt *stmt = cache->buckets[i]; stmt; stmt = stmt->next) {
            if (!oldest || stmt->used < oldest->used)
                oldest = stmt;
        }
    }
    if (oldest)
        stmt_drop(cache, oldest);
}

unsigned stmt_get(struct stmt_cache *cache, struct conn *conn, const char *sql, struct stmt **ret)
{
    struct stmt **head = &cache->buckets[bucket_of(sql)];
    /* The wrong statement under a reused address would be worse than the few ns of this. */
    uint64_t sql_hash = hash_fast(sql, strlen(sql));
    struct stmt *stmt = *head;
    while (stmt && stmt->sql != sql)
        stmt = stmt->next;
    if (stmt && stmt->sql_hash != sql_hash)
        return conn_fail(conn, 0, "the text of a statement is not constant");
    if (!stmt) {
        unsigned code = prepare(conn, sql, sql_hash, &stmt);
        if (code)
            return code;
        if (cache->count == STMT_CACHE_MAX)
            drop_oldest(cache);
        stmt->next = *head;
        *head = stmt;
        cache->count++;
    }
    stmt->used = ++cache->clock;
    *ret = stmt;
    return 0;
}

/* MYSQL_BIND has no const: the library only reads parameters. */
static void *without_const(const void *at)
{
    return (void *)(uintptr_t)at;
}

static void bind_one(MYSQL_BIND *bind, const struct db_param *param)
{
    *bind = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_NULL};
    switch (param->type) {
    case DB_TYPE_NULL:
        break;
    case DB_TYPE_I64:
        bind->buffer_type = MYSQL_TYPE_LONGLONG;
        bind->buffer = without_const(&param->i64);
        bind->is_unsigned = param->is_unsigned;
        break;
    case DB_TYPE_TEXT:
    case DB_TYPE_BYTES:
        bind->buffer_type = param->type == DB_TYPE_TEXT ? MYSQL_TYPE_STRING : MYSQL_TYPE_LONG_BLOB;
        bind->buffer = without_const(param->bytes.at ? param->bytes.at : "");
        bind->buffer_length = param->bytes.len;
        bind->length = &bind->buffer_length;
        break;
    }
}

static unsigned bind_params(struct stmt_cache *cache, struct conn *conn, struct stmt *stmt,
                            const struct db_param *params, unsigned count)
{
    if (count != stmt->param_count)
        return conn_fail(conn, 0, "a statement got another number of parameters than it has");
    if (count == 0)
        return 0;
    if (count > cache->bind_cap) {
        cache->bind = arena_xrealloc(cache->bind, count * sizeof(*cache->bind));
        cache->bind_cap = count;
    }
    size_t bytes = 0;
    for (unsigned i = 0; i < count; i++) {
        bind_one(&cache->bind[i], &params[i]);
        bytes += 12 + params[i].bytes.len;
    }
    /* The server answers an oversized packet by hanging up, which would look like a lost
     * connection and be tried again. */
    if (bytes > conn->max_packet_bytes)
        return conn_fail(conn, 0,
                         "the parameters are larger than the server's "
                         "max_allowed_packet");
    if (mysql_stmt_bind_param(stmt->handle, cache->bind))
        return fail_stmt(conn, stmt->handle);
    return 0;
}

unsigned stmt_execute(struct stmt_cache *cache, struct conn *conn, struct stmt *stmt,
                      const struct db_param *params, unsigned count)
{
    unsigned code = bind_params(cache, conn, stmt, params, count);
    if (code)
        return code;
    if (mysql_stmt_execute(stmt->handle))
        return fail_stmt(conn, stmt->handle);
    conn->used_us = timeutil_mono_us();
    return 0;
}

void stmt_drop(struct stmt_cache *cache, struct stmt *stmt)
{
    struct stmt **link = &cache->buckets[bucket_of(stmt->sql)];
    while (*link != stmt)
        link = &(*link)->next;
    *link = stmt->next;
    cache->count--;
    free_stmt(stmt);
}

void stmt_clear(struct stmt_cache *cache)
{
    for (size_t i = 0; i < STMT_BUCKETS; i++) {
        while (cache->buckets[i]) {
            struct stmt *stmt = cache->buckets[i];
            cache->buckets[i] = stmt->next;
            free_stmt(stmt);
        }
    }
    free(cache->bind);
    *cache = (struct stmt_cache){0};
}
