#include "store/messageclaim.h"

#include <stdlib.h>

#include "store/sqllist.h"
#include "store/sqlvalue.h"
#include "store/suppressionset.h"

/* A cancelled campaign may have many messages that are dropped one batch after the other. A sender
 * is not told "nothing" before so many were looked at. */
#define ROUNDS_MAX 10
#define LATER_ROWS 500 /* looked at in later rounds, even for a sender who wants only one */

/* Contents above this are read one by one, when it is their turn: an answer is full long before a
 * thousand of them. */
#define CONTENT_AT_ONCE 8192

struct claiming {
    struct arena *arena;
    const struct messageclaim_query *query;
    int64_t now_ms;
    int64_t lease_until_ms;
    int64_t lease_id;
    const struct suppressionset *suppressed;
    /* What messages are of, and what stands in them: each is read once. */
    struct messageclaim_origin **origins;
    size_t origin_count;
    size_t origin_room;
    struct template **templates; /* NULL: it is gone */
    uint32_t *template_ids;
    size_t template_count;
    size_t template_room;
    size_t id_room;
    /* The round at hand: */
    struct messageclaim *found;
    uint32_t *source_ids; /* of found */
    bool *is_long;        /* of found: its content is still to be read */
    size_t found_count;
    struct db_param *dropped[MESSAGE_REASONS]; /* their uuids */
    size_t dropped_count[MESSAGE_REASONS];
    bool is_full;
    struct messageclaim_list *ret;
};

/* ---- what is due --------------------------------------------------------------------------- */

/* Rows that another claim holds locked are passed by. */
static int find_source(struct db *db, struct claiming *claiming, enum message_source source,
                       size_t room, struct err_info *info)
{
    static const char sql[] =
        "SELECT uuid, source_id, ordinal, template_id, claims,"
        " CASE WHEN LENGTH(content) <= ? THEN content ELSE NULL END,"
        " CASE WHEN LENGTH(content) > ? THEN 1 ELSE 0 END FROM message FORCE INDEX (due)"
        " WHERE project_id = ? AND source = ? AND due_ms <= ?"
        " ORDER BY due_ms LIMIT ? FOR UPDATE SKIP LOCKED";
    AUTO(db_rows) rows = NULL;
    int err = db_query(db, sql,
                       DB_PARAMS(DB_I64(CONTENT_AT_ONCE), DB_I64(CONTENT_AT_ONCE),
                                 DB_I64(claiming->query->project_id), DB_I64(source),
                                 DB_I64(claiming->now_ms), DB_U64(room)),
                       false, &rows, info);
    while (err >= 0 && (err = db_next(rows, info)) > 0) {
        claiming->is_long[claiming->found_count] = db_i64(rows, 6) != 0;
        claiming->source_ids[claiming->found_count] = (uint32_t)db_i64(rows, 1);
        claiming->found[claiming->found_count++] =
            (struct messageclaim){.uuid = sqlvalue_uuid(rows, 0),
                                  .source = source,
                                  .ordinal = (uint32_t)db_i64(rows, 2),
                                  .template_id = (uint32_t)db_i64(rows, 3),
                                  .claims = (unsigned)db_i64(rows, 4),
                                  .content = sqlvalue_text(claiming->arena, rows, 5)};
    }
    return err;
}

static int find_due(struct db *db, struct claiming *claiming, unsigned round, struct err_info *info)
{
    size_t room = claiming->query->limit - claiming->ret->count;
    int err = 0;
    room = round > 0 && room < LATER_ROWS ? LATER_ROWS : room;
    claiming->found = arena_array(claiming->arena, room, sizeof *claiming->found);
    claiming->source_ids = arena_array(claiming->arena, room, sizeof *claiming->source_ids);
    claiming->is_long = arena_array(claiming->arena, room, sizeof *claiming->is_long);
    claiming->found_count = 0;
    for (int source = MESSAGE_OF_SEND;
         err == 0 && source <= MESSAGE_OF_CAMPAIGN && claiming->found_count < room; source++) {
        err = find_source(db, claiming, (enum message_source)source, room - claiming->found_count,
                          info);
    }
    return err;
}

