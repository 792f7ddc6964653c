#include "api/pmsequences.h"

#include <stdio.h>

#include "api/bodytext.h"
#include "api/jsonparts.h"
#include "api/pmparts.h"
#include "base/limits.h"
#include "column/key.h"
#include "flow/sequencesteps.h"
#include "store/segment.h"
#include "store/sequence.h"
#include "store/template.h"
#include "json/jsonread.h"

/* Words of enum sequence_trigger, from 1, and what each has in triggerConfig. */
static const char *const pmsequences_triggers[] = {"manual", "list_add", "tag_add", "segment_enter",
                                                   NULL};
static const struct {
    const char *member; /* NULL: nothing */
    const char *missing;
} pmsequences_configs[] = {
    [SEQUENCE_MANUAL] = {NULL, NULL},
    [SEQUENCE_LIST_ADD] = {"listId", "List not found"},
    [SEQUENCE_TAG_ADD] = {"tagId", "Tag not found"},
    [SEQUENCE_SEGMENT_ENTER] = {"segmentId", "Segment not found"},
};

static const char pmsequences_missing[] = "Sequence not found";

/* ---- printing ------------------------------------------------------------------------------ */

static void pmsequences_write(struct jsonwrite *w, const struct api_request *req,
                              const struct sequence *sequence)
{
    const char *member = pmsequences_configs[sequence->trigger].member;
    jsonwrite_object(w);
    pmparts_ids(w, req, sequence->sequence_id);
    jsonparts_text(w, "name", sequence->name);
    jsonwrite_name(w, "enabled");
    jsonwrite_bool(w, sequence->enabled);
    jsonwrite_name(w, "triggerType");
    jsonwrite_c(w, pmsequences_triggers[sequence->trigger - SEQUENCE_MANUAL]);
    jsonwrite_name(w, "triggerConfig");
    jsonwrite_object(w);
    if (member != NULL) {
        pmparts_id(w, req, member, sequence->trigger_id);
    }
    jsonwrite_object_end(w);
    jsonparts_json(w, "steps", sequence->steps.at == NULL ? STR("[]") : sequence->steps);
    jsonwrite_name(w, "createdAt");
    jsonwrite_time(w, sequence->created_ms);
    jsonwrite_name(w, "updatedAt");
    jsonwrite_time(w, sequence->updated_ms);
    jsonwrite_object_end(w);
}

static int pmsequences_answer(const struct api_request *req, struct api_response *res, int status,
                              const struct sequence *sequence)
{
    pushmail_begin(res, status);
    pmsequences_write(&res->json, req, sequence);
    pushmail_end(res);
    return 0;
}

/* ---- reading handlers ---------------------------------------------------------------------- */

int pmsequences_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct pushmail_page page;
    struct sequence *sequences = NULL;
    size_t count = 0;
    uint64_t total = 0;
    int err = pushmail_page_read(req, &page, info);
    if (err == 0) {
        err = sequence_list(req->db, req->arena, req->project_id, (page.page - 1) * page.limit,
                            page.limit, &sequences, &count, &total, info);
    }
    if (err < 0) {
        return err;
    }
    pushmail_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "sequences");
    jsonwrite_list(&res->json);
    for (size_t i = 0; i < count; i++) {
        pmsequences_write(&res->json, req, &sequences[i]);
    }
    jsonwrite_list_end(&res->json);
    pushmail_pagination(&res->json, &page, total);
    jsonwrite_object_end(&res->json);
    pushmail_end(res);
    return 0;
}

int pmsequences_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct sequence sequence;
    uint32_t n;
    int err = pushmail_path_id(req, 0, pmsequences_missing, &n, info);
    if (err == 0) {
        err = sequence_get(req->db, req->arena, req->project_id, n, &sequence, info);
    }
    return err < 0 ? err : pmsequences_answer(req, res, 200, &sequence);
}

/* ---- what starts it ------------------------------------------------------------------------ */

/* triggerType and triggerConfig, over what the draft has already. */
static int pmsequences_read_trigger(const struct api_request *req, struct sequence *draft,
                                    struct err_info *info)
{
    const struct jsonval *config = jsonval_get(req->json, "triggerConfig");
    int word;
    int err = bodytext_word(req->json, "triggerType", pmsequences_triggers,
                            (int)draft->trigger - SEQUENCE_MANUAL, &word, info);
    if (err < 0) {
        return err;
    }
    draft->trigger = (enum sequence_trigger)(word + SEQUENCE_MANUAL);
    draft->trigger_id = 0;
    if (config != NULL && config->type != JSONVAL_NULL && config->type != JSONVAL_OBJECT) {
        return bodytext_refuse(info, "triggerConfig", "invalid_type",
                               "triggerConfig must be an object");
    }
    const char *member = pmsequences_configs[draft->trigger].member;
    if (member == NULL) {
        return 0;
    }
    err = pmparts_body_id(req, config, member, pmsequences_configs[draft->trigger].missing,
                          &draft->trigger_id, info);
    if (err == 0 && draft->trigger_id == 0) {
        err = bodytext_refuse(info, "triggerConfig", "required",
                              "triggerConfig.%s is required when triggerType is %s", member,
                              pmsequences_triggers[word]);
    }
    return err;
}

