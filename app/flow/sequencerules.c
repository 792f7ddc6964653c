#include "flow/sequencerules.h"

#include <stdlib.h>

#include "column/key.h"
#include "flow/sequencesteps.h"
#include "store/contact.h"
#include "store/enrollment.h"
#include "store/eventname.h"
#include "store/member.h"
#include "store/message.h"
#include "store/sequence.h"
#include "store/suppressionset.h"
#include "store/template.h"
#include "json/jsonread.h"

/* ---- the definition ------------------------------------------------------------------------ */

/* The ids of the templates. One that is gone has the id that nothing has: its step fails, and says
 * so. */
static int find_templates(struct db *db, struct arena *arena, uint32_t project_id,
                          const struct sequencesteps *steps, struct uuid **ret,
                          struct err_info *info)
{
    *ret = arena_array(arena, steps->count, sizeof(**ret));
    for (size_t i = 0; i < steps->count; i++) {
        struct template template;
        struct err_info why = {.message = ""};
        if (steps->at[i].type != SEQUENCESTEPS_EMAIL)
            continue;
        int err =
            template_by_number(db, arena, project_id, steps->at[i].template_id, &template, &why);
        if (err && err != ERR_NOT_FOUND) {
            *info = why;
            return err;
        }
        if (!err)
            (*ret)[i] = template.uuid;
    }
    return 0;
}

static int corrupt(const struct sequence *sequence, const struct err_info *why,
                   struct err_info *info)
{
    return err_set(info, ERR_CORRUPT, NULL, "the steps of sequence %u do not read back: %s",
                   (unsigned)sequence->sequence_id, why->message);
}

static int make_definition(struct db *db, struct arena *arena, uint32_t project_id,
                           const struct sequence *sequence, struct definition *ret,
                           struct err_info *info)
{
    static const enum definition_trigger triggers[] = {
        [SEQUENCE_MANUAL] = DEFINITION_MANUAL,
        [SEQUENCE_LIST_ADD] = DEFINITION_LIST_ADD,
        [SEQUENCE_TAG_ADD] = DEFINITION_TAG_ADD,
        [SEQUENCE_SEGMENT_ENTER] = DEFINITION_SEGMENT_ENTER,
    };
    const struct jsonval *json = NULL;
    struct sequencesteps steps;
    struct uuid *templates = NULL;
    struct err_info why = {.message = ""};
    int err = jsonread_parse(arena, sequence->steps.at ? sequence->steps : STR("[]"), &json, &why);
    if (!err)
        err = sequencesteps_read(arena, json, SEQUENCESTEPS_ANY_SITE, &steps, &why);
    if (err)
        return corrupt(sequence, &why, info);
    err = find_templates(db, arena, project_id, &steps, &templates, info);
    if (err)
        return err;
    err = sequencesteps_definition(arena, &steps, triggers[sequence->trigger], sequence->trigger_id,
                                   templates, ret, &why);
    return err ? corrupt(sequence, &why, info) : 0;
}

int sequencerules_definition(struct db *db, struct arena *arena, uint32_t project_id,
                             uint32_t sequence_id, struct flowversion *ret_flow,
                             struct definition *ret, bool *ret_enabled, struct err_info *info)
{
    struct sequence sequence;
    struct str stored;
    int err = sequence_lock(db, arena, project_id, sequence_id, &sequence, info);
    if (err)
        return err;
    *ret_enabled = sequence.enabled;
    *ret_flow =
        (struct flowversion){project_id, FLOWVERSION_SEQUENCE, sequence_id, sequence.version};
    int found = flowversion_get(db, arena, ret_flow, &stored, info);
    if (found < 0)
        return found;
    return found ? definition_read(arena, stored, ret, info)
                 : make_definition(db, arena, project_id, &sequence, ret, info);
}

/* ---- may it go on -------------------------------------------------------------------------- */

struct judging {
    struct arena *arena;
    uint32_t project_id;
    int64_t now_ms;
    int64_t cap_ms;     /* 0: none */
    uint32_t *ordinals; /* ascending, distinct */
    size_t count;
    struct contact **contacts; /* of ordinals; NULL: gone */
    int64_t *last_ms;          /* of ordinals: the last message of a sequence; INT64_MIN */
    const struct suppressionset *suppressed;
};

static int compare_ordinals(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

/* Sorts and leaves repeats out. Returns how many remain. */
static size_t sort_distinct(uint32_t *ordinals, size_t count)
{
    size_t kept = 0;
    if (count > 1)
        qsort(ordinals, count, sizeof(*ordinals), compare_ordinals);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || ordinals[kept - 1] != ordinals[i])
            ordinals[kept++] = ordinals[i];
    return kept;
}

static int read_contacts(struct db *db, struct judging *judging, struct err_info *info)
{
    size_t found = 0, at = 0;
    struct contact *contacts = arena_array(judging->arena, judging->count, sizeof(*contacts));
    int (*read)(struct db *, struct arena *, uint32_t, const uint32_t *, size_t, struct contact *,
                size_t *, struct err_info *) =
        judging->cap_ms ? contact_lock_ordinals : contact_by_ordinals;
    int err = read(db, judging->arena, judging->project_id, judging->ordinals, judging->count,
                   contacts, &found, info);
    judging->contacts = arena_array(judging->arena, judging->count, sizeof(struct contact *));
    for (size_t i = 0; !err && i < judging->count && at < found; i++)
        if (contacts[at].ordinal == judging->ordinals[i])
            judging->contacts[i] = &contacts[at++];
    return err;
}