/* ---- what it is of ------------------------------------------------------------------------- */

/*
 * Whoever cancels a campaign locks this row: he waits until what is handed out here is, or we wait
 * and find it cancelled. One that is over has no row. Workers lock it before messages, and wait for
 * none that we hold.
 */
static int hold_campaign(struct db *db, uint32_t project_id, uint32_t campaign_id,
                         struct err_info *info)
{
    static const char sql[] = "SELECT 1 FROM campaign_send WHERE project_id = ?"
                              " AND campaign_id = ? LOCK IN SHARE MODE";
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(campaign_id)), &rows, info);
    return found < 0 ? found : 0;
}

static int read_origin(struct db *db, struct claiming *claiming, struct messageclaim_origin *ret,
                       struct err_info *info)
{
    static const char workflow_sql[] =
        "SELECT uuid FROM workflow WHERE project_id = ? AND workflow_id = ?";
    static const char sequence_sql[] =
        "SELECT uuid FROM sequence WHERE project_id = ? AND sequence_id = ?";
    uint32_t project_id = claiming->query->project_id;
    AUTO(db_rows) rows = NULL;
    if (ret->source == MESSAGE_OF_CAMPAIGN) {
        int err = hold_campaign(db, project_id, ret->number, info);
        if (err < 0) {
            return err;
        }
        err =
            campaign_by_number(db, claiming->arena, project_id, ret->number, &ret->campaign, info);
        ret->is_there = err == 0;
        ret->uuid = ret->campaign.uuid;
        return err == ERR_NOT_FOUND ? 0 : err;
    }
    int found = db_one(db, ret->source == MESSAGE_OF_WORKFLOW ? workflow_sql : sequence_sql,
                       DB_PARAMS(DB_I64(project_id), DB_I64(ret->number)), &rows, info);
    ret->is_there = found > 0;
    if (found > 0) {
        ret->uuid = sqlvalue_uuid(rows, 0);
    }
    return found < 0 ? found : 0;
}

static int find_origin(struct db *db, struct claiming *claiming, enum message_source source,
                       uint32_t number, const struct messageclaim_origin **ret,
                       struct err_info *info)
{
    for (size_t i = 0; i < claiming->origin_count; i++) {
        if (claiming->origins[i]->source == source && claiming->origins[i]->number == number) {
            *ret = claiming->origins[i];
            return 0;
        }
    }
    struct messageclaim_origin *origin = arena_alloc(claiming->arena, sizeof *origin);
    *origin = (struct messageclaim_origin){.source = source, .number = number};
    claiming->origins = arena_grow(claiming->arena, claiming->origins, claiming->origin_count,
                                   &claiming->origin_room, sizeof(struct messageclaim_origin *));
    claiming->origins[claiming->origin_count++] = origin;
    *ret = origin;
    return read_origin(db, claiming, origin, info);
}

/* NULL in *ret: it is gone. */
static int find_template(struct db *db, struct claiming *claiming, uint32_t template_id,
                         const struct template **ret, struct err_info *info)
{
    size_t i = 0;
    while (i < claiming->template_count && claiming->template_ids[i] != template_id) {
        i++;
    }
    if (i == claiming->template_count) {
        struct template *template = arena_alloc(claiming->arena, sizeof *template);
        int err = template_by_number(db, claiming->arena, claiming->query->project_id, template_id,
                                     template, info);
        if (err < 0 && err != ERR_NOT_FOUND) {
            return err;
        }
        claiming->templates = arena_grow(claiming->arena, claiming->templates, i,
                                         &claiming->template_room, sizeof(struct template *));
        claiming->template_ids = arena_grow(claiming->arena, claiming->template_ids, i,
                                            &claiming->id_room, sizeof(uint32_t));
        claiming->templates[i] = err == 0 ? template : NULL;
        claiming->template_ids[i] = template_id;
        claiming->template_count++;
    }
    *ret = claiming->templates[i];
    return 0;
}

