#include "api/pmcontactfields.h"

#include "api/bodytext.h"
#include "api/pushmail.h"
#include "base/timeutil.h"
#include "store/contactdata.h"
#include "store/email.h"
#include "store/tag.h"
#include "json/jsonread.h"

#define SETS_MAX 100 /* tags, and lists, of one contact in one request */
#define EMAIL "email"
#define CUSTOM "customFields"
#define SCORE "leadScore"

const char *const pmcontactfields_names[PMCONTACTFIELDS_COUNT] = {
    "firstName", "lastName",   "source",  "signupUrl",    "ipAddress",    "phone",
    "company",   "jobTitle",   "website", "addressLine1", "addressLine2", "city",
    "state",     "postalCode", "country", "timezone",     "birthday",     "notes",
};

bool pmcontactfields_is_own(struct str name)
{
    for (size_t i = 0; i < PMCONTACTFIELDS_COUNT; i++)
        if (str_eq_c(name, pmcontactfields_names[i]))
            return true;
    return false;
}

/* ---- reading ------------------------------------------------------------------------------- */

static int read_email(const struct api_request *req, const struct jsonval *object, struct str *ret,
                      struct err_info *info)
{
    struct str given;
    bool is_given;
    int err = api_body_str(object, EMAIL, &given, &is_given, info);
    if (err < 0 || !is_given)
        return err;
    if (!email_normalise(req->arena, given, ret))
        return err_set_at(info, ERR_INVAL, NULL, EMAIL, "email must be an email address");
    return 0;
}

static int read_status(const struct jsonval *object, enum contactchange_subscribe *ret,
                       struct err_info *info)
{
    struct str given;
    bool is_given;
    *ret = CONTACTCHANGE_KEEP;
    int err = api_body_str(object, "status", &given, &is_given, info);
    if (err < 0 || !is_given)
        return err;
    if (str_eq_c(given, "subscribed"))
        *ret = CONTACTCHANGE_SUBSCRIBE;
    else if (str_eq_c(given, "unsubscribed"))
        *ret = CONTACTCHANGE_UNSUBSCRIBE;
    else
        return err_set_at(info, ERR_INVAL, NULL, "status",
                          "status can be set to subscribed or unsubscribed; bounced and complained "
                          "come from email events");
    return 0;
}

static void put(struct jsonval *object, struct str name, const struct jsonval *value)
{
    object->names[object->count] = name;
    object->items[object->count++] = *value;
}

/* One of our own fields: a text; null and "" delete it. */
static int put_field(struct jsonval *data, const struct jsonval *object, const char *name,
                     struct err_info *info)
{
    static const struct jsonval nothing = {.type = JSONVAL_NULL};
    struct str text;
    bool is_given;
    const struct jsonval *value = jsonval_get(object, name);
    if (!value)
        return 0;
    int err = api_body_str(object, name, &text, &is_given, info);
    if (err < 0)
        return err;
    int64_t ms;
    if (text.len > 0 && strcmp(name, "birthday") == 0 && timeutil_parse(text, &ms) != TIMEUTIL_DAY)
        return err_set_at(info, ERR_INVAL, NULL, name, "birthday must be a date, YYYY-MM-DD");
    put(data, str_from(name), text.len > 0 ? value : &nothing);
    return 0;
}

/* A custom field of the name of an own one is that one, unless it is given beside. */
static int put_custom(struct jsonval *data, const struct jsonval *object, struct err_info *info)
{
    const struct jsonval *custom = jsonval_get(object, CUSTOM);
    if (!custom || custom->type == JSONVAL_NULL)
        return 0;
    if (custom->type != JSONVAL_OBJECT)
        return err_set_at(info, ERR_INVAL, NULL, CUSTOM, "customFields must be an object");
    for (size_t i = 0; i < custom->count; i++)
        if (!pmcontactfields_is_own(custom->names[i]) || !jsonval_get_str(object, custom->names[i]))
            put(data, custom->names[i], &custom->items[i]);
    return 0;
}

static int read_data(const struct api_request *req, const struct jsonval *object,
                     const struct jsonval **ret, struct err_info *info)
{
    const struct jsonval *custom = jsonval_get(object, CUSTOM);
    size_t room = PMCONTACTFIELDS_COUNT + (custom ? custom->count : 0);
    struct jsonval data = {.type = JSONVAL_OBJECT};
    struct contactdata_input input;
    data.items = arena_array(req->arena, room, sizeof(*data.items));
    data.names = arena_array(req->arena, room, sizeof(*data.names));
    int err = 0;
    for (size_t i = 0; err == 0 && i < PMCONTACTFIELDS_COUNT; i++)
        err = put_field(&data, object, pmcontactfields_names[i], info);
    if (err == 0)
        err = put_custom(&data, object, info);
    if (err == 0)
        err = contactdata_read(req->arena, &data, CUSTOM, &input, info);
    *ret = err == 0 ? input.patch : NULL;
    return err;
}

/* A list of the body; *ret NULL when it is absent. */
static int read_list(const struct jsonval *object, const char *name, const struct jsonval **ret,
                     struct err_info *info)
{
    int err = api_body_list(object, name, ret, info);
    if (err == 0 && *ret && (*ret)->count > SETS_MAX)
        err =
            err_set_at(info, ERR_INVAL, NULL, name, "%s can hold at most %d items", name, SETS_MAX);
    return err;
}

