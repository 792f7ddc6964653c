#include "store/contactdelete.h"

#include <stdlib.h>

#include "column/key.h"
#include "store/contactpublish.h"
#include "store/contactrows.h"
#include "store/delivery.h"
#include "store/dirty.h"
#include "store/importerror.h"
#include "store/sqllist.h"
#include "store/sqlvalue.h"

#define ROWS_AT_ONCE 5000

/*
 * What hangs on a contact. Whoever makes a table with rows of contacts adds it to one of the two
 * lists. Here: those of which a contact may have any number of rows. Where all rows of a batch
 * together are few they go at once (count, all), else those of one contact bit by bit (some). The
 * indexes are forced: a scan of a small table would wait for everybody's locks.
 */
SQLLIST(count_event,
        "SELECT COUNT(*) FROM event FORCE INDEX (contact) WHERE project_id = ? AND ordinal IN (",
        "?", ")");
SQLLIST(all_event,
        "DELETE e FROM event e FORCE INDEX (contact) WHERE e.project_id = ? AND e.ordinal IN (",
        "?", ")");
SQLLIST(count_email_event,
        "SELECT COUNT(*) FROM email_event FORCE INDEX (contact) WHERE project_id = ?"
        " AND ordinal IN (",
        "?", ")");
SQLLIST(all_email_event,
        "DELETE e FROM email_event e FORCE INDEX (contact) WHERE e.project_id = ?"
        " AND e.ordinal IN (",
        "?", ")");
SQLLIST(count_message,
        "SELECT COUNT(*) FROM message FORCE INDEX (contact) WHERE project_id = ? AND ordinal IN (",
        "?", ")");
SQLLIST(all_message,
        "DELETE m FROM message m FORCE INDEX (contact) WHERE m.project_id = ? AND m.ordinal IN (",
        "?", ")");
SQLLIST(count_execution_due,
        "SELECT COUNT(*) FROM execution_due FORCE INDEX (contact) WHERE project_id = ?"
        " AND ordinal IN (",
        "?", ")");
SQLLIST(all_execution_due,
        "DELETE d FROM execution_due d FORCE INDEX (contact) WHERE d.project_id = ?"
        " AND d.ordinal IN (",
        "?", ")");
SQLLIST(count_execution_step,
        "SELECT COUNT(*) FROM execution_step FORCE INDEX (PRIMARY) WHERE project_id = ?"
        " AND ordinal IN (",
        "?", ")");
SQLLIST(all_execution_step,
        "DELETE s FROM execution_step s FORCE INDEX (PRIMARY) WHERE s.project_id = ?"
        " AND s.ordinal IN (",
        "?", ")");
SQLLIST(count_execution,
        "SELECT COUNT(*) FROM execution FORCE INDEX (contact) WHERE project_id = ?"
        " AND ordinal IN (",
        "?", ")");
SQLLIST(all_execution,
        "DELETE x FROM execution x FORCE INDEX (contact) WHERE x.project_id = ?"
        " AND x.ordinal IN (",
        "?", ")");
SQLLIST(count_flow_event,
        "SELECT COUNT(*) FROM flow_event FORCE INDEX (contact) WHERE project_id = ?"
        " AND ordinal IN (",
        "?", ")");
SQLLIST(all_flow_event,
        "DELETE f FROM flow_event f FORCE INDEX (contact) WHERE f.project_id = ?"
        " AND f.ordinal IN (",
        "?", ")");

