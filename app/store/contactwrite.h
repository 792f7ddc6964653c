/*
 * Writing contacts, one or many at a time, with the events that tell of it: rows, log, rollups and
 * marks in one transaction. The rules are store/contactchange.h's and store/contactdata.h's.
 */
#ifndef MUSTER_STORE_CONTACTWRITE_H
#define MUSTER_STORE_CONTACTWRITE_H

#include "base/arena.h"
#include "db/db.h"
#include "store/contact.h"
#include "store/contactchange.h"
#include "store/hostmem.h"
#include "store/idempotency.h"

/* The handles that a write needs. */
struct contactwrite_handles {
    struct db *db;
    struct db *reserve; /* a second one, in no transaction: takes blocks of ordinals */
    struct hostmem *hostmem;
};

#define CONTACTWRITE_NOW INT64_MIN

/* An occurrence to record on the contact. */
struct contactwrite_event {
    struct str name; /* judged: eventname_judge */
    struct str data; /* JSON text of at most LIMIT_DATA_BYTES; at == NULL: none */
    int64_t at_ms;   /* when it happened; CONTACTWRITE_NOW */
    /* Set by the write: */
    uint32_t name_id;
    struct uuid uuid;
    int64_t stored_ms; /* the instant that is stored */
};

enum contactwrite_outcome {
    CONTACTWRITE_FAILED, /* see `problem`; nothing of the item is stored */
    CONTACTWRITE_CREATED,
    CONTACTWRITE_UPDATED,
    CONTACTWRITE_UNCHANGED, /* the contact, that is: an event is recorded all the same */
    CONTACTWRITE_SKIPPED    /* `when` did not hold: nothing of the item is stored */
};

/* Which contacts an item speaks of. */
enum contactwrite_when {
    CONTACTWRITE_ALWAYS,
    CONTACTWRITE_ONLY_NEW,   /* one that nobody has made yet */
    CONTACTWRITE_ONLY_STORED /* one that is there */
};

/* One contact to make or change, found by its address. */
struct contactwrite_item {
    struct str email; /* normalised: email_normalise */
    enum contactchange_subscribe subscribe;
    bool subscribe_only_new; /* `subscribe` speaks of a contact that this item makes */
    enum contactwrite_when when;
    bool has_created; /* a contact that this item makes gets created_ms */
    int64_t created_ms;
    const struct jsonval *patch;      /* of contactdata_read; NULL: none */
    struct contactwrite_event *event; /* NULL: none */
    /* Why the item cannot be stored; the caller may set it, the item is then passed over. */
    int problem_err;
    struct err_info *problem; /* in the arena; set with problem_err */
    /* Set by the write: */
    enum contactwrite_outcome outcome;
    const struct contact *contact; /* as the batch leaves it; NULL: failed or skipped */
};

struct contactwrite_batch {
    uint32_t project_id;
    bool by_public; /* asked for by a public key: see contactchange.h, LIMIT_PUBLIC_ADDED */
    struct contactwrite_item *items; /* applied in order; one address may come several times */
    size_t count;
    struct idempotency_claim *claim; /* NULL: none */
    bool all_or_nothing;             /* the first problem of an item is the whole answer */
    bool skip_contacts; /* nobody looks at items[].contact but for its ordinal: faster */
    bool dry_run;       /* store nothing, not even names: only the outcomes, and what `also` does */
    /* Called in the transaction, after the rows are written; NULL: nothing. It may run again with
     * it, and may set another write check. */
    int (*also)(struct db *db, void *ctx, struct err_info *info);
    void *also_ctx;
};

/*
 * Makes or changes contacts by address, in one transaction. Two at once on one contact lose
 * nothing: the rows are locked before they are read. Two that make one address at once: one makes
 * it, the other finds it.
 * An item fails alone (problem) when a limit of the project forbids a new field or event name
 * (from a public key a new field stays on the event only), when its data would get too large, or
 * when its event lies more than 5 minutes ahead.
 * Returns 0; the problem of an item (all_or_nothing); ERR_CONFLICT of idempotency_take; or an err
 * of the database.
 */
int contactwrite_upsert(const struct contactwrite_handles *handles, struct arena *arena,
                        const struct contactwrite_batch *batch, struct err_info *info) MUST_CHECK;

/* Says that an item cannot be stored, and why; `info` is copied. */
void contactwrite_fail(struct arena *arena, struct contactwrite_item *item, int err,
                       const struct err_info *info);

/*
 * Changes one contact by id; `ret` is what is stored then, also where nothing changed.
 * Returns 0; ERR_NOT_FOUND; ERR_CONFLICT when the new address belongs to another contact;
 * ERR_UNPROCESSABLE for data over its limit or a field too many; or an err of the database.
 */
int contactwrite_patch(struct db *db, struct arena *arena, uint32_t project_id,
                       const struct uuid *uuid, const struct contactchange *change,
                       struct contact *ret, struct err_info *info) MUST_CHECK;

#endif
