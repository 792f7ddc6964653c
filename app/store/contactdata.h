/*
 * The data of a contact: what a client may send, what of it is kept, and how it merges
 * (http-api §1.5, filters.md §2). Pure: no I/O, no clock.
 */
#ifndef MUSTER_STORE_CONTACTDATA_H
#define MUSTER_STORE_CONTACTDATA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "column/key.h"
#include "json/jsonval.h"

/* What a client sent as `data`, judged and taken apart. */
struct contactdata_input {
    /*
     * What changes the contact: no reserved keys, no "", nothing with persistent:false;
     * {value, persistent:true} stands as its value. A null deletes its key. NULL: nothing.
     */
    const struct jsonval *patch;
    /* All that was sent, each {value, persistent} as its value: what an event keeps. NULL: none. */
    const struct jsonval *all;
};

/*
 * Judges `data` and takes it apart; `place` is where it stands in the body ("data",
 * "events.3.data"). NULL and JSON null give two NULLs. The results live in `arena` and borrow from
 * `data`.
 * Returns 0; ERR_INVAL for what is no object, a key that is empty or holds a dot or a control
 * character (nested ones too), a path over LIMIT_FILTER_PATH_BYTES, a locale that is no string;
 * ERR_UNPROCESSABLE when it is more than LIMIT_DATA_BYTES of JSON.
 */
int contactdata_read(struct arena *arena, const struct jsonval *data, const char *place,
                     struct contactdata_input *ret, struct err_info *info) MUST_CHECK;

/* Whether a top-level key is the system's: it never stands in a contact's data. */
bool contactdata_is_reserved(struct str key);

/*
 * Merges a patch of contactdata_read into what is stored (NULL: nothing). Keys that stay keep their
 * place, new ones follow. Returns `stored` itself when nothing changes, NULL when no key is left,
 * else a new object in `arena` that borrows from both.
 */
const struct jsonval *contactdata_merge(struct arena *arena, const struct jsonval *stored,
                                        const struct jsonval *patch);

/* The patch without the top-level keys for which `drop` says yes; NULL when none is left. */
const struct jsonval *contactdata_without(struct arena *arena, const struct jsonval *patch,
                                          bool (*drop)(struct str key, void *ctx), void *ctx);

/*
 * Prints data in the one form that is stored (NULL: at == NULL). Returns 0, or ERR_UNPROCESSABLE
 * when it would be more than LIMIT_DATA_BYTES.
 */
int contactdata_print(struct arena *arena, const struct jsonval *data, struct str *ret,
                      struct err_info *info) MUST_CHECK;

/* One field that data holds: its dotted path below `data.`, and what stands there. */
struct contactdata_field {
    struct str path;
    enum key_type type;
    const struct jsonval *value; /* never JSON null */
};

/*
 * All fields of stored data (NULL: none), an object before what is in it; nulls are absent. `ret`
 * is in `arena`; returns how many. A list is one field, whatever is in it.
 */
size_t contactdata_fields(struct arena *arena, const struct jsonval *data,
                          struct contactdata_field **ret);

#endif
