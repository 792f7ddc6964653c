#include "columnhelp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audience/panel.h"
#include "audience/rebuild.h"
#include "base/buf.h"
#include "column/key.h"
#include "db/migrate.h"
#include "filter/plunk.h"
#include "store/dictionary.h"
#include "json/jsonread.h"

#define DATABASE "muster_columns"

/* ---- opening and closing ------------------------------------------------------------------- */

static const char *memory_path(void)
{
    static char path[200];
    const char *dir = getenv("MUSTER_TEST_MARIADB_DIR");
    (void)snprintf(path, sizeof path, "%s/hostmem-columns", dir ? dir : "/tmp");
    return path;
}

static struct db *connect_new(void)
{
    struct db_config config;
    db_config_from_env(&config);
    config.name = DATABASE;
    config.statement_timeout_ms = 60000; /* a job's, and the machine may be busy */
    config.io_timeout_s = 90;
    return db_new(&config);
}

int columnhelp_join(struct columnhelp *help, uint32_t project_id)
{
    *help = (struct columnhelp){.arena = arena_new(), .project_id = project_id};
    dictionary_forget();
    help->db = help->handles.db = connect_new();
    help->handles.reserve = connect_new();
    return hostmem_open(memory_path(), &help->handles.hostmem, &help->info);
}

void columnhelp_close(struct columnhelp *help)
{
    db_free(help->db);
    db_free(help->handles.reserve);
    if (help->handles.hostmem)
        hostmem_close(help->handles.hostmem);
    arena_free(help->arena);
}

void columnhelp_open(struct columnhelp *help)
{
    const char *dir = getenv("MUSTER_SQL_DIR");
    db_free(testdb_new_in(DATABASE));
    ck_assert_int_eq(columnhelp_join(help, 0), 0);
    ck_assert_msg(migrate_run(help->db, dir ? dir : "sql", NULL, &help->info) == 0, "%s",
                  help->info.message);
    testdb_exec(
        help->db,
        "INSERT INTO project (account_id, site_index, uuid, name, created_ms)"
        " SELECT 1, COALESCE(MAX(site_index) + 1, 0), RANDOM_BYTES(16), 'p', 1 FROM project",
        DB_NO_PARAMS);
    help->project_id =
        (uint32_t)testdb_i64(help->db, "SELECT MAX(project_id) FROM project", DB_NO_PARAMS);
    columnhelp_run(help, "INSERT INTO project_state (project_id) VALUES (?)", 1);
    columnhelp_run(help, "INSERT INTO ordinal_block (project_id, next_ordinal) VALUES (?, 1)", 1);
}

/* ---- rows ---------------------------------------------------------------------------------- */

uint64_t columnhelp_run(struct columnhelp *help, const char *sql, unsigned count)
{
    const struct db_param project = DB_U64(help->project_id);
    const struct db_param params[] = {project, project, project};
    return testdb_exec(help->db, sql, params, count);
}

int64_t columnhelp_i64(struct columnhelp *help, const char *sql)
{
    return testdb_i64(help->db, sql, DB_PARAMS(DB_U64(help->project_id)));
}

const char *columnhelp_rows(struct columnhelp *help, const char *sql, unsigned count)
{
    const struct db_param project = DB_U64(help->project_id);
    const struct db_param params[] = {project, project, project};
    AUTO(db_rows) rows = NULL;
    struct buf text;
    int more = db_query(help->db, sql, params, count, false, &rows, &help->info);
    buf_init(&text, 64 << 20);
    buf_add_c(&text, "");
    while (more >= 0 && (more = db_next(rows, &help->info)) > 0) {
        buf_add_str(&text, db_bytes(rows, 0));
        buf_add_char(&text, ' ');
    }
    ck_assert_msg(more == 0, "%s", help->info.message);
    const char *ret = arena_copy(help->arena, text.len ? text.at : "", text.len);
    buf_done(&text);
    return ret;
}

/* A statement that is made up: db_exec keeps statements by the address of their text, so each gets
 * one that is never used again. */