static int read_tags(const struct api_request *req, const struct jsonval *object,
                     struct pmcontactfields *ret, struct err_info *info)
{
    const struct jsonval *list = NULL;
    int err = read_list(object, "tags", &list, info);
    if (err < 0 || !list)
        return err;
    err = bodytext_check_strings(list, "tags", info);
    ret->tags = arena_array(req->arena, list->count, sizeof(*ret->tags));
    for (size_t i = 0; err == 0 && i < list->count; i++) {
        if (!tag_name(list->items[i].string, &ret->tags[ret->tag_count++]))
            err = err_set_at(info, ERR_INVAL, NULL, "tags", "tags.%zu cannot be a tag's name", i);
    }
    return err;
}

static int read_lists(const struct api_request *req, const struct jsonval *object,
                      struct pmcontactfields *ret, struct err_info *info)
{
    const struct jsonval *list = NULL;
    int err = read_list(object, "lists", &list, info);
    if (err < 0 || !list)
        return err;
    ret->lists = arena_array(req->arena, list->count, sizeof(*ret->lists));
    for (size_t i = 0; i < list->count; i++) {
        if (!pushmail_number(req, &list->items[i], &ret->lists[ret->list_count++]))
            return err_set_at(info, ERR_INVAL, NULL, "lists", "lists.%zu is no id of a list", i);
    }
    return 0;
}

int pmcontactfields_read(const struct api_request *req, const struct jsonval *object,
                         struct pmcontactfields *ret, struct err_info *info)
{
    *ret = (struct pmcontactfields){0};
    int err = read_email(req, object, &ret->email, info);
    if (err == 0)
        err = read_status(object, &ret->subscribe, info);
    if (err == 0)
        err = read_data(req, object, &ret->patch, info);
    if (err == 0)
        err = read_tags(req, object, ret, info);
    if (err == 0)
        err = read_lists(req, object, ret, info);
    return err;
}

const struct jsonval *pmcontactfields_with_source(struct arena *arena, const struct jsonval *patch)
{
    static const struct str name = {"source", 6};
    const struct jsonval *given = patch ? jsonval_get_str(patch, name) : NULL;
    if (given)
        return patch;
    size_t count = patch ? patch->count : 0;
    struct jsonval *with = arena_alloc(arena, sizeof(*with));
    struct jsonval api = jsonval_of_str(STR("api"));
    *with = (struct jsonval){.type = JSONVAL_OBJECT};
    with->items = arena_array(arena, count + 1, sizeof(*with->items));
    with->names = arena_array(arena, count + 1, sizeof(*with->names));
    for (size_t i = 0; i < count; i++)
        put(with, patch->names[i], &patch->items[i]);
    put(with, name, &api);
    return with;
}

/* ---- writing ------------------------------------------------------------------------------- */

const struct jsonval *pmcontactfields_data(struct arena *arena, const struct contact *contact)
{
    const struct jsonval *data = NULL;
    if (!contact->data.at || jsonread_parse(arena, contact->data, &data, NULL) < 0)
        return NULL;
    return data;
}

static void write_member(struct jsonwrite *w, const char *name, const struct jsonval *value)
{
    jsonwrite_name(w, name);
    if (value)
        jsonwrite_value(w, value);
    else
        jsonwrite_null(w);
}

static void write_custom(struct jsonwrite *w, const struct jsonval *data)
{
    jsonwrite_name(w, CUSTOM);
    jsonwrite_object(w);
    for (size_t i = 0; data && i < data->count; i++) {
        if (pmcontactfields_is_own(data->names[i]) || str_eq_c(data->names[i], SCORE))
            continue;
        jsonwrite_name_str(w, data->names[i]);
        jsonwrite_value(w, &data->items[i]);
    }
    jsonwrite_object_end(w);
}

/* A number in data; nobody computes one here. */
static void write_score(struct jsonwrite *w, const struct jsonval *data)
{
    const struct jsonval *score = jsonval_get(data, SCORE);
    jsonwrite_name(w, SCORE);
    jsonwrite_number(w, score && score->type == JSONVAL_NUMBER ? score->number : 0);
}

static void write_times(struct jsonwrite *w, const struct contact *contact)
{
    jsonwrite_name(w, "subscribedAt");
    if (contact->subscribed_ms == INT64_MIN)
        jsonwrite_null(w);
    else
        jsonwrite_time(w, contact->subscribed_ms);
    jsonwrite_name(w, "createdAt");
    jsonwrite_time(w, contact->created_ms);
    jsonwrite_name(w, "updatedAt");
    jsonwrite_time(w, contact->updated_ms);
}

void pmcontactfields_write(struct jsonwrite *w, const struct api_request *req,
                           const struct contact *contact, struct arena *scratch)
{
    const struct jsonval *data = pmcontactfields_data(scratch, contact);
    jsonwrite_object(w);
    jsonwrite_name(w, "id");
    jsonwrite_i64(w, (int64_t)pushmail_id(req, contact->ordinal + 1));
    jsonwrite_name(w, "siteId");
    jsonwrite_i64(w, (int64_t)req->site_index + 1);
    jsonwrite_name(w, EMAIL);
    jsonwrite_str(w, contact->email);
    jsonwrite_name(w, "status");
    jsonwrite_c(w, contact_status_name(contact->status));
    for (size_t i = 0; i < PMCONTACTFIELDS_COUNT; i++)
        write_member(w, pmcontactfields_names[i], jsonval_get(data, pmcontactfields_names[i]));
    write_score(w, data);
    write_custom(w, data);
    write_times(w, contact);
    jsonwrite_object_end(w);
}