static int find_content(struct db *db, const struct claiming *claiming, struct messageclaim *claim,
                        struct err_info *info)
{
    static const char sql[] = "SELECT content FROM message WHERE project_id = ? AND uuid = ?";
    AUTO(db_rows) rows = NULL;
    int found = db_one(
        db, sql, DB_PARAMS(DB_I64(claiming->query->project_id), sqlvalue_of_uuid(&claim->uuid)),
        &rows, info);
    if (found > 0) {
        claim->content = sqlvalue_text(claiming->arena, rows, 0);
    }
    return found < 0 ? found : 0;
}

/* Content, origin, template and type of one that was found. */
static int complete(struct db *db, struct claiming *claiming, size_t i, struct err_info *info)
{
    struct messageclaim *claim = &claiming->found[i];
    int err = claiming->is_long[i] ? find_content(db, claiming, claim, info) : 0;
    if (err == 0 && claim->source != MESSAGE_OF_SEND) {
        err =
            find_origin(db, claiming, claim->source, claiming->source_ids[i], &claim->origin, info);
    }
    bool is_campaign = claim->source == MESSAGE_OF_CAMPAIGN;
    if (err == 0 && is_campaign && claim->template_id == 0) {
        claim->template_id = claim->origin->campaign.template_id;
    }
    if (err == 0 && claim->template_id != 0) {
        err = find_template(db, claiming, claim->template_id, &claim->template, info);
    }
    claim->type = is_campaign               ? claim->origin->campaign.type
                  : claim->template != NULL ? claim->template->type
                                            : CAMPAIGN_TRANSACTIONAL;
    return err;
}

/* ---- may it go out ------------------------------------------------------------------------- */

static enum message_reason judge_contact(const struct claiming *claiming,
                                         const struct messageclaim *claim)
{
    /* Sequences stop at whoever is not subscribed, whatever their templates are. */
    bool to_all = claim->type == CAMPAIGN_TRANSACTIONAL && claim->source != MESSAGE_OF_SEQUENCE;
    if (claim->contact == NULL) {
        return MESSAGE_DELETED;
    }
    if (!to_all && claim->contact->status != CONTACT_SUBSCRIBED) {
        return claim->contact->status == CONTACT_BOUNCED      ? MESSAGE_BOUNCED
               : claim->contact->status == CONTACT_COMPLAINED ? MESSAGE_COMPLAINED
                                                              : MESSAGE_UNSUBSCRIBED;
    }
    bool is_suppressed = claiming->suppressed != NULL &&
                         suppressionset_matches(claiming->suppressed, claim->contact->email);
    return is_suppressed ? MESSAGE_SUPPRESSED : 0;
}

/* 0: nothing keeps it back. */
static enum message_reason judge(const struct claiming *claiming, const struct messageclaim *claim)
{
    const struct messageclaim_origin *origin = claim->origin;
    if (origin != NULL && (!origin->is_there || (claim->source == MESSAGE_OF_CAMPAIGN &&
                                                 origin->campaign.status == CAMPAIGN_CANCELLED))) {
        return MESSAGE_CANCELLED;
    }
    if (claim->claims >= MESSAGE_CLAIMS_MAX) {
        return MESSAGE_UNREPORTED;
    }
    enum message_reason reason = judge_contact(claiming, claim);
    if (reason == 0 && claim->template_id != 0 && claim->template == NULL) {
        return MESSAGE_NO_CONTENT;
    }
    return reason;
}

static void drop(struct claiming *claiming, const struct messageclaim *claim,
                 enum message_reason reason)
{
    if (claiming->dropped[reason] == NULL) {
        claiming->dropped[reason] =
            arena_array(claiming->arena, claiming->found_count, sizeof(struct db_param));
    }
    claiming->dropped[reason][claiming->dropped_count[reason]++] = sqlvalue_of_uuid(&claim->uuid);
}