static void run_text(struct columnhelp *help, const char *text)
{
    testdb_exec(help->db, arena_copy(help->arena, text, strlen(text)), DB_NO_PARAMS);
}

void columnhelp_mark(struct columnhelp *help, uint64_t part, uint32_t first, uint32_t last)
{
    testdb_exec(help->db,
                "REPLACE INTO dirty (project_id, part, ordinal, seq)"
                " SELECT ?, ?, seq, FLOOR(1 + RAND() * 9e18) FROM seq_0_to_300000"
                " WHERE seq BETWEEN ? AND ?",
                DB_PARAMS(DB_U64(help->project_id), DB_U64(part), DB_U64(first), DB_U64(last)));
}

void columnhelp_contacts(struct columnhelp *help, uint32_t first, uint32_t last, const char *data,
                         bool marked)
{
    static const char field_sql[] =
        "INSERT IGNORE INTO field (project_id, field_id, path, first_seen_ms) VALUES (?, ?, ?, 1)";
    static const char *const paths[] = {"plan", "score",   "vip",          "tags",
                                        "mix",  "address", "address.city", "renewal"};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        testdb_exec(help->db, field_sql,
                    DB_PARAMS(DB_U64(help->project_id), DB_U64(i + 1), DB_STR(str_from(paths[i]))));
    run_text(help,
             arena_printf(help->arena,
                          "INSERT INTO contact (project_id, ordinal, uuid, email, status,"
                          " data, write_id, created_ms, updated_ms, subscribed_ms)"
                          " SELECT %u, seq, RANDOM_BYTES(16), CONCAT('c', seq, '@example.com'),"
                          " 1 + (seq %% 11 = 0), %s, 1, 1767225600000 + seq * 1000,"
                          " 1767225600000 + seq * 1000, 1767225600000"
                          " FROM seq_%u_to_%u",
                          help->project_id, data, first, last));
    if (marked)
        columnhelp_mark(help, KEY_PART_CONTACT, first, last);
}

uint32_t columnhelp_events(struct columnhelp *help, const char *name, uint32_t first, uint32_t last,
                           bool marked)
{
    struct db_param project = DB_U64(help->project_id), text = DB_STR(str_from(name));
    int64_t next = columnhelp_i64(
        help, "SELECT COALESCE(MAX(name_id), 0) + 1 FROM event_name WHERE project_id = ?");
    testdb_exec(help->db,
                "INSERT IGNORE INTO event_name (project_id, name_id, name, first_seen_ms)"
                " VALUES (?, ?, ?, 1)",
                DB_PARAMS(project, DB_I64(next), text));
    uint32_t id = (uint32_t)testdb_i64(
        help->db, "SELECT name_id FROM event_name WHERE project_id = ? AND name = ?",
        DB_PARAMS(project, text));
    run_text(help, arena_printf(help->arena,
                                "INSERT INTO contact_event (project_id, name_id, ordinal, count,"
                                " first_ms, last_ms) SELECT %u, %u, seq, 1 + seq %% 3,"
                                " 1767225600000 + seq, 1767225600000 + seq * 1000"
                                " FROM seq_%u_to_%u",
                                help->project_id, id, first, last));
    run_text(help, arena_printf(help->arena,
                                "INSERT INTO event (project_id, at_ms, uuid, ordinal, name_id,"
                                " created_ms) SELECT %u, 1767225600000 + seq * 1000,"
                                " RANDOM_BYTES(16), seq, %u, 1 FROM seq_%u_to_%u",
                                help->project_id, id, first, last));
    if (marked)
        columnhelp_mark(help, KEY_PART_EVENT(id), first, last);
    return id;
}

static struct segment make_segment(struct columnhelp *help, const char *name, const char *condition)
{
    struct uuid uuid = uuid_new();
    struct segment segment;
    struct segment_input input = {.name = str_from(name),
                                  .slug = str_from(name),
                                  .kind = condition ? SEGMENT_DYNAMIC : SEGMENT_STATIC,
                                  .filter = str_from(condition),
                                  .source = str_from(condition),
                                  .counted_ms = 1};
    int err = segment_create(help->db, help->arena, help->project_id, &uuid, &input, &segment,
                             &help->info);
    ck_assert_msg(err == 0, "%s", help->info.message);
    return segment;
}

