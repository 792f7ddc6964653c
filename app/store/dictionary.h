/*
 * Names that a project numbers from 1: field paths and event names (store/field.h,
 * store/eventname.h). A name gets its number before the transaction that uses it, in a small one of
 * its own, and keeps it for ever; known numbers are remembered by the process.
 */
#ifndef MUSTER_STORE_DICTIONARY_H
#define MUSTER_STORE_DICTIONARY_H

#include <stdint.h>

#include "base/arena.h"
#include "db/db.h"
#include "store/counter.h"
#include "store/sqlrows.h"

/* Who adds a name. What the system adds has no limit and counts for none. */
enum dictionary_by {
    DICTIONARY_BY_SECRET = 0,
    DICTIONARY_BY_PUBLIC = 1, /* a public key */
    DICTIONARY_BY_SYSTEM = 2
};

/* One kind of name: where its rows are, and how many a project may have. */
struct dictionary {
    const char *what; /* for messages: "data fields" */
    enum counter_kind counter;
    uint64_t limit;        /* names of a project */
    uint64_t public_limit; /* of these, added by public keys */
    /* Statement texts. */
    const char *const *select; /* sqllist of names: id, name */
    const char *count;         /* project: names by keys, of these by public ones */
    struct sqlrows *insert;    /* project, id, name, added_by, first_seen_ms */
    const char *check;         /* project, id, name: a row when it is there, locking */
};

/*
 * Finds the numbers of `names`; 0 for one that the project does not have. Runs in the open
 * transaction or outside of one. Returns 0 or an err of db_query.
 */
int dictionary_find(const struct dictionary *kind, struct db *db, struct arena *arena,
                    uint32_t project_id, const struct str *names, size_t count, uint32_t *ret_ids,
                    struct err_info *info) MUST_CHECK;

/*
 * The same, and adds the missing ones in the order given as far as the limits allow; the rest keeps
 * 0. Call it outside a transaction. Repeats among `names` are allowed. Returns 0 or an err of
 * db_tx.
 */
int dictionary_register(const struct dictionary *kind, struct db *db, struct arena *arena,
                        uint32_t project_id, const struct str *names, size_t count,
                        enum dictionary_by by, uint32_t *ret_ids, struct err_info *info) MUST_CHECK;

/* Fills `info` for a name that got no number: ERR_UNPROCESSABLE that names the limits. */
int dictionary_too_many(const struct dictionary *kind, struct str name, struct err_info *info);

/* Forgets all known numbers: for tests that change databases, and after a fork. */
void dictionary_forget(void);

#endif
