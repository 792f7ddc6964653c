#include "db/run.h"

#include <string.h>
#include <time.h>

#include "base/timeutil.h"
#include "base/uuid.h"
#include "db/fault.h"
#include "db/retry.h"

/* After this long without use a connection is asked before it is trusted: firewalls and
 * wait_timeout cut idle ones, and a write must not be the first to notice. */
#define IDLE_US (INT64_C(30) * 1000000)

/* One statement to run, and where its outcome goes. */
struct job {
    const char *sql;
    const struct db_param *params;
    unsigned count;
    struct db_rows *rows; /* of a query */
    bool is_query;
    bool is_stream;
    uint64_t affected;
};

bool run_is_late(const struct db *db)
{
    return db->deadline_us != 0 && timeutil_mono_us() >= db->deadline_us;
}

unsigned run_left_ms(const struct db *db, unsigned most)
{
    if (db->deadline_us == 0)
        return most;
    int64_t left_ms = (db->deadline_us - timeutil_mono_us()) / 1000;
    if (left_ms < 0)
        return 0;
    return left_ms < (int64_t)most ? (unsigned)left_ms : most;
}

void run_stop_stream(struct db *db)
{
    if (db->stream)
        rows_break(db->stream);
    db->stream = NULL;
}

void run_disconnect(struct db *db)
{
    run_stop_stream(db);
    stmt_clear(&db->cache);
    conn_close(&db->conn);
}

int run_connect(struct db *db, struct err_info *info)
{
    struct conn *conn = &db->conn;
    if (conn->mysql && timeutil_mono_us() - conn->used_us > IDLE_US && !db->stream &&
        !conn_answers(conn))
        run_disconnect(db);
    if (conn->mysql)
        return 0;
    if (conn_open(conn, &db->config))
        return err_set(info, ERR_UNAVAILABLE, NULL, "no connection to the database: %s",
                       conn->error);
    db->stats.connects++;
    return 0;
}

/* The session's limit is changed only where it is far off, because a SET costs as much as a point
 * query: a statement may run to twice what is left, and the deadline stops the next one. */
static unsigned apply_budget(struct db *db)
{
    unsigned most = db->config.statement_timeout_ms;
    unsigned wanted_ms = run_left_ms(db, most ? most : UINT32_MAX);
    if (wanted_ms == UINT32_MAX)
        wanted_ms = 0;
    else if (wanted_ms == 0)
        wanted_ms = 1;
    unsigned now_ms = db->conn.budget_ms;
    bool is_near = wanted_ms && now_ms ? wanted_ms >= now_ms / 2 && wanted_ms <= now_ms / 4 * 5
                                       : wanted_ms == now_ms;
    return is_near ? 0 : conn_set_budget(&db->conn, wanted_ms);
}

/* A statement outside of a transaction is one of its own. */
static unsigned be_alone(struct db *db)
{
    unsigned code = 0;
    if (db->tx.is_open)
        return 0;
    db->writes = 0;
    if (db->conn.is_manual)
        code = run_command(db, "SET SESSION autocommit=1", false);
    if (!code)
        db->conn.is_manual = false;
    return code;
}

static unsigned collect(struct db *db, struct job *job, struct stmt *stmt)
{
    if (!job->is_query) {
        job->affected = mysql_stmt_affected_rows(stmt->handle);
        mysql_stmt_free_result(stmt->handle);
        return 0;
    }
    if (stmt->column_count == 0)
        return conn_fail(&db->conn, 0, "db_query got a statement without rows");
    job->rows = rows_take(&db->pool, stmt);
    job->rows->db = db;
    unsigned code = job->is_stream ? rows_stream(job->rows, &db->conn, stmt)
                                   : rows_store(job->rows, &db->conn, stmt);
    if (code) {
        rows_give(&db->pool, job->rows);
        job->rows = NULL;
    }
    return code;
}

static unsigned run_once(struct db *db, struct job *job)
{
    struct fault fault = fault_next();
    if (fault.when == FAULT_BEFORE)
        return conn_fail(&db->conn, fault.code, "a fault on purpose");
    struct stmt *stmt = NULL;
    unsigned code = be_alone(db);
    if (!code)
        code = apply_budget(db);
    if (!code)
        code = stmt_get(&db->cache, &db->conn, job->sql, &stmt);
    if (code)
        return code;
    db->stats.statements++;
    code = stmt_execute(&db->cache, &db->conn, stmt, job->params, job->count);
    if (!code)
        code = collect(db, job, stmt);
    if (retry_classify(code) == RETRY_STALE)
        stmt_drop(&db->cache, stmt);
    if (!code && fault.when == FAULT_AFTER) {
        if (job->rows) {
            rows_stop(job->rows);
            rows_give(&db->pool, job->rows);
        }
        job->rows = NULL;
        return conn_fail(&db->conn, fault.code, "a fault on purpose");
    }
    return code;
}

/* Whether a failed statement may be run again here. In a transaction only db_tx can tell. */
static bool may_repeat(const struct db *db, enum retry_class class, const struct job *job,
                       unsigned attempt)
{
    if (class == RETRY_STALE)
        return attempt == 0;
    if (db->tx.is_open || run_is_late(db))
        return false;
    if (class == RETRY_NOT_SENT || (class == RETRY_LOST && job->is_query))
        return attempt == 0;
    return attempt < RETRY_MAX &&
           (class == RETRY_ROLLED_BACK || class == RETRY_LOCK_WAIT || class == RETRY_OTHER_NODE);
}

