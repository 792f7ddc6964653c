#include "api/fields.h"

#include <stdlib.h>

#include "audience/audience.h"
#include "audience/facts.h"
#include "base/limits.h"
#include "base/timeutil.h"
#include "column/key.h"

#define VALUES_DEFAULT 100

/* How many contacts satisfy one comparison of a built-in field. */
static int count_matches(const struct api_request *req, enum filter_column column,
                         enum filter_op op, struct filter_value operand, uint64_t *ret,
                         struct err_info *info)
{
    struct filter filter = {
        .kind = FILTER_LEAF,
        .leaf = {.column = column, .op = op, .values = &operand, .value_count = 1}};
    struct audience_query query = {
        .project_id = req->project_id, .filter = &filter, .at_ms = AUDIENCE_AT_NOW};
    struct audience_page page;
    int err = audience_page(req->db, req->arena, &query, &page, info);
    if (err == 0) {
        *ret = page.total;
    }
    return err;
}

/* ---- list ---------------------------------------------------------------------------------- */

/* One line of the list. */
struct field {
    struct str name;
    const char *type;
    uint64_t count; /* contacts that have it */
    bool is_custom;
};

/* What every contact has; subscribedAt stands apart, since not all have it. */
static const struct {
    const char *name;
    const char *type;
} built_in[] = {
    {"email", "string"},   {"subscribed", "boolean"}, {"status", "string"},
    {"createdAt", "date"}, {"updatedAt", "date"},
};

static int compare_field(const void *a, const void *b)
{
    const struct field *left = a;
    const struct field *right = b;
    return str_cmp(left->name, right->name);
}

static uint64_t holders(const struct facts_field *field)
{
    uint64_t sum = 0;
    for (size_t type = 0; type < KEY_TYPES; type++) {
        sum += field->count[type];
    }
    return sum;
}

/* http-api §1.5 knows four types; what is mixed, a list or an object goes as a string. */
static const char *type_name(const struct facts_field *field)
{
    uint64_t sum = holders(field);
    if (field->count[KEY_TYPE_NUMBER] == sum) {
        return "number";
    }
    if (field->count[KEY_TYPE_BOOL] == sum) {
        return "boolean";
    }
    return field->count[KEY_TYPE_STRING] == sum && field->strings_are_dates ? "date" : "string";
}

static int read_fields(const struct api_request *req, struct field **ret, size_t *ret_count,
                       uint64_t *ret_contacts, struct err_info *info)
{
    struct facts_field *custom;
    size_t custom_count;
    uint64_t subscribed_at;
    int err = facts_fields(req->db, req->arena, req->project_id, &custom, &custom_count,
                           ret_contacts, info);
    if (err == 0) {
        struct filter_value first = {.type = FILTER_VALUE_INSTANT, .ms = TIMEUTIL_MIN_MS};
        err = count_matches(req, FILTER_SUBSCRIBED_AT, FILTER_GREATER_EQ, first, &subscribed_at,
                            info);
    }
    if (err < 0) {
        return err;
    }
    struct field *fields =
        arena_array(req->arena, custom_count + ARRAY_LEN(built_in) + 1, sizeof *fields);
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(built_in); i++) {
        fields[count++] =
            (struct field){str_from(built_in[i].name), built_in[i].type, *ret_contacts, false};
    }
    fields[count++] = (struct field){STR("subscribedAt"), "date", subscribed_at, false};
    for (size_t i = 0; i < custom_count; i++) {
        struct str name =
            str_from(arena_printf(req->arena, "data." STR_FMT, STR_ARG(custom[i].path)));
        fields[count++] = (struct field){name, type_name(&custom[i]), holders(&custom[i]), true};
    }
    qsort(fields, count, sizeof *fields, compare_field);
    *ret = fields;
    *ret_count = count;
    return 0;
}

static int64_t percent(uint64_t part, uint64_t whole)
{
    if (whole == 0) {
        return 0;
    }
    uint64_t rounded = (part * 100 + whole / 2) / whole;
    return (int64_t)(rounded > 100 ? 100 : rounded);
}