/* A segment with rules tells who enters it only while it is tracked; of a static one the members
 * that are put in enter. */
static int pmsequences_track(const struct api_request *req, uint32_t segment_id,
                             struct err_info *info)
{
    const struct segment_input input = {.track = true};
    struct segment segment;
    int err = segment_by_number(req->db, req->arena, req->project_id, segment_id, &segment, info);
    if (err < 0 || segment.track || segment.kind == SEGMENT_STATIC) {
        return err;
    }
    return segment_update(req->db, req->arena, req->project_id, &segment.uuid, SEGMENT_SET_TRACK,
                          &input, &segment, info);
}

/* ---- what it does -------------------------------------------------------------------------- */

/* Whether a step is an object of a known type: all that is asked of one that is not enabled. */
static int pmsequences_check_step(const struct jsonval *step, size_t at, struct err_info *info)
{
    static const char *const types[] = {"email", "delay", "condition", NULL};
    const struct jsonval *type = jsonval_get(step, "type");
    char field[32];
    (void)snprintf(field, sizeof(field), "steps.%zu", at);
    if (step->type != JSONVAL_OBJECT || type == NULL || type->type != JSONVAL_STRING) {
        return bodytext_refuse(info, field, "invalid_type",
                               "%s must be an object with a type: email, delay or condition",
                               field);
    }
    for (size_t i = 0; types[i] != NULL; i++) {
        if (str_eq_c(type->string, types[i])) {
            return 0;
        }
    }
    return bodytext_refuse(info, field, "invalid_value",
                           "%s.type must be email, delay or condition", field);
}

/* The steps of the body, if there are any: *ret_given NULL when they are not given. */
static int pmsequences_read_steps(const struct api_request *req, const struct jsonval **ret_given,
                                  struct str *ret, struct err_info *info)
{
    const struct jsonval *steps = NULL;
    int err = api_body_list(req->json, "steps", &steps, info);
    *ret_given = steps;
    if (err < 0 || steps == NULL) {
        return err;
    }
    if (steps->count > LIMIT_SEQUENCE_STEPS) {
        return bodytext_refuse(info, "steps", "too_big", "steps can hold at most %d steps",
                               LIMIT_SEQUENCE_STEPS);
    }
    for (size_t i = 0; i < steps->count && err == 0; i++) {
        err = pmsequences_check_step(&steps->items[i], i, info);
    }
    if (err == 0) {
        err = jsonparts_print(req->arena, steps, ret, info);
    }
    if (err == 0 && ret->len > LIMIT_SEQUENCE_STEPS_BYTES) {
        err = bodytext_refuse(info, "steps", "too_big", "steps can take at most %d bytes",
                              LIMIT_SEQUENCE_STEPS_BYTES);
    }
    return err;
}

/* The templates that are sent must be there, and are kept until the sequence is stored. */
static int pmsequences_find_templates(const struct api_request *req,
                                      const struct sequencesteps *steps, struct sequence_edit *edit,
                                      struct err_info *info)
{
    uint32_t *numbers = arena_array(req->arena, steps->count, sizeof(*numbers));
    edit->templates = numbers;
    for (size_t i = 0; i < steps->count; i++) {
        struct template template;
        struct err_info why = {.message = ""};
        if (steps->at[i].type != SEQUENCESTEPS_EMAIL) {
            continue;
        }
        numbers[edit->template_count] = steps->at[i].template_id;
        int err = template_by_number(req->db, req->arena, req->project_id,
                                     numbers[edit->template_count++], &template, &why);
        if (err == ERR_NOT_FOUND) {
            return err_set_at(info, ERR_NOT_FOUND, "TEMPLATE_NOT_FOUND",
                              arena_printf(req->arena, "steps.%zu.templateId", i),
                              "Template not found");
        }
        if (err < 0) {
            *info = why;
            return err;
        }
    }
    return 0;
}

