#include "api/publiclinks.h"

#include "api/jsonparts.h"
#include "api/publictoken.h"
#include "api/routes.h"
#include "store/contactwrite.h"
#include "json/jsonread.h"

/* The link is a secret of the person: it goes to no other server, and into no cache. */
static void write_headers(struct api_response *res)
{
    api_header(res, "Referrer-Policy", "no-referrer");
    api_header(res, "Cache-Control", "no-store");
    api_header(res, "X-Robots-Tag", "noindex");
    api_header(res, "X-Content-Type-Options", "nosniff");
    api_header(res, "Content-Security-Policy",
               "default-src 'none'; style-src 'unsafe-inline'; form-action 'self';"
               " frame-ancestors 'none'; base-uri 'none'");
}

/* ---- JSON ---------------------------------------------------------------------------------- */

/* The contact's locale, else English. */
static struct str language_of(struct arena *arena, const struct contact *contact)
{
    const struct jsonval *data;
    if (contact->data.at != NULL && jsonread_parse(arena, contact->data, &data, NULL) == 0) {
        const struct jsonval *locale = jsonval_get(data, "locale");
        if (locale != NULL && locale->type == JSONVAL_STRING && locale->string.len > 0) {
            return locale->string;
        }
    }
    return STR("en");
}

static void write_contact(const struct api_request *req, struct api_response *res,
                          const struct contact *contact, bool with_language)
{
    struct jsonwrite *w = &res->json;
    api_begin(res, 200);
    write_headers(res);
    jsonwrite_object(w);
    jsonparts_id(w, "id", &contact->uuid);
    jsonwrite_name(w, "email");
    jsonwrite_str(w, contact->email);
    jsonwrite_name(w, "subscribed");
    jsonwrite_bool(w, contact->status == CONTACT_SUBSCRIBED);
    if (with_language) {
        jsonwrite_name(w, "language");
        jsonwrite_str(w, language_of(req->arena, contact));
    }
    jsonwrite_object_end(w);
}

static int open_link(struct api_request *req, unsigned needed, struct contact *ret,
                     struct err_info *info)
{
    return publictoken_open(req, req->path_args[0], needed, &req->project_id, ret, info);
}

int publiclinks_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct contact contact;
    int err = open_link(req, 0, &contact, info);
    if (err == 0) {
        write_contact(req, res, &contact, true);
    }
    return err;
}

/* ---- pages --------------------------------------------------------------------------------- */

static void begin_page(struct api_response *res, int status, const char *title)
{
    api_no_content(res);
    res->status = status;
    res->content_type = "text/html; charset=utf-8";
    write_headers(res);
    buf_printf(&res->body,
               "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<title>%s</title>\n"
               "<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;"
               "padding:0 1rem;text-align:center}button{font:inherit;padding:.5rem 1.5rem}"
               "</style>\n<h1>%s</h1>\n",
               title, title);
}

static void add_state(struct buf *out, const struct contact *contact)
{
    buf_add_c(out, "<p><strong>");
    buf_add_html(out, contact->email);
    buf_printf(out, "</strong> is %s.</p>\n",
               contact->status == CONTACT_SUBSCRIBED ? "subscribed" : "not subscribed");
}

/* `page` tells the answer to be a page too. */
static void add_button(struct buf *out, const char *action, const char *label)
{
    buf_printf(out,
               "<form method=\"post\" action=\"%s\"><input type=\"hidden\" name=\"page\""
               " value=\"1\"><button>%s</button></form>\n",
               action, label);
}

static int bad_link(struct api_response *res, int err)
{
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    begin_page(res, 404, "This link is not valid");
    buf_add_c(&res->body, "<p>It may have been cut off, or belong to an address that is no longer"
                          " here.</p>\n");
    return 0;
}

int publiclinks_page(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct contact contact;
    struct str page = req->parts[3];
    bool off = str_eq_c(page, "unsubscribe");
    bool on = str_eq_c(page, "subscribe");
    int err = open_link(req,
                        off  ? PUBLICTOKEN_UNSUBSCRIBE
                        : on ? PUBLICTOKEN_SUBSCRIBE
                             : PUBLICTOKEN_MANAGE,
                        &contact, info);
    if (err < 0) {
        return bad_link(res, err);
    }
    bool is_on = contact.status == CONTACT_SUBSCRIBED;
    begin_page(res, 200, off ? "Unsubscribe" : on ? "Subscribe" : "Your subscription");
    add_state(&res->body, &contact);
    if (is_on && !on) {
        add_button(&res->body, "unsubscribe", "Unsubscribe");
    } else if (!is_on && !off) {
        add_button(&res->body, "subscribe", "Subscribe");
    }
    return 0;
}

/* ---- changing ------------------------------------------------------------------------------ */

/* Whether the form of our own page sent it. */
static bool wants_page(struct str body)
{
    struct str rest = body;
    while (rest.at != NULL && rest.len > 0) {
        if (str_eq_c(str_split(rest, '&', &rest), "page=1")) {
            return true;
        }
    }
    return false;
}

static int set_subscribed(struct api_request *req, struct api_response *res, bool on,
                          struct err_info *info)
{
    struct contact contact;
    struct contactchange change = {.subscribe =
                                       on ? CONTACTCHANGE_SUBSCRIBE : CONTACTCHANGE_UNSUBSCRIBE};
    bool page = wants_page(req->body);
    int err = open_link(req, on ? PUBLICTOKEN_SUBSCRIBE : PUBLICTOKEN_UNSUBSCRIBE, &contact, info);
    if (err == 0) {
        struct uuid uuid = contact.uuid;
        err = contactwrite_patch(req->db, req->arena, req->project_id, &uuid, &change, &contact,
                                 info);
    }
    if (err < 0) {
        return page ? bad_link(res, err) : err;
    }
    if (page) {
        begin_page(res, 200, on ? "Subscribed" : "Unsubscribed");
        add_state(&res->body, &contact);
    } else {
        write_contact(req, res, &contact, false);
    }
    return 0;
}

int publiclinks_subscribe(struct api_request *req, struct api_response *res, struct err_info *info)
{
    return set_subscribed(req, res, true, info);
}

int publiclinks_unsubscribe(struct api_request *req, struct api_response *res,
                            struct err_info *info)
{
    return set_subscribed(req, res, false, info);
}
