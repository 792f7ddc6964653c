#include "flow/sequencesteps.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "filter/plunk.h"
#include "filter/pmrules.h"
#include "flow/flowcheck.h"
#include "json/jsonwrite.h"

/* Id of the EXIT step that stands for the end while steps are judged. */
#define SEQUENCESTEPS_END "end"

static const char *const sequencesteps_types[] = {"email", "delay", "condition"};

/* ---- reading ------------------------------------------------------------------------------- */

/* One step while it is read. */
struct sequencesteps_reading {
    struct arena *arena;
    const struct jsonval *object;
    size_t at;
    size_t count;
    uint32_t site_index;
    struct err_info *info;
};

static int sequencesteps_refuse(const struct sequencesteps_reading *r, const char *name,
                                const char *code, const char *fmt, ...) PRINTF_LIKE(4, 5);

/* The message is put behind the place. name == NULL: the step itself. */
static int sequencesteps_refuse(const struct sequencesteps_reading *r, const char *name,
                                const char *code, const char *fmt, ...)
{
    char text[256];
    va_list args;
    const char *place =
        arena_printf(r->arena, "steps.%zu%s%s", r->at, name != NULL ? "." : "", name ? name : "");
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    int err =
        err_set_at(r->info, ERR_UNPROCESSABLE, "VALIDATION_ERROR", place, "%s %s", place, text);
    if (r->info != NULL) {
        (void)snprintf(r->info->item.code, sizeof(r->info->item.code), "%s", code);
    }
    return err;
}

/* A member; NULL when it is absent or null. */
static const struct jsonval *sequencesteps_get(const struct sequencesteps_reading *r,
                                               const char *name)
{
    const struct jsonval *value = jsonval_get(r->object, name);
    return value != NULL && value->type != JSONVAL_NULL ? value : NULL;
}

/* A whole number from 0 to `max`. */
static bool sequencesteps_whole(const struct jsonval *value, double max, uint64_t *ret)
{
    if (value->type != JSONVAL_NUMBER || !(value->number >= 0) || value->number > max ||
        floor(value->number) < value->number) {
        return false;
    }
    *ret = (uint64_t)value->number;
    return true;
}

static int sequencesteps_email(const struct sequencesteps_reading *r,
                               struct sequencesteps_step *step)
{
    const struct jsonval *value = sequencesteps_get(r, "templateId");
    uint64_t id = 0;
    if (value == NULL) {
        return sequencesteps_refuse(r, "templateId", "required", "is required: id of a template");
    }
    if (!sequencesteps_whole(value, 9007199254740991.0, &id)) {
        return sequencesteps_refuse(r, "templateId", "invalid_type",
                                    "must be a number: id of a template");
    }
    step->template_id = (uint32_t)id;
    if (step->template_id == 0 ||
        (r->site_index != SEQUENCESTEPS_ANY_SITE && id >> 32 != r->site_index)) {
        return err_set_at(r->info, ERR_NOT_FOUND, "TEMPLATE_NOT_FOUND",
                          arena_printf(r->arena, "steps.%zu.templateId", r->at),
                          "Template not found");
    }
    return 0;
}

/* `amount` of a unit; as stepconfig.h judges the same of a DELAY. */
static int sequencesteps_amount(const struct sequencesteps_reading *r, const char *unit,
                                const struct jsonval *value, double unit_ms)
{
    if (value->type != JSONVAL_NUMBER) {
        return sequencesteps_refuse(r, unit, "invalid_type", "must be a number above 0, got %s",
                                    jsonval_type_name(value->type));
    }
    if (!(value->number > 0)) {
        return sequencesteps_refuse(r, unit, "too_small", "must be a number above 0");
    }
    if (!(value->number * unit_ms >= 60000)) {
        return sequencesteps_refuse(r, unit, "too_small", "must be at least 1 minute");
    }
    if (value->number * unit_ms > LIMIT_FLOW_WAIT_DAYS * 86400000.0) {
        return sequencesteps_refuse(r, unit, "too_big", "must be at most %d days",
                                    LIMIT_FLOW_WAIT_DAYS);
    }
    return 0;
}

