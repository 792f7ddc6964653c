#include "api/outboxclaim.h"

#include <math.h>

#include "api/jsonparts.h"
#include "api/publictoken.h"
#include "api/templateparts.h"
#include "flow/letter.h"
#include "store/messageclaim.h"

#define LIMIT_DEFAULT 100
#define LEASE_DEFAULT_S 300

/* Texts of one answer: escaped as JSON they still fit LIMIT_RESPONSE_BYTES, whatever is in them. */
#define LETTERS_BYTES_MAX ((size_t)10 * 1024 * 1024)

/* ---- reading ------------------------------------------------------------------------------- */

/* As `limit` of a list: 1 and more, cut to `max`. */
static int read_count(const struct jsonval *body, const char *name, uint64_t fallback, uint64_t max,
                      uint64_t *ret, struct err_info *info)
{
    const struct jsonval *value = jsonval_get(body, name);
    *ret = fallback;
    if (value == NULL || value->type == JSONVAL_NULL) {
        return 0;
    }
    if (value->type != JSONVAL_NUMBER || value->number < 1 ||
        floor(value->number) < value->number) {
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", name,
                          "%s must be a positive whole number, at most %llu", name,
                          (unsigned long long)max);
    }
    *ret = value->number < (double)max ? (uint64_t)value->number : max;
    return 0;
}

/* ---- making letters ------------------------------------------------------------------------ */

/* A letter, and what goes with it. */
struct envelope {
    struct letter letter;
    struct str unsubscribe_url;
};

/* What messageclaim_run is given for each message. */
struct writing_room {
    struct arena *arena;
    const struct publictoken_pages *pages;
    size_t bytes; /* of the letters so far */
};

/* Of the texts that clients write. */
static size_t count_bytes(const struct letter *letter)
{
    size_t bytes = letter->subject.len + letter->body.len + letter->sender_name.len;
    for (size_t i = 0; letter->headers != NULL && i < letter->headers->count; i++) {
        bytes += letter->headers->names[i].len + letter->headers->items[i].string.len;
    }
    return bytes;
}

static int make_letter(void *ctx, struct messageclaim *claim, size_t taken, struct err_info *info)
{
    struct writing_room *room = ctx;
    const struct uuid *contact = &claim->contact->uuid;
    struct envelope *envelope = arena_alloc(room->arena, sizeof *envelope);
    struct letter *letter = &envelope->letter;
    struct render_vars urls = {
        .unsubscribe_url =
            publictoken_url(room->arena, room->pages, contact, PUBLICTOKEN_UNSUBSCRIBE),
        .subscribe_url = publictoken_url(room->arena, room->pages, contact, PUBLICTOKEN_SUBSCRIBE),
        .manage_url = publictoken_url(room->arena, room->pages, contact, PUBLICTOKEN_MANAGE),
    };
    int err = letter_make(room->arena, claim, &urls, letter, info);
    if (err < 0) {
        return err;
    }
    size_t bytes = count_bytes(letter);
    room->bytes = taken > 0 ? room->bytes + bytes : bytes; /* the transaction may have begun anew */
    if (taken > 0 && room->bytes > LETTERS_BYTES_MAX) {
        return ERR_UNAVAILABLE; /* the next claim begins with it */
    }
    envelope->unsubscribe_url = urls.unsubscribe_url;
    claim->letter = envelope;
    return 0;
}

/* ---- answering ----------------------------------------------------------------------------- */

static void write_headers(struct jsonwrite *w, const struct letter *letter, struct arena *arena,
                          struct str unsubscribe_url)
{
    if (unsubscribe_url.at == NULL && letter->headers == NULL) {
        return;
    }
    jsonwrite_name(w, "headers");
    jsonwrite_object(w);
    for (size_t i = 0; letter->headers != NULL && i < letter->headers->count; i++) {
        jsonwrite_name_str(w, letter->headers->names[i]);
        jsonwrite_value(w, &letter->headers->items[i]);
    }
    if (unsubscribe_url.at != NULL) { /* RFC 8058 */
        jsonwrite_name(w, "List-Unsubscribe");
        jsonwrite_c(w, arena_printf(arena, "<" STR_FMT ">", STR_ARG(unsubscribe_url)));
        jsonwrite_name(w, "List-Unsubscribe-Post");
        jsonwrite_c(w, "List-Unsubscribe=One-Click");
    }
    jsonwrite_object_end(w);
}

