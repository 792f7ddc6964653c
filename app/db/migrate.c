#include "db/migrate.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "base/timeutil.h"
#include "db/handle.h"
#include "db/retry.h"
#include "db/run.h"
#include "db/sqlsplit.h"

#define FILE_MAX_BYTES (1024 * 1024)
#define FILES_MAX 1000

/* The row with the empty name is the lock. state: 0 the lock, 1 started, 2 done. */
static const char SQL_HAS_TABLE[] =
    "SELECT 1 FROM information_schema.tables "
    "WHERE table_schema = DATABASE() AND table_name = 'schema_migration'";
static const char SQL_CREATE[] =
    "CREATE TABLE IF NOT EXISTS schema_migration ("
    "name VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, sha256 BINARY(32) NOT NULL, "
    "state TINYINT NOT NULL, statement INT UNSIGNED NOT NULL, changed_ms BIGINT NOT NULL, "
    "PRIMARY KEY (name)) ENGINE=InnoDB";
static const char SQL_INSERT_LOCK[] =
    "INSERT IGNORE INTO schema_migration (name, sha256, state, statement, changed_ms) "
    "VALUES ('', REPEAT('\\0', 32), 0, 0, 0)";
static const char SQL_LOCK[] = "SELECT state FROM schema_migration WHERE name = '' FOR UPDATE";
static const char SQL_LIST[] =
    "SELECT name, sha256, state, statement FROM schema_migration WHERE state <> 0 ORDER BY name";
static const char SQL_START[] =
    "INSERT INTO schema_migration (name, sha256, state, statement, changed_ms) "
    "VALUES (?, ?, 1, 1, ?)";
static const char SQL_STEP[] =
    "UPDATE schema_migration SET statement = ?, changed_ms = ? WHERE name = ?";
static const char SQL_DONE[] = "UPDATE schema_migration SET state = 2, changed_ms = ? "
                               "WHERE name = ?";
static const char SQL_FORGET[] = "DELETE FROM schema_migration WHERE name = ?";

/* Six of these, as db_tx retries, are ten minutes of waiting for somebody else's migration. */
static const char SQL_PATIENCE[] =
    "SET SESSION innodb_lock_wait_timeout=100, lock_wait_timeout=100";

struct file {
    char name[64];
    struct str text;
    uint8_t sha256[32];
};

struct plan {
    struct db *db; /* runs the files; the lock is on another handle */
    struct arena *arena;
    struct file *files; /* by name */
    size_t count;
    void (*report)(const char *name);
};

static bool is_migration(const char *name)
{
    size_t len = strlen(name);
    return len < sizeof(((struct file *)NULL)->name) && strspn(name, "0123456789") == 4 &&
           name[4] == '-' && str_ends(str_from(name), STR(".sql"));
}

