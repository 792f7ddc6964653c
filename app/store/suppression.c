#include "store/suppression.h"

#include "base/limits.h"
#include "store/sqlvalue.h"

#define COLUMNS "uuid, name, kind, pattern, enabled, created_ms, updated_ms"

/* ---- matching ------------------------------------------------------------------------------ */

/* Each * goes back once more when what follows it does not fit: never worse than len × len. */
static bool wildcard_matches(struct str pattern, struct str text)
{
    size_t p = 0;
    size_t t = 0;
    size_t star = SIZE_MAX; /* place of the last * */
    size_t taken = 0;       /* where what it stands for ends */
    while (t < text.len) {
        if (p < pattern.len && pattern.at[p] == '*') {
            star = p++;
            taken = t;
        } else if (p < pattern.len && pattern.at[p] == text.at[t]) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++taken;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.at[p] == '*') {
        p++;
    }
    return p == pattern.len;
}

bool suppression_matches(const struct suppression *rule, struct str address)
{
    struct str domain;
    switch (rule->kind) {
    case SUPPRESSION_ADDRESS:
        return str_eq(address, rule->pattern);
    case SUPPRESSION_DOMAIN:
        (void)str_split(address, '@', &domain);
        return domain.at != NULL && str_eq(domain, rule->pattern);
    case SUPPRESSION_PREFIX:
        return str_starts(address, rule->pattern);
    case SUPPRESSION_SUFFIX:
        return str_ends(address, rule->pattern);
    case SUPPRESSION_WILDCARD:
        return wildcard_matches(rule->pattern, address);
    }
    return false;
}

/* ---- reading ------------------------------------------------------------------------------- */

static void from_row(struct arena *arena, const struct db_rows *rows, struct suppression *ret)
{
    *ret = (struct suppression){.uuid = sqlvalue_uuid(rows, 0),
                                .name = sqlvalue_text(arena, rows, 1),
                                .kind = (enum suppression_kind)db_i64(rows, 2),
                                .pattern = sqlvalue_text(arena, rows, 3),
                                .enabled = db_i64(rows, 4) != 0,
                                .created_ms = db_i64(rows, 5),
                                .updated_ms = db_i64(rows, 6)};
}

static int not_found(struct err_info *info)
{
    return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Suppression rule not found");
}

int suppression_list(struct db *db, struct arena *arena, uint32_t project_id,
                     struct suppression **ret, size_t *ret_count, struct err_info *info)
{
    static const char sql[] = "SELECT " COLUMNS " FROM suppression WHERE project_id = ?"
                              " ORDER BY created_ms DESC, uuid";
    AUTO(db_rows) rows = NULL;
    struct suppression *list = NULL;
    size_t count = 0;
    size_t room = 0;
    int err = db_query(db, sql, DB_PARAMS(DB_I64(project_id)), false, &rows, info);
    while (err >= 0 && (err = db_next(rows, info)) > 0) {
        list = arena_grow(arena, list, count, &room, sizeof *list);
        from_row(arena, rows, &list[count++]);
    }
    *ret = list;
    *ret_count = count;
    return err;
}

int suppression_get(struct db *db, struct arena *arena, uint32_t project_id,
                    const struct uuid *uuid, struct suppression *ret, struct err_info *info)
{
    static const char sql[] =
        "SELECT " COLUMNS " FROM suppression WHERE project_id = ? AND uuid = ?";
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(DB_I64(project_id), sqlvalue_of_uuid(uuid)), &rows, info);
    if (found > 0) {
        from_row(arena, rows, ret);
    }
    return found < 0 ? found : found == 0 ? not_found(info) : 0;
}

/* ---- writing ------------------------------------------------------------------------------- */

struct create {
    uint32_t project_id;
    struct suppression *rule;
};

/* The project's row is the lock: two at once do not pass the limit together. */
static int check_room(struct db *db, uint32_t project_id, struct err_info *info)
{
    static const char lock_sql[] = "SELECT project_id FROM project WHERE project_id = ? FOR UPDATE";
    static const char count_sql[] = "SELECT COUNT(*) FROM suppression WHERE project_id = ?";
    AUTO(db_rows) locked = NULL;
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, lock_sql, DB_PARAMS(DB_I64(project_id)), &locked, info);
    if (found >= 0) {
        found = db_one(db, count_sql, DB_PARAMS(DB_I64(project_id)), &rows, info);
    }
    if (found < 0) {
        return found;
    }
    return db_i64(rows, 0) < LIMIT_SUPPRESSIONS
               ? 0
               : err_set(info, ERR_UNPROCESSABLE, "VALIDATION_ERROR",
                         "A project has at most %d suppression rules: delete one first",
                         LIMIT_SUPPRESSIONS);
}

static int create_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql[] =
        "INSERT INTO suppression (project_id, uuid, name, kind, pattern, enabled, created_ms,"
        " updated_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    static const char check_sql[] =
        "SELECT 1 FROM suppression WHERE project_id = ? AND uuid = ? FOR UPDATE";
    const struct create *create = ctx;
    struct suppression *rule = create->rule;
    int err = check_room(db, create->project_id, info);
    if (err == 0) {
        err = db_now_ms(db, &rule->created_ms, info);
    }
    if (err < 0) {
        return err;
    }
    rule->updated_ms = rule->created_ms;
    db_set_write_check(db, check_sql,
                       DB_PARAMS(DB_I64(create->project_id), sqlvalue_of_uuid(&rule->uuid)));
    return db_exec(db, sql,
                   DB_PARAMS(DB_I64(create->project_id), sqlvalue_of_uuid(&rule->uuid),
                             DB_STR(rule->name), DB_I64(rule->kind), DB_STR(rule->pattern),
                             DB_I64(rule->enabled), DB_I64(rule->created_ms),
                             DB_I64(rule->updated_ms)),
                   NULL, info);
}

int suppression_create(struct db *db, uint32_t project_id, struct suppression *rule,
                       struct err_info *info)
{
    struct create create = {project_id, rule};
    rule->uuid = uuid_new();
    return db_tx(db, DB_WRITE, create_body, &create, info);
}

/* One statement each: whose answer is lost is told so, and asking again does no harm. */
int suppression_update(struct db *db, uint32_t project_id, struct suppression *rule,
                       struct err_info *info)
{
    static const char sql[] =
        "UPDATE suppression SET name = ?, kind = ?, pattern = ?, enabled = ?, updated_ms = ?"
        " WHERE project_id = ? AND uuid = ?";
    uint64_t matched = 0;
    int err = db_now_ms(db, &rule->updated_ms, info);
    if (err == 0) {
        err = db_exec(db, sql,
                      DB_PARAMS(DB_STR(rule->name), DB_I64(rule->kind), DB_STR(rule->pattern),
                                DB_I64(rule->enabled), DB_I64(rule->updated_ms), DB_I64(project_id),
                                sqlvalue_of_uuid(&rule->uuid)),
                      &matched, info);
    }
    return err == 0 && matched == 0 ? not_found(info) : err;
}

int suppression_delete(struct db *db, uint32_t project_id, const struct uuid *uuid,
                       struct err_info *info)
{
    static const char sql[] = "DELETE FROM suppression WHERE project_id = ? AND uuid = ?";
    uint64_t matched = 0;
    int err =
        db_exec(db, sql, DB_PARAMS(DB_I64(project_id), sqlvalue_of_uuid(uuid)), &matched, info);
    return err == 0 && matched == 0 ? not_found(info) : err;
}