static void write_origin(struct jsonwrite *w, const struct messageclaim *claim)
{
    static const char *const names[] = {[MESSAGE_OF_WORKFLOW] = "workflowId",
                                        [MESSAGE_OF_SEQUENCE] = "sequenceId",
                                        [MESSAGE_OF_CAMPAIGN] = "campaignId"};
    if (claim->template != NULL) {
        jsonparts_id(w, "templateId", &claim->template->uuid);
    }
    if (claim->origin != NULL) {
        jsonparts_id(w, names[claim->source], &claim->origin->uuid);
    }
}

static void write_contact(struct jsonwrite *w, const struct contact *contact)
{
    jsonwrite_name(w, "to");
    jsonwrite_str(w, contact->email);
    jsonwrite_name(w, "contact");
    jsonwrite_object(w);
    jsonparts_id(w, "id", &contact->uuid);
    jsonwrite_name(w, "email");
    jsonwrite_str(w, contact->email);
    jsonwrite_object_end(w);
}

static void write_message(struct jsonwrite *w, const struct writing_room *room,
                          const struct messageclaim *claim, int64_t lease_until_ms)
{
    const struct envelope *envelope = claim->letter;
    const struct letter *letter = &envelope->letter;
    bool is_marketing = claim->type != CAMPAIGN_TRANSACTIONAL;
    struct str unsubscribe_url = is_marketing ? envelope->unsubscribe_url : (struct str){NULL, 0};
    jsonwrite_object(w);
    jsonparts_id(w, "id", &claim->uuid);
    write_contact(w, claim->contact);
    jsonparts_text(w, "subject", letter->subject);
    jsonparts_text(w, "body", letter->body);
    jsonparts_text(w, "from", letter->sender.len > 0 ? letter->sender : (struct str){NULL, 0});
    jsonparts_text(w, "fromName", letter->sender_name);
    jsonparts_text(w, "replyTo", letter->reply_to);
    jsonwrite_name(w, "type");
    jsonwrite_c(w, templateparts_type(claim->type));
    write_origin(w, claim);
    if (is_marketing) {
        jsonparts_text(w, "unsubscribeUrl", unsubscribe_url);
    }
    write_headers(w, letter, room->arena, unsubscribe_url);
    jsonwrite_name(w, "leaseUntil");
    jsonwrite_time(w, lease_until_ms);
    jsonwrite_object_end(w);
}

int outboxclaim_run(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct publictoken_pages pages;
    struct messageclaim_list list;
    uint64_t limit;
    uint64_t lease_s;
    struct writing_room room = {.arena = req->arena, .pages = &pages};
    int err = read_count(req->json, "limit", LIMIT_DEFAULT, MESSAGECLAIM_MAX, &limit, info);
    if (err == 0) {
        err = read_count(req->json, "leaseSeconds", LEASE_DEFAULT_S, MESSAGECLAIM_LEASE_MAX_S,
                         &lease_s, info);
    }
    if (err == 0) {
        err = publictoken_pages(req, &pages, info);
    }
    if (err < 0) {
        return err;
    }
    const struct messageclaim_query query = {.project_id = req->project_id,
                                             .limit = limit,
                                             .lease_ms = (int64_t)lease_s * 1000,
                                             .render = make_letter,
                                             .render_ctx = &room};
    err = messageclaim_run(req->db, req->arena, &query, &list, info);
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "messages");
    jsonwrite_list(&res->json);
    for (size_t i = 0; i < list.count; i++) {
        write_message(&res->json, &room, &list.at[i], list.lease_until_ms);
    }
    jsonwrite_list_end(&res->json);
    jsonwrite_object_end(&res->json);
    return 0;
}