static int sequencesteps_delay(const struct sequencesteps_reading *r,
                               struct sequencesteps_step *step)
{
    static const struct {
        const char *name;
        double ms;
    } units[] = {{"days", 86400000}, {"hours", 3600000}, {"minutes", 60000}};
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        const struct jsonval *value = sequencesteps_get(r, units[i].name);
        if (value == NULL) {
            continue;
        }
        if (step->unit != NULL) {
            return sequencesteps_refuse(r, units[i].name, "invalid_value",
                                        "stands beside %s: a delay has one of days, hours and"
                                        " minutes",
                                        step->unit);
        }
        int err = sequencesteps_amount(r, units[i].name, value, units[i].ms);
        if (err < 0) {
            return err;
        }
        step->unit = units[i].name;
        step->amount = value->number;
    }
    return step->unit != NULL
               ? 0
               : sequencesteps_refuse(r, NULL, "required",
                                      "must say how long to wait: days, hours or minutes");
}

/* Index of a step, or "end"; not given: the next one. */
static int sequencesteps_target(const struct sequencesteps_reading *r, const char *name,
                                size_t *ret)
{
    const struct jsonval *value = sequencesteps_get(r, name);
    uint64_t index = r->at + 1;
    bool is_end = value != NULL && value->type == JSONVAL_STRING &&
                  str_eq_c(value->string, SEQUENCESTEPS_END);
    if (is_end) {
        index = r->count;
    } else if (value != NULL && !sequencesteps_whole(value, (double)r->count - 1, &index)) {
        return sequencesteps_refuse(
            r, name, "invalid_value",
            "must be the index of a step (0 to %zu) or \"end\"; leave it out for the next one",
            r->count - 1);
    }
    *ret = index;
    return 0;
}

static int sequencesteps_condition(const struct sequencesteps_reading *r,
                                   struct sequencesteps_step *step)
{
    const struct jsonval *rules = sequencesteps_get(r, "rules");
    const struct jsonval *opened = sequencesteps_get(r, "opened");
    uint64_t index = 0;
    if ((rules == NULL) == (opened == NULL)) {
        return sequencesteps_refuse(r, NULL, rules == NULL ? "required" : "invalid_value",
                                    "must have either rules, as segments have them, or opened, the"
                                    " index of the email step whose message was opened");
    }
    if (opened != NULL && !sequencesteps_whole(opened, (double)r->count - 1, &index)) {
        return sequencesteps_refuse(r, "opened", "invalid_value",
                                    "must be the index of an email step (0 to %zu)", r->count - 1);
    }
    step->opened = index;
    int err = rules == NULL
                  ? 0
                  : pmrules_parse(r->arena, rules, arena_printf(r->arena, "steps.%zu.rules", r->at),
                                  &step->rules, r->info);
    if (err == 0) {
        err = sequencesteps_target(r, "then", &step->yes);
    }
    return err < 0 ? err : sequencesteps_target(r, "else", &step->no);
}

static int sequencesteps_read_one(const struct sequencesteps_reading *r,
                                  struct sequencesteps_step *ret)
{
    const struct jsonval *type = jsonval_get(r->object, "type");
    size_t i = 0;
    if (r->object->type != JSONVAL_OBJECT || type == NULL || type->type != JSONVAL_STRING) {
        return sequencesteps_refuse(r, NULL, "invalid_type",
                                    "must be an object with a type: email, delay or condition");
    }
    while (i < ARRAY_LEN(sequencesteps_types) && !str_eq_c(type->string, sequencesteps_types[i])) {
        i++;
    }
    ret->type = (enum sequencesteps_type)i;
    switch (i) {
    case SEQUENCESTEPS_EMAIL:
        return sequencesteps_email(r, ret);
    case SEQUENCESTEPS_DELAY:
        return sequencesteps_delay(r, ret);
    case SEQUENCESTEPS_CONDITION:
        return sequencesteps_condition(r, ret);
    default:
        return sequencesteps_refuse(r, "type", "invalid_value",
                                    "must be email, delay or condition");
    }
}

int sequencesteps_read(struct arena *arena, const struct jsonval *steps, uint32_t site_index,
                       struct sequencesteps *ret, struct err_info *info)
{
    if (steps->type != JSONVAL_LIST) {
        return err_set_at(info, ERR_UNPROCESSABLE, "VALIDATION_ERROR", "steps",
                          "steps must be a list");
    }
    if (steps->count > LIMIT_SEQUENCE_STEPS) {
        return err_set_at(info, ERR_UNPROCESSABLE, "VALIDATION_ERROR", "steps",
                          "steps can hold at most %d steps", LIMIT_SEQUENCE_STEPS);
    }
    *ret = (struct sequencesteps){arena_array(arena, steps->count, sizeof(*ret->at)), steps->count};
    for (size_t i = 0; i < steps->count; i++) {
        const struct sequencesteps_reading r = {arena,        &steps->items[i], i,
                                                steps->count, site_index,       info};
        int err = sequencesteps_read_one(&r, &ret->at[i]);
        if (err < 0) {
            return err;
        }
    }
    return 0;
}

