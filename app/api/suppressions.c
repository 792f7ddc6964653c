#include "api/suppressions.h"

#include "api/audittrail.h"
#include "api/bodytext.h"
#include "api/jsonparts.h"
#include "api/paging.h"
#include "base/limits.h"
#include "store/email.h"
#include "store/suppression.h"

/* In the order of enum suppression_kind, from 1. */
static const char *const kinds[] = {"ADDRESS", "DOMAIN", "PREFIX", "SUFFIX", "WILDCARD", NULL};

/* ---- printing ------------------------------------------------------------------------------ */

static void write_rule(struct jsonwrite *w, const struct suppression *rule,
                       const char *project_uuid)
{
    jsonwrite_object(w);
    jsonparts_id(w, "id", &rule->uuid);
    jsonparts_text(w, "name", rule->name);
    jsonwrite_name(w, "kind");
    jsonwrite_c(w, kinds[rule->kind - SUPPRESSION_ADDRESS]);
    jsonparts_text(w, "pattern", rule->pattern);
    jsonwrite_name(w, "enabled");
    jsonwrite_bool(w, rule->enabled);
    jsonwrite_name(w, "projectId");
    jsonwrite_c(w, project_uuid);
    jsonwrite_name(w, "createdAt");
    jsonwrite_time(w, rule->created_ms);
    jsonwrite_name(w, "updatedAt");
    jsonwrite_time(w, rule->updated_ms);
    jsonwrite_object_end(w);
}

static void answer(const struct api_request *req, struct api_response *res, int status,
                   const struct suppression *rule)
{
    api_begin(res, status);
    write_rule(&res->json, rule, req->project_uuid);
}

/* ---- reading ------------------------------------------------------------------------------- */

static int path_id(const struct api_request *req, struct uuid *ret, struct err_info *info)
{
    return uuid_parse(req->path_args[0], ret)
               ? 0
               : err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Suppression rule not found");
}

/* A rule that says something else than its author thinks is worse than none: no field is ignored.
 */
static int check_fields(const struct jsonval *body, const char *const *known, struct err_info *info)
{
    for (size_t i = 0; i < body->count; i++) {
        const char *const *name = known;
        while (*name != NULL && !str_eq_c(body->names[i], *name)) {
            name++;
        }
        if (*name == NULL) {
            return bodytext_refuse(info, body->names[i].at, "unrecognized_keys",
                                   STR_FMT " is not a field of this request",
                                   STR_ARG(body->names[i]));
        }
    }
    return 0;
}

static bool is_domain(struct arena *arena, struct str text)
{
    struct str address;
    return memchr(text.at, '@', text.len) == NULL &&
           email_normalise(arena, str_from(arena_printf(arena, "a@" STR_FMT, STR_ARG(text))),
                           &address);
}

/* What a pattern must be for its kind. */
static int check_pattern(const struct api_request *req, const struct suppression *rule,
                         struct err_info *info)
{
    struct str address;
    for (size_t i = 0; i < rule->pattern.len; i++) {
        if ((unsigned char)rule->pattern.at[i] <= ' ') {
            return bodytext_refuse(info, "pattern", "invalid_pattern",
                                   "pattern must not hold blanks: no address does");
        }
    }
    if (rule->kind == SUPPRESSION_ADDRESS &&
        !email_normalise(req->arena, rule->pattern, &address)) {
        return bodytext_refuse(info, "pattern", "invalid_pattern",
                               "pattern must be an address, such as joe@example.com");
    }
    if (rule->kind == SUPPRESSION_DOMAIN && !is_domain(req->arena, rule->pattern)) {
        return bodytext_refuse(info, "pattern", "invalid_pattern",
                               "pattern must be a domain without @, such as example.com");
    }
    if (rule->kind == SUPPRESSION_WILDCARD &&
        memchr(rule->pattern.at, '*', rule->pattern.len) == NULL) {
        return bodytext_refuse(info, "pattern", "invalid_pattern",
                               "pattern must hold a *, such as *@*.example.com");
    }
    return 0;
}

/* Reads what is given over `rule`; everything but `enabled` is required of a new one. */
static int read_rule(const struct api_request *req, bool is_new, struct suppression *rule,
                     struct err_info *info)
{
    static const char *const known[] = {"name", "kind", "pattern", "enabled", NULL};
    const struct bodytext name_field = {"name", LIMIT_SUPPRESSION_NAME_CHARS, is_new};
    const struct bodytext pattern_field = {"pattern", LIMIT_SUPPRESSION_PATTERN_CHARS, is_new};
    struct str name;
    struct str pattern;
    bool enabled;
    bool given = false;
    int kind = 0;
    int fallback = is_new ? -1 : (int)(rule->kind - SUPPRESSION_ADDRESS);
    int err = check_fields(req->json, known, info);
    if (err == 0) {
        err = bodytext_read(req->json, &name_field, &name, info);
    }
    if (err == 0) {
        err = bodytext_word(req->json, "kind", kinds, fallback, &kind, info);
    }
    if (err == 0) {
        err = bodytext_read(req->json, &pattern_field, &pattern, info);
    }
    if (err == 0) {
        err = api_body_bool(req->json, "enabled", &enabled, &given, info);
    }
    if (err < 0) {
        return err;
    }
    if ((name.at != NULL && bodytext_is_blank(name)) ||
        (pattern.at != NULL && bodytext_is_blank(pattern))) {
        const char *field = name.at != NULL && bodytext_is_blank(name) ? "name" : "pattern";
        return bodytext_refuse(info, field, "too_small", "%s must not be empty", field);
    }
    rule->name = name.at != NULL ? name : rule->name;
    rule->kind = (enum suppression_kind)(kind + SUPPRESSION_ADDRESS);
    rule->pattern =
        pattern.at != NULL ? str_lower_ascii(req->arena, str_trim(pattern)) : rule->pattern;
    rule->enabled = given ? enabled : rule->enabled;
    return check_pattern(req, rule, info);
}

