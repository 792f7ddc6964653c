#include "flow/callstep.h"

#include <strings.h>

#include "base/urlguard.h"
#include "flow/render.h"
#include "json/jsonread.h"
#include "json/jsonwrite.h"

#define HEADER_BYTES_MAX 8192 /* of one line: what servers commonly take */

struct callstep_work {
    struct arena *arena;
    const struct definition_step *step;
    const struct callstep_subject *subject;
    struct render_vars vars;
    struct err_info *info;
};

/* ---- values -------------------------------------------------------------------------------- */

static int callstep_read(struct callstep_work *work)
{
    struct str context = work->subject->context;
    int err = render_contact(work->arena, work->subject->contact, &work->vars, work->info);
    if (err == 0 && context.at != NULL &&
        jsonread_parse(work->arena, context, &work->vars.event, work->info) < 0) {
        err = err_set(work->info, ERR_INTERNAL, NULL, "the context of an execution is no JSON");
    }
    return err;
}

/* A copy with the variables in its strings filled in. Configs are LIMIT_FLOW_CONFIG_DEPTH deep at
 * most. */
static int callstep_fill(struct callstep_work *work, const struct jsonval *value,
                         struct jsonval *ret)
{
    int err = 0;
    *ret = *value;
    if (value->type == JSONVAL_STRING) {
        err = render_text(work->arena, value->string, &work->vars, RENDER_PLAIN, &ret->string,
                          work->info);
    }
    if ((value->type != JSONVAL_OBJECT && value->type != JSONVAL_LIST) || value->count == 0) {
        return err;
    }
    ret->items = arena_array(work->arena, value->count, sizeof *ret->items);
    for (size_t i = 0; err == 0 && i < value->count; i++) {
        err = callstep_fill(work, &value->items[i], &ret->items[i]);
    }
    return err;
}

/* ---- the body ------------------------------------------------------------------------------ */

static void callstep_write_json(struct jsonwrite *w, const struct jsonval *value)
{
    static const struct jsonval none = {.type = JSONVAL_OBJECT};
    jsonwrite_value(w, value != NULL ? value : &none);
}

static void callstep_write_uuid(struct jsonwrite *w, const struct uuid *uuid)
{
    char text[37];
    uuid_format(uuid, text);
    jsonwrite_c(w, text);
}

/* http-api §1.9. */
static void callstep_write_default(const struct callstep_work *work, struct jsonwrite *w)
{
    jsonwrite_object(w);
    jsonwrite_name(w, "contact");
    jsonwrite_object(w);
    jsonwrite_name(w, "email");
    jsonwrite_str(w, work->vars.email);
    jsonwrite_name(w, "subscribed");
    jsonwrite_bool(w, work->vars.subscribed);
    jsonwrite_name(w, "data");
    callstep_write_json(w, work->vars.data);
    jsonwrite_object_end(w);
    jsonwrite_name(w, "workflow");
    jsonwrite_object(w);
    jsonwrite_name(w, "id");
    callstep_write_uuid(w, &work->subject->workflow);
    jsonwrite_name(w, "name");
    jsonwrite_str(w, work->subject->workflow_name);
    jsonwrite_object_end(w);
    jsonwrite_name(w, "execution");
    jsonwrite_object(w);
    jsonwrite_name(w, "id");
    callstep_write_uuid(w, &work->subject->execution);
    jsonwrite_name(w, "startedAt");
    jsonwrite_time(w, work->subject->started_ms);
    jsonwrite_object_end(w);
    jsonwrite_name(w, "event");
    callstep_write_json(w, work->vars.event);
    jsonwrite_object_end(w);
}

/* `value` NULL: the default body. */
static int callstep_print(struct callstep_work *work, const struct jsonval *value, struct str *ret)
{
    struct buf out;
    struct jsonwrite w;
    buf_init(&out, CALLSTEP_BODY_BYTES);
    jsonwrite_init(&w, &out);
    if (value != NULL) {
        jsonwrite_value(&w, value);
    } else {
        callstep_write_default(work, &w);
    }
    bool is_good = jsonwrite_ok(&w);
    *ret = str_copy(work->arena, buf_str(&out));
    buf_done(&out);
    return is_good ? 0
                   : err_set(work->info, ERR_UNPROCESSABLE, NULL,
                             "the body would be longer than %d bytes", CALLSTEP_BODY_BYTES);
}

