/* Names of fields. */
#include "filter/fieldname.h"

static const struct {
    enum filter_column column;
    const char *name;   /* NULL: its leaves carry a name of their own */
    const char *prefix; /* before that name; "" for built-ins */
    const char *kind;
} columns[] = {
    {FILTER_EMAIL, "email", "", "string"},
    {FILTER_SUBSCRIBED, "subscribed", "", "boolean"},
    {FILTER_STATUS, "status", "", "string"},
    {FILTER_CREATED_AT, "createdAt", "", "date"},
    {FILTER_UPDATED_AT, "updatedAt", "", "date"},
    {FILTER_SUBSCRIBED_AT, "subscribedAt", "", "date"},
    {FILTER_DATA, NULL, "data.", "JSON"},
    {FILTER_EVENT, NULL, "event.", "event"},
    {FILTER_SEGMENT, NULL, "segment.", "segment"},
    {FILTER_TAG, NULL, "tag.", "tag"},
    {FILTER_LIST, NULL, "list.", "list"},
    {FILTER_CAMPAIGN, NULL, "campaign.", "campaign"},
    {FILTER_SEQUENCE, NULL, "sequence.", "sequence"},
};

static const struct {
    const char *spelling;
    const char *event;
} activities[] = {
    {"sent", "email.sent"},
    {"delivered", "email.delivered"},
    {"delivery", "email.delivered"},
    {"opened", "email.opened"},
    {"open", "email.opened"},
    {"clicked", "email.clicked"},
    {"click", "email.clicked"},
    {"bounced", "email.bounced"},
    {"bounce", "email.bounced"},
    {"complained", "email.complained"},
    {"complaint", "email.complained"},
};

bool fieldname_builtin(struct str name, enum filter_column *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
        if (columns[i].name && str_eq_c(name, columns[i].name)) {
            *ret = columns[i].column;
            return true;
        }
    }
    return false;
}

const char *fieldname_of(enum filter_column column)
{
    for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
        if (columns[i].column == column)
            return columns[i].name;
    }
    return NULL;
}

bool fieldname_is_set(enum filter_column column)
{
    return column == FILTER_TAG || column == FILTER_LIST || column == FILTER_CAMPAIGN ||
           column == FILTER_SEQUENCE;
}

bool fieldname_set(struct str field, enum filter_column *ret, struct str *ret_id)
{
    for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
        struct str prefix = str_from(columns[i].prefix);

        if (fieldname_is_set(columns[i].column) && str_starts(field, prefix)) {
            *ret = columns[i].column;
            *ret_id = (struct str){field.at + prefix.len, field.len - prefix.len};
            return true;
        }
    }
    return false;
}

const char *fieldname_prefix(enum filter_column column)
{
    for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
        if (columns[i].column == column)
            return columns[i].prefix;
    }
    return "";
}

const char *fieldname_activity(struct str activity)
{
    for (size_t i = 0; i < ARRAY_LEN(activities); i++) {
        if (str_eq_c(activity, activities[i].spelling))
            return activities[i].event;
    }
    return NULL;
}

bool fieldname_is_activity(struct str event)
{
    for (size_t i = 0; i < ARRAY_LEN(activities); i++) {
        if (str_eq_c(event, activities[i].event))
            return true;
    }
    return false;
}

const char *fieldname_kind(const struct filter_leaf *leaf)
{
    if (leaf->column == FILTER_EVENT && fieldname_is_activity(leaf->name))
        return "email activity";
    for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
        if (columns[i].column == leaf->column)
            return columns[i].kind;
    }
    return "unknown";
}
