/*
 * The one error vocabulary. A function that can fail returns 0 or one of these negative values;
 * the words that a person should read ride in a caller-owned `struct err_info`.
 */
#ifndef MUSTER_BASE_ERR_H
#define MUSTER_BASE_ERR_H

#include "base/macros.h"

enum err {
    ERR_INVAL = -1,         /* what was asked is malformed (400) */
    ERR_UNPROCESSABLE = -2, /* well-formed, but against a rule of shape (422) */
    ERR_NOT_FOUND = -3,     /* no such thing in this project */
    ERR_CONFLICT = -4,      /* a state or a unique key forbids it */
    ERR_DENIED = -5,        /* no, a wrong, or a revoked key */
    ERR_LIMIT = -6,         /* too many requests */
    ERR_TOO_LARGE = -7,     /* over a size limit (413) */
    ERR_UNAVAILABLE = -8,   /* the database is away or too slow; try again */
    ERR_RETRY = -9,         /* internal: the transaction was rolled back, run it again */
    ERR_CORRUPT = -10,      /* derived data does not verify */
    ERR_INTERNAL = -11,     /* a defect of ours */
    ERR_FORBIDDEN = -12,    /* a good key, but not for this (403) */
    ERR_SLOW = -13          /* more work than a short budget may begin; nothing was done */
};

/* One problem at one place of the input. */
struct err_item {
    char field[600];   /* path of the place, "" when there is none */
    char message[400]; /* what was wrong, and what would be right */
    char code[32];     /* machine word of the item, such as invalid_type; "" when none */
    char received[64]; /* what was given instead; "" when it does not help */
};

/*
 * Details of a failure. `code` is the outside code word ("CONTACT_NOT_FOUND"), "" for the default
 * of the enum value. The caller zeroes it; the first failure fills it; nobody else reads it on 0.
 */
struct err_info {
    char code[40];
    char message[512];
    struct err_item item; /* valid when has_item */
    int has_item;
};

/*
 * Fills `info` (may be NULL: nothing is kept) with a formatted message and returns `err`, so that
 * a failure is one line: `return err_set(info, ERR_INVAL, "BAD_REQUEST", "Group must be ...")`.
 * `code` may be NULL for the default of `err`.
 */
int err_set(struct err_info *info, enum err err, const char *code, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/*
 * As err_set, and names the place: `field` is a path such as "condition.groups.0.filters.1".
 * The item's message is the same text.
 */
int err_set_at(struct err_info *info, enum err err, const char *code, const char *field,
               const char *fmt, ...) PRINTF_LIKE(5, 6);

/* Returns the name of an err value for log lines ("conflict"); never NULL. */
const char *err_name(int err);

#endif
