#include "api/contactsegments.h"

#include "api/jsonparts.h"
#include "audience/standing.h"

static void write_segment(struct jsonwrite *w, const struct standing_segment *segment)
{
    jsonwrite_object(w);
    jsonparts_id(w, "id", &segment->segment.uuid);
    jsonparts_text(w, "name", segment->segment.name);
    jsonparts_text(w, "slug", segment->segment.slug);
    jsonwrite_name(w, "type");
    jsonwrite_c(w, segment->segment.kind == SEGMENT_STATIC ? "STATIC" : "DYNAMIC");
    jsonwrite_name(w, "member");
    jsonwrite_bool(w, segment->member);
    jsonwrite_name(w, "trackMembership");
    jsonwrite_bool(w, segment->segment.track);
    jsonwrite_name(w, "enteredAt");
    if (segment->entered_ms == STANDING_NOT_KNOWN) {
        jsonwrite_null(w);
    } else {
        jsonwrite_time(w, segment->entered_ms);
    }
    jsonwrite_object_end(w);
}

int contactsegments_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct uuid contact;
    struct standing standing;
    if (!uuid_parse(req->path_args[0], &contact)) {
        return err_set(info, ERR_NOT_FOUND, "CONTACT_NOT_FOUND", "Contact not found");
    }
    int err = standing_find(req->db, req->arena, req->project_id, &contact, &standing, info);
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "at");
    jsonwrite_time(&res->json, standing.at_ms);
    jsonwrite_name(&res->json, "data");
    jsonwrite_list(&res->json);
    for (size_t i = 0; i < standing.count; i++) {
        write_segment(&res->json, &standing.segments[i]);
    }
    jsonwrite_list_end(&res->json);
    jsonwrite_object_end(&res->json);
    return 0;
}
