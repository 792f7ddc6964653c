#include "store/delivery.h"

#include "store/outboxbody.h"
#include "store/sqllist.h"
#include "store/sqlvalue.h"

/* ---- who has work -------------------------------------------------------------------------- */

int delivery_queues(struct db *db, struct arena *arena, size_t max, struct delivery_queue **ret,
                    size_t *ret_count, struct err_info *info)
{
    /* all projects: the sender serves whoever is due. The inner query is one seek per queue. */
    static const char sql[] =
        "SELECT q.project_id, q.webhook_id, q.due_ms"
        " FROM (SELECT project_id, webhook_id, MIN(due_ms) AS due_ms FROM delivery_due"
        " GROUP BY project_id, webhook_id) q"
        " JOIN webhook w ON w.project_id = q.project_id AND w.webhook_id = q.webhook_id"
        " WHERE q.due_ms <= ? AND w.enabled = 1 AND w.deleted_ms IS NULL AND w.slow_until_ms <= ?"
        " ORDER BY q.due_ms LIMIT ?";
    AUTO(db_rows) rows = NULL;
    struct delivery_queue *queues = NULL;
    size_t count = 0;
    size_t room = 0;
    int64_t now_ms;
    int err = db_now_ms(db, &now_ms, info);
    if (err == 0) {
        err = db_query(db, sql, DB_PARAMS(DB_I64(now_ms), DB_I64(now_ms), DB_U64(max)), false,
                       &rows, info);
    }
    while (err >= 0 && (err = db_next(rows, info)) > 0) {
        queues = arena_grow(arena, queues, count, &room, sizeof(*queues));
        queues[count++] = (struct delivery_queue){(uint32_t)db_i64(rows, 0),
                                                  (uint32_t)db_i64(rows, 1), db_i64(rows, 2)};
    }
    *ret = queues;
    *ret_count = count;
    return err;
}

/* ---- claiming ------------------------------------------------------------------------------ */

/* A claim under way. */
struct delivery_claiming {
    struct arena *arena;
    uint32_t project_id;
    uint32_t webhook_id;
    size_t max;
    int64_t lease_ms;
    int64_t now_ms;
    int64_t token;
    struct delivery_claim *claims;
    int64_t *due_ms; /* of each row as it was found */
    size_t count;
};

static int delivery_is_open(struct db *db, const struct delivery_claiming *claiming,
                            struct err_info *info)
{
    static const char sql[] = "SELECT webhook_id FROM webhook WHERE project_id = ?"
                              " AND webhook_id = ? AND enabled = 1 AND deleted_ms IS NULL";
    AUTO(db_rows) rows = NULL;
    return db_one(db, sql, DB_PARAMS(DB_I64(claiming->project_id), DB_I64(claiming->webhook_id)),
                  &rows, info);
}

/* Rows that another claim holds locked are passed by; where a server does not lock, the update
 * decides. */
static int delivery_find_due(struct db *db, struct delivery_claiming *claiming,
                             struct err_info *info)
{
    static const char sql[] = "SELECT due_ms, delivery_id, attempts, step FROM delivery_due"
                              " WHERE project_id = ? AND webhook_id = ? AND due_ms <= ?"
                              " ORDER BY due_ms, delivery_id LIMIT ? FOR UPDATE SKIP LOCKED";
    AUTO(db_rows) rows = NULL;
    int err = db_query(db, sql,
                       DB_PARAMS(DB_I64(claiming->project_id), DB_I64(claiming->webhook_id),
                                 DB_I64(claiming->now_ms), DB_U64(claiming->max)),
                       false, &rows, info);
    while (err >= 0 && (err = db_next(rows, info)) > 0) {
        claiming->due_ms[claiming->count] = db_i64(rows, 0);
        claiming->claims[claiming->count++] =
            (struct delivery_claim){.project_id = claiming->project_id,
                                    .webhook_id = claiming->webhook_id,
                                    .delivery_id = sqlvalue_uuid(rows, 1),
                                    .attempt = (unsigned)db_i64(rows, 2) + 1,
                                    .step = (unsigned)db_i64(rows, 3) + 1,
                                    .lease_until_ms = claiming->now_ms + claiming->lease_ms,
                                    .token = claiming->token};
    }
    return err;
}

/* Takes the rows that nobody else took meanwhile. */
static int delivery_take(struct db *db, struct delivery_claiming *claiming, struct err_info *info)
{
    static const char sql[] =
        "UPDATE delivery_due SET due_ms = ?, lease_token = ?, attempts = attempts + 1,"
        " step = step + 1 WHERE project_id = ? AND webhook_id = ? AND due_ms = ?"
        " AND delivery_id = ?";
    size_t kept = 0;
    for (size_t i = 0; i < claiming->count; i++) {
        const struct delivery_claim *claim = &claiming->claims[i];
        uint64_t taken = 0;
        int err =
            db_exec(db, sql,
                    DB_PARAMS(DB_I64(claim->lease_until_ms), DB_I64(claim->token),
                              DB_I64(claim->project_id), DB_I64(claim->webhook_id),
                              DB_I64(claiming->due_ms[i]), sqlvalue_of_uuid(&claim->delivery_id)),
                    &taken, info);
        if (err < 0) {
            return err;
        }
        if (taken == 1) {
            claiming->claims[kept++] = *claim;
        }
    }
    claiming->count = kept;
    return 0;
}