static const struct {
    const char *const *count;
    const char *const *all;
    const char *some; /* project, ordinal, limit */
} erase_many_sql[] = {
    {count_event, all_event,
     "DELETE FROM event WHERE project_id = ? AND ordinal = ? ORDER BY at_ms LIMIT ?"},
    {count_email_event, all_email_event,
     "DELETE FROM email_event WHERE project_id = ? AND ordinal = ? ORDER BY sequence_id LIMIT ?"},
    {count_message, all_message,
     "DELETE FROM message WHERE project_id = ? AND ordinal = ? ORDER BY source LIMIT ?"},
    {count_execution_due, all_execution_due,
     "DELETE FROM execution_due WHERE project_id = ? AND ordinal = ? ORDER BY execution_id LIMIT "
     "?"},
    {count_execution_step, all_execution_step,
     "DELETE FROM execution_step WHERE project_id = ? AND ordinal = ? ORDER BY execution_id LIMIT "
     "?"},
    {count_execution, all_execution,
     "DELETE FROM execution WHERE project_id = ? AND ordinal = ? ORDER BY execution_id LIMIT ?"},
    {count_flow_event, all_flow_event,
     "DELETE FROM flow_event WHERE project_id = ? AND ordinal = ? ORDER BY flow_event_id LIMIT ?"},
};

/* And those of which a contact has few. */
SQLLIST(all_member,
        "DELETE m FROM member m FORCE INDEX (contact) WHERE m.project_id = ? AND m.ordinal IN (",
        "?", ")");
SQLLIST(all_contact,
        "DELETE c FROM contact c FORCE INDEX (PRIMARY) WHERE c.project_id = ? AND c.ordinal IN (",
        "?", ")");

static const char *const *const erase_few_sql[] = {all_member, all_contact /* the last */};

/* The parts that contacts are in, as marks. */
struct mark_list {
    struct arena *arena;
    struct dirty_mark *at;
    size_t count;
    size_t room;
};

struct erasure {
    struct arena *arena;
    uint32_t project_id;
    const struct uuid *uuid; /* NULL: those of `batch` */
    const struct contactdelete_batch *batch;
    /* Of the transaction at hand: */
    struct contact *contacts;
    size_t contact_count;
    struct db_param head;  /* the project */
    struct db_param *keys; /* ordinals of the contacts */
    struct mark_list marks;
    size_t left_out; /* contacts of the batch behind them, which have their turn later */
    bool more;       /* they are still there: they have more than one transaction takes */
};

static void mark_add(struct mark_list *list, uint64_t part, uint32_t ordinal)
{
    list->at = arena_grow(list->arena, list->at, list->count, &list->room, sizeof *list->at);
    list->at[list->count++] = (struct dirty_mark){part, ordinal};
}

/* A statement over the contacts at hand. */
static struct sqllist over_contacts(const struct erasure *erasure, const char *const *sql)
{
    return (struct sqllist){.sql = sql,
                            .head = &erasure->head,
                            .head_count = 1,
                            .items = erasure->keys,
                            .count = erasure->contact_count,
                            .width = 1};
}

/* ---- marks --------------------------------------------------------------------------------- */

/* Rows are (id within its kind, ordinal). */
static int mark_event(const struct db_rows *rows, void *ctx)
{
    mark_add(ctx, KEY_PART_EVENT((uint32_t)db_i64(rows, 0)), (uint32_t)db_i64(rows, 1));
    return 0;
}

static int mark_set(const struct db_rows *rows, void *ctx)
{
    mark_add(ctx, KEY_PART_SET((uint64_t)db_i64(rows, 0)), (uint32_t)db_i64(rows, 1));
    return 0;
}

/* Rollups are found by name: nothing but this asks for those of contacts, and an index for it would
 * cost every event a write. */
static int mark_events(struct db *db, struct erasure *erasure, struct err_info *info)
{
    SQLLIST(sql,
            "SELECT e.name_id, e.ordinal FROM event_name n FORCE INDEX (PRIMARY)"
            " STRAIGHT_JOIN contact_event e FORCE INDEX (PRIMARY)"
            " ON e.project_id = n.project_id AND e.name_id = n.name_id"
            " WHERE n.project_id = ? AND e.ordinal IN (",
            "?", ") ORDER BY e.name_id");
    struct sqllist list = over_contacts(erasure, sql);
    return sqllist_query(db, &list, mark_event, &erasure->marks, info);
}