struct segment columnhelp_static(struct columnhelp *help, const char *name)
{
    return make_segment(help, name, NULL);
}

struct segment columnhelp_dynamic(struct columnhelp *help, const char *name, const char *condition)
{
    return make_segment(help, name, condition);
}

void columnhelp_members(struct columnhelp *help, const struct segment *segment, uint32_t first,
                        uint32_t last, bool marked)
{
    uint64_t set_id = KEY_SET_SEGMENT(segment->segment_id);
    testdb_exec(help->db,
                "INSERT INTO member (project_id, set_id, ordinal, entered_ms)"
                " SELECT ?, ?, seq, 1000 + seq % 7 FROM seq_0_to_300000 WHERE seq BETWEEN ? AND ?",
                DB_PARAMS(DB_U64(help->project_id), DB_U64(set_id), DB_U64(first), DB_U64(last)));
    if (marked)
        columnhelp_mark(help, KEY_PART_SET(set_id), first, last);
}

/* ---- engine against judge ------------------------------------------------------------------ */

const char *const columnhelp_conditions[] = {
    ONE("{\"field\":\"email\",\"operator\":\"contains\",\"value\":\"7@\"}"),
    ONE("{\"field\":\"subscribed\",\"operator\":\"equals\",\"value\":false}"),
    ONE("{\"field\":\"createdAt\",\"operator\":\"greaterThan\",\"value\":1767225605000}"),
    ONE("{\"field\":\"subscribedAt\",\"operator\":\"olderThan\",\"value\":1,\"unit\":\"days\"}"),
    ONE("{\"field\":\"data.plan\",\"operator\":\"equals\",\"value\":\"pro\"}"),
    ONE("{\"field\":\"data.plan\",\"operator\":\"notEquals\",\"value\":\"pro\"}"),
    ONE("{\"field\":\"data.score\",\"operator\":\"greaterThan\",\"value\":4}"),
    ONE("{\"field\":\"data.score\",\"operator\":\"notExists\"}"),
    ONE("{\"field\":\"data.vip\",\"operator\":\"equals\",\"value\":true}"),
    ONE("{\"field\":\"data.tags\",\"operator\":\"contains\",\"value\":\"a\"}"),
    ONE("{\"field\":\"data.mix\",\"operator\":\"equals\",\"value\":\"5\"}"),
    ONE("{\"field\":\"data.mix\",\"operator\":\"equals\",\"value\":5}"),
    ONE("{\"field\":\"data.address\",\"operator\":\"exists\"}"),
    ONE("{\"field\":\"data.address.city\",\"operator\":\"startsWith\",\"value\":\"o\"}"),
    ONE("{\"field\":\"data.renewal\",\"operator\":\"lessThan\",\"value\":\"2026-06-01\"}"),
    ONE("{\"field\":\"event.seen\",\"operator\":\"triggered\"}"),
    ONE("{\"field\":\"event.seen\",\"operator\":\"notTriggeredWithin\",\"value\":200,"
        "\"unit\":\"days\"}"),
    ONE("{\"field\":\"event.bought\",\"operator\":\"triggered\"}"),
    ONE("{\"field\":\"event.bought\",\"operator\":\"notTriggered\"}"),
};
const size_t columnhelp_condition_count = ARRAY_LEN(columnhelp_conditions);

static int parse(struct columnhelp *help, const char *condition, const struct jsonval **ret_json,
                 const struct filter **ret_filter, struct err_info *info)
{
    int err = jsonread_parse(help->arena, str_from(condition), ret_json, info);
    return err ? err : plunk_parse(help->arena, *ret_json, "condition", ret_filter, info);
}

const struct filter *columnhelp_filter(struct columnhelp *help, const char *condition)
{
    const struct jsonval *json;
    const struct filter *filter = NULL;
    int err = parse(help, condition, &json, &filter, &help->info);
    ck_assert_msg(err == 0, "%s: %s", condition, help->info.message);
    return filter;
}

