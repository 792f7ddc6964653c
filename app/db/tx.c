#include "db/tx.h"

#include "base/timeutil.h"
#include "db/retry.h"
#include "db/run.h"

/* How long the outcome of a lost COMMIT is asked for when the handle has no deadline: a database
 * that fell over is given the time to come back. */
#define SETTLE_MS 10000u

/* What came of one run of a body. */
enum outcome {
    OUTCOME_DONE,  /* err tells how */
    OUTCOME_AGAIN, /* nothing took effect, and it may go better next time */
    OUTCOME_UNKNOWN
};

void tx_set_check(struct db *db, const char *sql, const struct db_param *params, unsigned count)
{
    struct handle_check *check = &db->tx.check;
    arena_reset(check->memory);
    check->sql = sql;
    check->count = count;
    check->params = arena_array(check->memory, count, sizeof(*params));
    for (unsigned i = 0; i < count; i++) {
        check->params[i] = params[i];
        check->params[i].bytes = str_copy(check->memory, params[i].bytes);
    }
}

/* From this many write transactions on with nothing between them, the session stops beginning each
 * by a command of its own: with autocommit off, the first statement does. */
#define WRITES_IN_A_ROW 3u

static unsigned begin_write(struct db *db)
{
    if (db->conn.is_manual)
        return 0;
    if (db->writes < WRITES_IN_A_ROW)
        return run_command(db, "START TRANSACTION", false);
    unsigned code = run_command(db, "SET SESSION autocommit=0", false);
    db->conn.is_manual = code == 0;
    return code;
}

static unsigned begin(struct db *db, enum db_kind kind)
{
    unsigned code = 0;
    db->writes = kind == DB_WRITE ? db->writes + 1 : 0;
    if (kind == DB_WRITE)
        return begin_write(db);
    if (kind == DB_SNAPSHOT_WRITE && !db->conn.thrifty)
        code = conn_be_thrifty(&db->conn);
    if (!code)
        code = run_command(db, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", false);
    if (code)
        return code;
    /* Under READ COMMITTED the words CONSISTENT SNAPSHOT would mean nothing, silently. A plain
     * START makes the snapshot with the first plain SELECT, after the locks. */
    return run_command(db,
                       kind == DB_READ ? "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
                                       : "START TRANSACTION",
                       false);
}

/* A ROLLBACK that fails leaves a connection of which nothing is known. */
static void roll_back(struct db *db)
{
    if (db->conn.mysql && run_command(db, "ROLLBACK", false))
        run_disconnect(db);
}

/* Asks on a new connection whether the write is there: 1 yes, 0 no, or an err. The read locks, so
 * that it waits for a COMMIT that is still under way. */
static int ask_once(struct db *db, struct err_info *info)
{
    const struct handle_check *check = &db->tx.check;
    struct db_rows *rows = NULL;
    int err = run_query(db, check->sql, check->params, check->count, false, &rows, info);
    if (err)
        return err;
    int found = run_next(rows, info);
    rows_give(&db->pool, rows);
    return found;
}

static enum outcome settle(struct db *db, enum db_kind kind, int *err, struct err_info *info)
{
    run_disconnect(db);
    if (kind == DB_READ)
        return OUTCOME_DONE;
    if (!db->tx.check.sql)
        return OUTCOME_UNKNOWN;
    int64_t until_us = timeutil_mono_us() + (int64_t)run_left_ms(db, SETTLE_MS) * 1000;
    for (unsigned attempt = 0;; attempt++) {
        struct err_info ignored = {0};
        int found = ask_once(db, &ignored);
        if (found == 1)
            return OUTCOME_DONE;
        if (found == 0)
            return OUTCOME_AGAIN;
        if (found != ERR_UNAVAILABLE) {
            *err = found;
            if (info)
                *info = ignored;
            return OUTCOME_DONE;
        }
        if (timeutil_mono_us() >= until_us)
            return OUTCOME_UNKNOWN;
        run_pause(attempt);
    }
}

static enum outcome commit(struct db *db, enum db_kind kind, int *err, struct err_info *info)
{
    unsigned code = run_command(db, "COMMIT", true);
    enum retry_class class = retry_classify(code);
    if (class == RETRY_NONE)
        return OUTCOME_DONE;
    if (class == RETRY_LOST || class == RETRY_TOO_SLOW)
        return settle(db, kind, err, info);
    roll_back(db);
    if (class == RETRY_FATAL) {
        *err = run_fail(db, code, info);
        return OUTCOME_DONE;
    }
    return OUTCOME_AGAIN;
}

static enum outcome run_body(struct db *db, enum db_kind kind, db_body *body, void *ctx, int *err,
                             struct err_info *info)
{
    db->tx.lost = 0;
    db->tx.check.sql = NULL;
    db->tx.is_open = true;
    *err = body(db, ctx, info);
    run_stop_stream(db);
    db->tx.is_open = false;
    /* A body that swallowed the loss must not commit what the server does not have any more. */
    if (db->tx.lost)
        *err = db->tx.lost;
    if (*err >= 0)
        return commit(db, kind, err, info);
    roll_back(db);
    return *err == ERR_RETRY ? OUTCOME_AGAIN : OUTCOME_DONE;
}

static enum outcome run_once(struct db *db, enum db_kind kind, db_body *body, void *ctx, int *err,
                             struct err_info *info)
{
    *err = run_connect(db, info);
    if (*err)
        return OUTCOME_DONE;
    unsigned code = begin(db, kind);
    if (code == 0)
        return run_body(db, kind, body, ctx, err, info);
    *err = run_fail(db, code, info);
    /* SET TRANSACTION without its START would reach the next transaction. */
    run_disconnect(db);
    enum retry_class class = retry_classify(code);
    bool is_defect = class == RETRY_FATAL || class == RETRY_TOO_SLOW;
    return is_defect ? OUTCOME_DONE : OUTCOME_AGAIN;
}

int tx_run(struct db *db, enum db_kind kind, db_body *body, void *ctx, struct err_info *info)
{
    if (db->tx.is_open)
        return err_set(info, ERR_INTERNAL, NULL, "a transaction inside a transaction");
    if (db->stream)
        return err_set(info, ERR_INTERNAL, NULL, "a transaction while streamed rows are open");
    if (run_is_late(db))
        return err_set(info, ERR_UNAVAILABLE, NULL, "the time for this request is used up");
    for (unsigned attempt = 0;; attempt++) {
        int err = 0;
        enum outcome outcome = run_once(db, kind, body, ctx, &err, info);
        if (outcome == OUTCOME_DONE)
            return err;
        /* What the failed run left in info is not what the next one has to say. */
        if (info)
            *info = (struct err_info){0};
        if (outcome == OUTCOME_UNKNOWN)
            return err_set(info, ERR_UNAVAILABLE, NULL,
                           "the connection was lost in COMMIT; whether it took effect is unknown");
        if (attempt == RETRY_MAX || run_is_late(db))
            return err_set(info, ERR_UNAVAILABLE, NULL,
                           "the transaction met conflicts %u times: %s", attempt + 1,
                           db->conn.error);
        db->stats.retries++;
        run_pause(attempt);
    }
}
