#include "api/mpparts.h"

#include "api/jsonparts.h"
#include "api/pushmail.h"
#include "json/jsonread.h"

/* A text of the contact's data; at == NULL for what is none. */
static struct str mpparts_text(const struct jsonval *data, const char *key)
{
    const struct jsonval *value = jsonval_get(data, key);
    return value != NULL && value->type == JSONVAL_STRING ? value->string : (struct str){NULL, 0};
}

static struct str mpparts_name(struct arena *arena, const struct jsonval *data)
{
    struct str name = mpparts_text(data, "name");
    struct str first = mpparts_text(data, "firstName");
    struct str last = mpparts_text(data, "lastName");
    if (name.at != NULL || last.at == NULL) {
        return name.at != NULL ? name : first;
    }
    return first.at == NULL
               ? last
               : str_from(arena_printf(arena, STR_FMT " " STR_FMT, STR_ARG(first), STR_ARG(last)));
}

void mpparts_read(const struct api_request *req, struct arena *arena, const struct contact *contact,
                  struct mpparts_contact *ret)
{
    /* What does not parse is shown as having no texts: it was stored by us, and is checked. */
    const struct jsonval *data = NULL;
    if (contact->data.at != NULL && jsonread_parse(arena, contact->data, &data, NULL) < 0) {
        data = NULL;
    }
    *ret = (struct mpparts_contact){
        .id = pushmail_id(req, contact->ordinal + 1),
        .email = contact->email,
        .name = mpparts_name(arena, data),
        .company = mpparts_text(data, "company"),
        .notes = mpparts_text(data, "notes"),
        .status =
            contact->status == CONTACT_SUBSCRIBED ? "active" : contact_status_name(contact->status),
    };
}

void mpparts_write(struct jsonwrite *w, const struct mpparts_contact *contact)
{
    jsonwrite_name(w, "id");
    jsonwrite_i64(w, (int64_t)contact->id);
    jsonparts_text(w, "email", contact->email);
    jsonparts_text(w, "name", contact->name);
    jsonparts_text(w, "company", contact->company);
}

void mpparts_success(struct api_response *res)
{
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "success");
    jsonwrite_bool(&res->json, true);
    jsonwrite_object_end(&res->json);
}