static int compare_ordinals(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static int compare_contact(const void *ordinal, const void *contact)
{
    return compare_ordinals(ordinal, &((const struct contact *)contact)->ordinal);
}

/* Whom the messages go to, each once, ascending: the order in which everybody locks contacts. */
static size_t list_ordinals(const struct claiming *claiming, uint32_t *ret)
{
    size_t kept = 0;
    for (size_t i = 0; i < claiming->found_count; i++) {
        ret[i] = claiming->found[i].ordinal;
    }
    qsort(ret, claiming->found_count, sizeof *ret, compare_ordinals);
    for (size_t i = 0; i < claiming->found_count; i++) {
        if (kept == 0 || ret[kept - 1] != ret[i]) {
            ret[kept++] = ret[i];
        }
    }
    return kept;
}

/* Locked, so that whoever opts out meanwhile waits for the claim, or was there before it. */
static int find_contacts(struct db *db, struct claiming *claiming, struct err_info *info)
{
    size_t found = 0;
    uint32_t *ordinals = arena_array(claiming->arena, claiming->found_count, sizeof *ordinals);
    size_t count = list_ordinals(claiming, ordinals);
    struct contact *contacts = arena_array(claiming->arena, count, sizeof *contacts);
    int err = contact_lock_ordinals(db, claiming->arena, claiming->query->project_id, ordinals,
                                    count, contacts, &found, info);
    for (size_t i = 0; err == 0 && found > 0 && i < claiming->found_count; i++) {
        claiming->found[i].contact = bsearch(&claiming->found[i].ordinal, contacts, found,
                                             sizeof *contacts, compare_contact);
    }
    return err;
}

static bool is_done(const struct claiming *claiming)
{
    return claiming->is_full || claiming->ret->count == claiming->query->limit;
}

/* Takes, drops or leaves each that was found. */
static int sort_out(struct db *db, struct claiming *claiming, struct err_info *info)
{
    struct messageclaim_list *ret = claiming->ret;
    int err = find_contacts(db, claiming, info);
    for (size_t i = 0; err == 0 && !is_done(claiming) && i < claiming->found_count; i++) {
        struct messageclaim *claim = &claiming->found[i];
        struct err_info problem = {0};
        err = complete(db, claiming, i, info);
        enum message_reason reason = err == 0 ? judge(claiming, claim) : 0;
        int made = err == 0 && reason == 0 ? claiming->query->render(claiming->query->render_ctx,
                                                                     claim, ret->count, &problem)
                                           : 0;
        if (made == ERR_UNPROCESSABLE) {
            reason = MESSAGE_NO_CONTENT;
        } else if (made == ERR_UNAVAILABLE) {
            claiming->is_full = true;
            break;
        } else if (made < 0) {
            *info = problem;
            return made;
        }
        if (err == 0 && reason != 0) {
            drop(claiming, claim, reason);
        } else if (err == 0) {
            ret->at[ret->count++] = *claim;
        }
    }
    return err;
}

/* ---- writing ------------------------------------------------------------------------------- */

static int write_dropped(struct db *db, struct claiming *claiming, struct err_info *info)
{
    SQLLIST(sql,
            "UPDATE message m FORCE INDEX (uuid) SET m.state = ?, m.reason = ?, m.due_ms = NULL,"
            " m.content = NULL WHERE m.project_id = ? AND m.uuid IN (",
            "?", ")");
    int err = 0;
    for (int reason = 0; err == 0 && reason < MESSAGE_REASONS; reason++) {
        const struct db_param head[] = {DB_I64(MESSAGE_DROPPED), DB_I64(reason),
                                        DB_I64(claiming->query->project_id)};
        const struct sqllist list = {
            sql, head, ARRAY_LEN(head), claiming->dropped[reason], claiming->dropped_count[reason],
            1};
        err = sqllist_exec(db, &list, NULL, info);
    }
    return err;
}

static int write_taken(struct db *db, const struct claiming *claiming, size_t from,
                       struct err_info *info)
{
    SQLLIST(sql,
            "UPDATE message m FORCE INDEX (uuid) SET m.state = ?, m.due_ms = ?, m.lease_id = ?,"
            " m.claims = m.claims + 1 WHERE m.project_id = ? AND m.uuid IN (",
            "?", ")");
    const struct messageclaim_list *ret = claiming->ret;
    const struct db_param head[] = {DB_I64(MESSAGE_CLAIMED), DB_I64(claiming->lease_until_ms),
                                    DB_I64(claiming->lease_id),
                                    DB_I64(claiming->query->project_id)};
    struct db_param *keys = arena_array(claiming->arena, ret->count - from, sizeof *keys);
    for (size_t i = from; i < ret->count; i++) {
        keys[i - from] = sqlvalue_of_uuid(&ret->at[i].uuid);
    }
    const struct sqllist list = {sql, head, ARRAY_LEN(head), keys, ret->count - from, 1};
    return sqllist_exec(db, &list, NULL, info);
}

static int run_round(struct db *db, struct claiming *claiming, unsigned round,
                     struct err_info *info)
{
    size_t from = claiming->ret->count;
    memset(claiming->dropped, 0, sizeof claiming->dropped);
    memset(claiming->dropped_count, 0, sizeof claiming->dropped_count);
    int err = find_due(db, claiming, round, info);
    if (err < 0 || claiming->found_count == 0) {
        return err;
    }
    err = sort_out(db, claiming, info);
    if (err == 0) {
        err = write_dropped(db, claiming, info);
    }
    return err < 0 ? err : write_taken(db, claiming, from, info);
}

/* ---- the transaction ----------------------------------------------------------------------- */

static void set_check(struct db *db, const struct claiming *claiming)
{
    static const char sql[] = "SELECT 1 FROM message"
                              " WHERE project_id = ? AND uuid = ? AND lease_id = ? FOR UPDATE";
    if (claiming->ret->count > 0) { /* of what was only dropped nobody is told */
        db_set_write_check(db, sql,
                           DB_PARAMS(DB_I64(claiming->query->project_id),
                                     sqlvalue_of_uuid(&claiming->ret->at[0].uuid),
                                     DB_I64(claiming->lease_id)));
    }
}

static int claim_body(struct db *db, void *ctx, struct err_info *info)
{
    struct claiming *claiming = ctx;
    const struct messageclaim_query *query = claiming->query;
    claiming->ret->count = 0;
    claiming->origin_count = 0;
    claiming->template_count = 0;
    claiming->is_full = false;
    claiming->lease_id = uuid_random63();
    int err = db_now_ms(db, &claiming->now_ms, info);
    claiming->lease_until_ms = claiming->now_ms + query->lease_ms;
    claiming->ret->lease_until_ms = claiming->lease_until_ms;
    if (err == 0) {
        err = suppressionset_read(db, claiming->arena, query->project_id, &claiming->suppressed,
                                  info);
    }
    for (unsigned round = 0; err == 0 && round < ROUNDS_MAX; round++) {
        err = run_round(db, claiming, round, info);
        if (claiming->found_count == 0 || is_done(claiming)) {
            break;
        }
    }
    if (err == 0) {
        set_check(db, claiming);
    }
    return err;
}

int messageclaim_run(struct db *db, struct arena *arena, const struct messageclaim_query *query,
                     struct messageclaim_list *ret, struct err_info *info)
{
    struct claiming claiming = {.arena = arena, .query = query, .ret = ret};
    *ret = (struct messageclaim_list){.at = arena_array(arena, query->limit, sizeof *ret->at)};
    int err = db_tx(db, DB_WRITE, claim_body, &claiming, info);
    if (err < 0) {
        ret->count = 0;
    }
    return err;
}
