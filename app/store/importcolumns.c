#include "store/importcolumns.h"

#include <strings.h>

#include "base/limits.h"
#include "store/contactdata.h"
#include "store/importcell.h"

/* How many names of a header a message tells. */
#define NAMES_TOLD 200

static int told(struct str name)
{
    return name.len < NAMES_TOLD ? (int)name.len : NAMES_TOLD;
}

static bool is_word(struct str name, const char *word)
{
    return name.len == strlen(word) && strncasecmp(name.at, word, name.len) == 0;
}

/* What a column is called: by its header, or by what the client says of that. *ret_said: it does.
 * at == NULL: it is left out. */
static struct str name_of(const struct importmapping *mapping, struct str header, bool *ret_said)
{
    const struct importmapping_entry *entry = importmapping_find(mapping, header);
    *ret_said = entry != NULL;
    return entry != NULL ? entry->target : header;
}

bool importcolumns_has_email(const struct csv_row *header, const struct importmapping *mapping)
{
    bool is_said;
    for (size_t i = 0; i < header->count; i++) {
        if (is_word(name_of(mapping, str_trim(header->cells[i]), &is_said), "email")) {
            return true;
        }
    }
    return false;
}

/* ---- names --------------------------------------------------------------------------------- */

static int refuse_name(struct err_info *info, struct str name, const char *why)
{
    return err_set(info, ERR_INVAL, NULL, "the column \"" STR_FMT "\" %s", told(name), name.at,
                   why);
}

static struct importcolumns_node *find_child(struct importcolumns_node *node, struct str name)
{
    for (size_t i = 0; i < node->count; i++) {
        if (str_eq(node->children[i].name, name)) {
            return &node->children[i];
        }
    }
    return NULL;
}

static struct importcolumns_node *add_child(struct arena *arena, struct importcolumns_node *node,
                                            struct str name)
{
    node->children =
        arena_grow(arena, node->children, node->count, &node->room, sizeof *node->children);
    struct importcolumns_node *child = &node->children[node->count++];
    *child =
        (struct importcolumns_node){.name = str_copy(arena, name), .column = IMPORTCOLUMNS_NONE};
    return child;
}

/* Puts a column at the end of its path. */
static int add_path(struct arena *arena, struct importcolumns *columns, struct str path,
                    size_t column, struct err_info *info)
{
    struct importcolumns_node *node = &columns->data;
    struct str rest = path;
    unsigned depth = 0;
    while (rest.at != NULL) {
        struct str name = str_split(rest, '.', &rest);
        struct importcolumns_node *child = find_child(node, name);
        if (child != NULL && rest.at == NULL) {
            return refuse_name(info, path,
                               child->count == 0 ? "is there twice"
                                                 : "cannot be a value and an object at once");
        }
        if (child != NULL && child->column != IMPORTCOLUMNS_NONE) {
            return refuse_name(info, path, "cannot be below a column that is a value");
        }
        if (++depth > LIMIT_JSON_DEPTH) {
            return refuse_name(info, path, "is nested too deeply");
        }
        node = child != NULL ? child : add_child(arena, node, name);
    }
    node->column = column;
    node->is_text = node->count == 0 && str_eq_c(path, "locale");
    return 0;
}

/* The rules of data keys are contactdata's: ask it about an object that has them all. */
static struct jsonval example(struct arena *arena, const struct importcolumns_node *node)
{
    struct jsonval value = {.type = JSONVAL_OBJECT, .count = node->count};
    if (node->column != IMPORTCOLUMNS_NONE) {
        return jsonval_of_str(STR("x"));
    }
    value.items = arena_array(arena, node->count, sizeof *value.items);
    value.names = arena_array(arena, node->count, sizeof *value.names);
    for (size_t i = 0; i < node->count; i++) {
        value.names[i] = node->children[i].name;
        value.items[i] = example(arena, &node->children[i]);
    }
    return value;
}

