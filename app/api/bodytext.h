/* Texts of a request body with the limits of their fields, and words out of a fixed set. */
#ifndef MUSTER_API_BODYTEXT_H
#define MUSTER_API_BODYTEXT_H

#include "api/api.h"

/* How one field is judged. */
struct bodytext {
    const char *name;
    size_t max_chars; /* code points */
    bool required;    /* absent, null and blank are refused */
};

/*
 * Reads one. Not given: at == NULL. Returns 0, or ERR_UNPROCESSABLE (VALIDATION_ERROR) with the
 * field's name: of another type, missing, or too long.
 */
int bodytext_read(const struct jsonval *object, const struct bodytext *field, struct str *ret,
                  struct err_info *info) MUST_CHECK;

/* True when there is nothing but ASCII white space in it. */
bool bodytext_is_blank(struct str text);

/*
 * Reads a word and finds it in `words` (ended by NULL): ret gets its index, or `fallback` when it
 * is not given; fallback < 0 makes it required. Returns 0 or ERR_UNPROCESSABLE as bodytext_read.
 */
int bodytext_word(const struct jsonval *object, const char *name, const char *const *words,
                  int fallback, int *ret, struct err_info *info) MUST_CHECK;

/*
 * Checks that every element of the list `name` is a string. Returns 0 or ERR_UNPROCESSABLE
 * (VALIDATION_ERROR, invalid_type) at the first that is none ("emails.3").
 */
int bodytext_check_strings(const struct jsonval *list, const char *name,
                           struct err_info *info) MUST_CHECK;

/* ERR_UNPROCESSABLE (VALIDATION_ERROR) at a field, with an item code. */
int bodytext_refuse(struct err_info *info, const char *field, const char *code, const char *fmt,
                    ...) PRINTF_LIKE(4, 5);

#endif
