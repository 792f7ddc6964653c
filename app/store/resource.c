#include "store/resource.h"

#include "base/limits.h"
#include "store/counter.h"
#include "store/flowevent.h"

/* Sequences' trigger_kind of what starts them (sql/0007). */
#define RESOURCE_BY_LIST 2
#define RESOURCE_BY_TAG 3
#define RESOURCE_BY_SEGMENT 4

int resource_number(struct db *db, uint32_t project_id, enum resource kind, uint32_t *ret,
                    struct err_info *info)
{
    static const struct {
        enum counter_kind counter;
        const char *sql;
        const char *plural;
        int most;
    } kinds[] = {
        [RESOURCE_TAG] = {COUNTER_TAG, "SELECT COUNT(*) FROM tag WHERE project_id = ?", "tags",
                          LIMIT_TAGS},
        [RESOURCE_LIST] = {COUNTER_LIST, "SELECT COUNT(*) FROM contact_list WHERE project_id = ?",
                           "lists", LIMIT_LISTS},
        [RESOURCE_SEQUENCE] = {COUNTER_SEQUENCE,
                               "SELECT COUNT(*) FROM sequence WHERE project_id = ?", "sequences",
                               LIMIT_SEQUENCES},
    };
    AUTO(db_rows) rows = NULL;
    int err = counter_next(db, project_id, kinds[kind].counter, ret, info);
    if (err == 0) {
        err = db_one(db, kinds[kind].sql, DB_PARAMS(DB_I64(project_id)), &rows, info);
    }
    if (err < 0) {
        return err;
    }
    return db_i64(rows, 0) < kinds[kind].most
               ? 0
               : err_set(info, ERR_UNPROCESSABLE, NULL,
                         "A project can have at most %d %s: delete one first", kinds[kind].most,
                         kinds[kind].plural);
}

int resource_hold(struct db *db, uint32_t project_id, enum resource kind, uint32_t id,
                  struct err_info *info)
{
    static const struct {
        const char *sql;
        const char *missing;
    } kinds[] = {
        [RESOURCE_TAG] = {"SELECT 1 FROM tag WHERE project_id = ? AND tag_id = ?"
                          " LOCK IN SHARE MODE",
                          "Tag not found"},
        [RESOURCE_LIST] = {"SELECT 1 FROM contact_list WHERE project_id = ? AND list_id = ?"
                           " LOCK IN SHARE MODE",
                           "List not found"},
        [RESOURCE_SEGMENT] = {"SELECT 1 FROM segment WHERE project_id = ? AND segment_id = ?"
                              " LOCK IN SHARE MODE",
                              "Segment not found"},
    };
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, kinds[kind].sql, DB_PARAMS(DB_I64(project_id), DB_I64(id)), &rows, info);
    if (found == 0) {
        return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "%s", kinds[kind].missing);
    }
    return found < 0 ? found : 0;
}

/* ---- a page -------------------------------------------------------------------------------- */

/* One page under way. */
struct resource_reading {
    const struct resource_page *page;
    struct arena *arena;
    uint32_t project_id;
    uint64_t offset;
    uint64_t limit;
    char *items;
    size_t count;
    uint64_t total;
};

static int resource_page_body(struct db *db, void *ctx, struct err_info *info)
{
    struct resource_reading *reading = ctx;
    const struct resource_page *page = reading->page;
    const struct db_param project = DB_I64(reading->project_id);
    AUTO(db_rows) counted = NULL;
    AUTO(db_rows) rows = NULL;
    int more = db_one(db, page->count_sql, &project, 1, &counted, info);
    if (more >= 0) {
        reading->total = (uint64_t)db_i64(counted, 0);
        more = db_query(db, page->rows_sql,
                        DB_PARAMS(project, DB_U64(reading->limit), DB_U64(reading->offset)), false,
                        &rows, info);
    }
    if (more < 0) {
        return more;
    }
    reading->items = arena_array(reading->arena, reading->limit, page->item_bytes);
    reading->count = 0;
    while (reading->count < reading->limit && (more = db_next(rows, info)) > 0) {
        page->read(reading->arena, rows, reading->items + reading->count++ * page->item_bytes);
    }
    return more < 0 ? more : 0;
}

int resource_page(struct db *db, struct arena *arena, const struct resource_page *page,
                  uint32_t project_id, uint64_t offset, uint64_t limit, void **ret,
                  size_t *ret_count, uint64_t *ret_total, struct err_info *info)
{
    struct resource_reading reading = {
        .page = page, .arena = arena, .project_id = project_id, .offset = offset, .limit = limit};
    int err = db_tx(db, DB_READ, resource_page_body, &reading, info);
    if (err == 0) {
        *ret = reading.items;
        *ret_count = reading.count;
        *ret_total = reading.total;
    }
    return err;
}

/* ---- deleting ------------------------------------------------------------------------------ */

static int resource_release_campaigns(struct db *db, uint32_t project_id, enum resource kind,
                                      uint32_t id, int64_t now_ms, struct err_info *info)
{
    /* status: drafts and scheduled ones. One that is being sent has pinned its recipients. What was
     * for a list or tag is for a segment that is still to be named, as a new one without any. */
    static const char *const sql[] = {
        [RESOURCE_TAG] = "UPDATE campaign SET tag_id = NULL, audience_type = 2,"
                         " audience_filter = NULL, segment_id = NULL, updated_ms = ?"
                         " WHERE project_id = ? AND tag_id = ? AND status IN (1, 2)",
        [RESOURCE_LIST] = "UPDATE campaign SET list_id = NULL, audience_type = 2,"
                          " audience_filter = NULL, segment_id = NULL, updated_ms = ?"
                          " WHERE project_id = ? AND list_id = ? AND status IN (1, 2)",
        [RESOURCE_SEGMENT] = "UPDATE campaign SET segment_id = NULL, updated_ms = ?"
                             " WHERE project_id = ? AND segment_id = ? AND status IN (1, 2)",
    };
    return db_exec(db, sql[kind], DB_PARAMS(DB_I64(now_ms), DB_I64(project_id), DB_I64(id)), NULL,
                   info);
}

int resource_release(struct db *db, uint32_t project_id, enum resource kind, uint32_t id,
                     int64_t now_ms, struct err_info *info)
{
    static const char sql[] = "UPDATE sequence SET trigger_id = NULL, enabled = 0, updated_ms = ?"
                              " WHERE project_id = ? AND trigger_kind = ? AND trigger_id = ?";
    static const int triggers[] = {[RESOURCE_TAG] = RESOURCE_BY_TAG,
                                   [RESOURCE_LIST] = RESOURCE_BY_LIST,
                                   [RESOURCE_SEGMENT] = RESOURCE_BY_SEGMENT};
    int err = resource_release_campaigns(db, project_id, kind, id, now_ms, info);
    if (err < 0) {
        return err;
    }
    uint64_t disabled = 0;
    err = db_exec(db, sql,
                  DB_PARAMS(DB_I64(now_ms), DB_I64(project_id), DB_I64(triggers[kind]), DB_I64(id)),
                  &disabled, info);
    return err == 0 && disabled > 0 ? flowevent_changed(db, project_id, info) : err;
}

int resource_drop_set(struct db *db, uint32_t project_id, uint64_t set_id, struct err_info *info)
{
    static const char sql[] = "INSERT INTO dropped_set (project_id, set_id) VALUES (?, ?)";
    return db_exec(db, sql, DB_PARAMS(DB_I64(project_id), DB_U64(set_id)), NULL, info);
}
