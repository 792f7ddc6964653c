/* Handlers of /events: the log, its names, and erasing by name (http-api §1.6). */
#ifndef MUSTER_API_EVENTS_H
#define MUSTER_API_EVENTS_H

#include "api/api.h"

api_handler events_track;      /* POST /events/track: on a contact by id, or on none */
api_handler events_list;       /* GET /events */
api_handler events_of_contact; /* GET /events/contact/:id */
api_handler events_names;      /* GET /events/names */
api_handler events_stats;      /* GET /events/stats */
api_handler events_usage;      /* GET /events/:name/usage */
api_handler events_delete;     /* DELETE /events/:name */

#endif