static int prepare(struct db *db, struct judging *judging, const struct sequencerules_case *cases,
                   size_t count, struct err_info *info)
{
    uint32_t cap_days = 0;
    bool has_email = false;
    int err = 0;
    judging->ordinals = arena_array(judging->arena, count, sizeof(*judging->ordinals));
    for (size_t i = 0; i < count; i++) {
        judging->ordinals[i] = cases[i].ordinal;
        has_email |= cases[i].is_email;
    }
    judging->count = sort_distinct(judging->ordinals, count);
    judging->last_ms = arena_array(judging->arena, judging->count, sizeof(*judging->last_ms));
    if (has_email)
        err = enrollment_cap_days(db, judging->project_id, &cap_days, info);
    judging->cap_ms = cap_days * INT64_C(86400000);
    if (!err)
        err = read_contacts(db, judging, info);
    if (!err && judging->cap_ms)
        err = message_last_ms(db, judging->arena, judging->project_id, MESSAGE_OF_SEQUENCE,
                              judging->ordinals, judging->count, judging->last_ms, info);
    return err ? err
               : suppressionset_read(db, judging->arena, judging->project_id, &judging->suppressed,
                                     info);
}

static void stop(struct sequencerules_case *one, const char *reason)
{
    one->verdict = SEQUENCERULES_STOP;
    one->reason = str_from(reason);
}

static void judge(struct judging *judging, struct sequencerules_case *one)
{
    const uint32_t *ordinal = bsearch(&one->ordinal, judging->ordinals, judging->count,
                                      sizeof(*judging->ordinals), compare_ordinals);
    size_t at = (size_t)(ordinal - judging->ordinals);
    const struct contact *contact = judging->contacts[at];
    int64_t last_ms = judging->last_ms[at];
    one->verdict = SEQUENCERULES_GO;
    if (!contact) {
        stop(one, "deleted");
    } else if (contact->status != CONTACT_SUBSCRIBED) {
        stop(one, contact_status_name(contact->status));
    } else if (judging->suppressed && suppressionset_matches(judging->suppressed, contact->email)) {
        stop(one, "suppressed");
    } else if (judging->cap_ms && one->is_email) {
        if (last_ms != INT64_MIN && last_ms + judging->cap_ms > judging->now_ms) {
            one->verdict = SEQUENCERULES_DEFER;
            one->due_ms = last_ms + judging->cap_ms;
        } else {
            judging->last_ms[at] = judging->now_ms;
        }
    }
}

int sequencerules_judge(struct db *db, struct arena *arena, uint32_t project_id,
                        struct sequencerules_case *cases, size_t count, int64_t now_ms,
                        struct err_info *info)
{
    struct judging judging = {.arena = arena, .project_id = project_id, .now_ms = now_ms};
    if (count == 0)
        return 0;
    int err = prepare(db, &judging, cases, count, info);
    for (size_t i = 0; !err && i < count; i++)
        judge(&judging, &cases[i]);
    return err;
}

/* ---- the end ------------------------------------------------------------------------------- */

int sequencerules_completed(struct db *db, struct arena *arena, uint32_t project_id,
                            const uint32_t *sequence_ids, const uint32_t *ordinals, size_t count,
                            struct err_info *info)
{
    uint32_t *sequences = arena_array(arena, count, sizeof(*sequences));
    uint32_t *members = arena_array(arena, count, sizeof(*members));
    if (count == 0)
        return 0;
    memcpy(sequences, sequence_ids, count * sizeof(*sequences));
    size_t sequence_count = sort_distinct(sequences, count);
    for (size_t i = 0; i < sequence_count; i++) {
        struct err_info why = {.message = ""};
        size_t member_count = 0;
        for (size_t k = 0; k < count; k++)
            if (sequence_ids[k] == sequences[i])
                members[member_count++] = ordinals[k];
        member_count = sort_distinct(members, member_count);
        int err = member_add_here(db, arena, project_id, KEY_SET_SEQUENCE(sequences[i]), members,
                                  member_count, NULL, &why);
        if (err && err != ERR_NOT_FOUND) {
            *info = why;
            return err;
        }
    }
    return 0;
}

/* ---- stopping at once ---------------------------------------------------------------------- */

/* Ends the enrolments of those who have this status. */
static int stop_all(struct db *db, const struct judging *judging, enum contact_status status,
                    struct err_info *info)
{
    uint32_t *ordinals = arena_array(judging->arena, judging->count, sizeof(*ordinals));
    size_t count = 0;
    for (size_t i = 0; i < judging->count; i++)
        if (judging->contacts[i] && judging->contacts[i]->status == status)
            ordinals[count++] = judging->ordinals[i];
    return count == 0
               ? 0
               : enrollment_stop(db, judging->arena, judging->project_id, ordinals, count,
                                 str_from(contact_status_name(status)), judging->now_ms, info);
}

int sequencerules_happened(struct db *db, struct arena *arena, uint32_t project_id,
                           const struct flowevent *events, size_t count, int64_t now_ms,
                           struct err_info *info)
{
    const struct str name = EVENTNAME_UNSUBSCRIBED;
    uint32_t name_id = 0;
    struct judging judging = {.arena = arena, .project_id = project_id, .now_ms = now_ms};
    judging.ordinals = arena_array(arena, count, sizeof(*judging.ordinals));
    int err = eventname_find(db, arena, project_id, &name, 1, &name_id, info);
    for (size_t i = 0; !err && i < count; i++)
        if (events[i].kind == FLOWEVENT_EVENT && events[i].number == name_id)
            judging.ordinals[judging.count++] = events[i].ordinal;
    if (err || judging.count == 0)
        return err;
    judging.count = sort_distinct(judging.ordinals, judging.count);
    err = read_contacts(db, &judging, info);
    for (int status = CONTACT_UNSUBSCRIBED; !err && status <= CONTACT_COMPLAINED; status++)
        err = stop_all(db, &judging, (enum contact_status)status, info);
    return err;
}
