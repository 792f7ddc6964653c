/* Names of fields. */
#include "filter/fieldname.h"

static const struct {
    enum filter_column column;
    const char *name; /* NULL: its leaves carry a name of their own */
    const char *kind;
} columns[] = {
    {FILTER_EMAIL, "email", "string"},
    {FILTER_SUBSCRIBED, "subscribed", "boolean"},
    {FILTER_STATUS, "status", "string"},
    {FILTER_CREATED_AT, "createdAt", "date"},
    {FILTER_UPDATED_AT, "updatedAt", "date"},
    {FILTER_SUBSCRIBED_AT, "subscribedAt", "date"},
    {FILTER_DATA, NULL, "JSON"},
    {FILTER_EVENT, NULL, "event"},
    {FILTER_SEGMENT, NULL, "segment"},
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
