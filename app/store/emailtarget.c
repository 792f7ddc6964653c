#include "store/emailtarget.h"

#include "base/num.h"
#include "column/key.h"
#include "store/emailevent.h"
#include "store/member.h"
#include "store/sqllist.h"
#include "store/sqlvalue.h"
#include "json/jsonread.h"

/* The number that a public integer of this site has; 0 for anything else (http-api, decision 3). */
static uint32_t public_number(struct str given, uint32_t site_index)
{
    uint64_t id = 0;
    bool is_of_site = num_parse_u64(given, INT64_MAX, &id) && id >> 32 == site_index;
    return is_of_site ? (uint32_t)id : 0;
}

/* Its e-mail steps. A sequence of which nothing is known is over with its first message. */
static uint32_t count_messages(struct arena *arena, struct str steps)
{
    const struct jsonval *list = NULL;
    uint32_t count = 0;
    struct err_info ignored = {0};
    if (steps.at == NULL || jsonread_parse(arena, steps, &list, &ignored) < 0 ||
        list->type != JSONVAL_LIST) {
        return 1;
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct jsonval *type = jsonval_get(&list->items[i], "type");
        count += type != NULL && type->type == JSONVAL_STRING && str_eq_c(type->string, "email");
    }
    return count == 0 ? 1 : count;
}

int emailtarget_find(struct db *db, struct arena *arena, uint32_t project_id, uint32_t site_index,
                     enum emailtarget_kind kind, struct str given, struct emailtarget *ret,
                     struct err_info *info)
{
    static const char *const by_number[] = {
        "SELECT campaign_id, uuid, NULL FROM campaign WHERE project_id = ? AND campaign_id = ?",
        "SELECT sequence_id, uuid, steps FROM sequence WHERE project_id = ? AND sequence_id = ?"};
    static const char *const by_uuid[] = {
        "SELECT campaign_id, uuid, NULL FROM campaign WHERE project_id = ? AND uuid = ?",
        "SELECT sequence_id, uuid, steps FROM sequence WHERE project_id = ? AND uuid = ?"};
    struct uuid uuid;
    uint32_t number = public_number(given, site_index);
    int found = 0;
    AUTO(db_rows) rows = NULL;
    *ret = (struct emailtarget){.kind = kind, .given = given};
    if (number != 0) {
        found =
            db_one(db, by_number[kind], DB_PARAMS(DB_I64(project_id), DB_I64(number)), &rows, info);
    } else if (uuid_parse(given, &uuid)) {
        found = db_one(db, by_uuid[kind], DB_PARAMS(DB_I64(project_id), sqlvalue_of_uuid(&uuid)),
                       &rows, info);
    }
    if (found > 0) {
        ret->number = (uint32_t)db_i64(rows, 0);
        ret->uuid = sqlvalue_uuid(rows, 1);
        ret->message_count = count_messages(arena, sqlvalue_text(arena, rows, 2));
    }
    return found < 0 ? found : 0;
}

/* One that is gone meanwhile took its members along. */
static int add_members(struct db *db, struct arena *arena, uint32_t project_id, uint64_t set_id,
                       const uint32_t *ordinals, size_t count, struct err_info *info)
{
    if (count == 0) {
        return 0;
    }
    int err = member_add_here(db, arena, project_id, set_id, ordinals, count, NULL, info);
    if (err == ERR_NOT_FOUND) {
        *info = (struct err_info){0};
        return 0;
    }
    return err;
}

int emailtarget_received(struct db *db, struct arena *arena, uint32_t project_id,
                         const struct emailtarget *campaign, const uint32_t *ordinals, size_t count,
                         struct err_info *info)
{
    return add_members(db, arena, project_id, KEY_SET_CAMPAIGN(campaign->number), ordinals, count,
                       info);
}

struct completion {
    uint32_t message_count;
    uint32_t *ordinals;
    size_t count;
    size_t room;
};

/* The statement's sizes repeat an ordinal only within one IN list, which says it once. */
static int completion_row(const struct db_rows *rows, void *ctx)
{
    struct completion *done = ctx;
    if (db_i64(rows, 1) >= done->message_count && done->count < done->room) {
        done->ordinals[done->count++] = (uint32_t)db_i64(rows, 0);
    }
    return 0;
}

int emailtarget_completed(struct db *db, struct arena *arena, uint32_t project_id,
                          const struct emailtarget *sequence, const uint32_t *ordinals,
                          size_t count, struct err_info *info)
{
    SQLLIST(sql,
            "SELECT ordinal, COUNT(DISTINCT email_id) FROM email_event FORCE INDEX (contact)"
            " WHERE project_id = ? AND sequence_id = ? AND type <> ? AND ordinal IN (",
            "?", ") GROUP BY ordinal");
    const struct db_param head[] = {DB_I64(project_id), DB_I64(sequence->number),
                                    DB_I64(EMAILEVENT_BOUNCED)};
    struct db_param *keys = arena_array(arena, count, sizeof *keys);
    for (size_t i = 0; i < count; i++) {
        keys[i] = DB_I64(ordinals[i]);
    }
    struct completion done = {.message_count = sequence->message_count,
                              .ordinals = arena_array(arena, count, sizeof *done.ordinals),
                              .room = count};
    struct sqllist list = {sql, head, ARRAY_LEN(head), keys, count, 1};
    int err = sqllist_query(db, &list, completion_row, &done, info);
    return err < 0 ? err
                   : add_members(db, arena, project_id, KEY_SET_SEQUENCE(sequence->number),
                                 done.ordinals, done.count, info);
}
