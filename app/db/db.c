#include "db/db.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/timeutil.h"
#include "db/handle.h"
#include "db/run.h"
#include "db/tx.h"

static const char SQL_NOW[] =
    "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000";

static const char *env_or(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value && *value ? value : otherwise;
}

void db_config_from_env(struct db_config *config)
{
    uint64_t port;
    if (!num_parse_u64(str_from(env_or("MUSTER_DB_PORT", "3306")), 65535, &port))
        port = 3306;
    *config = (struct db_config){
        .socket = env_or("MUSTER_DB_SOCKET", NULL),
        .host = env_or("MUSTER_DB_HOST", "127.0.0.1"),
        .port = (unsigned)port,
        .name = env_or("MUSTER_DB_NAME", "muster"),
        .user = env_or("MUSTER_DB_USER", "muster"),
        .password = env_or("MUSTER_DB_PASSWORD", NULL),
        .statement_timeout_ms = 8000,
        .io_timeout_s = 12,
    };
}

static const char *copy_or_null(struct arena *memory, const char *text)
{
    return text ? arena_copy(memory, text, strlen(text)) : NULL;
}

struct db *db_new(const struct db_config *config)
{
    struct db *db = arena_xmalloc(sizeof(*db));
    *db = (struct db){.config = *config, .memory = arena_new()};
    db->tx.check.memory = arena_new();
    db->config.socket = copy_or_null(db->memory, config->socket);
    db->config.host = copy_or_null(db->memory, config->host);
    db->config.name = copy_or_null(db->memory, config->name);
    db->config.user = copy_or_null(db->memory, config->user);
    db->config.password = copy_or_null(db->memory, config->password);
    return db;
}

struct db *db_twin(const struct db *db)
{
    return db_new(&db->config);
}

void db_free(struct db *db)
{
    if (!db)
        return;
    run_disconnect(db);
    rows_clear(&db->pool);
    arena_free(db->tx.check.memory);
    arena_free(db->memory);
    free(db);
}

int db_tx(struct db *db, enum db_kind kind, db_body *body, void *ctx, struct err_info *info)
{
    return tx_run(db, kind, body, ctx, info);
}

void db_set_write_check(struct db *db, const char *sql, const struct db_param *params,
                        unsigned count)
{
    tx_set_check(db, sql, params, count);
}

int db_exec(struct db *db, const char *sql, const struct db_param *params, unsigned count,
            uint64_t *ret_affected, struct err_info *info)
{
    return run_exec(db, sql, params, count, ret_affected, info);
}

int db_query(struct db *db, const char *sql, const struct db_param *params, unsigned count,
             bool stream, struct db_rows **ret, struct err_info *info)
{
    return run_query(db, sql, params, count, stream, ret, info);
}

int db_next(struct db_rows *rows, struct err_info *info)
{
    return run_next(rows, info);
}

/* A column that the row does not have is a defect of ours; it must not read wild memory. */
static const struct rows_cell *cell_of(const struct db_rows *rows, unsigned column)
{
    if (!rows || !rows->current || column >= rows->column_count)
        abort();
    return &rows->current[column];
}

int64_t db_i64(const struct db_rows *rows, unsigned column)
{
    return rows_cell_i64(cell_of(rows, column));
}

struct str db_bytes(const struct db_rows *rows, unsigned column)
{
    const struct rows_cell *cell = cell_of(rows, column);
    if (!cell->is_bytes)
        return (struct str){NULL, 0};
    return (struct str){cell->value.at, cell->len};
}

bool db_is_null(const struct db_rows *rows, unsigned column)
{
    return cell_of(rows, column)->is_null;
}

void db_rows_free(struct db_rows *rows)
{
    if (!rows)
        return;
    struct db *db = rows->db;
    if (db->stream == rows)
        db->stream = NULL;
    rows_stop(rows);
    rows_give(&db->pool, rows);
}

int db_one(struct db *db, const char *sql, const struct db_param *params, unsigned count,
           struct db_rows **ret, struct err_info *info)
{
    struct db_rows *rows = NULL;
    int found = run_query(db, sql, params, count, false, &rows, info);
    if (found == 0)
        found = run_next(rows, info);
    if (found != 1) {
        db_rows_free(rows);
        rows = NULL;
    }
    if (found >= 0)
        *ret = rows;
    return found;
}

int db_now_ms(struct db *db, int64_t *ret, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, SQL_NOW, DB_NO_PARAMS, &rows, info);
    if (found < 0)
        return found;
    if (!found)
        return err_set(info, ERR_INTERNAL, NULL, "the database does not tell its time");
    *ret = db_i64(rows, 0);
    return 0;
}

bool db_ping(struct db *db)
{
    if (db->stream || (db->tx.is_open && !db->conn.mysql))
        return db->conn.mysql != NULL;
    if (db->conn.mysql && conn_answers(&db->conn))
        return true;
    if (db->tx.is_open)
        return false;
    run_disconnect(db);
    return run_connect(db, NULL) == 0;
}

void db_set_deadline_ms(struct db *db, unsigned ms)
{
    db->deadline_us = ms ? timeutil_mono_us() + (int64_t)ms * 1000 : 0;
}

int db_check_deadline(const struct db *db, struct err_info *info)
{
    if (!run_is_late(db))
        return 0;
    return err_set(info, ERR_UNAVAILABLE, NULL, "the request took longer than its budget");
}

bool db_has_ms(const struct db *db, unsigned ms)
{
    return db->deadline_us == 0 || db->deadline_us - timeutil_mono_us() >= (int64_t)ms * 1000;
}

uint64_t db_max_packet(const struct db *db)
{
    return db->conn.max_packet_bytes;
}

struct db_stats db_stats(const struct db *db)
{
    return db->stats;
}
