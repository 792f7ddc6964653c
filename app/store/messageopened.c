#include "store/messageopened.h"

#include "store/emailevent.h"
#include "store/message.h"
#include "store/sqllist.h"

struct opened {
    const struct execution *const *executions;
    size_t count;
    bool *found;
};

static int opened_row(const struct db_rows *rows, void *ctx)
{
    const struct opened *opened = ctx;
    uint32_t execution_id = (uint32_t)db_i64(rows, 0);
    for (size_t i = 0; i < opened->count; i++) {
        if (opened->executions[i]->execution_id == execution_id) {
            opened->found[i] = true;
        }
    }
    return 0;
}

int messageopened_find(struct db *db, struct arena *arena,
                       const struct execution *const *executions, size_t count, struct str step,
                       bool *ret, struct err_info *info)
{
    SQLLIST(sql,
            "SELECT m.execution_id FROM message m JOIN execution_step s"
            " ON s.project_id = m.project_id AND s.ordinal = m.ordinal"
            " AND s.execution_id = m.execution_id AND s.number = m.step"
            " WHERE s.step = ? AND m.project_id = ? AND m.source = ? AND m.source_id = ?"
            " AND m.reported & ? <> 0 AND m.execution_id IN (",
            "?", ")");
    if (count == 0) {
        return 0;
    }
    const struct flowversion *flow = &executions[0]->flow;
    enum message_source source =
        flow->owner_kind == FLOWVERSION_SEQUENCE ? MESSAGE_OF_SEQUENCE : MESSAGE_OF_WORKFLOW;
    const unsigned types = 1u << EMAILEVENT_OPENED | 1u << EMAILEVENT_CLICKED;
    const struct db_param head[] = {DB_STR(step), DB_I64(flow->project_id), DB_I64(source),
                                    DB_I64(flow->owner_id), DB_I64(types)};
    struct db_param *items = arena_array(arena, count, sizeof *items);
    struct opened opened = {executions, count, ret};
    for (size_t i = 0; i < count; i++) {
        items[i] = DB_I64(executions[i]->execution_id);
        ret[i] = false;
    }
    const struct sqllist list = {sql, head, 5, items, count, 1};
    return sqllist_query(db, &list, opened_row, &opened, info);
}
