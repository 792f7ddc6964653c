/*
 * Handlers of the pages that a message links to, which need no key (http-api §1.5): looking at
 * one's subscription, and changing it. No GET changes anything: a mail client may fetch every link.
 */
#ifndef MUSTER_API_PUBLICLINKS_H
#define MUSTER_API_PUBLICLINKS_H

#include "api/api.h"

api_handler publiclinks_get;         /* GET /contacts/public/:token */
api_handler publiclinks_page;        /* GET /contacts/public/:token/unsubscribe|subscribe|manage */
api_handler publiclinks_subscribe;   /* POST /contacts/public/:token/subscribe */
api_handler publiclinks_unsubscribe; /* POST /contacts/public/:token/unsubscribe, RFC 8058 too */

#endif
