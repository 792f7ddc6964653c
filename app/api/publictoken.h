/*
 * The signed tokens of the public pages (http-api §1.5): base64url of contact id, scope and
 * HMAC-SHA256 cut to 128 bits. The scope says what a link may do and in which project it is, so
 * that no link has to be looked for.
 */
#ifndef MUSTER_API_PUBLICTOKEN_H
#define MUSTER_API_PUBLICTOKEN_H

#include "api/api.h"
#include "store/contact.h"
#include "store/publiclink.h"

/* What a token allows besides looking. */
enum publictoken_scope {
    PUBLICTOKEN_SUBSCRIBE = 1,
    PUBLICTOKEN_UNSUBSCRIBE = 2,
    PUBLICTOKEN_MANAGE = 3 /* both */
};

/* The pages of a project's contacts. */
struct publictoken_pages {
    const char *base; /* what their URLs begin with */
    uint32_t project_id;
    struct publiclink_secret secret;
};

/*
 * What is needed to make URLs. They begin with MUSTER_PUBLIC_URL, else with the host that was
 * asked. Returns 0 or an err of the database.
 */
int publictoken_pages(const struct api_request *req, struct publictoken_pages *ret,
                      struct err_info *info) MUST_CHECK;

/* The URL of a contact's page, in the arena. */
struct str publictoken_url(struct arena *arena, const struct publictoken_pages *pages,
                           const struct uuid *contact, enum publictoken_scope scope);

/* Writes unsubscribeUrl, subscribeUrl and manageUrl of a contact into the open object. Returns
 * 0 or an err of the database. */
int publictoken_write_urls(const struct api_request *req, struct jsonwrite *w,
                           const struct uuid *contact, struct err_info *info) MUST_CHECK;

/*
 * The contact that a token is about; sets ret_project. `needed` is what the token must allow, 0 for
 * looking. Returns 0; ERR_NOT_FOUND for what is no token, is signed by somebody else, does not
 * allow that, or whose contact is gone; or an err of the database.
 */
int publictoken_open(const struct api_request *req, struct str token, unsigned needed,
                     uint32_t *ret_project, struct contact *ret, struct err_info *info) MUST_CHECK;

#endif
