#include "flow/definition.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "flow/stepconfig.h"
#include "json/jsonread.h"
#include "json/jsonwrite.h"

const char *const definition_trigger_words[] = {"MANUAL",  "EVENT",         "SCHEDULE", "LIST_ADD",
                                                "TAG_ADD", "SEGMENT_ENTER", NULL};
const char *const definition_type_words[] = {"TRIGGER",        "SEND_EMAIL", "DELAY",
                                             "WAIT_FOR_EVENT", "CONDITION",  "WEBHOOK",
                                             "UPDATE_CONTACT", "EXIT",       NULL};
const char *const definition_branch_words[] = {"", "yes", "no", "EVENT", "TIMEOUT", NULL};

/* ---- going along it ------------------------------------------------------------------------ */

const struct definition_step *definition_find(const struct definition *definition, struct str id)
{
    for (size_t i = 0; i < definition->step_count; i++) {
        if (str_eq(definition->steps[i].id, id)) {
            return &definition->steps[i];
        }
    }
    return NULL;
}

const struct definition_step *definition_next(const struct definition *definition,
                                              const struct definition_step *step,
                                              enum definition_branch branch)
{
    const struct definition_transition *best = NULL;
    for (size_t i = 0; i < definition->transition_count; i++) {
        const struct definition_transition *one = &definition->transitions[i];
        if (one->branch == branch && str_eq(one->from, step->id) &&
            (best == NULL || one->priority < best->priority)) {
            best = one;
        }
    }
    return best != NULL ? definition_find(definition, best->to) : NULL;
}

const struct definition_step *definition_start(const struct definition *definition)
{
    for (size_t i = 0; i < definition->step_count; i++) {
        if (definition->steps[i].type == DEFINITION_TRIGGER) {
            return definition_next(definition, &definition->steps[i], DEFINITION_NEXT);
        }
    }
    return NULL;
}

static bool definition_has(const struct str *names, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(names[i], name)) {
            return true;
        }
    }
    return false;
}

/* `count` names are in `names` already. */
static size_t definition_add_waits(const struct definition *definition, struct str *names,
                                   size_t count)
{
    for (size_t i = 0; i < definition->step_count; i++) {
        const struct definition_step *step = &definition->steps[i];
        if (step->type == DEFINITION_WAIT_FOR_EVENT && !definition_has(names, count, step->event)) {
            names[count++] = step->event;
        }
    }
    return count;
}

size_t definition_events(struct arena *arena, const struct definition *definition, struct str **ret)
{
    size_t count = 0;
    *ret = arena_array(arena, definition->step_count + 1, sizeof(**ret));
    if (definition->trigger == DEFINITION_EVENT) {
        (*ret)[count++] = definition->event;
    }
    return definition_add_waits(definition, *ret, count);
}

size_t definition_waits(struct arena *arena, const struct definition *definition, struct str **ret)
{
    *ret = arena_array(arena, definition->step_count, sizeof(**ret));
    return definition_add_waits(definition, *ret, 0);
}

/* ---- reading ------------------------------------------------------------------------------- */

static int definition_corrupt(struct err_info *info, const char *fmt, ...) PRINTF_LIKE(2, 3);

static int definition_corrupt(struct err_info *info, const char *fmt, ...)
{
    char text[256];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    return err_set(info, ERR_CORRUPT, NULL, "a stored definition does not read back: %s", text);
}

/* Index of the word, -1 when it is none. */
static int definition_word(const char *const *words, const struct jsonval *value)
{
    if (value == NULL || value->type != JSONVAL_STRING) {
        return -1;
    }
    for (int i = 0; words[i] != NULL; i++) {
        if (str_eq_c(value->string, words[i])) {
            return i;
        }
    }
    return -1;
}

static bool definition_id(const struct jsonval *object, const char *name, struct str *ret)
{
    const struct jsonval *value = jsonval_get(object, name);
    if (value == NULL || value->type != JSONVAL_STRING || value->string.len == 0 ||
        value->string.len > DEFINITION_ID_BYTES) {
        return false;
    }
    *ret = value->string;
    return true;
}

