#include "flow/stepconfig.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/urlguard.h"
#include "filter/check.h"
#include "filter/fieldname.h"
#include "filter/plunk.h"
#include "flow/cron.h"
#include "store/contactdata.h"
#include "store/email.h"
#include "json/jsonwrite.h"

/* One config while it is read. */
struct stepconfig {
    struct arena *arena;
    const struct jsonval *object;
    const char *path;
    struct err_info *info;
};

/* ---- members ------------------------------------------------------------------------------- */

static const char *stepconfig_place(const struct stepconfig *c, const char *name)
{
    return arena_printf(c->arena, "%s.%s", c->path, name);
}

static int stepconfig_refuse(const struct stepconfig *c, const char *name, const char *code,
                             const char *fmt, ...) PRINTF_LIKE(4, 5);

static int stepconfig_refuse(const struct stepconfig *c, const char *name, const char *code,
                             const char *fmt, ...)
{
    const char *place = name != NULL ? stepconfig_place(c, name) : c->path;
    char text[256];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    int err =
        err_set_at(c->info, ERR_UNPROCESSABLE, "VALIDATION_ERROR", place, "%s %s", place, text);
    if (c->info != NULL) {
        (void)snprintf(c->info->item.code, sizeof(c->info->item.code), "%s", code);
    }
    return err;
}

static int stepconfig_wrong_type(const struct stepconfig *c, const char *name, const char *right,
                                 const struct jsonval *given)
{
    return stepconfig_refuse(c, name, "invalid_type", "must be %s, got %s", right,
                             jsonval_type_name(given->type));
}

/* A member; NULL when it is absent or null. */
static const struct jsonval *stepconfig_get(const struct stepconfig *c, const char *name)
{
    const struct jsonval *value = jsonval_get(c->object, name);
    return value != NULL && value->type != JSONVAL_NULL ? value : NULL;
}

/* A text of at most `max_bytes`. Not given: at == NULL, refused when it is required. */
static int stepconfig_text(const struct stepconfig *c, const char *name, size_t max_bytes,
                           bool is_required, struct str *ret)
{
    const struct jsonval *value = stepconfig_get(c, name);
    *ret = (struct str){NULL, 0};
    if (value == NULL && !is_required) {
        return 0;
    }
    if (value == NULL) {
        return stepconfig_refuse(c, name, "required", "is required");
    }
    if (value->type != JSONVAL_STRING) {
        return stepconfig_wrong_type(c, name, "a string", value);
    }
    if (is_required && str_trim(value->string).len == 0) {
        return stepconfig_refuse(c, name, "too_small", "must not be empty");
    }
    if (value->string.len > max_bytes) {
        return stepconfig_refuse(c, name, "too_big", "must be at most %zu bytes", max_bytes);
    }
    *ret = value->string;
    return 0;
}

static int stepconfig_uuid(const struct stepconfig *c, const char *name, struct uuid *ret)
{
    struct str text;
    int err = stepconfig_text(c, name, 100, true, &text);
    if (err == 0 && !uuid_parse(text, ret)) {
        err = stepconfig_refuse(c, name, "invalid_value", "must be a UUID");
    }
    return err;
}

/* The event of a name that begins with "email."; NULL: it names no activity. */
static const char *stepconfig_activity(struct str name)
{
    struct str prefix = STR("email.");
    return str_starts(name, prefix)
               ? fieldname_activity((struct str){name.at + prefix.len, name.len - prefix.len})
               : NULL;
}

struct str stepconfig_event(struct str name)
{
    const char *event = stepconfig_activity(name);
    return event != NULL ? str_from(event) : name;
}

static int stepconfig_event_name(const struct stepconfig *c, struct str *ret)
{
    struct str name;
    int err = stepconfig_text(c, "eventName", LIMIT_EVENT_NAME_BYTES, true, &name);
    if (err == 0 && str_has_control(name)) {
        err = stepconfig_refuse(c, "eventName", "invalid_value",
                                "must not contain control characters");
    }
    if (err == 0) {
        *ret = stepconfig_event(name);
    }
    struct str prefix = STR("email.");
    if (err == 0 && str_starts(name, prefix) && stepconfig_activity(name) == NULL) {
        err = stepconfig_refuse(c, "eventName", "invalid_value",
                                "must name an email activity behind email., such as email.opened");
    }
    return err;
}

