#include "api/convert.h"

#include "api/bodytext.h"
#include "base/limits.h"
#include "filter/check.h"
#include "filter/dialect.h"

static int convert_read_dialect(const struct api_request *req, const char *name, enum dialect *ret,
                                struct err_info *info)
{
    int word = 0;
    int err = bodytext_word(req->json, name, dialect_words, -1, &word, info);
    if (err == 0) {
        *ret = (enum dialect)(word + DIALECT_PLUNK);
    }
    return err;
}

/* How long a filter is as JSON, for the limit. */
static int convert_check_size(const struct jsonval *filter, struct err_info *info)
{
    struct buf out;
    struct jsonwrite w;
    buf_init(&out, LIMIT_RESPONSE_BYTES);
    jsonwrite_init(&w, &out);
    jsonwrite_value(&w, filter);
    int err = check_size(out.len, "filter", info);
    buf_done(&out);
    return err;
}

static void convert_write(struct api_response *res, const struct jsonval *converted,
                          const struct notes *notes)
{
    struct jsonwrite *w = &res->json;
    api_begin(res, 200);
    jsonwrite_object(w);
    jsonwrite_name(w, "filter");
    if (converted == NULL) {
        jsonwrite_null(w);
    } else {
        jsonwrite_value(w, converted);
    }
    jsonwrite_name(w, "lossless");
    jsonwrite_bool(w, converted != NULL);
    jsonwrite_name(w, "notes");
    jsonwrite_list(w);
    for (const struct notes_item *note = notes->first; note != NULL; note = note->next) {
        jsonwrite_object(w);
        jsonwrite_name(w, "path");
        jsonwrite_str(w, note->path);
        jsonwrite_name(w, "message");
        jsonwrite_c(w, note->message);
        jsonwrite_object_end(w);
    }
    jsonwrite_list_end(w);
    jsonwrite_object_end(w);
}

int convert_filter(struct api_request *req, struct api_response *res, struct err_info *info)
{
    static const struct jsonval absent = {.type = JSONVAL_NULL};
    const struct jsonval *given = jsonval_get(req->json, "filter");
    struct notes notes = {.arena = req->arena};
    const struct filter *tree = NULL;
    enum dialect from = DIALECT_PLUNK;
    enum dialect to = DIALECT_PLUNK;
    int err = convert_read_dialect(req, "from", &from, info);
    if (err == 0) {
        err = convert_read_dialect(req, "to", &to, info);
    }
    if (given == NULL) {
        given = &absent;
    }
    if (err == 0) {
        err = convert_check_size(given, info);
    }
    if (err == 0) {
        err = dialect_parse(req->arena, from, given, "filter", &tree, info);
    }
    if (err < 0) {
        return err;
    }
    convert_write(res, dialect_print(req->arena, to, tree, &notes), &notes);
    return 0;
}