/* Whether an enabled sequence can be done; `given` NULL: the steps are those that are stored. */
static int pmsequences_judge(const struct api_request *req, const struct jsonval *given,
                             struct sequence_edit *edit, struct err_info *info)
{
    const struct sequence *sequence = &edit->sequence;
    const struct jsonval *list = given;
    struct sequencesteps steps = {.count = 0};
    int err = 0;
    if (list == NULL && sequence->steps.at != NULL) {
        err = jsonread_parse(req->arena, sequence->steps, &list, info);
    }
    if (err == 0 && list != NULL) {
        err = sequencesteps_read(req->arena, list, req->site_index, &steps, info);
    }
    if (err == 0) {
        err = sequencesteps_check(req->arena, &steps, info);
    }
    if (err == 0) {
        err = pmsequences_find_templates(req, &steps, edit, info);
    }
    if (err < 0 || sequence->trigger == SEQUENCE_MANUAL) {
        return err;
    }
    if (sequence->trigger_id == 0) {
        return bodytext_refuse(info, "triggerConfig", "required",
                               "what starts the sequence was deleted: give another triggerConfig");
    }
    return sequence->trigger == SEQUENCE_SEGMENT_ENTER
               ? pmsequences_track(req, sequence->trigger_id, info)
               : 0;
}

/* ---- writing handlers ---------------------------------------------------------------------- */

/* Name and enabled of the body, over what the edit has. */
static int pmsequences_read_head(const struct api_request *req, bool is_new,
                                 struct sequence_edit *edit, struct err_info *info)
{
    const struct bodytext name_field = {"name", LIMIT_RESOURCE_NAME_CHARS, is_new};
    struct str name;
    bool enabled;
    bool given;
    int err = bodytext_read(req->json, &name_field, &name, info);
    if (err == 0 && name.at != NULL && bodytext_is_blank(name)) {
        err = bodytext_refuse(info, "name", "too_small", "name must not be empty");
    }
    if (err == 0) {
        err = api_body_bool(req->json, "enabled", &enabled, &given, info);
    }
    if (err < 0) {
        return err;
    }
    if (name.at != NULL) {
        edit->sequence.name = name;
        edit->parts |= SEQUENCE_SET_NAME;
    }
    if (given) {
        edit->sequence.enabled = enabled;
        edit->parts |= SEQUENCE_SET_ENABLED;
    }
    return 0;
}

int pmsequences_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct sequence_edit edit = {.sequence = {.trigger = SEQUENCE_MANUAL, .enabled = true}};
    struct sequence sequence;
    const struct jsonval *steps = NULL;
    int err = pmsequences_read_head(req, true, &edit, info);
    if (err == 0) {
        err = pmsequences_read_trigger(req, &edit.sequence, info);
    }
    if (err == 0) {
        err = pmsequences_read_steps(req, &steps, &edit.sequence.steps, info);
    }
    if (err == 0 && edit.sequence.enabled) {
        err = pmsequences_judge(req, steps, &edit, info);
    }
    if (err == 0) {
        err = sequence_create(req->db, req->arena, req->project_id, &edit, &sequence, info);
    }
    return err < 0 ? err : pmsequences_answer(req, res, 201, &sequence);
}

static bool pmsequences_has(const struct api_request *req, const char *name)
{
    const struct jsonval *value = jsonval_get(req->json, name);
    return value != NULL && value->type != JSONVAL_NULL;
}

int pmsequences_update(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct sequence_edit edit = {.parts = 0};
    struct sequence sequence;
    const struct jsonval *steps = NULL;
    uint32_t n = 0;
    int err = pushmail_path_id(req, 0, pmsequences_missing, &n, info);
    if (err == 0) {
        err = sequence_get(req->db, req->arena, req->project_id, n, &edit.sequence, info);
    }
    if (err == 0) {
        err = pmsequences_read_head(req, false, &edit, info);
    }
    if (err == 0 &&
        (pmsequences_has(req, "triggerType") || pmsequences_has(req, "triggerConfig"))) {
        edit.parts |= SEQUENCE_SET_TRIGGER;
        err = pmsequences_read_trigger(req, &edit.sequence, info);
    }
    if (err == 0) {
        err = pmsequences_read_steps(req, &steps, &edit.sequence.steps, info);
        edit.parts |= steps != NULL ? SEQUENCE_SET_STEPS : 0;
    }
    if (err == 0 && edit.sequence.enabled) {
        err = pmsequences_judge(req, steps, &edit, info);
    }
    if (err == 0) {
        err = sequence_update(req->db, req->arena, req->project_id, n, &edit, &sequence, info);
    }
    return err < 0 ? err : pmsequences_answer(req, res, 200, &sequence);
}

int pmsequences_delete(struct api_request *req, struct api_response *res, struct err_info *info)
{
    uint32_t n;
    int err = pushmail_path_id(req, 0, pmsequences_missing, &n, info);
    if (err == 0) {
        err = sequence_delete(req->db, req->project_id, n, info);
    }
    return err < 0 ? err : pmparts_dropped(req, res, KEY_SET_SEQUENCE(n));
}