int fields_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct field *fields;
    size_t count;
    uint64_t contacts;
    struct jsonwrite *w = &res->json;
    int err = read_fields(req, &fields, &count, &contacts, info);
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(w);
    jsonwrite_name(w, "fields");
    jsonwrite_list(w);
    for (size_t i = 0; i < count; i++) {
        jsonwrite_object(w);
        jsonwrite_name(w, "field");
        jsonwrite_str(w, fields[i].name);
        jsonwrite_name(w, "type");
        jsonwrite_c(w, fields[i].type);
        jsonwrite_name(w, "coverage");
        jsonwrite_i64(w, percent(fields[i].count, contacts));
        jsonwrite_name(w, "isCustom");
        jsonwrite_bool(w, fields[i].is_custom);
        jsonwrite_object_end(w);
    }
    jsonwrite_list_end(w);
    jsonwrite_name(w, "count");
    jsonwrite_i64(w, (int64_t)count);
    jsonwrite_object_end(w);
    return 0;
}

/* ---- values -------------------------------------------------------------------------------- */

static int built_in_values(const struct api_request *req, struct str field, struct facts_value *ret,
                           size_t *ret_count, struct err_info *info)
{
    *ret_count = 0;
    bool is_status = str_eq_c(field, "status");
    size_t count = is_status ? 4 : str_eq_c(field, "subscribed") ? 2 : 0;
    for (size_t i = 0; i < count; i++) {
        struct filter_value operand = {.type = FILTER_VALUE_BOOL, .boolean = i == 0};
        struct jsonval *value = arena_alloc(req->arena, sizeof *value);
        *value = jsonval_of_bool(i == 0);
        if (is_status) {
            operand.type = FILTER_VALUE_STRING;
            operand.string = str_from(contact_status_name((enum contact_status)(i + 1)));
            *value = jsonval_of_str(operand.string);
        }
        int err = count_matches(req, is_status ? FILTER_STATUS : FILTER_SUBSCRIBED, FILTER_EQUALS,
                                operand, &ret[i].count, info);
        if (err < 0) {
            return err;
        }
        ret[i].value = value;
    }
    *ret_count = count;
    return 0;
}

static bool is_built_in(struct str field)
{
    for (size_t i = 0; i < ARRAY_LEN(built_in); i++) {
        if (str_eq_c(field, built_in[i].name)) {
            return true;
        }
    }
    return str_eq_c(field, "subscribedAt");
}

static int read_values(const struct api_request *req, size_t limit, struct facts_value **ret,
                       size_t *ret_count, struct err_info *info)
{
    const struct str prefix = STR("data.");
    struct str path = req->path_args[0];
    if (is_built_in(path)) {
        *ret = arena_array(req->arena, 4, sizeof **ret);
        return built_in_values(req, path, *ret, ret_count, info);
    }
    if (str_starts(path, prefix)) {
        path = (struct str){path.at + prefix.len, path.len - prefix.len};
    }
    return facts_values(req->db, req->arena, req->project_id, path, limit, ret, ret_count, info);
}

int fields_values(struct api_request *req, struct api_response *res, struct err_info *info)
{
    uint64_t limit;
    struct facts_value *values;
    size_t count;
    struct jsonwrite *w = &res->json;
    int err =
        api_query_count(req, "limit", VALUES_DEFAULT, LIMIT_FIELD_VALUES, false, &limit, info);
    if (err == 0) {
        err = read_values(req, (size_t)limit, &values, &count, info);
    }
    if (err < 0) {
        return err;
    }
    count = count < limit ? count : (size_t)limit;
    api_begin(res, 200);
    jsonwrite_object(w);
    jsonwrite_name(w, "field");
    jsonwrite_str(w, req->path_args[0]);
    jsonwrite_name(w, "values");
    jsonwrite_list(w);
    for (size_t i = 0; i < count; i++) {
        jsonwrite_value(w, values[i].value);
    }
    jsonwrite_list_end(w);
    jsonwrite_name(w, "counts");
    jsonwrite_list(w);
    for (size_t i = 0; i < count; i++) {
        jsonwrite_i64(w, (int64_t)values[i].count);
    }
    jsonwrite_list_end(w);
    jsonwrite_name(w, "count");
    jsonwrite_i64(w, (int64_t)count);
    jsonwrite_name(w, "limit");
    jsonwrite_i64(w, (int64_t)limit);
    jsonwrite_object_end(w);
    return 0;
}
