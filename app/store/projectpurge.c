#include "store/projectpurge.h"

#include "base/timeutil.h"

/* Jobs and queues first, so that nobody finds work; the contacts' rows before what they are counted
 * by. */
#define TABLES(each)                                                                               \
    each(campaign_send) each(campaign_part) each(flow_run_part) each(message) each(template) each( \
        execution_due) each(execution_step) each(execution) each(flow_event) each(flow_wait)       \
        each(flow_version) each(dropped_flow) each(workflow_event) each(workflow) each(webhook)    \
            each(delivery_due) each(delivery_attempt) each(delivery) each(import_job) each(        \
                import_lane) each(import_part) each(import_error) each(bulk_job) each(bulk_part)   \
                each(sns_hook) each(sns_message) each(public_link) each(suppression) each(         \
                    idempotency) each(segment_state) each(segment_version) each(segment_history)   \
                    each(segment_ref) each(segment_event_ref) each(segment) each(campaign)         \
                        each(sequence) each(tag) each(contact_list) each(membership)               \
                            each(transition) each(dropped_segment) each(dropped_set) each(member)  \
                                each(email_event) each(contact_event) each(event) each(contact)    \
                                    each(dirty) each(occurrence_column) each(base_chunk)           \
                                        each(delta_chunk) each(part_version) each(field)           \
                                            each(event_name) each(counter) each(ordinal_block)     \
                                                each(project_state) each(login_token) each(audit)

#define NAME(table) #table,
#define STATEMENT(table) "DELETE FROM " #table " WHERE project_id = ? LIMIT 2000",

static const char *const names[] = {TABLES(NAME)};
static const char *const statements[] = {TABLES(STATEMENT)};

const char *const *projectpurge_tables(size_t *ret_count)
{
    *ret_count = ARRAY_LEN(names);
    return names;
}

int projectpurge_list(struct db *db, struct arena *arena, uint32_t **ret, size_t *ret_count,
                      struct err_info *info)
{
    /* Goes over all projects. */
    static const char sql[] = "SELECT project_id FROM project "
                              "WHERE deleted_ms IS NOT NULL AND purged_ms IS NULL";
    AUTO(db_rows) rows = NULL;
    uint32_t *list = NULL;
    size_t count = 0, room = 0;
    int more, err = db_query(db, sql, DB_NO_PARAMS, false, &rows, info);
    if (err < 0)
        return err;
    while ((more = db_next(rows, info)) == 1) {
        list = arena_grow(arena, list, count, &room, sizeof(*list));
        list[count++] = (uint32_t)db_i64(rows, 0);
    }
    *ret = list;
    *ret_count = count;
    return more;
}

int projectpurge_run(struct db *db, uint32_t project_id, unsigned max_batches,
                     struct err_info *info)
{
    static const char done_sql[] = "UPDATE project SET purged_ms = ? WHERE project_id = ? AND "
                                   "deleted_ms IS NOT NULL AND deleted_ms < ?";
    unsigned batches = 0;
    bool found_any = false;
    for (size_t i = 0; i < ARRAY_LEN(statements); i++) {
        uint64_t deleted = 1;
        while (deleted > 0) {
            if (batches++ == max_batches)
                return 0;
            int err = db_exec(db, statements[i], DB_PARAMS(DB_I64(project_id)), &deleted, info);
            if (err < 0)
                return err;
            found_any = found_any || deleted > 0;
        }
    }
    if (found_any)
        return 0;
    int64_t now_ms = timeutil_wall_ms();
    return db_exec(
        db, done_sql,
        DB_PARAMS(DB_I64(now_ms), DB_I64(project_id), DB_I64(now_ms - PROJECTPURGE_KEEP_MS)), NULL,
        info);
}
