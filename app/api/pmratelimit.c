#include "api/pmratelimit.h"

#include "api/pushmail.h"
#include "api/ratelimit.h"

/* null: it is not limited. */
static void write_rate(struct jsonwrite *w, const char *name, const struct api_rate *rate)
{
    jsonwrite_name(w, name);
    if (rate->limit == 0) {
        jsonwrite_null(w);
        return;
    }
    jsonwrite_object(w);
    jsonwrite_name(w, "limit");
    jsonwrite_i64(w, rate->limit);
    jsonwrite_name(w, "remaining");
    jsonwrite_i64(w, rate->left);
    jsonwrite_name(w, "resetAt");
    jsonwrite_i64(w, rate->reset_s);
    jsonwrite_object_end(w);
}

int pmratelimit_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct jsonwrite *w = &res->json;
    const char *plan = req->context->rates.plan;
    struct api_rate general = ratelimit_look(req, HOSTMEM_GENERAL);
    struct api_rate send = ratelimit_look(req, HOSTMEM_SEND);
    (void)info;
    pushmail_begin(res, 200);
    jsonwrite_object(w);
    jsonwrite_name(w, "plan");
    jsonwrite_c(w, plan ? plan : "off");
    write_rate(w, "general", &general);
    write_rate(w, "send", &send);
    jsonwrite_object_end(w);
    pushmail_end(res);
    return 0;
}