static int read_file(struct arena *arena, const char *dir, struct file *file, struct err_info *info)
{
    const char *path = arena_printf(arena, "%s/%s", dir, file->name);
    FILE *stream = fopen(path, "re");
    if (!stream)
        return err_set(info, ERR_INTERNAL, NULL, "%s: %s", path, strerror(errno));
    struct stat about;
    bool is_fit = fstat(fileno(stream), &about) == 0 && about.st_size <= FILE_MAX_BYTES;
    size_t len = is_fit ? (size_t)about.st_size : 0;
    char *text = arena_alloc(arena, len);
    is_fit = is_fit && fread(text, 1, len, stream) == len;
    fclose(stream);
    if (!is_fit)
        return err_set(info, ERR_INTERNAL, NULL, "%s: unreadable, or over %d bytes", path,
                       FILE_MAX_BYTES);
    file->text = (struct str){text, len};
    hash_sha256(text, len, file->sha256);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

static int list_files(struct plan *plan, const char *dir, struct err_info *info)
{
    DIR *handle = opendir(dir);
    if (!handle)
        return err_set(info, ERR_INTERNAL, NULL, "%s: %s", dir, strerror(errno));
    plan->files = arena_array(plan->arena, FILES_MAX, sizeof(*plan->files));
    const struct dirent *entry;
    while ((entry = readdir(handle)) && plan->count < FILES_MAX) {
        if (is_migration(entry->d_name))
            memcpy(plan->files[plan->count++].name, entry->d_name, strlen(entry->d_name) + 1);
    }
    closedir(handle);
    qsort(plan->files, plan->count, sizeof(*plan->files), by_name);
    return 0;
}

static int load_files(struct plan *plan, const char *dir, struct err_info *info)
{
    int err = list_files(plan, dir, info);
    for (size_t i = 0; !err && i < plan->count; i++) {
        if (i > 0 && strncmp(plan->files[i].name, plan->files[i - 1].name, 4) == 0)
            return err_set(info, ERR_INTERNAL, NULL, "%s and %s have one number",
                           plan->files[i - 1].name, plan->files[i].name);
        err = read_file(plan->arena, dir, &plan->files[i], info);
    }
    return err;
}

/* Holds one recorded row against the file that should stand at its place. */
static int compare(const struct plan *plan, size_t index, const struct db_rows *row,
                   struct err_info *info)
{
    struct str name = db_bytes(row, 0);
    if (db_i64(row, 2) != 2)
        return err_set(info, ERR_CONFLICT, NULL,
                       "migration " STR_FMT " stopped in its statement %d. Bring the schema to the "
                       "end or to the start of that file by hand, then set state = 2 in its row "
                       "of schema_migration, or delete the row",
                       STR_ARG(name), (int)db_i64(row, 3));
    const struct file *file = index < plan->count ? &plan->files[index] : NULL;
    int order = file ? str_cmp(str_from(file->name), name) : 1;
    if (order < 0)
        return err_set(info, ERR_CONFLICT, NULL,
                       "migration %s comes before " STR_FMT ", which is already applied",
                       file->name, STR_ARG(name));
    if (order > 0)
        return err_set(info, ERR_CONFLICT, NULL,
                       "migration " STR_FMT " is applied, but this version does not have it",
                       STR_ARG(name));
    if (!str_eq(db_bytes(row, 1), (struct str){(const char *)file->sha256, sizeof(file->sha256)}))
        return err_set(info, ERR_CONFLICT, NULL,
                       "migration " STR_FMT " was changed after it was applied", STR_ARG(name));
    return 0;
}

/* Checks what is recorded; ret_applied gets the number of files that are done. */
static int check_recorded(const struct plan *plan, size_t *ret_applied, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    size_t applied = 0;
    int more = db_query(plan->db, SQL_LIST, DB_NO_PARAMS, false, &rows, info);
    while (more >= 0 && (more = db_next(rows, info)) == 1) {
        int err = compare(plan, applied++, rows, info);
        if (err)
            return err;
    }
    *ret_applied = applied;
    return more;
}

static int fail_statement(struct db *db, const struct file *file, unsigned number,
                          struct str statement, unsigned code, struct err_info *info)
{
    char text[512];
    snprintf(text, sizeof(text), "%s", db->conn.error);
    enum retry_class class = retry_classify(code);
    /* A refused first statement left nothing behind: the file may be run again once corrected. */
    bool is_clean =
        number == 1 && class == RETRY_FATAL &&
        db_exec(db, SQL_FORGET, DB_PARAMS(DB_STR(str_from(file->name))), NULL, NULL) == 0;
    struct str first_line = str_split(statement, '\n', &statement);
    return err_set(info, class == RETRY_FATAL ? ERR_INTERNAL : ERR_UNAVAILABLE, NULL,
                   "migration %s, statement %u (%.*s): %s (%u); %s", file->name, number,
                   first_line.len < 60 ? (int)first_line.len : 60, first_line.at, text, code,
                   is_clean ? "nothing of the file was applied"
                            : "what stands before it is applied");
}

static int run_statements(struct db *db, const struct file *file, struct err_info *info)
{
    struct str rest = file->text;
    struct str statement;
    struct db_param name = DB_STR(str_from(file->name));
    for (unsigned number = 1; sqlsplit_next(&rest, &statement); number++) {
        int err = 0;
        if (number > 1)
            err = db_exec(db, SQL_STEP, DB_PARAMS(DB_I64(number), DB_I64(timeutil_wall_ms()), name),
                          NULL, info);
        if (err)
            return err;
        unsigned code = conn_set_budget(&db->conn, 0);
        if (!code)
            code = conn_command_str(&db->conn, statement);
        if (code)
            return fail_statement(db, file, number, statement, code, info);
    }
    return 0;
}

static int apply_file(const struct plan *plan, const struct file *file, struct err_info *info)
{
    struct db *db = plan->db;
    struct db_param name = DB_STR(str_from(file->name));
    int err = db_exec(
        db, SQL_START,
        DB_PARAMS(name, DB_BYTES(file->sha256, sizeof(file->sha256)), DB_I64(timeutil_wall_ms())),
        NULL, info);
    if (!err)
        err = run_statements(db, file, info);
    if (!err)
        err = db_exec(db, SQL_DONE, DB_PARAMS(DB_I64(timeutil_wall_ms()), name), NULL, info);
    if (!err && plan->report)
        plan->report(file->name);
    return err;
}

/* Runs while `lock` holds the lock row; everything else happens on plan->db. */
static int apply_missing(struct db *lock, void *ctx, struct err_info *info)
{
    const struct plan *plan = ctx;
    AUTO(db_rows) held = NULL;
    int found = db_one(lock, SQL_LOCK, DB_NO_PARAMS, &held, info);
    if (found < 0)
        return found;
    /* This transaction writes nothing: a COMMIT that is lost has lost nothing. */
    db_set_write_check(lock, SQL_LOCK, DB_NO_PARAMS);
    size_t applied = 0;
    int err = check_recorded(plan, &applied, info);
    if (!err)
        err = run_connect(plan->db, info);
    if (!err && run_command(plan->db, SQL_PATIENCE, false))
        err = err_set(info, ERR_UNAVAILABLE, NULL, "database: %s", plan->db->conn.error);
    for (size_t i = applied; !err && i < plan->count; i++)
        err = apply_file(plan, &plan->files[i], info);
    run_disconnect(plan->db);
    return err;
}

/* Returns 1 when the table is there, 0 when not, or an err. */
static int has_table(struct db *db, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    return db_one(db, SQL_HAS_TABLE, DB_NO_PARAMS, &rows, info);
}

static int make_table(struct db *lock, struct err_info *info)
{
    int err = run_connect(lock, info);
    if (!err && run_command(lock, SQL_PATIENCE, false))
        err = err_set(info, ERR_UNAVAILABLE, NULL, "database: %s", lock->conn.error);
    if (err)
        return err;
    /* Asked first, because CREATE and INSERT would wait for whoever holds the lock now. */
    int there = has_table(lock, info);
    if (there < 0)
        return there;
    if (!there)
        err = db_exec(lock, SQL_CREATE, DB_NO_PARAMS, NULL, info);
    return err ? err : db_exec(lock, SQL_INSERT_LOCK, DB_NO_PARAMS, NULL, info);
}

int migrate_run(struct db *db, const char *dir, void (*report)(const char *name),
                struct err_info *info)
{
    AUTO(arena) arena = arena_new();
    struct plan plan = {.db = db, .arena = arena, .report = report};
    int err = load_files(&plan, dir, info);
    if (err)
        return err;
    struct db_config patient = db->config;
    patient.statement_timeout_ms = 0;
    patient.io_timeout_s = 120;
    AUTO(db) lock = db_new(&patient);
    err = make_table(lock, info);
    return err ? err : db_tx(lock, DB_WRITE, apply_missing, &plan, info);
}

int migrate_status(struct db *db, const char *dir, struct migrate_state *ret, struct err_info *info)
{
    AUTO(arena) arena = arena_new();
    struct plan plan = {.db = db, .arena = arena};
    int err = list_files(&plan, dir, info);
    if (err)
        return err;
    struct migrate_state state = {.available = (unsigned)plan.count};
    int there = has_table(db, info);
    if (there < 0)
        return there;
    AUTO(db_rows) rows = NULL;
    int more = 0;
    if (there)
        more = db_query(db, SQL_LIST, DB_NO_PARAMS, false, &rows, info);
    while (there && more >= 0 && (more = db_next(rows, info)) == 1) {
        if (db_i64(rows, 2) != 2)
            continue;
        state.applied++;
        snprintf(state.last, sizeof(state.last), STR_FMT, STR_ARG(db_bytes(rows, 0)));
    }
    if (more < 0)
        return more;
    *ret = state;
    return 0;
}