/* ---- the definition ------------------------------------------------------------------------ */

/* One definition while it is written. */
struct sequencesteps_writing {
    struct arena *arena;
    const struct sequencesteps *steps;
    const struct uuid *templates; /* NULL: for judging only */
    struct jsonwrite w;
};

static const char *sequencesteps_id(struct arena *arena, size_t at)
{
    return arena_printf(arena, "%zu", at);
}

static void sequencesteps_write_config(struct sequencesteps_writing *writing, size_t at)
{
    const struct sequencesteps_step *step = &writing->steps->at[at];
    struct jsonwrite *w = &writing->w;
    static const struct uuid none;
    char id[37];
    switch (step->type) {
    case SEQUENCESTEPS_EMAIL:
        uuid_format(writing->templates != NULL ? &writing->templates[at] : &none, id);
        jsonwrite_name(w, "templateId");
        jsonwrite_c(w, id);
        break;
    case SEQUENCESTEPS_DELAY:
        jsonwrite_name(w, "amount");
        jsonwrite_number(w, step->amount);
        jsonwrite_name(w, "unit");
        jsonwrite_c(w, step->unit);
        break;
    case SEQUENCESTEPS_CONDITION:
        if (step->rules != NULL) {
            jsonwrite_name(w, "filter");
            jsonwrite_value(w, plunk_print(writing->arena, step->rules));
        } else {
            jsonwrite_name(w, "opened");
            jsonwrite_c(w, sequencesteps_id(writing->arena, step->opened));
        }
        break;
    }
}

static void sequencesteps_begin_step(struct sequencesteps_writing *writing, const char *id,
                                     enum definition_type type, const char *name)
{
    struct jsonwrite *w = &writing->w;
    jsonwrite_object(w);
    jsonwrite_name(w, "id");
    jsonwrite_c(w, id);
    jsonwrite_name(w, "type");
    jsonwrite_c(w, definition_type_words[type - DEFINITION_TRIGGER]);
    jsonwrite_name(w, "name");
    jsonwrite_c(w, name);
    jsonwrite_name(w, "config");
    jsonwrite_object(w);
}

static void sequencesteps_end_step(struct sequencesteps_writing *writing)
{
    jsonwrite_object_end(&writing->w);
    jsonwrite_object_end(&writing->w);
}

/* Whether a condition leads to the end. */
static bool sequencesteps_has_end(const struct sequencesteps *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        const struct sequencesteps_step *step = &steps->at[i];
        if (step->type == SEQUENCESTEPS_CONDITION &&
            (step->yes == steps->count || step->no == steps->count)) {
            return true;
        }
    }
    return false;
}

static void sequencesteps_write_steps(struct sequencesteps_writing *writing)
{
    static const enum definition_type types[] = {
        [SEQUENCESTEPS_EMAIL] = DEFINITION_SEND_EMAIL,
        [SEQUENCESTEPS_DELAY] = DEFINITION_DELAY,
        [SEQUENCESTEPS_CONDITION] = DEFINITION_CONDITION,
    };
    const struct sequencesteps *steps = writing->steps;
    jsonwrite_name(&writing->w, "steps");
    jsonwrite_list(&writing->w);
    sequencesteps_begin_step(writing, SEQUENCESTEPS_START, DEFINITION_TRIGGER, SEQUENCESTEPS_START);
    sequencesteps_end_step(writing);
    for (size_t i = 0; i < steps->count; i++) {
        enum sequencesteps_type type = steps->at[i].type;
        sequencesteps_begin_step(
            writing, sequencesteps_id(writing->arena, i), types[type],
            arena_printf(writing->arena, "steps.%zu (%s)", i, sequencesteps_types[type]));
        sequencesteps_write_config(writing, i);
        sequencesteps_end_step(writing);
    }
    if (writing->templates == NULL && sequencesteps_has_end(steps)) {
        sequencesteps_begin_step(writing, SEQUENCESTEPS_END, DEFINITION_EXIT, SEQUENCESTEPS_END);
        sequencesteps_end_step(writing);
    }
    jsonwrite_list_end(&writing->w);
}

