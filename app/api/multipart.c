#include "api/multipart.h"

#include <strings.h>

#define HEADERS_MAX (16 * 1024)

/* What the headers of a part say. */
struct part {
    struct str name;
    struct str file_name;
    struct str content_type;
};

static int malformed(struct err_info *info, const char *what)
{
    return err_set(info, ERR_INVAL, NULL, "The multipart body is malformed: %s", what);
}

/* ---- parameters of a header ---------------------------------------------------------------- */

static bool starts_word(struct str text, const char *word)
{
    return text.len >= strlen(word) && strncasecmp(text.at, word, strlen(word)) == 0;
}

/* A quoted string from behind its quote; *rest is what follows it. Browsers write %22 for a quote;
 * others a backslash before it. */
static struct str quoted(struct arena *arena, struct str text, struct str *rest)
{
    char *out = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    size_t at = 0;
    while (at < text.len && text.at[at] != '"') {
        if (text.at[at] == '\\' && at + 1 < text.len &&
            (text.at[at + 1] == '"' || text.at[at + 1] == '\\')) {
            at++;
        }
        out[len++] = text.at[at++];
    }
    at += at < text.len;
    *rest = (struct str){text.at + at, text.len - at};
    return (struct str){out, len};
}

/* The parameter of a header value such as `form-data; name="file"`; at == NULL: none. */
static struct str parameter(struct arena *arena, struct str value, const char *name)
{
    struct str rest;
    (void)str_split(value, ';', &rest);
    while (rest.at != NULL && rest.len > 0) {
        struct str text;
        struct str key = str_trim(str_split(rest, '=', &text));
        if (text.at == NULL) {
            break;
        }
        text = str_trim(text);
        if (text.len > 0 && text.at[0] == '"') {
            text = quoted(arena, (struct str){text.at + 1, text.len - 1}, &rest);
            (void)str_split(rest, ';', &rest);
        } else {
            text = str_trim(str_split(text, ';', &rest));
        }
        if (key.len == strlen(name) && strncasecmp(key.at, name, key.len) == 0) {
            return text;
        }
    }
    return (struct str){NULL, 0};
}

bool multipart_is(struct str content_type)
{
    struct str rest;
    struct str type = str_trim(str_split(content_type, ';', &rest));
    return type.len == strlen("multipart/form-data") && starts_word(type, "multipart/form-data");
}

/* ---- bytes --------------------------------------------------------------------------------- */

static int fill(struct multipart *m, struct err_info *info)
{
    size_t len = 0;
    if (m->at > 0) {
        memmove(m->bytes, m->bytes + m->at, m->end - m->at);
        m->end -= m->at;
        m->at = 0;
    }
    if (m->is_ended || m->end == MULTIPART_ROOM) {
        return 0;
    }
    int err = m->source(m->source_ctx, m->bytes + m->end, MULTIPART_ROOM - m->end, &len, info);
    m->end += len;
    m->is_ended = err == 0 && len == 0;
    return err;
}

/* Makes sure that `count` bytes are there, unless the body ends before. */
static int need(struct multipart *m, size_t count, struct err_info *info)
{
    while (m->end - m->at < count && !m->is_ended) {
        int err = fill(m, info);
        if (err < 0) {
            return err;
        }
    }
    return 0;
}

/* Bytes before the next delimiter that are surely content; 0 with *ret_met: it is here. */
static size_t content_ahead(const struct multipart *m, bool *ret_met)
{
    size_t there = m->end - m->at;
    const char *found = memmem(m->bytes + m->at, there, m->delimiter, m->delimiter_len);
    *ret_met = found == m->bytes + m->at;
    if (found != NULL) {
        return (size_t)(found - (m->bytes + m->at));
    }
    /* Its beginning may stand at the end. */
    return there < m->delimiter_len ? 0 : there - m->delimiter_len + 1;
}

int multipart_read(struct multipart *m, char *out, size_t size, size_t *ret_len,
                   struct err_info *info)
{
    bool met;
    *ret_len = 0;
    int err = need(m, m->delimiter_len + 1, info);
    if (err < 0) {
        return err;
    }
    size_t len = content_ahead(m, &met);
    if (met) {
        return 0;
    }
    if (len == 0) {
        return malformed(info, "it ends in the middle of a part");
    }
    len = len < size ? len : size;
    memcpy(out, m->bytes + m->at, len);
    m->at += len;
    *ret_len = len;
    return 0;
}

/* To the next delimiter. */
static int skip_content(struct multipart *m, struct err_info *info)
{
    for (;;) {
        bool met;
        int err = need(m, m->delimiter_len + 1, info);
        if (err < 0) {
            return err;
        }
        size_t len = content_ahead(m, &met);
        if (met) {
            return 0;
        }
        if (len == 0) {
            return malformed(info, "it ends in the middle of a part");
        }
        m->at += len;
    }
}

/* ---- parts --------------------------------------------------------------------------------- */

/* Behind a delimiter: its line end, or the -- that closes the body. */
static int end_delimiter(struct multipart *m, struct err_info *info)
{
    m->at += m->delimiter_len;
    int err = need(m, 2, info);
    if (err < 0) {
        return err;
    }
    if (m->end - m->at >= 2 && memcmp(m->bytes + m->at, "--", 2) == 0) {
        m->is_closed = true;
        return 0;
    }
    while (m->at < m->end && (m->bytes[m->at] == ' ' || m->bytes[m->at] == '\t')) {
        m->at++;
        err = need(m, 2, info);
        if (err < 0) {
            return err;
        }
    }
    if (m->end - m->at < 2 || memcmp(m->bytes + m->at, "\r\n", 2) != 0) {
        return malformed(info, "a boundary is followed by something else than a line end");
    }
    m->at += 2;
    return 0;
}