/* The shortest rests: circles are allowed because they rest. */
#define STEPCONFIG_DELAY_MIN_MS 60000
#define STEPCONFIG_TIMEOUT_MIN_MS 1000

/* A length of time: a number above 0, in units of so many milliseconds. */
static int stepconfig_span(const struct stepconfig *c, const char *name, double unit_ms,
                           int64_t min_ms, int64_t *ret_ms)
{
    const double max_ms = LIMIT_FLOW_WAIT_DAYS * 86400000.0;
    const struct jsonval *value = stepconfig_get(c, name);
    if (value == NULL) {
        return stepconfig_refuse(c, name, "required", "is required: a number above 0");
    }
    if (value->type != JSONVAL_NUMBER) {
        return stepconfig_wrong_type(c, name, "a number above 0", value);
    }
    double span = floor(value->number * unit_ms + 0.0005);
    if (!(value->number > 0)) {
        return stepconfig_refuse(c, name, "too_small", "must be a number above 0");
    }
    if (!(span >= (double)min_ms)) {
        return stepconfig_refuse(c, name, "too_small", "must be at least %s",
                                 min_ms < STEPCONFIG_DELAY_MIN_MS ? "1 second" : "1 minute");
    }
    if (span > max_ms) {
        return stepconfig_refuse(c, name, "too_big", "must be at most %d days",
                                 LIMIT_FLOW_WAIT_DAYS);
    }
    *ret_ms = (int64_t)span;
    return 0;
}

/* A filter in the Plunk form; `ret` stays NULL when it is not given and need not be. */
static int stepconfig_filter(const struct stepconfig *c, const char *name,
                             const struct filter **ret)
{
    const struct jsonval *value = stepconfig_get(c, name);
    struct buf out;
    struct jsonwrite w;
    *ret = NULL;
    if (value == NULL) {
        return 0;
    }
    buf_init(&out, LIMIT_FLOW_BYTES);
    jsonwrite_init(&w, &out);
    jsonwrite_value(&w, value);
    size_t bytes = jsonwrite_ok(&w) ? out.len : LIMIT_FLOW_BYTES;
    buf_done(&out);
    int err = check_size(bytes, stepconfig_place(c, name), c->info);
    if (err == 0) {
        err = plunk_parse(c->arena, value, stepconfig_place(c, name), ret, c->info);
    }
    return err;
}

/* ---- one type each ------------------------------------------------------------------------- */

static int stepconfig_send_email(const struct stepconfig *c, struct definition_step *step)
{
    struct str address;
    int err = stepconfig_uuid(c, "templateId", &step->template_uuid);
    if (err < 0) {
        return err;
    }
    err = stepconfig_text(c, "from", LIMIT_EMAIL_BYTES, false, &step->from);
    if (err == 0 && step->from.at != NULL && !email_normalise(c->arena, step->from, &address)) {
        err = stepconfig_refuse(c, "from", "invalid_email", "must be an email address");
    }
    return err;
}

static int stepconfig_delay(const struct stepconfig *c, struct definition_step *step)
{
    static const struct {
        const char *word;
        enum filter_unit unit;
    } units[] = {{"minutes", FILTER_MINUTES},
                 {"hours", FILTER_HOURS},
                 {"days", FILTER_DAYS},
                 {"weeks", FILTER_WEEKS}};
    struct str unit;
    int err = stepconfig_text(c, "unit", 20, true, &unit);
    if (err < 0) {
        return err;
    }
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (str_eq_c(unit, units[i].word)) {
            return stepconfig_span(c, "amount", (double)filter_unit_ms(units[i].unit),
                                   STEPCONFIG_DELAY_MIN_MS, &step->wait_ms);
        }
    }
    return stepconfig_refuse(c, "unit", "invalid_value", "must be minutes, hours, days or weeks");
}

static int stepconfig_wait(const struct stepconfig *c, struct definition_step *step)
{
    int err = stepconfig_event_name(c, &step->event);
    return err < 0 ? err
                   : stepconfig_span(c, "timeout", 1000, STEPCONFIG_TIMEOUT_MIN_MS, &step->wait_ms);
}

