#include "store/eventrows.h"

#include <stdlib.h>

#include "column/key.h"
#include "store/sqlrows.h"
#include "store/sqlvalue.h"

#define EVENT_WIDTH 8
SQLROWS(sql_insert_event,
        "INSERT INTO event (project_id, at_ms, uuid, ordinal, name_id, email_id, data, created_ms)"
        " VALUES ",
        "(?,?,?,?,?,?,?,?)", "");

#define ROLLUP_WIDTH 6
SQLROWS(
    sql_add_rollup,
    "INSERT INTO contact_event (project_id, name_id, ordinal, count, first_ms, last_ms) VALUES ",
    "(?,?,?,?,?,?)",
    " ON DUPLICATE KEY UPDATE count = count + VALUES(count),"
    " first_ms = LEAST(first_ms, VALUES(first_ms)),"
    " last_ms = GREATEST(last_ms, VALUES(last_ms))");

struct rollup {
    uint32_t name_id;
    uint32_t ordinal;
    uint32_t count;
    int64_t first_ms;
    int64_t last_ms;
};

static int compare_rollup(const void *a, const void *b)
{
    const struct rollup *left = a;
    const struct rollup *right = b;
    if (left->name_id != right->name_id) {
        return left->name_id < right->name_id ? -1 : 1;
    }
    return (left->ordinal > right->ordinal) - (left->ordinal < right->ordinal);
}

/* One rollup for each (name, contact), ascending: all writers take their rows in one order. */
static size_t roll_up(const struct eventrows_event *events, size_t count, struct rollup *rollups)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (events[i].has_contact) {
            rollups[used++] = (struct rollup){events[i].name_id, events[i].ordinal, 1,
                                              events[i].at_ms, events[i].at_ms};
        }
    }
    qsort(rollups, used, sizeof *rollups, compare_rollup);
    size_t kept = 0;
    for (size_t i = 0; i < used; i++) {
        struct rollup *last = kept > 0 ? &rollups[kept - 1] : NULL;
        if (last == NULL || compare_rollup(last, &rollups[i]) != 0) {
            rollups[kept++] = rollups[i];
            continue;
        }
        last->count++;
        last->first_ms =
            rollups[i].first_ms < last->first_ms ? rollups[i].first_ms : last->first_ms;
        last->last_ms = rollups[i].last_ms > last->last_ms ? rollups[i].last_ms : last->last_ms;
    }
    return kept;
}

static int compare_time(const void *a, const void *b)
{
    const struct eventrows_event *const *left = a;
    const struct eventrows_event *const *right = b;
    return ((*left)->at_ms > (*right)->at_ms) - ((*left)->at_ms < (*right)->at_ms);
}

/* In order of time, which is that of the table: neighbours share pages. */
static const struct eventrows_event **by_time(struct arena *arena,
                                              const struct eventrows_event *events, size_t count)
{
    const struct eventrows_event **sorted = arena_raw(arena, count, sizeof *sorted);
    bool is_sorted = true;
    for (size_t i = 0; i < count; i++) {
        sorted[i] = &events[i];
        is_sorted &= i == 0 || events[i].at_ms >= events[i - 1].at_ms;
    }
    if (!is_sorted) {
        qsort(sorted, count, sizeof *sorted, compare_time);
    }
    return sorted;
}

static int insert_log(struct db *db, struct arena *arena, uint32_t project_id,
                      const struct eventrows_event *events, size_t count, int64_t created_ms,
                      struct err_info *info)
{
    const struct eventrows_event **sorted = by_time(arena, events, count);
    struct db_param *params = arena_raw(arena, count * EVENT_WIDTH, sizeof *params);
    for (size_t i = 0; i < count; i++) {
        const struct eventrows_event *event = sorted[i];
        const struct db_param row[EVENT_WIDTH] = {
            DB_I64(project_id),
            DB_I64(event->at_ms),
            sqlvalue_of_uuid(&event->uuid),
            event->has_contact ? DB_I64(event->ordinal) : DB_NULL,
            DB_I64(event->name_id),
            sqlvalue_of_text(event->email_id),
            sqlvalue_of_text(event->data),
            DB_I64(created_ms),
        };
        memcpy(params + i * EVENT_WIDTH, row, sizeof row);
    }
    return sqlrows_exec(db, sql_insert_event, params, count, EVENT_WIDTH, info);
}

int eventrows_add_rollups(struct db *db, struct arena *arena, uint32_t project_id,
                          const struct eventrows_event *events, size_t count,
                          struct dirty_mark *marks, size_t *ret_marks, struct err_info *info)
{
    struct rollup *rollups = arena_raw(arena, count, sizeof *rollups);
    size_t rollup_count = roll_up(events, count, rollups);
    struct db_param *params = arena_raw(arena, rollup_count * ROLLUP_WIDTH, sizeof *params);
    for (size_t i = 0; i < rollup_count; i++) {
        const struct rollup *rollup = &rollups[i];
        const struct db_param row[ROLLUP_WIDTH] = {
            DB_I64(project_id),    DB_I64(rollup->name_id),  DB_I64(rollup->ordinal),
            DB_I64(rollup->count), DB_I64(rollup->first_ms), DB_I64(rollup->last_ms),
        };
        memcpy(params + i * ROLLUP_WIDTH, row, sizeof row);
        marks[i] = (struct dirty_mark){KEY_PART_EVENT(rollup->name_id), rollup->ordinal};
    }
    *ret_marks = rollup_count;
    return sqlrows_exec(db, sql_add_rollup, params, rollup_count, ROLLUP_WIDTH, info);
}

int eventrows_insert(struct db *db, struct arena *arena, uint32_t project_id,
                     const struct eventrows_event *events, size_t count, int64_t created_ms,
                     struct dirty_mark *marks, size_t *ret_marks, struct err_info *info)
{
    *ret_marks = 0;
    int err = insert_log(db, arena, project_id, events, count, created_ms, info);
    return err < 0 ? err
                   : eventrows_add_rollups(db, arena, project_id, events, count, marks, ret_marks,
                                           info);
}

void eventrows_set_write_check(struct db *db, uint32_t project_id,
                               const struct eventrows_event *event)
{
    static const char sql[] =
        "SELECT 1 FROM event WHERE project_id = ? AND at_ms = ? AND uuid = ? FOR UPDATE";
    db_set_write_check(
        db, sql,
        DB_PARAMS(DB_I64(project_id), DB_I64(event->at_ms), sqlvalue_of_uuid(&event->uuid)));
}
