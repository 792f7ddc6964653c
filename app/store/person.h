/*
 * All that is kept of one person, for the one who asks for it: rows of every table that has some of
 * a contact. A new such table joins by one entry in person.c (and one line in contactdelete.c).
 */
#ifndef MUSTER_STORE_PERSON_H
#define MUSTER_STORE_PERSON_H

#include "db/db.h"
#include "store/contact.h"
#include "json/jsonwrite.h"

#define PERSON_KEY_BYTES 16

/* How far the writing is. To start: {.project_id = …, .contact = …}. */
struct person_walk {
    uint32_t project_id;
    const struct contact *contact;
    unsigned source; /* tables done */
    bool begun;      /* the list of the next one is open */
    int64_t number;  /* keys of the row that was written last */
    size_t bytes_len;
    char bytes[PERSON_KEY_BYTES];
};

/*
 * Writes the next piece into the open object: one member after the other, each a list of objects,
 * some rows in a call. `w` must stay the same from call to call. Returns 1: there is more, 0: that
 * was the last, or an err of the database.
 */
int person_write(struct db *db, struct person_walk *walk, struct jsonwrite *w,
                 struct err_info *info) MUST_CHECK;

#endif
