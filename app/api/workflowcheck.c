#include "api/workflowcheck.h"

#include "api/bodytext.h"
#include "audience/audience.h"
#include "base/urlguard.h"
#include "store/template.h"

/* A filter is judged by asking it, as that of a segment is: what it names must be there. */
static int workflowcheck_filter(const struct api_request *req, const struct filter *filter,
                                struct err_info *info)
{
    struct audience_query query = {
        .project_id = req->project_id, .filter = filter, .at_ms = AUDIENCE_AT_NOW};
    struct audience_page page;
    return audience_page(req->db, req->arena, &query, &page, info);
}

/* The URL as it would be with some value for each variable. */
static struct str workflowcheck_sample_url(struct arena *arena, struct str url)
{
    char *out = arena_alloc(arena, url.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < url.len; i++) {
        bool opens = url.at[i] == '{' && i + 1 < url.len && url.at[i + 1] == '{';
        size_t end = i;
        while (opens && end < url.len && url.at[end] != '}') {
            end++;
        }
        if (opens && end < url.len) {
            while (end + 1 < url.len && url.at[end + 1] == '}') {
                end++;
            }
            out[len++] = 'x';
            i = end;
        } else {
            out[len++] = url.at[i];
        }
    }
    return (struct str){out, len};
}

/* Whether a variable stands before the path: then data of contacts would say who is called. */
static bool workflowcheck_has_open_host(struct str url)
{
    unsigned slashes = 0;
    for (size_t i = 0; i + 1 < url.len && slashes < 3; i++) {
        if (url.at[i] == '{' && url.at[i + 1] == '{') {
            return true;
        }
        bool ends_host = slashes == 2 && (url.at[i] == '?' || url.at[i] == '#');
        slashes = ends_host ? 3 : slashes + (url.at[i] == '/');
    }
    return false;
}

static int workflowcheck_url(const struct api_request *req, struct str url, const char *path,
                             struct err_info *info)
{
    struct urlguard guard;
    struct err_info why = {.message = ""};
    if (workflowcheck_has_open_host(url)) {
        return bodytext_refuse(info, arena_printf(req->arena, "%s.url", path), "invalid_url",
                               "%s.url: scheme, host and port must be written out; {{...}} may"
                               " stand behind them",
                               path);
    }
    if (urlguard_parse(req->context->webhook_allow, &guard, info) < 0) {
        return err_set(info, ERR_INTERNAL, NULL, "MUSTER_WEBHOOK_ALLOW is malformed");
    }
    if (urlguard_check_url(&guard, workflowcheck_sample_url(req->arena, url), &why) < 0) {
        return bodytext_refuse(info, arena_printf(req->arena, "%s.url", path), "invalid_url", "%s",
                               why.message);
    }
    return 0;
}

static int workflowcheck_template(const struct api_request *req, const struct uuid *uuid,
                                  const char *path, struct err_info *info)
{
    uint32_t template_id;
    struct err_info why = {.message = ""};
    int err = template_number(req->db, req->project_id, uuid, &template_id, &why);
    if (err == ERR_NOT_FOUND) {
        return err_set_at(info, ERR_NOT_FOUND, "TEMPLATE_NOT_FOUND",
                          arena_printf(req->arena, "%s.templateId", path), "Template not found");
    }
    if (err < 0 && info != NULL) {
        *info = why;
    }
    return err;
}

int workflowcheck_step(const struct api_request *req, const struct definition_step *step,
                       const char *path, struct err_info *info)
{
    switch (step->type) {
    case DEFINITION_SEND_EMAIL:
        return workflowcheck_template(req, &step->template_uuid, path, info);
    case DEFINITION_CONDITION:
        return step->filter != NULL ? workflowcheck_filter(req, step->filter, info) : 0;
    case DEFINITION_WEBHOOK:
        return workflowcheck_url(req, step->url, path, info);
    case DEFINITION_TRIGGER:
    case DEFINITION_DELAY:
    case DEFINITION_WAIT_FOR_EVENT:
    case DEFINITION_UPDATE_CONTACT:
    case DEFINITION_EXIT:
        break;
    }
    return 0;
}

int workflowcheck_trigger(const struct api_request *req, const struct definition *definition,
                          struct err_info *info)
{
    return definition->audience != NULL ? workflowcheck_filter(req, definition->audience, info) : 0;
}

int workflowcheck_all(const struct api_request *req, const struct definition *definition,
                      struct err_info *info)
{
    int err = workflowcheck_trigger(req, definition, info);
    for (size_t i = 0; err == 0 && i < definition->step_count; i++) {
        err = workflowcheck_step(req, &definition->steps[i],
                                 arena_printf(req->arena, "steps.%zu.config", i), info);
    }
    return err;
}