static int stepconfig_condition(const struct stepconfig *c, struct definition_step *step)
{
    int err = stepconfig_filter(c, "filter", &step->filter);
    if (err == 0 && step->filter == NULL && stepconfig_get(c, "opened") != NULL) {
        return stepconfig_text(c, "opened", DEFINITION_ID_BYTES, true, &step->opened);
    }
    if (err == 0 && step->filter == NULL) {
        err = stepconfig_refuse(c, "filter", "required",
                                "is required: a condition {logic, groups} as segments have it");
    }
    return err;
}

/* A token of RFC 9110, and none of those that the sender writes itself. */
static bool stepconfig_is_header(struct str name)
{
    static const char *const ours[] = {"host",       "content-length", "transfer-encoding",
                                       "connection", "expect",         "upgrade",
                                       "te",         "trailer",        "keep-alive"};
    for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
        if (name.len == strlen(ours[i]) && strncasecmp(name.at, ours[i], name.len) == 0) {
            return false;
        }
    }
    for (size_t i = 0; i < name.len; i++) {
        char ch = name.at[i];
        bool is_alnum =
            (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9');
        if (ch == '\0' || (!is_alnum && strchr("!#$%&'*+-.^_`|~", ch) == NULL)) {
            return false;
        }
    }
    return name.len > 0 && name.len <= 100;
}

static int stepconfig_headers(const struct stepconfig *c, struct definition_step *step)
{
    const struct jsonval *headers = stepconfig_get(c, "headers");
    step->headers = headers;
    if (headers == NULL) {
        return 0;
    }
    if (headers->type != JSONVAL_OBJECT) {
        return stepconfig_wrong_type(c, "headers", "an object of strings", headers);
    }
    if (headers->count > LIMIT_STEP_HEADERS) {
        return stepconfig_refuse(c, "headers", "too_big", "can hold at most %d headers",
                                 LIMIT_STEP_HEADERS);
    }
    for (size_t i = 0; i < headers->count; i++) {
        if (!stepconfig_is_header(headers->names[i])) {
            return stepconfig_refuse(c, "headers", "invalid_value",
                                     "cannot set \"" STR_FMT "\": a name has letters, digits and -,"
                                     " and is none that the sender writes itself",
                                     (int)(headers->names[i].len < 60 ? headers->names[i].len : 60),
                                     headers->names[i].at);
        }
        if (headers->items[i].type != JSONVAL_STRING || str_has_control(headers->items[i].string)) {
            return stepconfig_refuse(
                c, arena_printf(c->arena, "headers." STR_FMT, STR_ARG(headers->names[i])),
                "invalid_type", "must be a string without control characters");
        }
    }
    return 0;
}

static int stepconfig_webhook(const struct stepconfig *c, struct definition_step *step)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    struct str method;
    int err = stepconfig_text(c, "url", URLGUARD_URL_BYTES, true, &step->url);
    if (err == 0) {
        err = stepconfig_text(c, "method", 20, false, &method);
    }
    if (err < 0) {
        return err;
    }
    step->method = STR("POST");
    for (size_t i = 0; method.at != NULL; i++) {
        if (i == ARRAY_LEN(methods)) {
            return stepconfig_refuse(c, "method", "invalid_value",
                                     "must be GET, POST, PUT, PATCH or DELETE");
        }
        if (method.len == strlen(methods[i]) &&
            strncasecmp(method.at, methods[i], method.len) == 0) {
            step->method = str_from(methods[i]);
            break;
        }
    }
    step->body = stepconfig_get(c, "body");
    return stepconfig_headers(c, step);
}

static int stepconfig_update_contact(const struct stepconfig *c, struct definition_step *step)
{
    struct contactdata_input input;
    step->data = stepconfig_get(c, "data");
    if (step->data == NULL) {
        return stepconfig_refuse(c, "data", "required", "is required: an object");
    }
    int err = contactdata_read(c->arena, step->data, stepconfig_place(c, "data"), &input, c->info);
    if (err == ERR_UNPROCESSABLE) {
        return stepconfig_refuse(c, "data", "too_big", "must be at most %d bytes of JSON",
                                 LIMIT_DATA_BYTES);
    }
    if (err == 0 && (input.patch == NULL || input.patch->count == 0)) {
        err = stepconfig_refuse(c, "data", "too_small", "must set or delete at least one key");
    }
    return err;
}