struct comparing {
    struct columnhelp *help;
    const char *const *conditions;
    size_t count;
    uint64_t *ret_count;
    uint64_t wrong;
};

/* The newest level that lists the row, for each column that the panel looks at. */
static void tell_levels(const struct panel *q, uint32_t chunk, uint32_t row)
{
    static const char *const runs[] = {"base", "large", "small", "dirty"};
    for (size_t c = 0; c < q->key_count; c++) {
        const struct eval_column *column = &q->columns[c];
        uint64_t part = key_part(q->keys[c]);
        unsigned from = 0, level = 0;
        for (unsigned run = CHUNKSTORE_LARGE; run <= 3; run++) {
            bool there = run == 3 ? snapshot_dirty(q->snapshot, part, chunk) != NULL
                                  : snapshot_entry(q->snapshot, part, chunk, run) != NULL;
            if (!there || level == column->level_count)
                continue;
            const struct chunk *rows = column->levels[level++];
            for (uint32_t i = 0; i < rows->rows; i++)
                from = rows->ordinals[i] == row ? run : from;
        }
        fprintf(stderr, "    column %016llx: %s\n", (unsigned long long)q->keys[c], runs[from]);
    }
}

/* Compares the engine's bits of one chunk with the judge's opinion of each contact in it. */
static uint64_t compare_chunk(const struct panel *q, const struct naive *naive, uint32_t chunk,
                              const struct bits *engine, const struct jsonval *json,
                              const char *condition)
{
    struct bits judged;
    uint64_t wrong = 0;
    bits_clear(&judged);
    for (size_t i = 0; i < naive->contact_count; i++) {
        const struct naive_contact *contact = &naive->contacts[i];
        if (contact->ordinal / KEY_CHUNK_ROWS == chunk && naive_in(naive, contact, json))
            bits_set(&judged, contact->ordinal % KEY_CHUNK_ROWS);
    }
    for (uint32_t row = 0; row < KEY_CHUNK_ROWS; row++) {
        if (bits_test(&judged, row) == bits_test(engine, row) || wrong++ >= 3)
            continue;
        fprintf(stderr, "project %u version %llu: %s: contact %u is %s by the rows\n",
                q->snapshot->project_id, (unsigned long long)q->snapshot->state.version, condition,
                chunk * KEY_CHUNK_ROWS + row, bits_test(&judged, row) ? "in" : "not in");
        tell_levels(q, chunk, row);
    }
    return wrong;
}

/* One panel under way. */
struct panelled {
    const char *const *conditions;
    size_t count;
    const struct jsonval *json[PANEL_MAX];
    const struct filter *filters[PANEL_MAX];
    struct bits answers[PANEL_MAX];
};

static int compare_panel(struct comparing *c, const struct naive *naive, struct panel *panel,
                         struct panelled *p, struct err_info *info)
{
    uint32_t known = panel->snapshot->chunk_count;
    uint32_t chunks = naive->contact_count
                          ? naive->contacts[naive->contact_count - 1].ordinal / KEY_CHUNK_ROWS + 1
                          : 0;
    for (uint32_t chunk = 0; chunk < chunks || chunk < known; chunk++) {
        memset(p->answers, 0, sizeof p->answers);
        int err = chunk < known ? panel_chunk(panel, chunk, p->answers, info) : 0;
        if (err)
            return err;
        for (size_t i = 0; i < p->count; i++) {
            c->wrong +=
                compare_chunk(panel, naive, chunk, &p->answers[i], p->json[i], p->conditions[i]);
            if (c->ret_count)
                *c->ret_count += bits_count(&p->answers[i]);
        }
    }
    return 0;
}

static int compare_some(struct comparing *c, const struct naive *naive,
                        const char *const *conditions, size_t count, struct err_info *info)
{
    struct columnhelp *help = c->help;
    struct snapshot snapshot;
    struct panel *panel = NULL;
    struct panelled *p = arena_alloc(help->arena, sizeof *p);
    *p = (struct panelled){.conditions = conditions, .count = count};
    int err = snapshot_open(help->db, help->arena, help->project_id, &snapshot, info);
    for (size_t i = 0; !err && i < count; i++)
        err = parse(help, conditions[i], &p->json[i], &p->filters[i], info);
    if (!err)
        err = panel_open(&snapshot, p->filters, count, naive->now_ms, NULL, 0, &panel, info);
    if (!err)
        err = compare_panel(c, naive, panel, p, info);
    panel_done(panel);
    return err;
}

