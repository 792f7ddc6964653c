#include "store/importrows.h"

#include <strings.h>

#include "base/limits.h"
#include "base/timeutil.h"
#include "store/contactdata.h"
#include "store/email.h"
#include "store/eventname.h"
#include "store/importcell.h"
#include "json/jsonread.h"

#define BAD_TIME                                                                                   \
    "timestamp must be a date such as 2026-01-31, or an instant with a zone such as"               \
    " 2026-01-31T12:00:00Z"

void importrows_begin(struct importrows *rows, struct arena *arena,
                      const struct importjob_input *input, const struct importlane *lane,
                      const struct importcolumns *columns, size_t room, int64_t now_ms)
{
    *rows = (struct importrows){.arena = arena,
                                .input = input,
                                .lane = lane,
                                .columns = columns,
                                .now_ms = now_ms,
                                .room = room};
    rows->items = arena_raw(arena, room, sizeof *rows->items);
    rows->places = arena_raw(arena, room, sizeof *rows->places);
}

static void refuse(struct importrows *rows, const struct csv_row *row, struct str email,
                   const char *reason)
{
    rows->errors = arena_grow(rows->arena, rows->errors, rows->error_count, &rows->error_room,
                              sizeof *rows->errors);
    rows->errors[rows->error_count++] = (struct importerror){
        row->number, row->line, str_copy(rows->arena, email), str_from(reason)};
}

/* ---- what CSV and NDJSON share: each returns NULL, or what is wrong ------------------------- */

static const char *set_email(struct arena *arena, struct str given, struct contactwrite_item *item)
{
    if (str_trim(given).len == 0) {
        return "email is missing";
    }
    return email_normalise(arena, given, &item->email) ? NULL : "Invalid email address";
}

static const char *set_name(struct arena *arena, struct str given, struct contactwrite_event *event)
{
    if (given.len == 0) {
        return "event is missing";
    }
    switch (eventname_judge(given)) {
    case EVENTNAME_OK:
        event->name = str_copy(arena, given);
        return NULL;
    case EVENTNAME_RESERVED:
        return "Cannot track reserved system event";
    case EVENTNAME_BAD:
        break;
    }
    return arena_printf(arena,
                        "an event name is 1 to %d bytes without control characters, and none of"
                        " contact, names, stats, track, import, batch",
                        LIMIT_EVENT_NAME_BYTES);
}

static const char *set_time(struct str given, struct contactwrite_event *event)
{
    event->at_ms = CONTACTWRITE_NOW;
    if (given.len == 0) {
        return NULL;
    }
    enum timeutil_date kind = timeutil_parse(given, &event->at_ms);
    return kind == TIMEUTIL_DAY || kind == TIMEUTIL_INSTANT ? NULL : BAD_TIME;
}

static const char *set_event_data(struct arena *arena, const struct jsonval *data,
                                  struct contactwrite_event *event)
{
    struct err_info info = {0};
    int err = contactdata_print(arena, data, &event->data, &info);
    return err == 0 ? NULL : arena_printf(arena, "%s", info.message);
}

static void set_subscribed(bool subscribed, struct contactwrite_item *item)
{
    item->subscribe = subscribed ? CONTACTCHANGE_SUBSCRIBE : CONTACTCHANGE_UNSUBSCRIBE;
}

/* ---- CSV ----------------------------------------------------------------------------------- */

/* A cell without a spreadsheet's quote; "" where the column is not there. */
static struct str cell_of(const struct importrows *rows, const struct csv_row *row, size_t column)
{
    if (column == IMPORTCOLUMNS_NONE) {
        return STR("");
    }
    struct str cell = row->cells[column];
    return rows->input->spreadsheet ? importcell_plain(cell) : cell;
}

static const char *check_shape(const struct importrows *rows, const struct csv_row *row)
{
    const struct importcolumns *columns = rows->columns;
    if (row->count != columns->count) {
        return arena_printf(rows->arena, "the row has %zu cell%s, the header has %zu columns",
                            row->count, row->count == 1 ? "" : "s", columns->count);
    }
    for (size_t i = 0; i < row->count; i++) {
        if (columns->is_unnamed[i] && row->cells[i].len > 0) {
            return arena_printf(rows->arena, "column %zu has a value, but no name in the header",
                                i + 1);
        }
    }
    return NULL;
}

