#include "store/importmapping.h"

#include <strings.h>

#include "base/limits.h"
#include "store/contactdata.h"
#include "json/jsonread.h"
#include "json/jsonwrite.h"

#define SHAPE                                                                                      \
    "columns must be a JSON object that says of headers what they are, such as"                    \
    " {\"E-Mail\": \"email\", \"City\": \"address.city\", \"Note\": null}"

/* How much of a header a message tells. */
#define TOLD 200

static int told(struct str text)
{
    return text.len < TOLD ? (int)text.len : TOLD;
}

static int refuse(struct err_info *info, struct str header, const char *why)
{
    return err_set_at(info, ERR_INVAL, NULL, "columns", "columns: \"" STR_FMT "\" %s", told(header),
                      header.at, why);
}

/* ---- targets ------------------------------------------------------------------------------- */

/* The columns that have a meaning of their own, as the header of a file names them. */
static struct str built_in(enum importjob_kind kind, struct str target)
{
    static const char *const words[] = {"email", "subscribed", "createdAt", "event", "timestamp"};
    bool is_contacts = kind == IMPORTJOB_CONTACTS;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        struct str word = str_from(words[i]);
        bool is_meant = i == 0 || is_contacts == (i < 3);
        if (is_meant && word.len == target.len && strncasecmp(word.at, target.at, word.len) == 0) {
            return word;
        }
    }
    return (struct str){NULL, 0};
}

/* A path judged as the data of a contact that has it. */
static bool is_path(struct arena *arena, struct str path)
{
    struct contactdata_input ignored;
    struct err_info problem = {0};
    struct jsonval *value = arena_alloc(arena, sizeof *value);
    struct jsonval *whole = value;
    struct str rest = path;
    unsigned depth = 0;
    while (rest.at != NULL) {
        if (++depth > LIMIT_JSON_DEPTH) {
            return false;
        }
        *value = (struct jsonval){.type = JSONVAL_OBJECT, .count = 1};
        value->names = arena_array(arena, 1, sizeof *value->names);
        value->items = arena_array(arena, 1, sizeof *value->items);
        value->names[0] = str_split(rest, '.', &rest);
        value = &value->items[0];
    }
    *value = jsonval_of_str(STR("x"));
    return contactdata_read(arena, whole, "columns", &ignored, &problem) == 0;
}

static int read_target(struct arena *arena, const struct importjob_input *input,
                       struct importmapping_entry *entry, struct str target, struct err_info *info)
{
    struct str rest;
    entry->target = built_in(input->kind, target);
    if (entry->target.at != NULL) {
        return str_eq_c(entry->target, "createdAt") && !input->keep_created
                   ? refuse(info, entry->header, "can be createdAt only with keepCreatedAt=1")
                   : 0;
    }
    if (str_starts(target, STR("data.")) && target.len > 5) {
        target = (struct str){target.at + 5, target.len - 5};
    }
    if (input->kind == IMPORTJOB_CONTACTS &&
        contactdata_is_reserved(str_split(target, '.', &rest))) {
        return refuse(info, entry->header, "cannot become what the system sets itself");
    }
    if (!is_path(arena, target)) {
        return refuse(info, entry->header,
                      "must become email or another column of an import, a data path such as plan"
                      " or address.city, or null to be left out");
    }
    entry->target = str_from(arena_printf(arena, "data." STR_FMT, STR_ARG(target)));
    return 0;
}

static int check_distinct(const struct importmapping *mapping, struct err_info *info)
{
    const struct importmapping_entry *last = &mapping->entries[mapping->count - 1];
    for (size_t i = 0; last->target.at != NULL && i + 1 < mapping->count; i++) {
        const struct importmapping_entry *other = &mapping->entries[i];
        if (other->target.at != NULL && str_eq(other->target, last->target)) {
            return err_set_at(info, ERR_INVAL, NULL, "columns",
                              "columns: \"" STR_FMT "\" and \"" STR_FMT "\" cannot both become"
                              " \"" STR_FMT "\"",
                              told(other->header), other->header.at, told(last->header),
                              last->header.at, told(last->target), last->target.at);
        }
    }
    return 0;
}

/* ---- the object ---------------------------------------------------------------------------- */

static int read_entry(struct arena *arena, const struct importjob_input *input, struct str header,
                      const struct jsonval *target, struct importmapping *ret,
                      struct err_info *info)
{
    struct importmapping_entry *entry = &ret->entries[ret->count++];
    *entry = (struct importmapping_entry){.header = str_copy(arena, str_trim(header))};
    if (importmapping_find(ret, entry->header) != entry) {
        return refuse(info, entry->header, "is there twice");
    }
    if (target->type == JSONVAL_NULL) {
        return 0;
    }
    if (target->type != JSONVAL_STRING) {
        return refuse(info, entry->header, "must become a text, or null to be left out");
    }
    int err = read_target(arena, input, entry, str_trim(target->string), info);
    return err < 0 ? err : check_distinct(ret, info);
}

static struct str print(struct arena *arena, const struct jsonval *object)
{
    struct buf text;
    struct jsonwrite w;
    buf_init(&text, 2 * LIMIT_BODY_BYTES); /* what was read, perhaps escaped otherwise */
    jsonwrite_init(&w, &text);
    jsonwrite_value(&w, object);
    struct str copy = str_copy(arena, buf_str(&text));
    buf_done(&text);
    return copy;
}

int importmapping_read(struct arena *arena, struct str text, const struct importjob_input *input,
                       struct importmapping *ret, struct err_info *info)
{
    const struct jsonval *object;
    struct err_info problem = {0};
    *ret = (struct importmapping){0};
    if (text.at == NULL) {
        return 0;
    }
    if (input->format != IMPORTJOB_CSV) {
        return err_set_at(info, ERR_INVAL, NULL, "columns",
                          "columns is for CSV files: the lines of NDJSON name their members");
    }
    if (text.len > LIMIT_BODY_BYTES || jsonread_parse(arena, text, &object, &problem) < 0 ||
        object->type != JSONVAL_OBJECT) {
        return err_set_at(info, ERR_INVAL, NULL, "columns", SHAPE);
    }
    if (object->count > LIMIT_IMPORT_COLUMNS) {
        return err_set_at(info, ERR_INVAL, NULL, "columns", "columns names more than %d headers",
                          LIMIT_IMPORT_COLUMNS);
    }
    ret->entries = arena_array(arena, object->count, sizeof *ret->entries);
    for (size_t i = 0; i < object->count; i++) {
        int err = read_entry(arena, input, object->names[i], &object->items[i], ret, info);
        if (err < 0) {
            return err;
        }
    }
    ret->text = print(arena, object);
    return 0;
}

const struct importmapping_entry *importmapping_find(const struct importmapping *mapping,
                                                     struct str header)
{
    for (size_t i = 0; i < mapping->count; i++) {
        if (str_eq(mapping->entries[i].header, header)) {
            return &mapping->entries[i];
        }
    }
    return NULL;
}
