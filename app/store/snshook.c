#include "store/snshook.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/hash.h"
#include "base/num.h"
#include "store/sqlvalue.h"

#define SECRET_BYTES 20
#define COLUMNS                                                                                    \
    "hook_id, topic_arn, is_verified, confirmed_ms, problem, problem_ms, created_ms,"              \
    " certificate_url, certificate"

static int64_t time_of(const struct db_rows *rows, unsigned column)
{
    return db_is_null(rows, column) ? SNSHOOK_NEVER : db_i64(rows, column);
}

static void from_row(struct arena *arena, const struct db_rows *rows, struct snshook *ret)
{
    *ret = (struct snshook){.id = sqlvalue_uuid(rows, 0),
                            .topic_arn = sqlvalue_text(arena, rows, 1),
                            .is_verified = db_i64(rows, 2) != 0,
                            .confirmed_ms = time_of(rows, 3),
                            .problem = sqlvalue_text(arena, rows, 4),
                            .problem_ms = time_of(rows, 5),
                            .created_ms = db_i64(rows, 6),
                            .certificate_url = sqlvalue_text(arena, rows, 7),
                            .certificate = sqlvalue_text(arena, rows, 8)};
}

static int not_found(struct err_info *info)
{
    return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "SNS hook not found");
}

/* ---- tokens -------------------------------------------------------------------------------- */

static void make_token(uint32_t project_id, char token[SNSHOOK_TOKEN_CHARS], uint8_t hash[32])
{
    uint8_t secret[SECRET_BYTES];
    char hex[2 * SECRET_BYTES + 1];
    uuid_random(secret, sizeof secret);
    hash_hex(secret, sizeof secret, hex);
    (void)snprintf(token, SNSHOOK_TOKEN_CHARS, "%" PRIu32 "-%s", project_id, hex);
    hash_sha256(token, strlen(token), hash);
}

int snshook_by_token(struct db *db, struct arena *arena, struct str token, uint32_t *ret_project,
                     struct snshook *ret, struct err_info *info)
{
    static const char sql[] = "SELECT " COLUMNS " FROM sns_hook WHERE project_id = ?"
                              " AND (token_sha256 = ? OR (old_token_sha256 = ? AND"
                              " old_until_ms > ?))";
    uint8_t hash[32];
    uint64_t project_id = 0;
    int64_t now_ms = 0;
    struct str secret;
    AUTO(db_rows) rows = NULL;
    int found = 0;
    if (num_parse_u64(str_split(token, '-', &secret), UINT32_MAX, &project_id)) {
        hash_sha256(token.at, token.len, hash);
        found = db_now_ms(db, &now_ms, info);
        if (found == 0) {
            found = db_one(db, sql,
                           DB_PARAMS(DB_I64(project_id), DB_BYTES(hash, sizeof hash),
                                     DB_BYTES(hash, sizeof hash), DB_I64(now_ms)),
                           &rows, info);
        }
    }
    if (found <= 0) {
        return found < 0 ? found : not_found(info);
    }
    *ret_project = (uint32_t)project_id;
    from_row(arena, rows, ret);
    return 0;
}

/* ---- making and ending --------------------------------------------------------------------- */

struct making {
    uint32_t project_id;
    struct snshook *hook;
    const uint8_t *hash;
};

static int create_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql_project[] = "SELECT 1 FROM project_state WHERE project_id = ? FOR UPDATE";
    static const char sql_count[] = "SELECT COUNT(*) FROM sns_hook WHERE project_id = ?";
    static const char sql[] = "INSERT INTO sns_hook (project_id, hook_id, token_sha256, write_id,"
                              " created_ms) VALUES (?, ?, ?, ?, ?)";
    static const char sql_check[] =
        "SELECT 1 FROM sns_hook WHERE project_id = ? AND hook_id = ? FOR UPDATE";
    const struct making *making = ctx;
    const struct db_param project = DB_I64(making->project_id);
    const struct db_param id = sqlvalue_of_uuid(&making->hook->id);
    AUTO(db_rows) locked = NULL;
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql_project, DB_PARAMS(project), &locked, info);
    if (found >= 0) {
        found = db_one(db, sql_count, DB_PARAMS(project), &rows, info);
    }
    if (found < 0) {
        return found;
    }
    if (db_i64(rows, 0) >= SNSHOOK_MAX) {
        return err_set(info, ERR_UNPROCESSABLE, "VALIDATION_ERROR",
                       "A project can have at most %d SNS hooks", SNSHOOK_MAX);
    }
    int err = db_now_ms(db, &making->hook->created_ms, info);
    if (err == 0) {
        db_set_write_check(db, sql_check, DB_PARAMS(project, id));
        err = db_exec(db, sql,
                      DB_PARAMS(project, id, DB_BYTES(making->hash, 32), DB_I64(uuid_random63()),
                                DB_I64(making->hook->created_ms)),
                      NULL, info);
    }
    return err;
}