static int definition_read_trigger(struct arena *arena, const struct jsonval *root,
                                   struct definition *ret, struct err_info *info)
{
    const struct jsonval *trigger = jsonval_get(root, "trigger");
    const struct jsonval *thing = jsonval_get(trigger, "thing");
    const struct jsonval *reentry = jsonval_get(root, "allowReentry");
    int word = definition_word(definition_trigger_words, jsonval_get(trigger, "type"));
    if (word < 0) {
        return definition_corrupt(info, "trigger.type");
    }
    if (thing != NULL && thing->type == JSONVAL_NUMBER && thing->number >= 0 &&
        thing->number <= UINT32_MAX) {
        ret->thing = (uint32_t)thing->number;
    }
    ret->allow_reentry = reentry != NULL && reentry->type == JSONVAL_BOOL && reentry->boolean;
    return stepconfig_read_trigger(arena, (enum definition_trigger)(word + DEFINITION_MANUAL),
                                   jsonval_get(trigger, "config"), "trigger.config", ret, info);
}

static int definition_read_step(struct arena *arena, const struct jsonval *value, size_t at,
                                struct definition_step *ret, struct err_info *info)
{
    const struct jsonval *name = jsonval_get(value, "name");
    int word = definition_word(definition_type_words, jsonval_get(value, "type"));
    if (word < 0 || !definition_id(value, "id", &ret->id) || name == NULL ||
        name->type != JSONVAL_STRING) {
        return definition_corrupt(info, "steps.%zu", at);
    }
    ret->type = (enum definition_type)(word + DEFINITION_TRIGGER);
    ret->name = name->string;
    ret->position = jsonval_get(value, "position");
    return stepconfig_read(arena, jsonval_get(value, "config"),
                           arena_printf(arena, "steps.%zu.config", at), ret, info);
}

static int definition_read_transition(const struct jsonval *value, size_t at,
                                      const struct definition *definition,
                                      struct definition_transition *ret, struct err_info *info)
{
    const struct jsonval *branch = jsonval_get(value, "branch");
    const struct jsonval *priority = jsonval_get(value, "priority");
    bool has_branch = branch != NULL && branch->type != JSONVAL_NULL;
    int word = has_branch ? definition_word(definition_branch_words, branch) : DEFINITION_NEXT;
    if (word < 0 || !definition_id(value, "from", &ret->from) ||
        !definition_id(value, "to", &ret->to) || definition_find(definition, ret->from) == NULL ||
        definition_find(definition, ret->to) == NULL) {
        return definition_corrupt(info, "transitions.%zu", at);
    }
    ret->branch = (enum definition_branch)word;
    (void)definition_id(value, "id", &ret->id);
    if (priority != NULL && priority->type == JSONVAL_NUMBER && priority->number >= INT32_MIN &&
        priority->number <= INT32_MAX) {
        ret->priority = (int32_t)priority->number;
    }
    return 0;
}

/* A list of at most `max` elements; NULL when it is none. */
static const struct jsonval *definition_list(const struct jsonval *root, const char *name,
                                             size_t max)
{
    const struct jsonval *list = jsonval_get(root, name);
    return list != NULL && list->type == JSONVAL_LIST && list->count <= max ? list : NULL;
}

static int definition_read_value(struct arena *arena, const struct jsonval *root,
                                 struct definition *ret, struct err_info *info)
{
    const struct jsonval *steps = definition_list(root, "steps", LIMIT_FLOW_STEPS);
    const struct jsonval *transitions =
        definition_list(root, "transitions", LIMIT_FLOW_TRANSITIONS);
    if (steps == NULL || transitions == NULL) {
        return definition_corrupt(info, "steps and transitions must be lists within their limits");
    }
    *ret = (struct definition){.step_count = steps->count};
    ret->steps = arena_array(arena, steps->count, sizeof(*ret->steps));
    ret->transitions = arena_array(arena, transitions->count, sizeof(*ret->transitions));
    int err = definition_read_trigger(arena, root, ret, info);
    for (size_t i = 0; err == 0 && i < steps->count; i++) {
        err = definition_read_step(arena, &steps->items[i], i, &ret->steps[i], info);
    }
    for (size_t i = 0; err == 0 && i < transitions->count; i++) {
        err =
            definition_read_transition(&transitions->items[i], i, ret, &ret->transitions[i], info);
        ret->transition_count++;
    }
    return err;
}

