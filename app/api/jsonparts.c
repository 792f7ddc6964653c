#include "api/jsonparts.h"

void jsonparts_text(struct jsonwrite *w, const char *name, struct str text)
{
    jsonwrite_name(w, name);
    if (text.at == NULL) {
        jsonwrite_null(w);
    } else {
        jsonwrite_str(w, text);
    }
}

void jsonparts_json(struct jsonwrite *w, const char *name, struct str json)
{
    jsonwrite_name(w, name);
    if (json.at == NULL) {
        jsonwrite_null(w);
    } else {
        jsonwrite_raw(w, json);
    }
}

void jsonparts_id(struct jsonwrite *w, const char *name, const struct uuid *uuid)
{
    char text[37];
    jsonwrite_name(w, name);
    if (uuid == NULL) {
        jsonwrite_null(w);
        return;
    }
    uuid_format(uuid, text);
    jsonwrite_c(w, text);
}