int snshook_create(struct db *db, uint32_t project_id, struct snshook *ret,
                   char token[SNSHOOK_TOKEN_CHARS], struct err_info *info)
{
    uint8_t hash[32];
    struct snshook hook = {
        .id = uuid_new(), .confirmed_ms = SNSHOOK_NEVER, .problem_ms = SNSHOOK_NEVER};
    struct making making = {project_id, &hook, hash};
    make_token(project_id, token, hash);
    int err = db_tx(db, DB_WRITE, create_body, &making, info);
    if (err == 0) {
        *ret = hook;
    }
    return err;
}

struct rotation {
    struct arena *arena;
    uint32_t project_id;
    const struct uuid *id;
    const uint8_t *hash;
    struct snshook *ret;
};

static int rotate_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql_look[] =
        "SELECT " COLUMNS " FROM sns_hook WHERE project_id = ? AND hook_id = ? FOR UPDATE";
    static const char sql[] = "UPDATE sns_hook SET old_token_sha256 = token_sha256,"
                              " old_until_ms = ?, token_sha256 = ?, write_id = ?"
                              " WHERE project_id = ? AND hook_id = ?";
    static const char sql_check[] = "SELECT 1 FROM sns_hook WHERE project_id = ? AND hook_id = ?"
                                    " AND write_id = ? FOR UPDATE";
    const struct rotation *rotation = ctx;
    const struct db_param project = DB_I64(rotation->project_id);
    const struct db_param id = sqlvalue_of_uuid(rotation->id);
    int64_t write_id = uuid_random63();
    int64_t now_ms = 0;
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql_look, DB_PARAMS(project, id), &rows, info);
    if (found <= 0) {
        return found < 0 ? found : not_found(info);
    }
    from_row(rotation->arena, rows, rotation->ret);
    int err = db_now_ms(db, &now_ms, info);
    if (err == 0) {
        db_set_write_check(db, sql_check, DB_PARAMS(project, id, DB_I64(write_id)));
        err = db_exec(db, sql,
                      DB_PARAMS(DB_I64(now_ms + SNSHOOK_OLD_MS), DB_BYTES(rotation->hash, 32),
                                DB_I64(write_id), project, id),
                      NULL, info);
    }
    return err;
}

int snshook_rotate(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *id,
                   struct snshook *ret, char token[SNSHOOK_TOKEN_CHARS], struct err_info *info)
{
    uint8_t hash[32];
    struct rotation rotation = {arena, project_id, id, hash, ret};
    make_token(project_id, token, hash);
    return db_tx(db, DB_WRITE, rotate_body, &rotation, info);
}

int snshook_delete(struct db *db, uint32_t project_id, const struct uuid *id, struct err_info *info)
{
    static const char sql[] = "DELETE FROM sns_hook WHERE project_id = ? AND hook_id = ?";
    uint64_t deleted = 0;
    int err = db_exec(db, sql, DB_PARAMS(DB_I64(project_id), sqlvalue_of_uuid(id)), &deleted, info);
    return err == 0 && deleted == 0 ? not_found(info) : err;
}