static void read_header(struct arena *arena, struct str line, struct part *part)
{
    struct str value;
    struct str name = str_trim(str_split(line, ':', &value));
    if (starts_word(name, "content-disposition") && name.len == 19) {
        part->name = parameter(arena, value, "name");
        part->file_name = parameter(arena, value, "filename");
    } else if (starts_word(name, "content-type") && name.len == 12) {
        part->content_type = str_copy(arena, str_trim(value));
    }
}

static int read_headers(struct multipart *m, struct arena *arena, struct part *part,
                        struct err_info *info)
{
    *part = (struct part){.name = {NULL, 0}};
    for (size_t total = 0;;) {
        const char *end = memmem(m->bytes + m->at, m->end - m->at, "\r\n", 2);
        if (end == NULL) {
            if (m->is_ended || m->end - m->at > HEADERS_MAX) {
                return malformed(info, "the headers of a part do not end");
            }
            int err = fill(m, info);
            if (err < 0) {
                return err;
            }
            continue;
        }
        struct str line = {m->bytes + m->at, (size_t)(end - (m->bytes + m->at))};
        total += line.len + 2;
        if (total > HEADERS_MAX) {
            return malformed(info, "the headers of a part are too long");
        }
        if (line.len > 0) {
            read_header(arena, str_copy(arena, line), part);
        }
        m->at += line.len + 2;
        if (line.len == 0) {
            return 0;
        }
    }
}

/* The next part, at its content; false: there is none. */
static int next_part(struct multipart *m, struct arena *arena, struct part *part, bool *ret_found,
                     struct err_info *info)
{
    *ret_found = false;
    int err = skip_content(m, info);
    if (err == 0) {
        err = end_delimiter(m, info);
    }
    if (err < 0 || m->is_closed) {
        return err;
    }
    if (++m->parts > MULTIPART_PARTS_MAX) {
        return malformed(info, "it has too many parts");
    }
    err = read_headers(m, arena, part, info);
    *ret_found = err == 0;
    return err;
}

/* Keeps the part at whose content we are, if it is a field. */
static int keep_field(struct multipart *m, struct arena *arena, const struct part *part,
                      bool is_behind, struct err_info *info)
{
    if (part->name.len == 0 || part->file_name.at != NULL ||
        m->field_count == MULTIPART_FIELDS_MAX) {
        return 0;
    }
    int err = need(m, MULTIPART_FIELD_BYTES + m->delimiter_len, info);
    if (err < 0) {
        return err;
    }
    const char *start = m->bytes + m->at;
    const char *end = memmem(start, m->end - m->at, m->delimiter, m->delimiter_len);
    bool is_long = end == NULL || end - start > MULTIPART_FIELD_BYTES;
    struct str value = {start, is_long ? 0 : (size_t)(end - start)};
    m->fields[m->field_count++] =
        (struct multipart_field){part->name, str_copy(arena, value), is_long, is_behind};
    return 0;
}

static int read_boundary(struct multipart *m, struct arena *arena, struct str content_type,
                         struct err_info *info)
{
    struct str boundary = parameter(arena, content_type, "boundary");
    if (boundary.len == 0 || boundary.len > MULTIPART_BOUNDARY_MAX) {
        return err_set(info, ERR_INVAL, NULL,
                       "Content-Type multipart/form-data needs a boundary of 1 to %d characters",
                       MULTIPART_BOUNDARY_MAX);
    }
    memcpy(m->delimiter, "\r\n--", 4);
    memcpy(m->delimiter + 4, boundary.at, boundary.len);
    m->delimiter_len = 4 + boundary.len;
    return 0;
}

int multipart_open(struct multipart *m, struct arena *arena, struct str content_type,
                   const char *name, api_source *source, void *source_ctx, bool *ret_found,
                   struct err_info *info)
{
    *m = (struct multipart){.source = source, .source_ctx = source_ctx};
    *ret_found = false;
    int err = read_boundary(m, arena, content_type, info);
    if (err < 0) {
        return err;
    }
    /* The first delimiter has no line end before it. */
    m->bytes = arena_alloc(arena, MULTIPART_ROOM);
    memcpy(m->bytes, "\r\n", 2);
    m->end = 2;
    for (;;) {
        struct part part;
        bool found;
        err = next_part(m, arena, &part, &found, info);
        if (err < 0 || !found) {
            return err;
        }
        if (str_eq_c(part.name, name)) {
            m->file_name = part.file_name;
            m->content_type = part.content_type;
            *ret_found = true;
            return 0;
        }
        err = keep_field(m, arena, &part, false, info);
        if (err < 0) {
            return err;
        }
    }
}

int multipart_finish(struct multipart *m, struct arena *arena, const char *name,
                     struct err_info *info)
{
    while (!m->is_closed) {
        struct part part = {.name = {NULL, 0}};
        bool found;
        int err = next_part(m, arena, &part, &found, info);
        if (err < 0) {
            return err;
        }
        if (found && str_eq_c(part.name, name)) {
            return err_set(info, ERR_INVAL, NULL, "Only one %s can be sent", name);
        }
        err = found ? keep_field(m, arena, &part, true, info) : 0;
        if (err < 0) {
            return err;
        }
    }
    while (!m->is_ended) { /* what stands behind it means nothing */
        m->at = m->end;
        int err = fill(m, info);
        if (err < 0) {
            return err;
        }
    }
    return 0;
}
