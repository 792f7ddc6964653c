#include "store/messagereport.h"

#include <stdlib.h>

#include "store/sqllist.h"
#include "store/sqlvalue.h"

/* Bits of message.reported: 1 for any report, 1 << type for the types. */
#define TOLD_ANY 1u
#define TOLD_BITS 8

/* ---- finding ------------------------------------------------------------------------------- */

struct search {
    struct messagereport *at;
    size_t count;
};

static int compare_uuid(const void *a, const void *b)
{
    const struct messagereport *left = a;
    const struct messagereport *right = b;
    return memcmp(left->uuid.bytes, right->uuid.bytes, sizeof left->uuid.bytes);
}

/* The one with this id, in a list that is sorted. */
static struct messagereport *search_uuid(const struct search *search, const struct uuid *uuid)
{
    struct messagereport key = {.uuid = *uuid};
    return search->count == 0
               ? NULL
               : bsearch(&key, search->at, search->count, sizeof *search->at, compare_uuid);
}

static int found_row(const struct db_rows *rows, void *ctx)
{
    const struct search *search = ctx;
    struct uuid uuid = sqlvalue_uuid(rows, 0);
    struct messagereport *report = search_uuid(search, &uuid);
    if (report != NULL) {
        report->source = (enum message_source)db_i64(rows, 1);
        report->source_id = (uint32_t)db_i64(rows, 2);
        report->ordinal = (uint32_t)db_i64(rows, 3);
        report->has_template = !db_is_null(rows, 4);
        report->template_uuid = sqlvalue_uuid(rows, 4);
    }
    return 0;
}

/* The distinct ids that could be ours, sorted. */
static struct search list_ids(struct arena *arena, const struct str *email_ids, size_t count)
{
    struct search ret = {.at = arena_array(arena, count, sizeof *ret.at)};
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (uuid_parse(email_ids[i], &ret.at[ret.count].uuid)) {
            ret.count++;
        }
    }
    if (ret.count > 1) {
        qsort(ret.at, ret.count, sizeof *ret.at, compare_uuid);
    }
    for (size_t i = 0; i < ret.count; i++) {
        if (kept == 0 || compare_uuid(&ret.at[kept - 1], &ret.at[i]) != 0) {
            ret.at[kept++] = ret.at[i];
        }
    }
    ret.count = kept;
    return ret;
}

int messagereport_find(struct db *db, struct arena *arena, uint32_t project_id,
                       const struct str *email_ids, size_t count, struct messagereport **ret,
                       struct err_info *info)
{
    SQLLIST(sql,
            "SELECT m.uuid, m.source, m.source_id, m.ordinal, t.uuid"
            " FROM message m FORCE INDEX (uuid) LEFT JOIN template t"
            " ON t.project_id = m.project_id AND t.template_id = m.template_id"
            " WHERE m.project_id = ? AND m.uuid IN (",
            "?", ")");
    struct search search = list_ids(arena, email_ids, count);
    struct db_param *keys = arena_array(arena, search.count, sizeof *keys);
    for (size_t i = 0; i < search.count; i++) {
        keys[i] = sqlvalue_of_uuid(&search.at[i].uuid);
    }
    const struct sqllist list = {sql, &DB_I64(project_id), 1, keys, search.count, 1};
    int err = sqllist_query(db, &list, found_row, &search, info);
    for (size_t i = 0; err == 0 && i < count; i++) {
        struct uuid uuid;
        ret[i] = uuid_parse(email_ids[i], &uuid) ? search_uuid(&search, &uuid) : NULL;
        if (ret[i] != NULL && ret[i]->source == 0) {
            ret[i] = NULL; /* a UUID of somebody else's */
        }
    }
    return err;
}

void messagereport_tell(struct messagereport *report, enum emailevent_type type, bool is_soft)
{
    report->told |= TOLD_ANY;
    if (!is_soft) {
        report->told |= 1u << type;
    }
}

/* ---- writing ------------------------------------------------------------------------------- */

/* Takes away what was told of before. */
static int reported_row(const struct db_rows *rows, void *ctx)
{
    const struct search *search = ctx;
    struct uuid uuid = sqlvalue_uuid(rows, 0);
    struct messagereport *report = search_uuid(search, &uuid);
    if (report != NULL) {
        report->told &= ~(unsigned)db_i64(rows, 1);
    }
    return 0;
}

static int lock_messages(struct db *db, struct arena *arena, uint32_t project_id,
                         struct search *search, struct err_info *info)
{
    SQLLIST(sql,
            "SELECT uuid, reported FROM message FORCE INDEX (uuid)"
            " WHERE project_id = ? AND uuid IN (",
            "?", ") FOR UPDATE");
    struct db_param *keys = arena_array(arena, search->count, sizeof *keys);
    for (size_t i = 0; i < search->count; i++) {
        keys[i] = sqlvalue_of_uuid(&search->at[i].uuid);
    }
    const struct sqllist list = {sql, &DB_I64(project_id), 1, keys, search->count, 1};
    return sqllist_query(db, &list, reported_row, search, info);
}