static int check_keys(struct arena *arena, const struct importcolumns *columns,
                      struct err_info *info)
{
    struct contactdata_input ignored;
    struct jsonval value = example(arena, &columns->data);
    struct err_info problem = {0};
    int err = contactdata_read(arena, &value, "header", &ignored, &problem);
    /* That the names alone are over a row's limit says nothing about rows with few of them. */
    if (err == 0 || err == ERR_UNPROCESSABLE) {
        return 0;
    }
    return err_set(info, ERR_INVAL, NULL, "the header has a column name that is not allowed: %s",
                   problem.message);
}

/* ---- the header ---------------------------------------------------------------------------- */

/* Names of the columns that only one of our own exports has together; `status` is then ours too. */
static bool is_own_export(const struct csv_row *header)
{
    static const char *const names[] = {"id",     "email",     "subscribed",
                                        "status", "createdAt", "updatedAt"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (i >= header->count || !str_eq_c(str_trim(header->cells[i]), names[i])) {
            return false;
        }
    }
    return true;
}

static int take_place(size_t *place, size_t column, struct str name, struct err_info *info)
{
    if (*place != IMPORTCOLUMNS_NONE) {
        return refuse_name(info, name, "is there twice");
    }
    *place = column;
    return 0;
}

/* The place of a column that has a meaning of its own; NULL: it is data. */
static size_t *place_of(struct importcolumns *columns, enum importjob_kind kind, struct str name)
{
    if (is_word(name, "email")) {
        return &columns->email;
    }
    if (kind == IMPORTJOB_CONTACTS) {
        return is_word(name, "subscribed")   ? &columns->subscribed
               : str_eq_c(name, "createdAt") ? &columns->created
                                             : NULL;
    }
    return is_word(name, "event")       ? &columns->event
           : is_word(name, "timestamp") ? &columns->timestamp
                                        : NULL;
}

static int add_column(struct arena *arena, enum importjob_kind kind, bool is_own, struct str name,
                      size_t column, struct importcolumns *columns, struct err_info *info)
{
    struct str path = name;
    size_t *place = place_of(columns, kind, name);
    columns->targets[column] = name;
    if (place != NULL) {
        return take_place(place, column, name, info);
    }
    if (str_starts(path, STR("data.")) && path.len > 5) {
        path = (struct str){path.at + 5, path.len - 5};
    }
    struct str rest;
    struct str key = str_split(path, '.', &rest);
    if (kind == IMPORTJOB_CONTACTS &&
        (contactdata_is_reserved(key) || (is_own && str_eq_c(path, "status")))) {
        columns->targets[column] = (struct str){NULL, 0};
        return 0;
    }
    columns->targets[column] = path;
    return add_path(arena, columns, path, column, info);
}

/* One cell of the header. What is wrong with a column that has another name there names both. */
static int add_header(struct arena *arena, const struct importjob_input *input,
                      const struct importmapping *mapping, bool is_own, size_t column,
                      struct importcolumns *columns, struct err_info *info)
{
    struct err_info problem = {0};
    struct str header = columns->headers[column];
    bool is_said;
    struct str name = name_of(mapping, header, &is_said);
    columns->is_unnamed[column] = header.len == 0 && !is_said;
    if (name.len == 0) {
        return 0;
    }
    int err = add_column(arena, input->kind, is_own, name, column, columns, &problem);
    if (err < 0 && is_said) {
        return err_set(info, ERR_INVAL, NULL, "as columns says of \"" STR_FMT "\": %s",
                       told(header), header.at, problem.message);
    }
    if (err < 0) {
        *info = problem;
    }
    return err;
}

static int check_mapping(const struct importcolumns *columns, const struct importmapping *mapping,
                         struct err_info *info)
{
    for (size_t i = 0; i < mapping->count; i++) {
        struct str header = mapping->entries[i].header;
        bool is_there = false;
        for (size_t k = 0; !is_there && k < columns->count; k++) {
            is_there = str_eq(columns->headers[k], header);
        }
        if (!is_there) {
            struct str first = columns->count > 0 ? columns->headers[0] : STR("");
            return err_set(info, ERR_INVAL, NULL,
                           "columns names \"" STR_FMT "\", which the first line does not have; it"
                           " has %zu, the first of which is \"" STR_FMT "\"",
                           told(header), header.at, columns->count, told(first), first.at);
        }
    }
    return 0;
}

