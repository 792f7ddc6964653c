#include "worker/sns.h"

#include <stdio.h>

#include "base/certificate.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/stopsignal.h"
#include "deliver/fetch.h"
#include "store/project.h"
#include "store/sesnotice.h"
#include "store/snsenvelope.h"
#include "store/snshook.h"
#include "store/snsmessage.h"
#include "worker/joblog.h"
#include "json/jsonread.h"

#define TRIES_MAX 12 /* over an hour and a half */
#define RETRY_FIRST_MS INT64_C(2000)
#define RETRY_MOST_MS INT64_C(900000)

struct look {
    struct db *db;
    struct arena *arena;
    struct fetch_config fetch;
    int64_t now_ms;
    /* Of one message: */
    const struct snsmessage *message;
    struct snsenvelope envelope;
    struct snshook hook;
    /* What came of them: */
    uint64_t applied;
    uint64_t refused;
    uint64_t postponed;
};

/* ---- the end of a message ------------------------------------------------------------------ */

static int refuse(struct look *look, const char *why, struct err_info *info)
{
    const struct snsmessage *message = look->message;
    look->refused++;
    int err = snshook_refused(look->db, message->project_id, &message->hook_id, why, info);
    return err < 0 ? err : snsmessage_finish(look->db, message, false, info);
}

/* What may go well later is tried again, each time after twice as long. */
static int postpone(struct look *look, const char *what, const struct err_info *why,
                    struct err_info *info)
{
    char text[400];
    int64_t delay_ms = RETRY_FIRST_MS << (look->message->tries - 1);
    if (look->message->tries >= TRIES_MAX) {
        (void)snprintf(text, sizeof text, "%s: %.300s", what, why->message);
        return refuse(look, text, info);
    }
    look->postponed++;
    return snsmessage_retry(look->db, look->message,
                            delay_ms < RETRY_MOST_MS ? delay_ms : RETRY_MOST_MS, info);
}

static int finish(struct look *look, struct err_info *info)
{
    look->applied++;
    return snsmessage_finish(look->db, look->message, true, info);
}

/* ---- what it says -------------------------------------------------------------------------- */

static int apply_notice(struct look *look, struct err_info *info)
{
    struct emailwrite_item *items = NULL;
    struct project project;
    size_t count = 0;
    bool understood = false;
    const char *number = arena_printf(look->arena, "%u", look->message->project_id);
    sesnotice_read(look->arena, look->envelope.message, &items, &count, &understood);
    if (count == 0) { /* SES sends a word of its own when it begins */
        return finish(look, info);
    }
    int err = project_find(look->db, look->arena, str_from(number), &project, info);
    struct emailwrite_batch batch = {.project_id = look->message->project_id,
                                     .site_index = err == 0 ? project.site_index : 0,
                                     .items = items,
                                     .count = count};
    if (err == 0) {
        err = emailwrite_run(look->db, look->arena, &batch, info);
    }
    return err < 0 ? err : finish(look, info);
}

static int confirm(struct look *look, struct err_info *info)
{
    const struct snsmessage *message = look->message;
    struct str answer;
    struct err_info why = {0};
    if (fetch_get(&look->fetch, look->arena, look->envelope.subscribe_url, &answer, &why) < 0) {
        return postpone(look, "the subscription could not be confirmed", &why, info);
    }
    int err = snshook_confirmed(look->db, message->project_id, &message->hook_id, true, info);
    return err < 0 ? err : finish(look, info);
}

static int apply(struct look *look, struct err_info *info)
{
    const struct snsmessage *message = look->message;
    bool is_known = false;
    int err = snsmessage_is_known(look->db, message, &is_known, info);
    if (err < 0 || is_known) {
        return err < 0 ? err : finish(look, info);
    }
    switch (look->envelope.kind) {
    case SNSENVELOPE_NOTIFICATION:
        return apply_notice(look, info);
    case SNSENVELOPE_CONFIRM:
        return confirm(look, info);
    case SNSENVELOPE_UNSUBSCRIBED:
        break;
    }
    err = snshook_confirmed(look->db, message->project_id, &message->hook_id, false, info);
    return err < 0 ? err : finish(look, info);
}

/* ---- whose it is --------------------------------------------------------------------------- */

