#include "store/messagesweep.h"

#include "store/message.h"

#define ROWS_AT_ONCE 5000

/* One whose owner is gone. Returns 1, 0: there is none, or an err. The inner query is one seek for
 * each source, however many messages it has. */
static int find_orphan(struct db *db, struct db_rows **ret, struct err_info *info)
{
    /* The worker's: over all projects. */
    static const char sql[] =
        "SELECT m.project_id, m.source, m.source_id FROM (SELECT DISTINCT project_id, source,"
        " source_id FROM message) m"
        " LEFT JOIN campaign c ON c.project_id = m.project_id AND c.campaign_id = m.source_id"
        " LEFT JOIN workflow w ON w.project_id = m.project_id AND w.workflow_id = m.source_id"
        " LEFT JOIN sequence s ON s.project_id = m.project_id AND s.sequence_id = m.source_id"
        " WHERE (m.source = ? AND c.campaign_id IS NULL) OR (m.source = ? AND w.workflow_id IS "
        "NULL)"
        " OR (m.source = ? AND s.sequence_id IS NULL) LIMIT 1";
    return db_one(db, sql,
                  DB_PARAMS(DB_I64(MESSAGE_OF_CAMPAIGN), DB_I64(MESSAGE_OF_WORKFLOW),
                            DB_I64(MESSAGE_OF_SEQUENCE)),
                  ret, info);
}

int messagesweep_run(struct db *db, unsigned max_batches, struct err_info *info)
{
    static const char sql[] = "DELETE FROM message WHERE project_id = ? AND source = ?"
                              " AND source_id = ? LIMIT ?";
    unsigned batches = 0;
    for (int found = 1; found > 0 && batches < max_batches;) {
        AUTO(db_rows) rows = NULL;
        uint64_t deleted = ROWS_AT_ONCE;
        found = find_orphan(db, &rows, info);
        for (; found > 0 && deleted == ROWS_AT_ONCE && batches < max_batches; batches++) {
            int err = db_exec(db, sql,
                              DB_PARAMS(DB_I64(db_i64(rows, 0)), DB_I64(db_i64(rows, 1)),
                                        DB_I64(db_i64(rows, 2)), DB_I64(ROWS_AT_ONCE)),
                              &deleted, info);
            if (err < 0) {
                return err;
            }
        }
        if (found < 0) {
            return found;
        }
    }
    return 0;
}