static int mark_sets(struct db *db, struct erasure *erasure, struct err_info *info)
{
    SQLLIST(sql,
            "SELECT set_id, ordinal FROM member FORCE INDEX (contact)"
            " WHERE project_id = ? AND ordinal IN (",
            "?", ")");
    struct sqllist list = over_contacts(erasure, sql);
    return sqllist_query(db, &list, mark_set, &erasure->marks, info);
}

/* ---- rows ---------------------------------------------------------------------------------- */

/* The rollups that were marked: for each name those of its contacts. */
static int erase_rollups(struct db *db, const struct erasure *erasure, struct err_info *info)
{
    SQLLIST(sql, "DELETE FROM contact_event WHERE project_id = ? AND name_id = ? AND ordinal IN (",
            "?", ")");
    const struct mark_list *marks = &erasure->marks;
    struct db_param *ordinals = arena_array(erasure->arena, marks->count, sizeof *ordinals);
    int err = 0;
    for (size_t from = 0, to; err == 0 && from < marks->count; from = to) {
        for (to = from; to < marks->count && marks->at[to].part == marks->at[from].part; to++) {
            ordinals[to] = DB_I64(marks->at[to].ordinal);
        }
        const struct db_param head[] = {erasure->head,
                                        DB_I64(marks->at[from].part - KEY_PART_EVENT(0))};
        const struct sqllist list = {.sql = sql,
                                     .head = head,
                                     .head_count = 2,
                                     .items = ordinals + from,
                                     .count = to - from,
                                     .width = 1};
        err = sqllist_exec(db, &list, NULL, info);
    }
    return err;
}

