/*
 * The one file of a multipart/form-data body (RFC 7578), read as a stream: whatever its size, some
 * 64 KiB are in memory. Short fields around it are kept.
 */
#ifndef MUSTER_API_MULTIPART_H
#define MUSTER_API_MULTIPART_H

#include "api/api.h"

#define MULTIPART_ROOM (64 * 1024)
#define MULTIPART_BOUNDARY_MAX 70 /* RFC 2046 §5.1.1 */
#define MULTIPART_PARTS_MAX 100
#define MULTIPART_FIELDS_MAX 16           /* further ones are passed over */
#define MULTIPART_FIELD_BYTES (32 * 1024) /* of longer ones only the name is kept */

/* A part that is no file. */
struct multipart_field {
    struct str name; /* in the arena, as the value */
    struct str value;
    bool is_long;   /* over MULTIPART_FIELD_BYTES: the value was not kept */
    bool is_behind; /* it stood behind the file; known once multipart_finish has seen it */
};

struct multipart {
    api_source *source;
    void *source_ctx;
    char delimiter[MULTIPART_BOUNDARY_MAX + 5]; /* CR LF -- boundary */
    size_t delimiter_len;
    char *bytes; /* MULTIPART_ROOM, in the arena */
    size_t at;
    size_t end;
    unsigned parts;
    bool is_ended;  /* the source has no more */
    bool is_closed; /* the delimiter that ends the body was met */
    /* Of the file: */
    struct str file_name;    /* in the arena; "" */
    struct str content_type; /* in the arena; "" */
    struct multipart_field fields[MULTIPART_FIELDS_MAX];
    unsigned field_count;
};

/* True when a Content-Type says multipart/form-data. */
bool multipart_is(struct str content_type);

/*
 * Reads to the beginning of the content of the field `name`. ret_found false: the body has no such
 * field. Returns 0; ERR_INVAL when the boundary is missing or the body is no multipart body; or the
 * source's err.
 */
int multipart_open(struct multipart *m, struct arena *arena, struct str content_type,
                   const char *name, api_source *source, void *source_ctx, bool *ret_found,
                   struct err_info *info) MUST_CHECK;

/* The next bytes of the content; *ret_len 0: its end. Returns 0, ERR_INVAL when the body ends
 * before it does, or the source's err. */
int multipart_read(struct multipart *m, char *out, size_t size, size_t *ret_len,
                   struct err_info *info) MUST_CHECK;

/*
 * Reads the rest of the body, once the content is at its end. Returns 0; ERR_INVAL when `name` is
 * there once more, or when the body does not end as it should; or the source's err.
 */
int multipart_finish(struct multipart *m, struct arena *arena, const char *name,
                     struct err_info *info) MUST_CHECK;

#endif
