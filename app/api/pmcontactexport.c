#include "api/pmcontactexport.h"

#include <inttypes.h>
#include <stdio.h>

#include "api/contactstream.h"
#include "api/csvtext.h"
#include "api/pmcontactfields.h"
#include "api/pmcontactquery.h"
#include "api/pushmail.h"
#include "base/num.h"
#include "base/timeutil.h"

/* Before and behind the fields that stand in data. */
static const char *const first_columns[] = {"id", "email", "status"};
static const char *const last_columns[] = {"customFields", "subscribedAt", "createdAt",
                                           "updatedAt"};
#define FIRST ARRAY_LEN(first_columns)
#define LAST ARRAY_LEN(last_columns)
#define COLUMNS (FIRST + PMCONTACTFIELDS_COUNT + LAST)

struct pmcontactexport {
    const struct api_request *req;
    bool spreadsheet;
};

/* ---- CSV ----------------------------------------------------------------------------------- */

static void csv_head(struct buf *out, void *ctx)
{
    const struct pmcontactexport *export = ctx;
    struct str fields[COLUMNS];
    for (size_t i = 0; i < FIRST; i++)
        fields[i] = str_from(first_columns[i]);
    for (size_t i = 0; i < PMCONTACTFIELDS_COUNT; i++)
        fields[FIRST + i] = str_from(pmcontactfields_names[i]);
    for (size_t i = 0; i < LAST; i++)
        fields[FIRST + PMCONTACTFIELDS_COUNT + i] = str_from(last_columns[i]);
    csvtext_row(out, fields, COLUMNS, export->spreadsheet);
}

/* A text as it is, anything else as JSON. */
static struct str value_text(struct arena *arena, const struct jsonval *value)
{
    struct buf text;
    struct jsonwrite w;
    if (!value)
        return (struct str){NULL, 0};
    if (value->type == JSONVAL_STRING)
        return value->string;
    buf_init(&text, SIZE_MAX);
    jsonwrite_init(&w, &text);
    jsonwrite_value(&w, value);
    struct str copy = str_copy(arena, buf_str(&text));
    buf_done(&text);
    return copy;
}

static struct str custom_text(struct arena *arena, const struct jsonval *data)
{
    struct jsonval custom = {.type = JSONVAL_OBJECT};
    size_t count = data ? data->count : 0;
    custom.items = arena_array(arena, count, sizeof(*custom.items));
    custom.names = arena_array(arena, count, sizeof(*custom.names));
    for (size_t i = 0; i < count; i++) {
        if (pmcontactfields_is_own(data->names[i]))
            continue;
        custom.names[custom.count] = data->names[i];
        custom.items[custom.count++] = data->items[i];
    }
    return custom.count > 0 ? value_text(arena, &custom) : (struct str){NULL, 0};
}

static struct str time_text(struct arena *arena, int64_t ms)
{
    char *text = arena_alloc(arena, 25);
    if (ms == INT64_MIN)
        return (struct str){NULL, 0};
    timeutil_format(ms, text);
    return str_from(text);
}

static void csv_row(struct buf *out, const struct contact *contact, struct arena *scratch,
                    void *ctx)
{
    const struct pmcontactexport *export = ctx;
    const struct jsonval *data = pmcontactfields_data(scratch, contact);
    struct str fields[COLUMNS];
    uint64_t id = pushmail_id(export->req, contact->ordinal + 1);
    struct str *last = fields + FIRST + PMCONTACTFIELDS_COUNT;
    fields[0] = str_from(arena_printf(scratch, "%" PRIu64, id));
    fields[1] = contact->email;
    fields[2] = str_from(contact_status_name(contact->status));
    for (size_t i = 0; i < PMCONTACTFIELDS_COUNT; i++)
        fields[FIRST + i] = value_text(scratch, jsonval_get(data, pmcontactfields_names[i]));
    last[0] = custom_text(scratch, data);
    last[1] = time_text(scratch, contact->subscribed_ms);
    last[2] = time_text(scratch, contact->created_ms);
    last[3] = time_text(scratch, contact->updated_ms);
    csvtext_row(out, fields, COLUMNS, export->spreadsheet);
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static void json_head(struct buf *out, void *ctx)
{
    (void)ctx;
    buf_add_c(out, "{\"data\":{\"contacts\":[");
}

static void json_tail(struct buf *out, void *ctx)
{
    (void)ctx;
    buf_add_c(out, "]}}");
}

static void json_row(struct buf *out, const struct contact *contact, struct arena *scratch,
                     void *ctx)
{
    const struct pmcontactexport *export = ctx;
    struct jsonwrite w;
    jsonwrite_init(&w, out);
    pmcontactfields_write(&w, export->req, contact, scratch);
}

/* ---- handler ------------------------------------------------------------------------------- */

static int read_format(const struct api_request *req, bool *ret_csv, struct err_info *info)
{
    struct str format = api_query(req, "format");
    *ret_csv = !format.at || str_eq_c(format, "csv");
    if (!*ret_csv && !str_eq_c(format, "json"))
        return err_set_at(info, ERR_INVAL, NULL, "format", "format must be csv or json");
    return 0;
}

int pmcontactexport_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    static const struct contactstream_writer csv = {.content_type = "text/csv; charset=utf-8",
                                                    .file_name = "contacts.csv",
                                                    .head = csv_head,
                                                    .row = csv_row};
    static const struct contactstream_writer json = {.content_type = "application/json",
                                                     .head = json_head,
                                                     .row = json_row,
                                                     .tail = json_tail,
                                                     .between = ","};
    bool is_csv = true;
    struct audience_query query = {
        .project_id = req->project_id, .at_ms = AUDIENCE_AT_NOW, .order = AUDIENCE_NEWEST};
    struct str spreadsheet = api_query(req, "spreadsheet");
    struct pmcontactexport *export = arena_alloc(req->arena, sizeof(*export));
    *export =
        (struct pmcontactexport){req, str_eq_c(spreadsheet, "1") || str_eq_c(spreadsheet, "true")};
    int err = read_format(req, &is_csv, info);
    if (err == 0)
        err = pmcontactquery_read(req, &query.filter, info);
    if (err < 0)
        return err;
    struct contactstream_writer writer = is_csv ? csv : json;
    writer.ctx = export;
    return contactstream_answer(req, res, &query, &writer, info);
}
