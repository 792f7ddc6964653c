#include "store/member.h"

#include <stdlib.h>

#include "column/key.h"
#include "store/dirty.h"
#include "store/flowevent.h"
#include "store/segfill.h"
#include "store/sqllist.h"

/* One transaction's worth: ordinals ascending, without repeats. */
struct member_batch {
    struct arena *arena;
    bool is_in_tx; /* the caller's transaction is open */
    uint32_t project_id;
    uint64_t set_id;
    const uint32_t *ordinals;
    size_t count;
    int64_t entered_ms;     /* of those who are added; 0: now */
    uint64_t flows_version; /* of the project: see flowevent_open */
    bool *found;            /* what the last look-up met, by position in ordinals */
    uint32_t *chosen;
    size_t chosen_count;
};

typedef int member_step(struct db *db, struct member_batch *batch, struct err_info *info);

/* ---- addresses ----------------------------------------------------------------------------- */

struct member_addresses {
    const struct str *emails;
    size_t count;
    uint32_t *ordinals;
};

static int member_compare_email(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static int member_address_row(const struct db_rows *rows, void *ctx)
{
    struct member_addresses *addresses = ctx;
    struct str email = db_bytes(rows, 0);
    const struct str *at =
        bsearch(&email, addresses->emails, addresses->count, sizeof(email), member_compare_email);
    if (at != NULL) {
        addresses->ordinals[at - addresses->emails] = (uint32_t)db_i64(rows, 1);
    }
    return 0;
}

int member_resolve(struct db *db, struct arena *arena, uint32_t project_id,
                   const struct str *emails, size_t count, uint32_t *ret_ordinals,
                   struct err_info *info)
{
    SQLLIST(sql,
            "SELECT email, ordinal FROM contact FORCE INDEX (email)"
            " WHERE project_id = ? AND email IN (",
            "?", ")");
    struct db_param *keys = arena_array(arena, count, sizeof(*keys));
    for (size_t i = 0; i < count; i++) {
        keys[i] = DB_STR(emails[i]);
        ret_ordinals[i] = MEMBER_NO_CONTACT;
    }
    struct sqllist list = {sql, &DB_I64(project_id), 1, keys, count, 1};
    struct member_addresses addresses = {emails, count, ret_ordinals};
    return sqllist_query(db, &list, member_address_row, &addresses, info);
}

/* ---- pieces -------------------------------------------------------------------------------- */

static int member_compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static int member_found_row(const struct db_rows *rows, void *ctx)
{
    struct member_batch *batch = ctx;
    uint32_t ordinal = (uint32_t)db_i64(rows, 0);
    const uint32_t *at =
        bsearch(&ordinal, batch->ordinals, batch->count, sizeof(ordinal), member_compare);
    if (at != NULL) {
        batch->found[at - batch->ordinals] = true;
    }
    return 0;
}

static struct db_param *member_keys(struct member_batch *batch, const uint32_t *ordinals,
                                    size_t count)
{
    struct db_param *keys = arena_array(batch->arena, count, sizeof(*keys));
    for (size_t i = 0; i < count; i++) {
        keys[i] = DB_I64(ordinals[i]);
    }
    return keys;
}

/* Runs a look-up over the batch's ordinals; batch->found is then what it met. */
static int member_find(struct db *db, struct member_batch *batch, const char *const *sql,
                       bool by_set, struct err_info *info)
{
    struct db_param head[] = {DB_I64(batch->project_id), DB_U64(batch->set_id)};
    struct sqllist list = {
        sql,          head, by_set ? 2 : 1, member_keys(batch, batch->ordinals, batch->count),
        batch->count, 1};
    batch->found = arena_array(batch->arena, batch->count, sizeof(*batch->found));
    return sqllist_query(db, &list, member_found_row, batch, info);
}

static int member_find_members(struct db *db, struct member_batch *batch, struct err_info *info)
{
    SQLLIST(sql, "SELECT ordinal FROM member WHERE project_id = ? AND set_id = ? AND ordinal IN (",
            "?", ") FOR UPDATE");
    return member_find(db, batch, sql, true, info);
}

/* Keeps the contacts from being deleted until the membership is committed. */
static int member_find_contacts(struct db *db, struct member_batch *batch, struct err_info *info)
{
    SQLLIST(sql, "SELECT ordinal FROM contact WHERE project_id = ? AND ordinal IN (", "?",
            ") LOCK IN SHARE MODE");
    return member_find(db, batch, sql, false, info);
}

/* Rides along, and is not locked with the owner's row. */
#define FLOWS "(SELECT p.flows_version FROM project p WHERE p.project_id = ?)"

/* Serialises changes of one set, and holds off the deletion of what it belongs to. */
static int member_lock_owner(struct db *db, struct member_batch *batch, struct err_info *info)
{
    static const struct {
        const char *sql;
        const char *missing;
    } owners[] = {
        [1] = {"SELECT " FLOWS " FROM segment WHERE project_id = ? AND segment_id = ? FOR UPDATE",
               "Segment not found"},
        [2] = {"SELECT " FLOWS " FROM tag WHERE project_id = ? AND tag_id = ? FOR UPDATE",
               "Tag not found"},
        [3] = {"SELECT " FLOWS " FROM contact_list WHERE project_id = ? AND list_id = ? FOR UPDATE",
               "List not found"},
        [4] = {"SELECT " FLOWS " FROM campaign WHERE project_id = ? AND campaign_id = ? FOR UPDATE",
               "Campaign not found"},
        [5] = {"SELECT " FLOWS " FROM sequence WHERE project_id = ? AND sequence_id = ? FOR UPDATE",
               "Sequence not found"},
    };
    unsigned kind = KEY_SET_KIND_OF(batch->set_id);
    AUTO(db_rows) rows = NULL;
    if (kind == 0 || kind >= ARRAY_LEN(owners)) {
        return err_set(info, ERR_INTERNAL, NULL, "a set of an unknown kind");
    }
    struct db_param project = DB_I64(batch->project_id);
    int found = db_one(db, owners[kind].sql,
                       DB_PARAMS(project, project, DB_I64((uint32_t)batch->set_id)), &rows, info);
    if (found > 0) {
        batch->flows_version = (uint64_t)db_i64(rows, 0);
    }
    if (found == 0) {
        return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "%s", owners[kind].missing);
    }
    return found < 0 ? found : 0;
}