static const char *read_contact(const struct importrows *rows, const struct csv_row *row,
                                struct contactwrite_item *item)
{
    struct str subscribed = str_trim(cell_of(rows, row, rows->columns->subscribed));
    struct str created = cell_of(rows, row, rows->columns->created);
    bool yes;
    if (subscribed.len > 0) {
        if (!importcell_yes_no(subscribed, &yes)) {
            return "subscribed must be true, false, yes or no";
        }
        set_subscribed(yes, item);
    }
    if (created.len > 0) {
        enum timeutil_date kind = timeutil_parse(created, &item->created_ms);
        if (kind != TIMEUTIL_DAY && kind != TIMEUTIL_INSTANT) {
            return "createdAt must be a date such as 2026-01-31, or an instant with a zone such as"
                   " 2026-01-31T12:00:00Z";
        }
        if (item->created_ms > rows->now_ms) {
            return "createdAt must not be in the future";
        }
        item->has_created = true;
    }
    item->patch =
        importcolumns_data(rows->arena, rows->columns, row->cells, rows->input->spreadsheet);
    return NULL;
}

static const char *read_event(const struct importrows *rows, const struct csv_row *row,
                              struct contactwrite_item *item)
{
    struct contactwrite_event *event = arena_alloc(rows->arena, sizeof *event);
    const struct importcolumns *columns = rows->columns;
    const char *wrong = set_name(rows->arena, cell_of(rows, row, columns->event), event);
    if (wrong == NULL) {
        wrong = set_time(cell_of(rows, row, columns->timestamp), event);
    }
    if (wrong == NULL) {
        wrong = set_event_data(
            rows->arena,
            importcolumns_data(rows->arena, columns, row->cells, rows->input->spreadsheet), event);
    }
    item->event = event;
    return wrong;
}

/* Another lane's row: no text of a reason. */
static const char not_ours[] = "";

static bool is_ours(const struct importrows *rows, const struct contactwrite_item *item)
{
    return importlane_has(rows->lane, item->email);
}

static const char *read_cells(const struct importrows *rows, const struct csv_row *row,
                              struct contactwrite_item *item, struct str *ret_email)
{
    const char *wrong = check_shape(rows, row);
    if (wrong == NULL && rows->types != NULL) {
        importtypes_add(rows->types, row, rows->input->spreadsheet);
    }
    if (rows->columns->email < row->count) {
        *ret_email = cell_of(rows, row, rows->columns->email);
    }
    if (wrong == NULL) {
        wrong = set_email(rows->arena, *ret_email, item);
    }
    if (wrong == NULL && !is_ours(rows, item)) {
        wrong = not_ours;
    }
    if (wrong != NULL) {
        return wrong;
    }
    return rows->input->kind == IMPORTJOB_EVENTS ? read_event(rows, row, item)
                                                 : read_contact(rows, row, item);
}

/* ---- NDJSON: bodies of /v1/track (http-api §1.6, §4.1) --------------------------------------- */

/* A text member; not given: at == NULL. */
static const char *text_of(struct arena *arena, const struct jsonval *body, const char *name,
                           struct str *ret)
{
    const struct jsonval *value = jsonval_get(body, name);
    *ret = (struct str){0};
    if (value == NULL || value->type == JSONVAL_NULL) {
        return NULL;
    }
    if (value->type != JSONVAL_STRING) {
        return arena_printf(arena, "%s must be a string, not %s", name,
                            jsonval_type_name(value->type));
    }
    *ret = value->string;
    return NULL;
}

static const char *flag_of(struct arena *arena, const struct jsonval *body, const char *name,
                           bool *ret, bool *ret_given)
{
    const struct jsonval *value = jsonval_get(body, name);
    *ret_given = value != NULL && value->type != JSONVAL_NULL;
    if (*ret_given && value->type != JSONVAL_BOOL) {
        return arena_printf(arena, "%s must be a boolean, not %s", name,
                            jsonval_type_name(value->type));
    }
    *ret = *ret_given && value->boolean;
    return NULL;
}

