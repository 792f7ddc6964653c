/*
 * Answers with any number of contacts, in constant memory: the question is evaluated once, its
 * bitmaps are kept, and rows are read piece by piece in short transactions while the client takes
 * them. Who is erased meanwhile is left out; whose row changes is shown as it is then. What a row
 * looks like is the caller's: CSV and NDJSON of ours (api/contactexport.h), PushMail's exports.
 *
 * A route that streams belongs to the bulk pool (conf/nginx/muster.conf).
 */
#ifndef MUSTER_API_CONTACTSTREAM_H
#define MUSTER_API_CONTACTSTREAM_H

#include "api/api.h"
#include "audience/audience.h"
#include "store/contact.h"

/* How the answer is written. `ctx` lives in the request's arena. */
struct contactstream_writer {
    const char *content_type;
    const char *file_name; /* what a browser saves it as; NULL: it shows it */
    /* Before the first row and behind the last; NULL: nothing. */
    void (*head)(struct buf *out, void *ctx);
    void (*tail)(struct buf *out, void *ctx);
    /* One row. `scratch` is emptied after some rows: nothing in it lasts. */
    void (*row)(struct buf *out, const struct contact *contact, struct arena *scratch, void *ctx);
    const char *between; /* text between two rows ("," in a JSON list); NULL: nothing */
    void *ctx;
};

/*
 * Evaluates `query` and makes the answer, status 200. Of the query filter, set_id, at_ms and order
 * count; the order must be AUDIENCE_NEWEST or AUDIENCE_OLDEST. `writer` is copied.
 * Returns 0, or an err as audience_page; then nothing was begun.
 */
int contactstream_answer(struct api_request *req, struct api_response *res,
                         const struct audience_query *query,
                         const struct contactstream_writer *writer,
                         struct err_info *info) MUST_CHECK;

#endif