static int member_mark(struct db *db, struct member_batch *batch, struct err_info *info)
{
    struct dirty_mark *marks = arena_array(batch->arena, batch->chosen_count, sizeof(*marks));
    for (size_t i = 0; i < batch->chosen_count; i++) {
        marks[i] = (struct dirty_mark){KEY_PART_SET(batch->set_id), batch->chosen[i]};
    }
    return dirty_add(db, batch->project_id, marks, batch->chosen_count, info);
}

/* Chooses the ordinals for which the last look-up said `found`. */
static void member_choose(struct member_batch *batch, const bool *also, bool found)
{
    batch->chosen = arena_array(batch->arena, batch->count, sizeof(*batch->chosen));
    batch->chosen_count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->found[i] == found && (also == NULL || also[i])) {
            batch->chosen[batch->chosen_count++] = batch->ordinals[i];
        }
    }
}

/* ---- adding -------------------------------------------------------------------------------- */

static int member_insert(struct db *db, struct member_batch *batch, struct err_info *info)
{
    SQLLIST(sql, "INSERT INTO member (project_id, set_id, ordinal, entered_ms) VALUES ",
            "(?, ?, ?, ?)", " ON DUPLICATE KEY UPDATE entered_ms = member.entered_ms");
    struct db_param *rows = arena_array(batch->arena, batch->chosen_count * 4, sizeof(*rows));
    int64_t entered_ms = batch->entered_ms;
    int err = entered_ms == 0 ? db_now_ms(db, &entered_ms, info) : 0;
    if (err < 0) {
        return err;
    }
    for (size_t i = 0; i < batch->chosen_count; i++) {
        rows[i * 4] = DB_I64(batch->project_id);
        rows[i * 4 + 1] = DB_U64(batch->set_id);
        rows[i * 4 + 2] = DB_I64(batch->chosen[i]);
        rows[i * 4 + 3] = DB_I64(entered_ms);
    }
    struct sqllist list = {sql, NULL, 0, rows, batch->chosen_count, 4};
    return sqllist_exec(db, &list, NULL, info);
}

static int member_add_step(struct db *db, struct member_batch *batch, struct err_info *info)
{
    static const char check_sql[] =
        "SELECT ordinal FROM member WHERE project_id = ? AND set_id = ? AND ordinal = ? FOR UPDATE";
    int err = member_find_contacts(db, batch, info);
    const bool *exists = batch->found;
    if (err == 0) {
        err = member_find_members(db, batch, info);
    }
    if (err < 0) {
        return err;
    }
    member_choose(batch, exists, false);
    if (batch->chosen_count == 0) {
        return 0;
    }
    err = member_insert(db, batch, info);
    if (err == 0) {
        err = member_mark(db, batch, info);
    }
    db_set_write_check(
        db, check_sql,
        DB_PARAMS(DB_I64(batch->project_id), DB_U64(batch->set_id), DB_I64(batch->chosen[0])));
    return err;
}

