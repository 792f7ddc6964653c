#include "api/contactjson.h"

#include "api/jsonparts.h"

void contactjson_members(struct jsonwrite *w, const struct contact *contact,
                         const char *project_uuid)
{
    jsonparts_id(w, "id", &contact->uuid);
    jsonwrite_name(w, "email");
    jsonwrite_str(w, contact->email);
    jsonwrite_name(w, "subscribed");
    jsonwrite_bool(w, contact->status == CONTACT_SUBSCRIBED);
    jsonwrite_name(w, "status");
    jsonwrite_c(w, contact_status_name(contact->status));
    jsonparts_json(w, "data", contact->data);
    jsonwrite_name(w, "projectId");
    jsonwrite_c(w, project_uuid);
    jsonwrite_name(w, "createdAt");
    jsonwrite_time(w, contact->created_ms);
    jsonwrite_name(w, "updatedAt");
    jsonwrite_time(w, contact->updated_ms);
    jsonwrite_name(w, "subscribedAt");
    if (contact->subscribed_ms == INT64_MIN) {
        jsonwrite_null(w);
    } else {
        jsonwrite_time(w, contact->subscribed_ms);
    }
}

void contactjson_write(struct jsonwrite *w, const struct contact *contact, const char *project_uuid)
{
    jsonwrite_object(w);
    contactjson_members(w, contact, project_uuid);
    jsonwrite_object_end(w);
}

void contactjson_list(struct jsonwrite *w, const struct contact *contacts, size_t count,
                      const char *project_uuid)
{
    jsonwrite_list(w);
    for (size_t i = 0; i < count; i++) {
        contactjson_write(w, &contacts[i], project_uuid);
    }
    jsonwrite_list_end(w);
}