/* From one step to the step with index `to`; the end is a step only while they are judged. */
static void sequencesteps_write_way(struct sequencesteps_writing *writing, const char *from,
                                    enum definition_branch branch, size_t to)
{
    struct jsonwrite *w = &writing->w;
    bool is_end = to == writing->steps->count;
    if (is_end && (writing->templates != NULL || branch == DEFINITION_NEXT)) {
        return;
    }
    jsonwrite_object(w);
    jsonwrite_name(w, "from");
    jsonwrite_c(w, from);
    jsonwrite_name(w, "to");
    jsonwrite_c(w, is_end ? SEQUENCESTEPS_END : sequencesteps_id(writing->arena, to));
    if (branch != DEFINITION_NEXT) {
        jsonwrite_name(w, "branch");
        jsonwrite_c(w, definition_branch_words[branch]);
    }
    jsonwrite_object_end(w);
}

static void sequencesteps_write_ways(struct sequencesteps_writing *writing)
{
    const struct sequencesteps *steps = writing->steps;
    jsonwrite_name(&writing->w, "transitions");
    jsonwrite_list(&writing->w);
    sequencesteps_write_way(writing, SEQUENCESTEPS_START, DEFINITION_NEXT, 0);
    for (size_t i = 0; i < steps->count; i++) {
        const char *id = sequencesteps_id(writing->arena, i);
        if (steps->at[i].type == SEQUENCESTEPS_CONDITION) {
            sequencesteps_write_way(writing, id, DEFINITION_YES, steps->at[i].yes);
            sequencesteps_write_way(writing, id, DEFINITION_NO, steps->at[i].no);
        } else {
            sequencesteps_write_way(writing, id, DEFINITION_NEXT, i + 1);
        }
    }
    jsonwrite_list_end(&writing->w);
}

int sequencesteps_definition(struct arena *arena, const struct sequencesteps *steps,
                             enum definition_trigger trigger, uint32_t thing,
                             const struct uuid *templates, struct definition *ret,
                             struct err_info *info)
{
    struct sequencesteps_writing writing = {arena, steps, templates, {0}};
    struct jsonwrite *w = &writing.w;
    struct str text = {NULL, 0};
    struct buf out;
    buf_init(&out, LIMIT_FLOW_BYTES);
    jsonwrite_init(w, &out);
    jsonwrite_object(w);
    jsonwrite_name(w, "trigger");
    jsonwrite_object(w);
    jsonwrite_name(w, "type");
    jsonwrite_c(w, definition_trigger_words[trigger - DEFINITION_MANUAL]);
    jsonwrite_name(w, "thing");
    jsonwrite_i64(w, thing);
    jsonwrite_object_end(w);
    jsonwrite_name(w, "allowReentry");
    jsonwrite_bool(w, true);
    sequencesteps_write_steps(&writing);
    sequencesteps_write_ways(&writing);
    jsonwrite_object_end(w);
    bool ok = jsonwrite_ok(w);
    if (ok) {
        text = str_copy(arena, buf_str(&out));
    }
    buf_done(&out);
    return ok ? definition_read(arena, text, ret, info)
              : err_set(info, ERR_CORRUPT, NULL, "the steps of a sequence come out too large");
}

/* A circle, in the words of sequences: they have delays, and no transitions. */
static int sequencesteps_tell(const struct err_info *why, int err, struct err_info *info)
{
    const char *path = strstr(why->message, ": ");
    bool is_circle = strcmp(why->item.code, "cycle") == 0 && path != NULL;
    if (info != NULL && !is_circle) {
        *info = *why;
    }
    if (is_circle) {
        err = err_set_at(info, ERR_UNPROCESSABLE, "VALIDATION_ERROR", "steps",
                         "steps: A circle must have a delay in it, or it would never rest%s", path);
    }
    if (info != NULL) {
        (void)snprintf(info->item.code, sizeof(info->item.code), "%s", why->item.code);
    }
    return err;
}

int sequencesteps_check(struct arena *arena, const struct sequencesteps *steps,
                        struct err_info *info)
{
    struct definition definition;
    struct err_info why = {.message = ""};
    int err = sequencesteps_definition(arena, steps, DEFINITION_MANUAL, 0, NULL, &definition, &why);
    if (err < 0) {
        return err_set_at(info, ERR_UNPROCESSABLE, "VALIDATION_ERROR", "steps",
                          "steps: the rules in them nest too deep or are too large");
    }
    err = flowcheck_all(arena, &definition, &why);
    return err < 0 ? sequencesteps_tell(&why, err, info) : 0;
}