/* Who entered starts the sequences that wait for it. */
static int member_tell_flows(struct db *db, const struct member_batch *batch, struct err_info *info)
{
    const struct flowevent_wants *wants;
    int64_t now_ms;
    int err = flowevent_open(db, batch->project_id, batch->flows_version, &wants, info);
    if (err < 0 || !flowevent_is_wanted(wants, FLOWEVENT_SET, batch->set_id)) {
        return err;
    }
    struct flowevent_new *events = arena_array(batch->arena, batch->chosen_count, sizeof(*events));
    err = db_now_ms(db, &now_ms, info);
    for (size_t i = 0; i < batch->chosen_count; i++) {
        events[i] = (struct flowevent_new){.kind = FLOWEVENT_SET,
                                           .number = batch->set_id,
                                           .ordinal = batch->chosen[i],
                                           .event = uuid_new(),
                                           .at_ms = now_ms};
    }
    return err < 0 ? err
                   : flowevent_write(db, batch->arena, batch->project_id, wants, events,
                                     batch->chosen_count, now_ms, info);
}

static int member_add_body(struct db *db, void *ctx, struct err_info *info)
{
    struct member_batch *batch = ctx;
    batch->chosen_count = 0;
    int err = member_lock_owner(db, batch, info);
    if (err == 0) {
        err = member_add_step(db, batch, info);
    }
    return err < 0 || batch->chosen_count == 0 ? err : member_tell_flows(db, batch, info);
}

static int member_fill_body(struct db *db, void *ctx, struct err_info *info)
{
    struct member_batch *batch = ctx;
    batch->chosen_count = 0;
    int err = segfill_keep(db, batch->project_id, batch->set_id, info);
    return err < 0 ? err : member_add_step(db, batch, info);
}

/* ---- removing ------------------------------------------------------------------------------ */

static int member_delete(struct db *db, struct member_batch *batch, struct err_info *info)
{
    SQLLIST(sql, "DELETE FROM member WHERE project_id = ? AND set_id = ? AND ordinal IN (", "?",
            ")");
    struct db_param head[] = {DB_I64(batch->project_id), DB_U64(batch->set_id)};
    struct sqllist list = {
        sql, head, 2, member_keys(batch, batch->chosen, batch->chosen_count), batch->chosen_count,
        1};
    int err = sqllist_exec(db, &list, NULL, info);
    return err < 0 ? err : member_mark(db, batch, info);
}

static int member_remove_body(struct db *db, void *ctx, struct err_info *info)
{
    struct member_batch *batch = ctx;
    batch->chosen_count = 0;
    int err = member_lock_owner(db, batch, info);
    if (err == 0) {
        err = member_find_members(db, batch, info);
    }
    if (err < 0) {
        return err;
    }
    member_choose(batch, NULL, true);
    return member_delete(db, batch, info);
}

/* ---- batches ------------------------------------------------------------------------------- */

/* Sorts the ordinals, drops repeats, and runs `body` over them by batches; sums what changed. */
static int member_run(struct db *db, struct member_batch *batch, db_body *body,
                      const uint32_t *ordinals, size_t count, uint64_t *ret_changed,
                      struct err_info *info)
{
    uint32_t *sorted = arena_array(batch->arena, count, sizeof(*sorted));
    uint64_t changed = 0;
    size_t unique = 0;
    if (count > 0) {
        memcpy(sorted, ordinals, count * sizeof(*sorted));
        qsort(sorted, count, sizeof(*sorted), member_compare);
    }
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || sorted[i] != sorted[i - 1]) {
            sorted[unique++] = sorted[i];
        }
    }
    for (size_t from = 0; from < unique; from += MEMBER_BATCH) {
        batch->ordinals = sorted + from;
        batch->count = unique - from < MEMBER_BATCH ? unique - from : MEMBER_BATCH;
        int err = batch->is_in_tx ? body(db, batch, info) : db_tx(db, DB_WRITE, body, batch, info);
        if (err < 0) {
            return err;
        }
        changed += batch->chosen_count;
    }
    if (ret_changed != NULL) {
        *ret_changed = changed;
    }
    return 0;
}

int member_add(struct db *db, struct arena *arena, uint32_t project_id, uint64_t set_id,
               const uint32_t *ordinals, size_t count, uint64_t *ret_added, struct err_info *info)
{
    struct member_batch batch = {.arena = arena, .project_id = project_id, .set_id = set_id};
    return member_run(db, &batch, member_add_body, ordinals, count, ret_added, info);
}

int member_add_here(struct db *db, struct arena *arena, uint32_t project_id, uint64_t set_id,
                    const uint32_t *ordinals, size_t count, uint64_t *ret_added,
                    struct err_info *info)
{
    struct member_batch batch = {
        .arena = arena, .is_in_tx = true, .project_id = project_id, .set_id = set_id};
    return member_run(db, &batch, member_add_body, ordinals, count, ret_added, info);
}