/* A text that holds an object or a list is one: what is filled in cannot break it. */
static const struct jsonval *callstep_inside(struct callstep_work *work, struct str text)
{
    const struct jsonval *inside = NULL;
    struct err_info ignored = {.message = ""};
    bool is_json = jsonread_parse(work->arena, text, &inside, &ignored) == 0 &&
                   (inside->type == JSONVAL_OBJECT || inside->type == JSONVAL_LIST);
    return is_json ? inside : NULL;
}

static int callstep_body(struct callstep_work *work, struct str *ret)
{
    const struct jsonval *body = work->step->body;
    struct jsonval filled;
    *ret = (struct str){NULL, 0};
    if (str_eq_c(work->step->method, "GET")) {
        return 0;
    }
    if (body == NULL) {
        return callstep_print(work, NULL, ret);
    }
    if (body->type == JSONVAL_STRING) {
        const struct jsonval *inside = callstep_inside(work, body->string);
        body = inside != NULL ? inside : body;
    }
    int err = callstep_fill(work, body, &filled);
    if (err < 0 || body->type != JSONVAL_STRING) {
        return err < 0 ? err : callstep_print(work, &filled, ret);
    }
    *ret = filled.string;
    return filled.string.len <= CALLSTEP_BODY_BYTES
               ? 0
               : err_set(work->info, ERR_UNPROCESSABLE, NULL,
                         "the body would be longer than %d bytes", CALLSTEP_BODY_BYTES);
}

/* ---- URL and headers ----------------------------------------------------------------------- */

static int callstep_url(struct callstep_work *work, struct str *ret)
{
    int err = render_text(work->arena, work->step->url, &work->vars, RENDER_URL, ret, work->info);
    if (err == 0) {
        *ret = str_trim(*ret);
    }
    return err < 0 || ret->len <= URLGUARD_URL_BYTES
               ? err
               : err_set(work->info, ERR_UNPROCESSABLE, NULL,
                         "the URL would be longer than %d bytes", URLGUARD_URL_BYTES);
}

static int callstep_header(struct callstep_work *work, struct str name, struct str value,
                           const char **ret)
{
    struct str filled;
    int err = render_text(work->arena, value, &work->vars, RENDER_HEADER, &filled, work->info);
    if (err < 0) {
        return err;
    }
    filled = str_trim(filled);
    if (name.len + filled.len > HEADER_BYTES_MAX) {
        return err_set(work->info, ERR_UNPROCESSABLE, NULL,
                       "the header " STR_FMT " would be longer than %d bytes", STR_ARG(name),
                       HEADER_BYTES_MAX);
    }
    *ret = filled.len > 0
               ? arena_printf(work->arena, STR_FMT ": " STR_FMT, STR_ARG(name), STR_ARG(filled))
               : arena_printf(work->arena, STR_FMT ";", STR_ARG(name));
    return 0;
}

static bool callstep_is_content_type(struct str name)
{
    struct str type = STR("content-type");
    return name.len == type.len && strncasecmp(name.at, type.at, type.len) == 0;
}

static int callstep_headers(struct callstep_work *work, const char *const **ret)
{
    const struct jsonval *headers = work->step->headers;
    size_t given = headers != NULL ? headers->count : 0;
    const char **lines = arena_array(work->arena, given + 2, sizeof *lines);
    size_t count = 0;
    bool has_type = str_eq_c(work->step->method, "GET"); /* nothing that has one */
    int err = 0;
    for (size_t i = 0; err == 0 && i < given; i++) {
        err = callstep_header(work, headers->names[i], headers->items[i].string, &lines[count++]);
        has_type = has_type || callstep_is_content_type(headers->names[i]);
    }
    if (!has_type) {
        lines[count] = "Content-Type: application/json";
    }
    *ret = lines;
    return err;
}

int callstep_make(struct arena *arena, const struct definition_step *step,
                  const struct callstep_subject *subject, struct callstep *ret,
                  struct err_info *info)
{
    struct callstep_work work = {.arena = arena, .step = step, .subject = subject, .info = info};
    *ret = (struct callstep){.method = arena_printf(arena, STR_FMT, STR_ARG(step->method))};
    int err = callstep_read(&work);
    if (err == 0) {
        err = callstep_url(&work, &ret->url);
    }
    if (err == 0) {
        err = callstep_headers(&work, &ret->headers);
    }
    return err < 0 ? err : callstep_body(&work, &ret->body);
}
