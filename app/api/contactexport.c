#include "api/contactexport.h"

#include "api/contactjson.h"
#include "api/contactstream.h"
#include "api/csvtext.h"
#include "api/routes.h"
#include "audience/facts.h"
#include "base/num.h"
#include "base/timeutil.h"
#include "column/key.h"
#include "json/jsonread.h"

static const struct str fixed_columns[] = {{"id", 2},     {"email", 5},     {"subscribed", 10},
                                           {"status", 6}, {"createdAt", 9}, {"updatedAt", 9}};
#define FIXED ARRAY_LEN(fixed_columns)

int contactexport_asked(const struct api_request *req, struct err_info *info)
{
    struct str format = api_query(req, "format");
    if (format.at == NULL || str_eq_c(format, "json")) {
        return 0;
    }
    if (str_eq_c(format, "csv") || str_eq_c(format, "ndjson")) {
        return 1;
    }
    return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "format",
                      "format must be csv, ndjson or json");
}

/* ---- CSV ----------------------------------------------------------------------------------- */

struct csv_column {
    struct str path;
    struct str *keys; /* the path's parts */
    size_t key_count;
};

struct csv_export {
    struct csv_column *columns;
    size_t count;
    struct str *fields; /* room for one row */
    bool spreadsheet;
};

static struct csv_column column_of(struct arena *arena, struct str path)
{
    struct csv_column column = {.path = str_copy(arena, path)};
    size_t room = 0;
    struct str rest = column.path;
    while (rest.at != NULL) {
        column.keys = arena_grow(arena, column.keys, column.key_count, &room, sizeof *column.keys);
        column.keys[column.key_count++] = str_split(rest, '.', &rest);
    }
    return column;
}

/* What only objects stand under has its columns further down. */
static bool has_values(const struct facts_field *field)
{
    uint64_t sum = 0;
    for (size_t type = 0; type < KEY_TYPES; type++) {
        sum += type == KEY_TYPE_OBJECT ? 0 : field->count[type];
    }
    return sum > 0;
}

static int find_columns(const struct api_request *req, struct csv_export *export,
                        struct err_info *info)
{
    AUTO(arena) work = arena_new();
    struct facts_field *fields;
    size_t count;
    uint64_t contacts;
    int err = facts_fields(req->db, work, req->project_id, &fields, &count, &contacts, info);
    if (err < 0) {
        return err;
    }
    export->columns = arena_array(req->arena, count, sizeof *export->columns);
    for (size_t i = 0; i < count; i++) {
        if (has_values(&fields[i])) {
            export->columns[export->count++] = column_of(req->arena, fields[i].path);
        }
    }
    export->fields = arena_array(req->arena, FIXED + export->count, sizeof *export->fields);
    return 0;
}

static void csv_head(struct buf *out, void *ctx)
{
    struct csv_export *export = ctx;
    AUTO(arena) arena = arena_new();
    memcpy(export->fields, fixed_columns, sizeof fixed_columns);
    for (size_t i = 0; i < export->count; i++) {
        export->fields[FIXED + i] =
            str_from(arena_printf(arena, "data." STR_FMT, STR_ARG(export->columns[i].path)));
    }
    csvtext_row(out, export->fields, FIXED + export->count, export->spreadsheet);
}

static const struct jsonval *value_at(const struct jsonval *data, const struct csv_column *column)
{
    for (size_t i = 0; data != NULL && i < column->key_count; i++) {
        data = jsonval_get_str(data, column->keys[i]);
    }
    return data;
}

static struct str list_text(struct arena *arena, const struct jsonval *list)
{
    struct buf out;
    struct jsonwrite w;
    buf_init(&out, SIZE_MAX);
    jsonwrite_init(&w, &out);
    jsonwrite_value(&w, list);
    struct str text = str_copy(arena, buf_str(&out));
    buf_done(&out);
    return text;
}