int member_fill(struct db *db, struct arena *arena, uint32_t project_id, uint64_t set_id,
                const uint32_t *ordinals, size_t count, int64_t entered_ms, uint64_t *ret_added,
                struct err_info *info)
{
    struct member_batch batch = {
        .arena = arena, .project_id = project_id, .set_id = set_id, .entered_ms = entered_ms};
    return member_run(db, &batch, member_fill_body, ordinals, count, ret_added, info);
}

int member_remove(struct db *db, struct arena *arena, uint32_t project_id, uint64_t set_id,
                  const uint32_t *ordinals, size_t count, uint64_t *ret_removed,
                  struct err_info *info)
{
    struct member_batch batch = {.arena = arena, .project_id = project_id, .set_id = set_id};
    return member_run(db, &batch, member_remove_body, ordinals, count, ret_removed, info);
}

/* ---- dropped sets -------------------------------------------------------------------------- */

/* Takes the turn of dropping the set: false while somebody fills it, or when it is done. */
static int member_drop_turn(struct db *db, const struct member_batch *batch, bool *ret,
                            struct err_info *info)
{
    static const char sql[] =
        "SELECT due_ms FROM dropped_set WHERE project_id = ? AND set_id = ? FOR UPDATE";
    AUTO(db_rows) rows = NULL;
    int64_t now_ms = 0;
    int found =
        db_one(db, sql, DB_PARAMS(DB_I64(batch->project_id), DB_U64(batch->set_id)), &rows, info);
    *ret = found > 0;
    if (found <= 0 || db_i64(rows, 0) == 0) {
        return found < 0 ? found : 0;
    }
    int err = db_now_ms(db, &now_ms, info);
    *ret = db_i64(rows, 0) <= now_ms;
    return err;
}

/* Chooses the next members. */
static int member_drop_choose(struct db *db, struct member_batch *batch, struct err_info *info)
{
    static const char sql[] = "SELECT ordinal FROM member WHERE project_id = ? AND set_id = ?"
                              " ORDER BY ordinal LIMIT ? FOR UPDATE";
    AUTO(db_rows) rows = NULL;
    int err = db_query(
        db, sql, DB_PARAMS(DB_I64(batch->project_id), DB_U64(batch->set_id), DB_I64(MEMBER_BATCH)),
        false, &rows, info);
    if (err < 0) {
        return err;
    }
    batch->chosen = arena_array(batch->arena, MEMBER_BATCH, sizeof(*batch->chosen));
    batch->chosen_count = 0;
    while ((err = db_next(rows, info)) > 0) {
        batch->chosen[batch->chosen_count++] = (uint32_t)db_i64(rows, 0);
    }
    return err;
}

static int member_drop_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql[] = "DELETE FROM dropped_set WHERE project_id = ? AND set_id = ?";
    struct member_batch *batch = ctx;
    bool is_ours;
    batch->chosen_count = 0;
    int err = member_drop_turn(db, batch, &is_ours, info);
    if (err < 0 || !is_ours) {
        return err;
    }
    err = member_drop_choose(db, batch, info);
    if (err < 0) {
        return err;
    }
    if (batch->chosen_count < MEMBER_BATCH) {
        err = db_exec(db, sql, DB_PARAMS(DB_I64(batch->project_id), DB_U64(batch->set_id)), NULL,
                      info);
    }
    return err < 0 ? err : member_delete(db, batch, info);
}

int member_drop(struct db *db, struct arena *arena, uint32_t project_id, uint64_t set_id,
                unsigned max_batches, bool *ret_done, struct err_info *info)
{
    struct member_batch batch = {.arena = arena, .project_id = project_id, .set_id = set_id};
    bool done = false;
    for (unsigned i = 0; i < max_batches && !done; i++) {
        int err = db_tx(db, DB_WRITE, member_drop_body, &batch, info);
        if (err < 0) {
            return err;
        }
        done = batch.chosen_count < MEMBER_BATCH;
    }
    *ret_done = done;
    return 0;
}

int member_sweep(struct db *db, struct arena *arena, unsigned max_batches, struct err_info *info)
{
    /* The worker's: over all projects. */
    static const char sql[] = "SELECT project_id, set_id FROM dropped_set WHERE due_ms <= ?"
                              " ORDER BY project_id, set_id LIMIT 1";
    int64_t now_ms;
    int err = db_now_ms(db, &now_ms, info);
    if (err < 0) {
        return err;
    }
    for (unsigned i = 0; i < max_batches; i++) {
        AUTO(db_rows) rows = NULL;
        bool done;
        int found = db_one(db, sql, DB_PARAMS(DB_I64(now_ms)), &rows, info);
        if (found <= 0) {
            return found;
        }
        err = member_drop(db, arena, (uint32_t)db_i64(rows, 0), (uint64_t)db_i64(rows, 1), 1, &done,
                          info);
        if (err < 0) {
            return err;
        }
    }
    return 0;
}