int snshook_list(struct db *db, struct arena *arena, uint32_t project_id, struct snshook **ret,
                 size_t *ret_count, struct err_info *info)
{
    static const char sql[] =
        "SELECT " COLUMNS " FROM sns_hook WHERE project_id = ? ORDER BY created_ms, hook_id";
    AUTO(db_rows) rows = NULL;
    size_t room = 0;
    int more = db_query(db, sql, DB_PARAMS(DB_I64(project_id)), false, &rows, info);
    if (more < 0) {
        return more;
    }
    *ret = NULL;
    *ret_count = 0;
    while ((more = db_next(rows, info)) > 0) {
        *ret = arena_grow(arena, *ret, *ret_count, &room, sizeof **ret);
        from_row(arena, rows, &(*ret)[(*ret_count)++]);
    }
    return more;
}

int snshook_get(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *id,
                struct snshook *ret, struct err_info *info)
{
    static const char sql[] =
        "SELECT " COLUMNS " FROM sns_hook WHERE project_id = ? AND hook_id = ?";
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(DB_I64(project_id), sqlvalue_of_uuid(id)), &rows, info);
    if (found <= 0) {
        return found < 0 ? found : not_found(info);
    }
    from_row(arena, rows, ret);
    return 0;
}

/* ---- what its messages tell ---------------------------------------------------------------- */

int snshook_pin(struct db *db, uint32_t project_id, const struct snshook *hook,
                struct str topic_arn, struct err_info *info)
{
    static const char sql[] = "UPDATE sns_hook SET topic_arn = ?, is_verified = 0"
                              " WHERE project_id = ? AND hook_id = ?"
                              " AND (topic_arn IS NULL OR topic_arn = ?)";
    uint64_t matched = hook->topic_arn.at != NULL && str_eq(hook->topic_arn, topic_arn);
    int err = 0;
    if (hook->topic_arn.at == NULL) {
        err = db_exec(db, sql,
                      DB_PARAMS(DB_STR(topic_arn), DB_I64(project_id), sqlvalue_of_uuid(&hook->id),
                                DB_STR(topic_arn)),
                      &matched, info);
    }
    if (err == 0 && matched == 0) {
        return err_set(info, ERR_FORBIDDEN, "FORBIDDEN",
                       "This address belongs to another topic: make one for each topic");
    }
    return err;
}

int snshook_verified(struct db *db, uint32_t project_id, const struct uuid *id,
                     struct str certificate_url, struct str certificate, struct err_info *info)
{
    static const char sql[] = "UPDATE sns_hook SET is_verified = 1, certificate_url = ?,"
                              " certificate = ?, problem = NULL, problem_ms = NULL"
                              " WHERE project_id = ? AND hook_id = ?";
    return db_exec(db, sql,
                   DB_PARAMS(DB_STR(certificate_url), DB_BYTES(certificate.at, certificate.len),
                             DB_I64(project_id), sqlvalue_of_uuid(id)),
                   NULL, info);
}

int snshook_confirmed(struct db *db, uint32_t project_id, const struct uuid *id, bool is_confirmed,
                      struct err_info *info)
{
    static const char sql[] =
        "UPDATE sns_hook SET confirmed_ms = ? WHERE project_id = ? AND hook_id = ?";
    int64_t now_ms = 0;
    int err = db_now_ms(db, &now_ms, info);
    return err < 0 ? err
                   : db_exec(db, sql,
                             DB_PARAMS(is_confirmed ? DB_I64(now_ms) : DB_NULL, DB_I64(project_id),
                                       sqlvalue_of_uuid(id)),
                             NULL, info);
}

int snshook_refused(struct db *db, uint32_t project_id, const struct uuid *id, const char *problem,
                    struct err_info *info)
{
    static const char sql[] = "UPDATE sns_hook SET problem = ?, problem_ms = ?,"
                              " topic_arn = CASE WHEN is_verified = 1 THEN topic_arn END"
                              " WHERE project_id = ? AND hook_id = ?";
    int64_t now_ms = 0;
    int err = db_now_ms(db, &now_ms, info);
    return err < 0 ? err
                   : db_exec(db, sql,
                             DB_PARAMS(DB_STR(str_from(problem)), DB_I64(now_ms),
                                       DB_I64(project_id), sqlvalue_of_uuid(id)),
                             NULL, info);
}