int definition_read(struct arena *arena, struct str text, struct definition *ret,
                    struct err_info *info)
{
    const struct jsonval *root;
    struct err_info why = {.message = ""};
    int err = jsonread_parse(arena, text, &root, &why);
    if (err == 0) {
        err = definition_read_value(arena, root, ret, &why);
    }
    if (err < 0 && err != ERR_CORRUPT) {
        return definition_corrupt(info, "%s", why.message);
    }
    if (err < 0 && info != NULL) {
        *info = why;
    }
    return err;
}

/* ---- printing ------------------------------------------------------------------------------ */

static void definition_print_text(struct jsonwrite *w, const char *name, struct str text)
{
    jsonwrite_name(w, name);
    jsonwrite_str(w, text);
}

static void definition_print_word(struct jsonwrite *w, const char *name, const char *word)
{
    jsonwrite_name(w, name);
    jsonwrite_c(w, word);
}

static void definition_print_trigger(struct jsonwrite *w, const struct definition *definition)
{
    jsonwrite_name(w, "trigger");
    jsonwrite_object(w);
    definition_print_word(w, "type",
                          definition_trigger_words[definition->trigger - DEFINITION_MANUAL]);
    if (definition->trigger_config != NULL) {
        jsonwrite_name(w, "config");
        jsonwrite_value(w, definition->trigger_config);
    }
    if (definition->thing != 0) {
        jsonwrite_name(w, "thing");
        jsonwrite_i64(w, definition->thing);
    }
    jsonwrite_object_end(w);
    jsonwrite_name(w, "allowReentry");
    jsonwrite_bool(w, definition->allow_reentry);
}

static void definition_print_step(struct jsonwrite *w, const struct definition_step *step)
{
    jsonwrite_object(w);
    definition_print_text(w, "id", step->id);
    definition_print_word(w, "type", definition_type_words[step->type - DEFINITION_TRIGGER]);
    definition_print_text(w, "name", step->name);
    jsonwrite_name(w, "config");
    if (step->config != NULL) {
        jsonwrite_value(w, step->config);
    } else {
        jsonwrite_null(w);
    }
    if (step->position != NULL) {
        jsonwrite_name(w, "position");
        jsonwrite_value(w, step->position);
    }
    jsonwrite_object_end(w);
}

static void definition_print_transition(struct jsonwrite *w,
                                        const struct definition_transition *transition)
{
    jsonwrite_object(w);
    if (transition->id.at != NULL) {
        definition_print_text(w, "id", transition->id);
    }
    definition_print_text(w, "from", transition->from);
    definition_print_text(w, "to", transition->to);
    if (transition->branch != DEFINITION_NEXT) {
        definition_print_word(w, "branch", definition_branch_words[transition->branch]);
    }
    if (transition->priority != 0) {
        jsonwrite_name(w, "priority");
        jsonwrite_i64(w, transition->priority);
    }
    jsonwrite_object_end(w);
}

static void definition_print_lists(struct jsonwrite *w, const struct definition *definition)
{
    jsonwrite_name(w, "steps");
    jsonwrite_list(w);
    for (size_t i = 0; i < definition->step_count; i++) {
        definition_print_step(w, &definition->steps[i]);
    }
    jsonwrite_list_end(w);
    jsonwrite_name(w, "transitions");
    jsonwrite_list(w);
    for (size_t i = 0; i < definition->transition_count; i++) {
        definition_print_transition(w, &definition->transitions[i]);
    }
    jsonwrite_list_end(w);
}

int definition_print(struct arena *arena, const struct definition *definition, struct str *ret,
                     struct err_info *info)
{
    struct buf out;
    struct jsonwrite w;
    buf_init(&out, LIMIT_FLOW_BYTES);
    jsonwrite_init(&w, &out);
    jsonwrite_object(&w);
    definition_print_trigger(&w, definition);
    definition_print_lists(&w, definition);
    jsonwrite_object_end(&w);
    bool is_too_large = out.failed;
    bool ok = jsonwrite_ok(&w) && !is_too_large;
    if (ok) {
        *ret = str_copy(arena, buf_str(&out));
    }
    buf_done(&out);
    if (is_too_large) {
        return err_set(info, ERR_UNPROCESSABLE, "VALIDATION_ERROR",
                       "All steps together can take at most %d KiB", LIMIT_FLOW_BYTES / 1024);
    }
    return ok ? 0 : err_set(info, ERR_INTERNAL, NULL, "a definition could not be printed");
}