static struct str value_text(struct arena *arena, const struct jsonval *value)
{
    switch (value == NULL ? JSONVAL_NULL : value->type) {
    case JSONVAL_NULL:
    case JSONVAL_OBJECT:
        break;
    case JSONVAL_BOOL:
        return value->boolean ? STR("true") : STR("false");
    case JSONVAL_NUMBER: {
        char *text = arena_raw(arena, 32, 1);
        return (struct str){text, num_format(value->number, text)};
    }
    case JSONVAL_STRING:
        return value->string;
    case JSONVAL_LIST:
        return list_text(arena, value);
    }
    return (struct str){NULL, 0};
}

static void csv_row(struct buf *out, const struct contact *contact, struct arena *scratch,
                    void *ctx)
{
    struct csv_export *export = ctx;
    const struct jsonval *data = NULL;
    char id[37];
    char created[25];
    char updated[25];
    uuid_format(&contact->uuid, id);
    timeutil_format(contact->created_ms, created);
    timeutil_format(contact->updated_ms, updated);
    const struct str fixed[FIXED] = {
        {id, 36},
        contact->email,
        contact->status == CONTACT_SUBSCRIBED ? STR("true") : STR("false"),
        str_from(contact_status_name(contact->status)),
        {created, 24},
        {updated, 24},
    };
    memcpy(export->fields, fixed, sizeof fixed);
    if (contact->data.at == NULL || jsonread_parse(scratch, contact->data, &data, NULL) < 0) {
        data = NULL;
    }
    for (size_t i = 0; i < export->count; i++) {
        export->fields[FIXED + i] = value_text(scratch, value_at(data, &export->columns[i]));
    }
    csvtext_row(out, export->fields, FIXED + export->count, export->spreadsheet);
}

static int read_spreadsheet(const struct api_request *req, bool *ret, struct err_info *info)
{
    struct str text = api_query(req, "spreadsheet");
    *ret = str_eq_c(text, "1") || str_eq_c(text, "true");
    if (text.at != NULL && !*ret && !str_eq_c(text, "0") && !str_eq_c(text, "false")) {
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "spreadsheet",
                          "spreadsheet must be true or false");
    }
    return 0;
}

static int answer_csv(struct api_request *req, struct api_response *res,
                      const struct audience_query *query, struct err_info *info)
{
    struct csv_export *export = arena_alloc(req->arena, sizeof *export);
    const struct contactstream_writer writer = {.content_type = "text/csv; charset=utf-8",
                                                .file_name = "contacts.csv",
                                                .head = csv_head,
                                                .row = csv_row,
                                                .ctx = export};
    int err = read_spreadsheet(req, &export->spreadsheet, info);
    if (err == 0) {
        err = find_columns(req, export, info);
    }
    return err < 0 ? err : contactstream_answer(req, res, query, &writer, info);
}

/* ---- NDJSON -------------------------------------------------------------------------------- */

static void ndjson_row(struct buf *out, const struct contact *contact, struct arena *scratch,
                       void *ctx)
{
    const char *project_uuid = ctx;
    struct jsonwrite w;
    (void)scratch;
    jsonwrite_init(&w, out);
    contactjson_write(&w, contact, project_uuid);
    buf_add_char(out, '\n');
}

static int answer_ndjson(struct api_request *req, struct api_response *res,
                         const struct audience_query *query, struct err_info *info)
{
    const struct contactstream_writer writer = {.content_type = "application/x-ndjson",
                                                .file_name = "contacts.ndjson",
                                                .row = ndjson_row,
                                                .ctx = req->project_uuid};
    return contactstream_answer(req, res, query, &writer, info);
}

int contactexport_answer(struct api_request *req, struct api_response *res,
                         const struct audience_query *query, struct err_info *info)
{
    db_set_deadline_ms(req->db, ROUTE_BULK_MS); /* nginx sends `format` to the bulk pool */
    return str_eq_c(api_query(req, "format"), "csv") ? answer_csv(req, res, query, info)
                                                     : answer_ndjson(req, res, query, info);
}