static int delivery_text_row(const struct db_rows *rows, void *ctx)
{
    struct delivery_claiming *claiming = ctx;
    struct uuid id = sqlvalue_uuid(rows, 0);
    for (size_t i = 0; i < claiming->count; i++) {
        struct delivery_claim *claim = &claiming->claims[i];
        if (claim->body.at == NULL && uuid_eq(&claim->delivery_id, &id)) {
            claim->type = sqlvalue_text(claiming->arena, rows, 1);
            claim->body = sqlvalue_text(claiming->arena, rows, 2);
            claim->created_ms = db_i64(rows, 3);
            uuid_format(&id, claim->message_id);
            return 0;
        }
    }
    return 0; /* the list repeats its last item */
}

static int delivery_read_texts(struct db *db, struct delivery_claiming *claiming,
                               struct err_info *info)
{
    SQLLIST(sql,
            "SELECT delivery_id, type, body, created_ms FROM delivery"
            " WHERE project_id = ? AND delivery_id IN (",
            "?", ")");
    struct db_param *ids = arena_array(claiming->arena, claiming->count, sizeof(*ids));
    for (size_t i = 0; i < claiming->count; i++) {
        ids[i] = sqlvalue_of_uuid(&claiming->claims[i].delivery_id);
    }
    struct sqllist list = {sql, &DB_I64(claiming->project_id), 1, ids, claiming->count, 1};
    int err = sqllist_query(db, &list, delivery_text_row, claiming, info);
    size_t kept = 0;
    for (size_t i = 0; i < claiming->count; i++) {
        if (claiming->claims[i].body.at != NULL) {
            claiming->claims[kept++] = claiming->claims[i];
        }
    }
    claiming->count = kept;
    return err;
}

static void delivery_check_claim(struct db *db, const struct delivery_claim *claim)
{
    static const char sql[] =
        "SELECT delivery_id FROM delivery_due WHERE project_id = ? AND webhook_id = ?"
        " AND due_ms = ? AND delivery_id = ? AND lease_token = ? FOR UPDATE";
    db_set_write_check(db, sql,
                       DB_PARAMS(DB_I64(claim->project_id), DB_I64(claim->webhook_id),
                                 DB_I64(claim->lease_until_ms),
                                 sqlvalue_of_uuid(&claim->delivery_id), DB_I64(claim->token)));
}

static int delivery_claim_body(struct db *db, void *ctx, struct err_info *info)
{
    struct delivery_claiming *claiming = ctx;
    claiming->count = 0;
    claiming->token = uuid_random63();
    int open = delivery_is_open(db, claiming, info);
    if (open <= 0) {
        return open;
    }
    int err = db_now_ms(db, &claiming->now_ms, info);
    if (err == 0) {
        err = delivery_find_due(db, claiming, info);
    }
    if (err == 0) {
        err = delivery_take(db, claiming, info);
    }
    if (err < 0 || claiming->count == 0) {
        return err;
    }
    delivery_check_claim(db, &claiming->claims[0]);
    return delivery_read_texts(db, claiming, info);
}

int delivery_claim(struct db *db, struct arena *arena, uint32_t project_id, uint32_t webhook_id,
                   size_t max, int64_t lease_ms, struct delivery_claim *ret, size_t *ret_count,
                   struct err_info *info)
{
    struct delivery_claiming claiming = {.arena = arena,
                                         .project_id = project_id,
                                         .webhook_id = webhook_id,
                                         .max = max < DELIVERY_BATCH ? max : DELIVERY_BATCH,
                                         .lease_ms = lease_ms,
                                         .claims = ret,
                                         .due_ms = arena_array(arena, max, sizeof(int64_t))};
    int err = db_tx(db, DB_WRITE, delivery_claim_body, &claiming, info);
    *ret_count = err == 0 ? claiming.count : 0;
    return err;
}

/* ---- keeping and giving back ---------------------------------------------------------------- */

/* Claims whose rows move to another due_ms. */
struct delivery_move {
    struct delivery_claim *claims;
    const struct delivery_claim *given_back;
    size_t count;
    int64_t lease_ms;
    int64_t to_ms;
    bool lost[DELIVERY_BATCH];
};

static int delivery_renew_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql[] =
        "UPDATE delivery_due SET due_ms = ? WHERE project_id = ? AND webhook_id = ?"
        " AND due_ms = ? AND delivery_id = ? AND lease_token = ?";
    struct delivery_move *move = ctx;
    bool has_check = false;
    int err = db_now_ms(db, &move->to_ms, info);
    move->to_ms += move->lease_ms;
    for (size_t i = 0; err == 0 && i < move->count; i++) {
        const struct delivery_claim *claim = &move->claims[i];
        uint64_t moved = 0;
        err = db_exec(db, sql,
                      DB_PARAMS(DB_I64(move->to_ms), DB_I64(claim->project_id),
                                DB_I64(claim->webhook_id), DB_I64(claim->lease_until_ms),
                                sqlvalue_of_uuid(&claim->delivery_id), DB_I64(claim->token)),
                      &moved, info);
        move->lost[i] = moved == 0;
        if (moved == 1 && !has_check) {
            struct delivery_claim moved_claim = *claim;
            moved_claim.lease_until_ms = move->to_ms;
            delivery_check_claim(db, &moved_claim);
            has_check = true;
        }
    }
    return err;
}