/* ---- all of them --------------------------------------------------------------------------- */

/* How deep a value is; what is deeper than LIMIT_FLOW_CONFIG_DEPTH counts as one more. */
static unsigned stepconfig_depth(const struct jsonval *value, unsigned above)
{
    unsigned deepest = above;
    if (above > LIMIT_FLOW_CONFIG_DEPTH ||
        (value->type != JSONVAL_OBJECT && value->type != JSONVAL_LIST)) {
        return above;
    }
    for (size_t i = 0; i < value->count; i++) {
        unsigned depth = stepconfig_depth(&value->items[i], above + 1);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest;
}

static int stepconfig_check_object(const struct stepconfig *c)
{
    if (c->object->type != JSONVAL_OBJECT) {
        return stepconfig_wrong_type(c, NULL, "an object", c->object);
    }
    if (stepconfig_depth(c->object, 1) > LIMIT_FLOW_CONFIG_DEPTH) {
        return stepconfig_refuse(c, NULL, "too_big", "must not nest deeper than %d",
                                 LIMIT_FLOW_CONFIG_DEPTH);
    }
    return 0;
}

int stepconfig_read(struct arena *arena, const struct jsonval *config, const char *path,
                    struct definition_step *step, struct err_info *info)
{
    static const struct jsonval none = {.type = JSONVAL_OBJECT};
    bool is_given = config != NULL && config->type != JSONVAL_NULL;
    struct stepconfig c = {arena, is_given ? config : &none, path, info};
    int err = stepconfig_check_object(&c);
    if (err < 0) {
        return err;
    }
    step->config = c.object;
    switch (step->type) {
    case DEFINITION_SEND_EMAIL:
        return stepconfig_send_email(&c, step);
    case DEFINITION_DELAY:
        return stepconfig_delay(&c, step);
    case DEFINITION_WAIT_FOR_EVENT:
        return stepconfig_wait(&c, step);
    case DEFINITION_CONDITION:
        return stepconfig_condition(&c, step);
    case DEFINITION_WEBHOOK:
        return stepconfig_webhook(&c, step);
    case DEFINITION_UPDATE_CONTACT:
        return stepconfig_update_contact(&c, step);
    case DEFINITION_EXIT:
        return stepconfig_text(&c, "reason", LIMIT_STEP_REASON_CHARS, false, &step->reason);
    case DEFINITION_TRIGGER:
        break;
    }
    return 0;
}

static int stepconfig_cron(const struct stepconfig *c, struct str *ret)
{
    struct err_info why = {.message = ""};
    int err = stepconfig_text(c, "cron", LIMIT_CRON_BYTES, true, ret);
    if (err == 0 && cron_check(*ret, &why) < 0) {
        err = stepconfig_refuse(c, "cron", "invalid_value", "%s", why.message);
    }
    return err;
}

int stepconfig_read_trigger(struct arena *arena, enum definition_trigger trigger,
                            const struct jsonval *config, const char *path, struct definition *ret,
                            struct err_info *info)
{
    static const struct jsonval none = {.type = JSONVAL_OBJECT};
    bool is_given = config != NULL && config->type != JSONVAL_NULL;
    struct stepconfig c = {arena, is_given ? config : &none, path, info};
    int err = stepconfig_check_object(&c);
    if (err < 0) {
        return err;
    }
    ret->trigger = trigger;
    ret->trigger_config = is_given ? config : NULL;
    ret->event = (struct str){NULL, 0};
    ret->cron = (struct str){NULL, 0};
    ret->audience = NULL;
    switch (trigger) {
    case DEFINITION_EVENT:
        return stepconfig_event_name(&c, &ret->event);
    case DEFINITION_SCHEDULE:
        err = stepconfig_cron(&c, &ret->cron);
        return err < 0 ? err : stepconfig_filter(&c, "condition", &ret->audience);
    case DEFINITION_MANUAL:
    case DEFINITION_LIST_ADD:
    case DEFINITION_TAG_ADD:
    case DEFINITION_SEGMENT_ENTER:
        break;
    }
    return 0;
}