static const char *read_flags(struct arena *arena, const struct jsonval *body,
                              struct contactwrite_item *item)
{
    bool subscribed;
    bool keep;
    bool given;
    const char *wrong = flag_of(arena, body, "subscribed", &subscribed, &given);
    if (wrong == NULL && given) {
        set_subscribed(subscribed, item);
    }
    if (wrong == NULL) {
        wrong = flag_of(arena, body, "preserveExistingSubscription", &keep, &given);
    }
    item->subscribe_only_new = wrong == NULL && keep;
    return wrong;
}

static const char *read_body_event(struct arena *arena, const struct jsonval *body,
                                   struct contactwrite_item *item)
{
    struct contactwrite_event *event = arena_alloc(arena, sizeof *event);
    struct contactdata_input data;
    struct err_info info = {0};
    struct str text;
    item->event = event;
    const char *wrong = text_of(arena, body, "event", &text);
    if (wrong == NULL) {
        wrong = set_name(arena, text, event);
    }
    if (wrong == NULL) {
        wrong = text_of(arena, body, "timestamp", &text);
    }
    if (wrong == NULL) {
        wrong = text.at != NULL && text.len == 0 ? BAD_TIME : set_time(text, event);
    }
    if (wrong != NULL) {
        return wrong;
    }
    /* The data stays on the event: what a contact's data was long ago must not come back. */
    if (contactdata_read(arena, jsonval_get(body, "data"), "data", &data, &info) < 0) {
        return arena_printf(arena, "%s", info.message);
    }
    return set_event_data(arena, data.all, event);
}

static const char *read_line(const struct importrows *rows, const struct csv_row *row,
                             struct contactwrite_item *item, struct str *ret_email)
{
    struct arena *arena = rows->arena;
    const struct jsonval *body;
    struct err_info info = {0};
    if (jsonread_parse(arena, row->cells[0], &body, &info) < 0) {
        /* Its usual words speak of a request. */
        return strncmp(info.message, "Invalid JSON", 12) == 0
                   ? "the line is not valid JSON"
                   : arena_printf(arena, "%s", info.message);
    }
    if (body->type != JSONVAL_OBJECT) {
        return arena_printf(arena, "the line must be a JSON object, not %s",
                            jsonval_type_name(body->type));
    }
    const char *wrong = text_of(arena, body, "email", ret_email);
    if (wrong == NULL) {
        wrong = set_email(arena, *ret_email, item);
    }
    if (wrong == NULL && !is_ours(rows, item)) {
        wrong = not_ours;
    }
    if (wrong == NULL) {
        wrong = read_flags(arena, body, item);
    }
    return wrong != NULL ? wrong : read_body_event(arena, body, item);
}

/* ---- both ---------------------------------------------------------------------------------- */

static enum contactwrite_when when_of(enum importjob_mode mode)
{
    return mode == IMPORTJOB_CREATE   ? CONTACTWRITE_ONLY_NEW
           : mode == IMPORTJOB_UPDATE ? CONTACTWRITE_ONLY_STORED
                                      : CONTACTWRITE_ALWAYS;
}

bool importrows_add(struct importrows *rows, const struct csv_row *row)
{
    struct contactwrite_item item = {.when = when_of(rows->input->mode)};
    struct str email = {0};
    const char *wrong = row->problem;
    if (wrong != NULL) {
        wrong = arena_printf(rows->arena, "%s", wrong); /* the reader's own memory */
    } else if (rows->input->format == IMPORTJOB_NDJSON) {
        wrong = read_line(rows, row, &item, &email);
    } else {
        wrong = read_cells(rows, row, &item, &email);
    }
    if (wrong == not_ours) {
        return false;
    }
    if (wrong != NULL && item.email.at != NULL) {
        refuse(rows, row, item.email, wrong);
        return true;
    }
    if (wrong != NULL) { /* nobody knows whose it is */
        if (rows->lane->number == 0) {
            refuse(rows, row, email, wrong);
        }
        return rows->lane->number == 0;
    }
    rows->places[rows->count] = (struct importrows_place){row->number, row->line};
    rows->items[rows->count++] = item;
    return true;
}