static int check_required(const struct importcolumns *columns, enum importjob_kind kind,
                          const struct csv_row *header, struct err_info *info)
{
    const char *missing = columns->email == IMPORTCOLUMNS_NONE ? "email" : NULL;
    if (missing == NULL && kind == IMPORTJOB_EVENTS && columns->event == IMPORTCOLUMNS_NONE) {
        missing = "event";
    }
    if (missing == NULL) {
        return 0;
    }
    struct str first = header->count > 0 ? header->cells[0] : STR("");
    return err_set(info, ERR_INVAL, NULL,
                   "the first line must name the columns, and one of them must be %s; it has %zu,"
                   " the first of which is \"" STR_FMT "\"",
                   missing, header->count, told(first), first.at);
}

int importcolumns_read(struct arena *arena, const struct importjob_input *input,
                       const struct importmapping *mapping, const struct csv_row *header,
                       struct importcolumns *ret, struct err_info *info)
{
    bool is_own = is_own_export(header);
    *ret = (struct importcolumns){.count = header->count,
                                  .email = IMPORTCOLUMNS_NONE,
                                  .subscribed = IMPORTCOLUMNS_NONE,
                                  .created = IMPORTCOLUMNS_NONE,
                                  .event = IMPORTCOLUMNS_NONE,
                                  .timestamp = IMPORTCOLUMNS_NONE,
                                  .data = {.column = IMPORTCOLUMNS_NONE}};
    ret->is_unnamed = arena_array(arena, header->count, sizeof *ret->is_unnamed);
    ret->headers = arena_array(arena, header->count, sizeof *ret->headers);
    ret->targets = arena_array(arena, header->count, sizeof *ret->targets);
    for (size_t i = 0; i < header->count; i++) {
        ret->headers[i] = str_copy(arena, str_trim(header->cells[i]));
        int err = add_header(arena, input, mapping, is_own, i, ret, info);
        if (err < 0) {
            return err;
        }
    }
    if (!input->keep_created && ret->created != IMPORTCOLUMNS_NONE) {
        ret->targets[ret->created] = (struct str){NULL, 0};
        ret->created = IMPORTCOLUMNS_NONE;
    }
    int err = check_mapping(ret, mapping, info);
    if (err == 0) {
        err = check_required(ret, input->kind, header, info);
    }
    return err < 0 ? err : check_keys(arena, ret, info);
}

/* ---- a row --------------------------------------------------------------------------------- */

static bool node_value(struct arena *arena, const struct importcolumns_node *node,
                       const struct str *cells, bool spreadsheet, struct jsonval *ret);

/* An object of the children that have something to say; false: none has. */
static bool object_value(struct arena *arena, const struct importcolumns_node *node,
                         const struct str *cells, bool spreadsheet, struct jsonval *ret)
{
    *ret = (struct jsonval){.type = JSONVAL_OBJECT};
    ret->items = arena_raw(arena, node->count, sizeof *ret->items);
    ret->names = arena_raw(arena, node->count, sizeof *ret->names);
    for (size_t i = 0; i < node->count; i++) {
        if (node_value(arena, &node->children[i], cells, spreadsheet, &ret->items[ret->count])) {
            ret->names[ret->count++] = node->children[i].name;
        }
    }
    return ret->count > 0;
}

static bool node_value(struct arena *arena, const struct importcolumns_node *node,
                       const struct str *cells, bool spreadsheet, struct jsonval *ret)
{
    if (node->column == IMPORTCOLUMNS_NONE) {
        return object_value(arena, node, cells, spreadsheet, ret);
    }
    struct str cell = cells[node->column];
    if (spreadsheet) {
        cell = importcell_plain(cell);
    }
    if (node->is_text && cell.len > 0) {
        *ret = jsonval_of_str(cell);
    } else if (!importcell_value(cell, ret)) {
        return false;
    }
    if (ret->type == JSONVAL_STRING) {
        ret->string = str_copy(arena, ret->string);
    }
    return true;
}

const struct jsonval *importcolumns_data(struct arena *arena, const struct importcolumns *columns,
                                         const struct str *cells, bool spreadsheet)
{
    struct jsonval *data = arena_alloc(arena, sizeof *data);
    return object_value(arena, &columns->data, cells, spreadsheet, data) ? data : NULL;
}