/* The one that the hook keeps, when it is the same. */
static int get_certificate(const struct look *look, struct str *ret, struct err_info *info)
{
    if (look->hook.certificate.at != NULL &&
        str_eq(look->hook.certificate_url, look->envelope.certificate_url)) {
        *ret = look->hook.certificate;
        return 0;
    }
    return fetch_get(&look->fetch, look->arena, look->envelope.certificate_url, ret, info);
}

static int verify(struct look *look, struct err_info *info)
{
    const struct snsmessage *message = look->message;
    struct str certificate;
    struct err_info why = {0};
    if (get_certificate(look, &certificate, &why) < 0) {
        return postpone(look, "the signing certificate could not be fetched", &why, info);
    }
    struct str text = snsenvelope_signed_text(look->arena, &look->envelope);
    if (certificate_verify(certificate, look->now_ms, text, look->envelope.signature, &why) < 0) {
        return refuse(
            look, arena_printf(look->arena, "a message was not from Amazon SNS: %s", why.message),
            info);
    }
    int err = 0;
    bool is_known = look->hook.is_verified && look->hook.problem.at == NULL &&
                    look->hook.certificate.at == certificate.at;
    if (!is_known) {
        err = snshook_verified(look->db, message->project_id, &message->hook_id,
                               look->envelope.certificate_url, certificate, info);
    }
    return err < 0 ? err : apply(look, info);
}

/* Its shape was judged when it came in; the hook may be gone since. */
static int look_at(struct look *look, struct err_info *info)
{
    const struct snsmessage *message = look->message;
    const struct jsonval *body = NULL;
    struct err_info why = {0};
    int err = snshook_get(look->db, look->arena, message->project_id, &message->hook_id,
                          &look->hook, info);
    if (err == ERR_NOT_FOUND) {
        *info = (struct err_info){0};
        return snsmessage_finish(look->db, message, false, info);
    }
    if (err < 0) {
        return err;
    }
    if (message->tries > TRIES_MAX || jsonread_parse(look->arena, message->body, &body, &why) < 0 ||
        snsenvelope_read(look->arena, body, &look->envelope, &why) < 0) {
        return refuse(look, "a message could not be worked on", info);
    }
    err = snshook_pin(look->db, message->project_id, &look->hook, look->envelope.topic_arn, info);
    if (err == ERR_FORBIDDEN) {
        *info = (struct err_info){0};
        return snsmessage_finish(look->db, message, false, info);
    }
    return err < 0 ? err : verify(look, info);
}

/* ---- the job ------------------------------------------------------------------------------- */

static void log_look(const struct look *look)
{
    struct log_line line;
    metrics_add("muster_sns_applied_total", look->applied);
    metrics_add("muster_sns_refused_total", look->refused);
    log_begin(&line, LOG_LEVEL_INFO, "sns");
    log_add_i64(&line, "applied", (int64_t)look->applied);
    log_add_i64(&line, "refused", (int64_t)look->refused);
    log_add_i64(&line, "postponed", (int64_t)look->postponed);
    log_end(&line);
}

/* One message that fails leaves the others: it comes up again when its lease is over. */
static bool look_at_all(struct look *look, const struct snsmessage *messages, size_t count)
{
    bool good = true;
    for (size_t i = 0; i < count && !stopsignal_asked(); i++) {
        struct err_info info = {0};
        look->message = &messages[i];
        int err = look_at(look, &info);
        if (err < 0) {
            joblog_failure("sns", messages[i].project_id, err, &info);
            good = false;
        }
        arena_reset(look->arena);
    }
    return good;
}

bool sns_job(const struct job *job, bool *ret_more)
{
    struct urlguard guard;
    struct snsmessage *messages = NULL;
    struct err_info info = {0};
    size_t count = 0;
    AUTO(arena) arena = arena_new();
    struct look look = {.db = job->db,
                        .arena = arena,
                        .fetch = {.guard = &guard,
                                  .connect_to = job->config->sns_connect_to,
                                  .ca_file = job->config->sns_ca_file}};
    *ret_more = false;
    int err = urlguard_parse(job->config->webhook_allow, &guard, &info);
    if (err == 0) {
        err = db_now_ms(job->db, &look.now_ms, &info);
    }
    if (err == 0) {
        err = snsmessage_claim(job->db, job->arena, (int64_t)job->config->lease_s * 1000, &messages,
                               &count, &info);
    }
    if (err < 0) {
        joblog_failure("sns", 0, err, &info);
        return false;
    }
    bool good = look_at_all(&look, messages, count);
    if (count > 0) {
        log_look(&look);
    }
    *ret_more = count > 0;
    return good;
}
