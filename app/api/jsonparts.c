#include "api/jsonparts.h"

#include "base/limits.h"

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

int jsonparts_print(struct arena *arena, const struct jsonval *value, struct str *ret,
                    struct err_info *info)
{
    struct buf out;
    struct jsonwrite w;
    buf_init(&out, LIMIT_RESPONSE_BYTES);
    jsonwrite_init(&w, &out);
    jsonwrite_value(&w, value);
    bool ok = jsonwrite_ok(&w);
    if (ok) {
        *ret = str_copy(arena, buf_str(&out));
    }
    buf_done(&out);
    return ok ? 0 : err_set(info, ERR_INTERNAL, NULL, "a parsed value could not be printed");
}