static int compare_str(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* The addresses of the contacts at hand, ascending. */
static const struct str *emails_of(const struct erasure *erasure)
{
    struct str *emails = arena_array(erasure->arena, erasure->contact_count, sizeof *emails);
    for (size_t i = 0; i < erasure->contact_count; i++) {
        emails[i] = erasure->contacts[i].email;
    }
    if (erasure->contact_count > 1) {
        qsort(emails, erasure->contact_count, sizeof *emails, compare_str);
    }
    return emails;
}

/* The contacts themselves, and what they have few of. */
static int erase_rows(struct db *db, struct erasure *erasure, struct err_info *info)
{
    int err = mark_events(db, erasure, info);
    if (err == 0) {
        err = erase_rollups(db, erasure, info);
    }
    if (err == 0) {
        err = mark_sets(db, erasure, info);
    }
    for (size_t i = 0; err == 0 && i < ARRAY_LEN(erase_few_sql); i++) {
        struct sqllist list = over_contacts(erasure, erase_few_sql[i]);
        err = sqllist_exec(db, &list, NULL, info);
    }
    for (size_t i = 0; i < erasure->contact_count; i++) {
        mark_add(&erasure->marks, KEY_PART_CONTACT, erasure->contacts[i].ordinal);
    }
    if (err == 0) {
        size_t count = erasure->contact_count;
        err = importerror_forget(db, erasure->arena, erasure->project_id, emails_of(erasure), count,
                                 info);
    }
    return err;
}

static int add_count(const struct db_rows *rows, void *ctx)
{
    *(uint64_t *)ctx += (uint64_t)db_i64(rows, 0);
    return 0;
}

/* Whether the logs of all contacts at hand fit in this transaction. */
static int logs_fit(struct db *db, const struct erasure *erasure, bool *ret, struct err_info *info)
{
    int err = 0;
    *ret = true;
    for (size_t i = 0; err == 0 && i < ARRAY_LEN(erase_many_sql); i++) {
        uint64_t count = 0;
        struct sqllist list = over_contacts(erasure, erase_many_sql[i].count);
        err = sqllist_query(db, &list, add_count, &count, info);
        *ret = *ret && count < ROWS_AT_ONCE;
    }
    return err;
}

static int erase_logs(struct db *db, const struct erasure *erasure, struct err_info *info)
{
    int err = 0;
    for (size_t i = 0; err == 0 && i < ARRAY_LEN(erase_many_sql); i++) {
        struct sqllist list = over_contacts(erasure, erase_many_sql[i].all);
        err = sqllist_exec(db, &list, NULL, info);
    }
    return err;
}

/* The first contact alone, and of its logs what one transaction takes. */
static int erase_long_logs(struct db *db, struct erasure *erasure, struct err_info *info)
{
    int err = 0;
    erasure->left_out = erasure->contact_count - 1;
    erasure->contact_count = 1;
    for (size_t i = 0; err == 0 && i < ARRAY_LEN(erase_many_sql); i++) {
        uint64_t deleted = 0;
        err = db_exec(db, erase_many_sql[i].some,
                      DB_PARAMS(erasure->head, erasure->keys[0], DB_I64(ROWS_AT_ONCE)), &deleted,
                      info);
        erasure->more |= deleted == ROWS_AT_ONCE;
    }
    return err;
}

struct ordinal_list {
    uint32_t *at;
    size_t count;
};

static int add_ordinal(const struct db_rows *rows, void *ctx)
{
    struct ordinal_list *list = ctx;
    list->at[list->count++] = (uint32_t)db_i64(rows, 0);
    return 0;
}

/* What deliveries say of the contacts; most have none. */
static int erase_deliveries(struct db *db, struct erasure *erasure, struct err_info *info)
{
    SQLLIST(sql,
            "SELECT DISTINCT ordinal FROM delivery FORCE INDEX (contact)"
            " WHERE project_id = ? AND ordinal IN (",
            "?", ")");
    struct ordinal_list named = {
        .at = arena_array(erasure->arena, erasure->contact_count, sizeof *named.at)};
    struct sqllist list = over_contacts(erasure, sql);
    int err = sqllist_query(db, &list, add_ordinal, &named, info);
    for (size_t i = 0; err == 0 && i < named.count; i++) {
        bool blanked = true;
        err = delivery_erase_contact(db, erasure->arena, erasure->project_id, named.at[i], &blanked,
                                     info);
        erasure->more |= !blanked;
    }
    return err;
}

/* ---- the transaction ----------------------------------------------------------------------- */

static int lock_contacts(struct db *db, struct erasure *erasure, struct contactrows_moment *moment,
                         struct err_info *info)
{
    const struct contactdelete_batch *batch = erasure->batch;
    size_t room = erasure->uuid != NULL ? 1 : batch->count;
    erasure->contacts = arena_array(erasure->arena, room, sizeof *erasure->contacts);
    erasure->contact_count = 1;
    int err;
    if (erasure->uuid != NULL) {
        err = contactrows_lock_uuid(db, erasure->arena, erasure->project_id, erasure->uuid,
                                    erasure->contacts, moment, info);
    } else {
        err = contactrows_moment(db, erasure->project_id, moment, info);
        if (err == 0) {
            err = contact_lock_ordinals(db, erasure->arena, erasure->project_id, batch->ordinals,
                                        room, erasure->contacts, &erasure->contact_count, info);
        }
    }
    erasure->keys = arena_array(erasure->arena, room, sizeof *erasure->keys);
    for (size_t i = 0; err == 0 && i < erasure->contact_count; i++) {
        erasure->keys[i] = DB_I64(erasure->contacts[i].ordinal);
    }
    return err < 0 ? err
                   : contactrows_lock_erased(db, erasure->arena, erasure->project_id,
                                             emails_of(erasure), erasure->contact_count, info);
}

/* Everything of the contacts at hand, or a part of it: erasure->more. */
static int erase_contacts(struct db *db, struct erasure *erasure, struct err_info *info)
{
    bool fit = true;
    int err = logs_fit(db, erasure, &fit, info);
    if (err == 0) {
        err = fit ? erase_logs(db, erasure, info) : erase_long_logs(db, erasure, info);
    }
    if (err == 0) {
        err = erase_deliveries(db, erasure, info);
    }
    if (err < 0) {
        return err;
    }
    /* Columns are made of the log too, so they hear of a part of it that is gone. */
    return erasure->more ? mark_events(db, erasure, info) : erase_rows(db, erasure, info);
}

/* What tells of the contacts that are gone. */
static int publish(struct db *db, const struct erasure *erasure,
                   const struct contactrows_moment *moment, struct err_info *info)
{
    static const char sql_gone[] = "SELECT 1 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM contact"
                                   " WHERE project_id = ? AND uuid = ? FOR UPDATE)";
    struct contactpublish publish;
    int err = contactpublish_begin(&publish, db, erasure->arena, erasure->project_id, moment, info);
    if (err < 0) {
        return err;
    }
    for (size_t i = 0; i < erasure->contact_count; i++) {
        contactpublish_deleted(&publish, &erasure->contacts[i]);
    }
    db_set_write_check(db, sql_gone,
                       DB_PARAMS(erasure->head, sqlvalue_of_uuid(&erasure->contacts[0].uuid)));
    return contactpublish_write(&publish, db, info);
}

/* Of the batch's ordinals, how many are dealt with: gone, or gone before. */
static size_t ordinals_done(const struct erasure *erasure)
{
    const struct contactdelete_batch *batch = erasure->batch;
    if (!erasure->more && erasure->left_out == 0) {
        return batch->count;
    }
    uint32_t last = erasure->contacts[erasure->contact_count - 1].ordinal;
    uint32_t end = erasure->more ? erasure->contacts[0].ordinal : last + 1;
    size_t done = 0;
    while (done < batch->count && batch->ordinals[done] < end) {
        done++;
    }
    return done;
}

static int erase_body(struct db *db, void *ctx, struct err_info *info)
{
    struct erasure *erasure = ctx;
    const struct contactdelete_batch *batch = erasure->batch;
    struct contactrows_moment moment;
    erasure->head = DB_I64(erasure->project_id);
    erasure->marks = (struct mark_list){.arena = erasure->arena};
    erasure->left_out = 0;
    erasure->more = false;
    int err = lock_contacts(db, erasure, &moment, info);
    if (err == 0 && erasure->contact_count > 0) {
        err = erase_contacts(db, erasure, info);
    }
    bool gone = !erasure->more && erasure->contact_count > 0;
    if (err == 0 && gone) {
        err = publish(db, erasure, &moment, info);
    }
    if (err == 0 && erasure->marks.count > 0) {
        err = dirty_add(db, erasure->project_id, erasure->marks.at, erasure->marks.count, info);
    }
    return err == 0 && batch != NULL
               ? batch->also(db, ordinals_done(erasure), gone ? erasure->contact_count : 0,
                             batch->ctx, info)
               : err;
}

int contactdelete_one(struct db *db, struct arena *arena, uint32_t project_id,
                      const struct uuid *uuid, struct err_info *info)
{
    struct erasure erasure = {.arena = arena, .project_id = project_id, .uuid = uuid};
    int err = db_tx(db, DB_WRITE, erase_body, &erasure, info);
    while (err == 0 && erasure.more) {
        err = db_tx(db, DB_WRITE, erase_body, &erasure, info);
        if (err == ERR_NOT_FOUND) {
            return 0; /* somebody else finished it */
        }
    }
    return err;
}

int contactdelete_many(struct db *db, struct arena *arena, uint32_t project_id,
                       const struct contactdelete_batch *batch, struct err_info *info)
{
    struct erasure erasure = {.arena = arena, .project_id = project_id, .batch = batch};
    return db_tx(db, DB_WRITE, erase_body, &erasure, info);
}