static int compare_told(const void *a, const void *b)
{
    const struct messagereport *left = a;
    const struct messagereport *right = b;
    return (left->told > right->told) - (left->told < right->told);
}

/* The messages of which the same was told go together. */
static int write_messages(struct db *db, struct arena *arena, uint32_t project_id,
                          struct search *search, struct err_info *info)
{
    SQLLIST(sql,
            "UPDATE message m FORCE INDEX (uuid) SET m.state = ?, m.reason = NULL, m.due_ms = NULL,"
            " m.content = NULL, m.reported = m.reported | ? WHERE m.project_id = ? AND m.uuid IN (",
            "?", ")");
    struct db_param *keys = arena_array(arena, search->count, sizeof *keys);
    int err = 0;
    qsort(search->at, search->count, sizeof *search->at, compare_told);
    for (size_t from = 0, to; err == 0 && from < search->count; from = to) {
        unsigned told = search->at[from].told;
        for (to = from; to < search->count && search->at[to].told == told; to++) {
            keys[to] = sqlvalue_of_uuid(&search->at[to].uuid);
        }
        const struct db_param head[] = {DB_I64(MESSAGE_SENT), DB_I64(told), DB_I64(project_id)};
        const struct sqllist list = {sql, head, ARRAY_LEN(head), keys + from, to - from, 1};
        err = told == 0 ? 0 : sqllist_exec(db, &list, NULL, info);
    }
    return err;
}

static int compare_campaign(const void *a, const void *b)
{
    const struct messagereport *left = a;
    const struct messagereport *right = b;
    if (left->source != right->source) {
        return left->source < right->source ? -1 : 1;
    }
    return (left->source_id > right->source_id) - (left->source_id < right->source_id);
}

static int write_counts(struct db *db, uint32_t project_id, uint32_t campaign_id,
                        const int64_t counts[TOLD_BITS], struct err_info *info)
{
    static const char sql[] =
        "UPDATE campaign SET sent_count = sent_count + ?, delivered_count = delivered_count + ?,"
        " opened_count = opened_count + ?, clicked_count = clicked_count + ?,"
        " bounced_count = bounced_count + ?, complained_count = complained_count + ?,"
        " unsubscribed_count = unsubscribed_count + ? WHERE project_id = ? AND campaign_id = ?";
    return db_exec(
        db, sql,
        DB_PARAMS(DB_I64(counts[0]), DB_I64(counts[EMAILEVENT_DELIVERED]),
                  DB_I64(counts[EMAILEVENT_OPENED]), DB_I64(counts[EMAILEVENT_CLICKED]),
                  DB_I64(counts[EMAILEVENT_BOUNCED]), DB_I64(counts[EMAILEVENT_COMPLAINED]),
                  DB_I64(counts[EMAILEVENT_UNSUBSCRIBED]), DB_I64(project_id), DB_I64(campaign_id)),
        NULL, info);
}

/* Any report says that the message was sent, whether or not its sender says so too. Campaigns are
 * locked in one order. */
static int write_campaigns(struct db *db, uint32_t project_id, struct search *search,
                           struct err_info *info)
{
    int err = 0;
    qsort(search->at, search->count, sizeof *search->at, compare_campaign);
    for (size_t from = 0, to; err == 0 && from < search->count; from = to) {
        int64_t counts[TOLD_BITS] = {0};
        unsigned told = 0;
        for (to = from;
             to < search->count && compare_campaign(&search->at[from], &search->at[to]) == 0;
             to++) {
            told |= search->at[to].told;
            for (unsigned bit = 0; bit < TOLD_BITS; bit++) {
                counts[bit] += search->at[to].told >> bit & 1;
            }
        }
        if (search->at[from].source == MESSAGE_OF_CAMPAIGN && told != 0) {
            err = write_counts(db, project_id, search->at[from].source_id, counts, info);
        }
    }
    return err;
}

int messagereport_write(struct db *db, struct arena *arena, uint32_t project_id,
                        struct messagereport *const *reports, size_t count, struct err_info *info)
{
    struct search search = {.at = arena_array(arena, count, sizeof *search.at)};
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (reports[i] != NULL && reports[i]->told != 0) {
            search.at[search.count++] = *reports[i];
        }
    }
    if (search.count == 0) {
        return 0;
    }
    qsort(search.at, search.count, sizeof *search.at, compare_uuid);
    for (size_t i = 0; i < search.count; i++) {
        if (kept == 0 || compare_uuid(&search.at[kept - 1], &search.at[i]) != 0) {
            search.at[kept++] = search.at[i];
        }
    }
    search.count = kept;
    int err = lock_messages(db, arena, project_id, &search, info);
    if (err == 0) {
        err = write_campaigns(db, project_id, &search, info);
    }
    return err < 0 ? err : write_messages(db, arena, project_id, &search, info);
}