/* ---- handlers ------------------------------------------------------------------------------ */

int suppressions_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct suppression *rules;
    size_t count;
    int err = suppression_list(req->db, req->arena, req->project_id, &rules, &count, info);
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_list(&res->json);
    for (size_t i = 0; i < count; i++) {
        write_rule(&res->json, &rules[i], req->project_uuid);
    }
    jsonwrite_list_end(&res->json);
    return 0;
}

int suppressions_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct suppression rule = {.enabled = true};
    int err = read_rule(req, true, &rule, info);
    if (err == 0) {
        err = suppression_create(req->db, req->project_id, &rule, info);
    }
    if (err == 0) {
        audittrail_add(req, res, "suppression.created", "suppression", &rule.uuid,
                       (struct str){NULL, 0});
        answer(req, res, 201, &rule);
    }
    return err;
}

int suppressions_update(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct uuid uuid;
    struct suppression rule;
    int err = path_id(req, &uuid, info);
    if (err == 0) {
        err = suppression_get(req->db, req->arena, req->project_id, &uuid, &rule, info);
    }
    if (err == 0) {
        err = read_rule(req, false, &rule, info);
    }
    if (err == 0) {
        err = suppression_update(req->db, req->project_id, &rule, info);
    }
    if (err == 0) {
        audittrail_add(req, res, "suppression.updated", "suppression", &rule.uuid,
                       (struct str){NULL, 0});
        answer(req, res, 200, &rule);
    }
    return err;
}

int suppressions_delete(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct uuid uuid;
    int err = path_id(req, &uuid, info);
    if (err == 0) {
        err = suppression_delete(req->db, req->project_id, &uuid, info);
    }
    if (err == 0) {
        audittrail_add(req, res, "suppression.deleted", "suppression", &uuid,
                       (struct str){NULL, 0});
        api_no_content(res);
    }
    return err;
}

/* The enabled rules that hold an address back. */
int suppressions_preview(struct api_request *req, struct api_response *res, struct err_info *info)
{
    static const char *const known[] = {"address", NULL};
    static const struct bodytext field = {"address", LIMIT_EMAIL_BYTES, true};
    struct suppression *rules;
    struct str address;
    size_t count;
    size_t matching = 0;
    int err = check_fields(req->json, known, info);
    if (err == 0) {
        err = bodytext_read(req->json, &field, &address, info);
    }
    if (err == 0 && !email_normalise(req->arena, address, &address)) {
        err = err_set_at(info, ERR_UNPROCESSABLE, "INVALID_EMAIL", "address",
                         "address must be an e-mail address");
    }
    if (err == 0) {
        err = suppression_list(req->db, req->arena, req->project_id, &rules, &count, info);
    }
    if (err < 0) {
        return err;
    }
    for (size_t i = 0; i < count; i++) {
        if (rules[i].enabled && suppression_matches(&rules[i], address)) {
            rules[matching++] = rules[i];
        }
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonparts_text(&res->json, "address", address);
    jsonwrite_name(&res->json, "suppressed");
    jsonwrite_bool(&res->json, matching > 0);
    jsonwrite_name(&res->json, "rules");
    jsonwrite_list(&res->json);
    for (size_t i = 0; i < matching; i++) {
        write_rule(&res->json, &rules[i], req->project_uuid);
    }
    jsonwrite_list_end(&res->json);
    jsonwrite_object_end(&res->json);
    return 0;
}

/* ---- messages that were held back: this server sends none yet ------------------------------- */

int suppressions_emails(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct paging_cursor cursor;
    int err = paging_read_cursor(req, &cursor, info);
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "data");
    jsonwrite_list(&res->json);
    jsonwrite_list_end(&res->json);
    jsonwrite_name(&res->json, "nextCursor");
    jsonwrite_null(&res->json);
    paging_write_cursor(&res->json, &cursor, NULL, false, 0);
    jsonwrite_object_end(&res->json);
    return 0;
}

int suppressions_email(struct api_request *req, struct api_response *res, struct err_info *info)
{
    (void)req;
    (void)res;
    return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Suppressed email not found");
}
