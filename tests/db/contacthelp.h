/* What the tests of contact writes share: a migrated database with one project, and short forms. */
#ifndef MUSTER_TESTS_DB_CONTACTHELP_H
#define MUSTER_TESTS_DB_CONTACTHELP_H

#include "base/arena.h"
#include "store/contactdata.h"
#include "store/contactwrite.h"
#include "testdb.h"

#define CONTACTHELP_PROJECT 7

/* One writer: its handles, and memory for what it reads. */
struct contacthelp {
    struct contactwrite_handles handles;
    struct arena *arena;
    struct err_info info;
};

/* Empties every table of the project and makes it anew. */
void contacthelp_reset(void);

/* A writer with connections of its own; in a forked child too. */
void contacthelp_open(struct contacthelp *help);
void contacthelp_close(struct contacthelp *help);

/* `data` of a client as contactdata_read takes it apart; it must be well-formed. */
struct contactdata_input contacthelp_data(struct contacthelp *help, const char *json);

/* Upserts one contact; `json` may be NULL. Returns the err, the item's problem included. */
int contacthelp_upsert(struct contacthelp *help, const char *email,
                       enum contactchange_subscribe subscribe, const char *json,
                       struct contactwrite_item *ret);

/* Tracks one event now. */
int contacthelp_track(struct contacthelp *help, const char *email, const char *event,
                      const char *json, struct contactwrite_item *ret);

/* As contacthelp_upsert, and must succeed. */
struct contact contacthelp_must(struct contacthelp *help, const char *email,
                                enum contactchange_subscribe subscribe, const char *json);

/* The first column of a query without params that must have one row. */
int64_t contacthelp_i64(struct contacthelp *help, const char *sql);

/* The first column as text, "" for NULL; in the arena. */
const char *contacthelp_text(struct contacthelp *help, const char *sql);

/* Runs `child` in `count` processes at once; returns how many of them returned 0. */
int contacthelp_fork(int count, int (*child)(struct contacthelp *help, int number));

#endif