static int compare_body(struct db *db, void *ctx, struct err_info *info)
{
    struct comparing *c = ctx;
    struct naive naive;
    struct chunkstore_state state;
    int64_t now_ms;
    c->wrong = 0;
    if (c->ret_count)
        *c->ret_count = 0;
    int err = chunkstore_state(db, c->help->project_id, &state, &now_ms, info);
    if (!err)
        err = naive_load(&naive, db, c->help->arena, c->help->project_id, now_ms, info);
    /* In panels of one, of two, of three …: what filters share must not mix up their answers. */
    for (size_t i = 0, at_once = 1; !err && i < c->count; i += at_once++) {
        if (at_once > c->count - i || at_once > PANEL_MAX)
            at_once = 1;
        err = compare_some(c, &naive, c->conditions + i, at_once, info);
    }
    return err;
}

int columnhelp_compare(struct columnhelp *help, const char *const *conditions, size_t count,
                       uint64_t *ret_count)
{
    struct comparing c = {
        .help = help, .conditions = conditions, .count = count, .ret_count = ret_count};
    help->info = (struct err_info){.code = ""};
    int err = db_tx(help->db, DB_READ, compare_body, &c, &help->info);
    if (err)
        fprintf(stderr, "%s: %s\n", err_name(err), help->info.message);
    return err ? err : c.wrong != 0;
}

void columnhelp_agree(struct columnhelp *help)
{
    ck_assert_int_eq(
        columnhelp_compare(help, columnhelp_conditions, columnhelp_condition_count, NULL), 0);
}

/* ---- upkeep -------------------------------------------------------------------------------- */

struct upkeep_report columnhelp_fold(struct columnhelp *help, bool force)
{
    struct upkeep_report report = {0};
    int err = upkeep_fold(help->db, help->project_id, force, &report, &help->info);
    ck_assert_msg(err == 0, "fold: %s", help->info.message);
    return report;
}

struct upkeep_report columnhelp_merge(struct columnhelp *help, bool force)
{
    struct upkeep_report report = {0};
    int err = upkeep_merge(help->db, help->project_id, force, &report, &help->info);
    ck_assert_msg(err == 0, "merge: %s", help->info.message);
    return report;
}

struct upkeep_report columnhelp_rebuild(struct columnhelp *help)
{
    struct upkeep_report report = {0};
    int err = rebuild_run(help->db, help->project_id, NULL, &report, &help->info);
    ck_assert_msg(err == 0, "rebuild: %s", help->info.message);
    return report;
}

static void tell_difference(uint64_t column_key, uint32_t chunk)
{
    fprintf(stderr, "column %016llx chunk %u differs from the rows\n",
            (unsigned long long)column_key, chunk);
}

void columnhelp_verify(struct columnhelp *help)
{
    uint64_t different = 0;
    int err = rebuild_verify(help->db, help->project_id, tell_difference, &different, &help->info);
    ck_assert_msg(err == 0, "verify: %s", help->info.message);
    ck_assert_uint_eq(different, 0);
}

const char *columnhelp_base_hashes(struct columnhelp *help)
{
    return columnhelp_rows(help,
                           "SELECT CONCAT(HEX(column_key), '/', chunk, '=', HEX(hash))"
                           " FROM base_chunk WHERE project_id = ? ORDER BY column_key, chunk",
                           1);
}

int columnhelp_fork(struct columnhelp *help, int (*child)(struct columnhelp *help, void *ctx),
                    void *ctx)
{
    int status;
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        struct columnhelp own;
        int got = columnhelp_join(&own, help->project_id);
        if (!got)
            got = child(&own, ctx);
        if (got && own.info.message[0])
            fprintf(stderr, "%s\n", own.info.message);
        _exit(got & 0x7f);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status), "the child died of signal %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}
