#include "api/errors.h"

#include <stdio.h>
#include <string.h>

#include "base/timeutil.h"

/* Seconds a client should wait: reconnecting costs us nothing, and the database is ours. */
#define RETRY_AFTER_S 2

struct meaning {
    int status;
    const char *code;
    const char *text; /* when the failure brought no words, or words that are not for clients */
};

/* The one place where err becomes HTTP. */
static struct meaning meaning_of(enum err err)
{
    switch (err) {
    case ERR_INVAL:
        return (struct meaning){400, "BAD_REQUEST", "The request is malformed"};
    case ERR_UNPROCESSABLE:
        return (struct meaning){422, "VALIDATION_ERROR", "Request validation failed"};
    case ERR_NOT_FOUND:
        return (struct meaning){404, "RESOURCE_NOT_FOUND", "Not found"};
    case ERR_CONFLICT:
        return (struct meaning){409, "CONFLICT", "The request conflicts with what is stored"};
    case ERR_DENIED:
        return (struct meaning){401, "INVALID_API_KEY", "Invalid API key"};
    case ERR_FORBIDDEN:
        return (struct meaning){403, "FORBIDDEN", "This key may not do that"};
    case ERR_LIMIT:
        return (struct meaning){429, "RATE_LIMIT_EXCEEDED", "Too many requests"};
    case ERR_TOO_LARGE:
        return (struct meaning){413, "PAYLOAD_TOO_LARGE", "The request body is too large"};
    case ERR_UNAVAILABLE:
    case ERR_RETRY:
    case ERR_SLOW:
        return (struct meaning){503, "DATABASE_ERROR",
                                "The database is not available; please try again"};
    case ERR_CORRUPT:
    case ERR_INTERNAL:
        break;
    }
    return (struct meaning){500, "INTERNAL_SERVER_ERROR", "Internal server error"};
}

int errors_status(enum err err)
{
    return meaning_of(err).status;
}

static const char *suggestion_for(const struct err_item *item)
{
    if (strcmp(item->code, "invalid_type") == 0)
        return "One or more fields have incorrect types. Compare the types you sent with the API "
               "documentation.";
    if (strcmp(item->code, "required") == 0)
        return "Required fields are missing. Add the fields that are listed in errors.";
    return "Please check the API documentation for the correct request format.";
}

static void write_item(struct jsonwrite *w, const struct err_item *item)
{
    jsonwrite_name(w, "errors");
    jsonwrite_list(w);
    jsonwrite_object(w);
    jsonwrite_name(w, "field");
    jsonwrite_c(w, item->field);
    jsonwrite_name(w, "message");
    jsonwrite_c(w, item->message);
    if (item->code[0]) {
        jsonwrite_name(w, "code");
        jsonwrite_c(w, item->code);
    }
    if (item->received[0]) {
        jsonwrite_name(w, "received");
        jsonwrite_c(w, item->received);
    }
    jsonwrite_object_end(w);
    jsonwrite_list_end(w);
}

struct envelope {
    int status;
    const char *code;
    const char *message;
    const struct err_item *item; /* NULL: none */
    struct str details;          /* JSON; at == NULL: none */
};

/* A message that does not name its place gets it in front. */
static const char *with_place(struct arena *arena, const char *text, const struct err_item *item)
{
    if (!item || !item->field[0])
        return text;
    if (item->message[0])
        text = item->message;
    return strstr(text, item->field) ? text : arena_printf(arena, "%s: %s", item->field, text);
}

const char *errors_plain(const struct api_request *req, const struct err_info *info)
{
    return with_place(req->arena, info->message, info->has_item ? &info->item : NULL);
}

static void write_plain(const struct api_request *req, struct jsonwrite *w,
                        const struct envelope *e)
{
    jsonwrite_object(w);
    jsonwrite_name(w, "error");
    jsonwrite_c(w, with_place(req->arena, e->message, e->item));
    jsonwrite_object_end(w);
}

static void write_envelope(const struct api_request *req, struct jsonwrite *w,
                           const struct envelope *e)
{
    jsonwrite_object(w);
    jsonwrite_name(w, "success");
    jsonwrite_bool(w, false);
    jsonwrite_name(w, "error");
    jsonwrite_object(w);
    jsonwrite_name(w, "code");
    jsonwrite_c(w, e->code);
    jsonwrite_name(w, "message");
    jsonwrite_c(w, e->message);
    jsonwrite_name(w, "statusCode");
    jsonwrite_i64(w, e->status);
    jsonwrite_name(w, "requestId");
    jsonwrite_c(w, req->request_id);
    if (e->item)
        write_item(w, e->item);
    if (e->details.at) {
        jsonwrite_name(w, "details");
        jsonwrite_raw(w, e->details);
    }
    if (strcmp(e->code, "VALIDATION_ERROR") == 0) {
        jsonwrite_name(w, "suggestion");
        jsonwrite_c(w, suggestion_for(e->item ? e->item : &(struct err_item){.code = ""}));
    }
    jsonwrite_object_end(w);
    jsonwrite_name(w, "timestamp");
    jsonwrite_time(w, timeutil_wall_ms());
    jsonwrite_object_end(w);
}

static void write_answer(const struct api_request *req, struct api_response *res,
                         const struct envelope *e)
{
    buf_clear(&res->headers);
    api_begin(res, e->status);
    if (req->dialect == API_PLUNK)
        write_envelope(req, &res->json, e);
    else
        write_plain(req, &res->json, e);
    if (e->status == 401)
        api_header(res, "WWW-Authenticate", "Bearer");
    if (e->status == 503)
        api_header(res, "Retry-After", "%d", RETRY_AFTER_S);
}

/* Keeps an internal message for the log; what stands in quotes may be a contact's data. */
static void keep_problem(struct api_response *res, const char *message)
{
    size_t len = 0;
    bool quoted = false;
    for (const char *c = message; *c && len + 1 < sizeof(res->problem); c++) {
        if (*c == '\'' || *c == '"' || *c == '`')
            quoted = !quoted;
        else if (!quoted)
            res->problem[len++] = *c;
    }
    res->problem[len] = '\0';
}

void errors_answer(const struct api_request *req, struct api_response *res, int err,
                   const struct err_info *info)
{
    struct meaning meaning = meaning_of((enum err)err);
    struct envelope e = {.status = meaning.status, .code = meaning.code, .message = meaning.text};
    res->err = err;
    /* Their pages know no 422: what is wrong with the input is a 400 (http-api §2). */
    if (req->dialect != API_PLUNK && meaning.status == 422)
        e.status = 400;
    /* An internal message is for the log; one with a code of its own is for the client. */
    bool is_internal = meaning.status >= 500 && !(err == ERR_UNAVAILABLE && info->code[0]);
    if (is_internal) {
        keep_problem(res, info->message);
    } else {
        if (info->code[0])
            e.code = info->code;
        if (info->message[0])
            e.message = info->message;
        if (info->has_item)
            e.item = &info->item;
    }
    write_answer(req, res, &e);
}

void errors_answer_with(const struct api_request *req, struct api_response *res, int status,
                        const char *code, const char *message, struct str details)
{
    struct envelope e = {.status = status, .code = code, .message = message, .details = details};
    write_answer(req, res, &e);
}