static void drop_lost(struct db *db, enum retry_class class)
{
    if (class == RETRY_LOST || class == RETRY_NOT_SENT || class == RETRY_OTHER_NODE)
        run_disconnect(db);
}

void run_pause(unsigned attempt)
{
    uint32_t random;
    uuid_random(&random, sizeof(random));
    unsigned ms = retry_delay_ms(attempt, random);
    nanosleep(&(struct timespec){.tv_nsec = (long)ms * 1000000L}, NULL);
}

static int admit(struct db *db, struct err_info *info)
{
    if (db->stream)
        return err_set(info, ERR_INTERNAL, NULL, "a statement while streamed rows are open");
    if (db->tx.is_open && db->tx.lost)
        return err_set(info, (enum err)db->tx.lost, NULL, "the transaction was lost");
    if (!run_is_late(db))
        return 0;
    if (db->tx.is_open)
        db->tx.lost = ERR_UNAVAILABLE;
    return err_set(info, ERR_UNAVAILABLE, NULL, "the time for this request is used up");
}

static int run_job(struct db *db, struct job *job, struct err_info *info)
{
    int err = admit(db, info);
    for (unsigned attempt = 0; !err; attempt++) {
        if (!db->tx.is_open)
            err = run_connect(db, info);
        if (err)
            break;
        unsigned code = run_once(db, job);
        if (code == 0)
            break;
        enum retry_class class = retry_classify(code);
        if (!may_repeat(db, class, job, attempt))
            return run_fail(db, code, info);
        drop_lost(db, class);
        if (class != RETRY_STALE) {
            db->stats.retries++;
            run_pause(attempt);
        }
    }
    return err;
}

/* "Duplicate entry 'a@b.c' for key 'contact.email'" holds data of a contact: only the key's name,
 * which both servers put last, may go on. */
static int fail_duplicate(const struct db *db, struct err_info *info)
{
    const char *text = db->conn.error;
    const char *end = strrchr(text, '\'');
    const char *name = end ? end : text;
    while (name > text && name[-1] != '\'' && name[-1] != '.')
        name--;
    return err_set(info, ERR_CONFLICT, NULL, "duplicate key %.*s", end ? (int)(end - name) : 0,
                   name);
}

/* The err of a code outside a transaction. */
static enum err err_of(enum retry_class class)
{
    return class == RETRY_FATAL || class == RETRY_STALE ? ERR_INTERNAL : ERR_UNAVAILABLE;
}

/* The err of a code inside a transaction, which is then over: some errors roll all of it back, and
 * the statements behind it would commit on their own. */
static enum err err_in_tx(enum retry_class class)
{
    bool is_repeatable = class == RETRY_ROLLED_BACK || class == RETRY_LOCK_WAIT ||
                         class == RETRY_LOST || class == RETRY_NOT_SENT ||
                         class == RETRY_OTHER_NODE;
    return is_repeatable ? ERR_RETRY : err_of(class);
}

int run_fail(struct db *db, unsigned code, struct err_info *info)
{
    enum retry_class class = retry_classify(code);
    if (class == RETRY_DUPLICATE)
        return fail_duplicate(db, info);
    enum err err = err_of(class);
    if (db->tx.is_open) {
        err = err_in_tx(class);
        db->tx.lost = err;
    }
    err_set(info, err, NULL, "database: %s (%u)", db->conn.error, code);
    drop_lost(db, class);
    return err;
}

unsigned run_command(struct db *db, const char *sql, bool is_counted)
{
    struct fault fault = {FAULT_NEVER, 0};
    if (is_counted)
        fault = fault_next();
    unsigned code = 0;
    if (fault.when != FAULT_BEFORE)
        code = conn_command(&db->conn, sql);
    if (!code && fault.when != FAULT_NEVER)
        code = conn_fail(&db->conn, fault.code, "a fault on purpose");
    drop_lost(db, retry_classify(code));
    return code;
}

int run_exec(struct db *db, const char *sql, const struct db_param *params, unsigned count,
             uint64_t *ret_affected, struct err_info *info)
{
    struct job job = {.sql = sql, .params = params, .count = count};
    int err = run_job(db, &job, info);
    if (!err && ret_affected)
        *ret_affected = job.affected;
    return err;
}

int run_query(struct db *db, const char *sql, const struct db_param *params, unsigned count,
              bool stream, struct db_rows **ret, struct err_info *info)
{
    struct job job = {
        .sql = sql, .params = params, .count = count, .is_query = true, .is_stream = stream};
    int err = run_job(db, &job, info);
    if (err)
        return err;
    if (stream)
        db->stream = job.rows;
    *ret = job.rows;
    return 0;
}

int run_next(struct db_rows *rows, struct err_info *info)
{
    struct db *db = rows->db;
    if (rows->is_broken)
        return err_set(info, ERR_INTERNAL, NULL, "the streamed rows were cut off");
    bool more = false;
    unsigned code = rows_step(rows, &db->conn, &more);
    if (code) {
        run_stop_stream(db);
        return run_fail(db, code, info);
    }
    if (!more && db->stream == rows)
        db->stream = NULL;
    db->stats.rows += more;
    return more;
}