int delivery_renew(struct db *db, struct delivery_claim *claims, size_t count, int64_t lease_ms,
                   struct err_info *info)
{
    struct delivery_move move = {.claims = claims, .count = count, .lease_ms = lease_ms};
    if (count > DELIVERY_BATCH) {
        return err_set(info, ERR_INVAL, NULL, "at most %d claims at once", DELIVERY_BATCH);
    }
    int err = db_tx(db, DB_WRITE, delivery_renew_body, &move, info);
    for (size_t i = 0; err == 0 && i < count; i++) {
        claims[i].is_lost = move.lost[i];
        if (!move.lost[i]) {
            claims[i].lease_until_ms = move.to_ms;
        }
    }
    return err;
}

/* A release whose COMMIT is not answered may be lost: then the lease ends by itself. */
static int delivery_release_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char due_sql[] =
        "UPDATE delivery_due SET due_ms = ?, lease_token = 0, attempts = attempts - 1,"
        " step = step - 1 WHERE project_id = ? AND webhook_id = ? AND due_ms = ?"
        " AND delivery_id = ? AND lease_token = ?";
    static const char sql[] =
        "UPDATE delivery SET due_ms = ? WHERE project_id = ? AND delivery_id = ?";
    struct delivery_move *move = ctx;
    int err = db_now_ms(db, &move->to_ms, info);
    for (size_t i = 0; err == 0 && i < move->count; i++) {
        const struct delivery_claim *claim = &move->given_back[i];
        uint64_t moved = 0;
        err = db_exec(db, due_sql,
                      DB_PARAMS(DB_I64(move->to_ms), DB_I64(claim->project_id),
                                DB_I64(claim->webhook_id), DB_I64(claim->lease_until_ms),
                                sqlvalue_of_uuid(&claim->delivery_id), DB_I64(claim->token)),
                      &moved, info);
        if (err == 0 && moved == 1) {
            err = db_exec(db, sql,
                          DB_PARAMS(DB_I64(move->to_ms), DB_I64(claim->project_id),
                                    sqlvalue_of_uuid(&claim->delivery_id)),
                          NULL, info);
        }
    }
    return err;
}

int delivery_release(struct db *db, const struct delivery_claim *claims, size_t count,
                     struct err_info *info)
{
    struct delivery_move move = {.given_back = claims, .count = count};
    if (count > DELIVERY_BATCH) {
        return err_set(info, ERR_INVAL, NULL, "at most %d claims at once", DELIVERY_BATCH);
    }
    return db_tx(db, DB_WRITE, delivery_release_body, &move, info);
}

/* ---- erasing ------------------------------------------------------------------------------- */

static int delivery_erase_one(struct db *db, struct arena *arena, uint32_t project_id,
                              const struct uuid *id, struct str body, struct err_info *info)
{
    static const char sql[] = "UPDATE delivery SET body = ?, ordinal = NULL, erased = 1"
                              " WHERE project_id = ? AND delivery_id = ?";
    static const char reply_sql[] =
        "UPDATE delivery_attempt SET reply = NULL WHERE project_id = ? AND delivery_id = ?";
    struct db_param project = DB_I64(project_id);
    struct str erased;
    int err = outboxbody_erase(arena, body, &erased, info);
    if (err == 0) {
        err =
            db_exec(db, sql, DB_PARAMS(DB_STR(erased), project, sqlvalue_of_uuid(id)), NULL, info);
    }
    return err < 0 ? err
                   : db_exec(db, reply_sql, DB_PARAMS(project, sqlvalue_of_uuid(id)), NULL, info);
}

int delivery_erase_contact(struct db *db, struct arena *arena, uint32_t project_id,
                           uint32_t ordinal, bool *ret_done, struct err_info *info)
{
    static const char sql[] = "SELECT delivery_id, body FROM delivery FORCE INDEX (contact)"
                              " WHERE project_id = ? AND ordinal = ?"
                              " ORDER BY delivery_id LIMIT ? FOR UPDATE";
    AUTO(db_rows) rows = NULL;
    size_t count = 0;
    int err = db_query(db, sql,
                       DB_PARAMS(DB_I64(project_id), DB_I64(ordinal), DB_I64(DELIVERY_ERASE_BATCH)),
                       false, &rows, info);
    while (err >= 0 && (err = db_next(rows, info)) > 0) {
        struct uuid id = sqlvalue_uuid(rows, 0);
        err = delivery_erase_one(db, arena, project_id, &id, db_bytes(rows, 1), info);
        count++;
    }
    *ret_done = count < DELIVERY_ERASE_BATCH;
    return err;
}
