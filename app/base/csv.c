#include "base/csv.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"

#define READ_BYTES (64 * 1024)
#define FIRST_BYTES (256 * 1024)
#define MAX_BYTES (LIMIT_IMPORT_ROW_BYTES + READ_BYTES)

enum state {
    STATE_START,  /* of a cell */
    STATE_PLAIN,  /* in a cell without quotes */
    STATE_QUOTED, /* in quotes */
    STATE_QUOTE,  /* behind a quote inside quotes: it ends them, or the next one doubles it */
    STATE_BROKEN  /* behind text that follows a closing quote */
};

/* Offsets from the beginning of the row, which moves with the buffer. */
struct cell {
    size_t start;
    size_t len;
    bool has_doubled;
};

struct csv {
    struct csv_config config;
    struct csv_position next;

    char *bytes;
    size_t room;
    size_t start; /* of the row at hand */
    size_t at;    /* next byte to look at */
    size_t end;
    bool is_ended; /* the source has no more */
    bool is_begun;

    /* The row at hand. */
    enum state state;
    size_t cell_start;
    bool has_doubled;
    bool is_long; /* its bytes are let go as they are read */
    uint64_t lines_inside;
    const char *problem;
    char problem_text[160];
    size_t count;
    struct cell cells[LIMIT_IMPORT_COLUMNS];
    struct str views[LIMIT_IMPORT_COLUMNS];
};

struct csv *csv_new(const struct csv_config *config)
{
    struct csv *csv = arena_xmalloc(sizeof *csv);
    memset(csv, 0, offsetof(struct csv, cells));
    csv->config = *config;
    csv->next = config->from;
    csv->room = FIRST_BYTES;
    csv->bytes = arena_xmalloc(csv->room);
    return csv;
}

void csv_free(struct csv *csv)
{
    if (csv != NULL) {
        free(csv->bytes);
        free(csv);
    }
}

struct csv_position csv_position(const struct csv *csv)
{
    return csv->next;
}

/* ---- bytes --------------------------------------------------------------------------------- */

static void make_room(struct csv *csv)
{
    if (csv->start > 0) {
        memmove(csv->bytes, csv->bytes + csv->start, csv->end - csv->start);
        csv->at -= csv->start;
        csv->end -= csv->start;
        csv->start = 0;
    }
    if (csv->room - csv->end < READ_BYTES && csv->room < MAX_BYTES) {
        csv->room = csv->room * 2 < MAX_BYTES ? csv->room * 2 : MAX_BYTES;
        csv->bytes = arena_xrealloc(csv->bytes, csv->room);
    }
}

static int fill(struct csv *csv, struct err_info *info)
{
    size_t len = 0;
    make_room(csv);
    int err = csv->config.source(csv->config.ctx, csv->bytes + csv->end, csv->room - csv->end, &len,
                                 info);
    csv->end += len;
    csv->is_ended = err == 0 && len == 0;
    return err;
}

/* ---- the beginning of a file --------------------------------------------------------------- */

static bool begins(const struct csv *csv, const char *bytes, size_t len)
{
    return csv->end >= len && memcmp(csv->bytes, bytes, len) == 0;
}

/* What a file is that is no text in UTF-8, by its first bytes; NULL: it may be text. */
static const char *alien_kind(const struct csv *csv)
{
    if (begins(csv, "\xff\xfe", 2) || begins(csv, "\xfe\xff", 2) ||
        begins(csv, "\0\0\xfe\xff", 4)) {
        return "in UTF-16 or UTF-32";
    }
    if (csv->end >= 2 && (csv->bytes[0] == '\0') != (csv->bytes[1] == '\0')) {
        return "in UTF-16";
    }
    if (begins(csv, "PK\x03\x04", 4) || begins(csv, "\xd0\xcf\x11\xe0", 4)) {
        return "a spreadsheet or an archive";
    }
    if (begins(csv, "\x1f\x8b", 2) || begins(csv, "\x28\xb5\x2f\xfd", 4) || begins(csv, "BZh", 3) ||
        begins(csv,
               "\xfd"
               "7zXZ",
               5)) {
        return "compressed";
    }
    return begins(csv, "%PDF-", 5) ? "a PDF" : NULL;
}

static int begin(struct csv *csv, struct err_info *info)
{
    csv->is_begun = true;
    if (csv->config.from.offset > 0) {
        return 0;
    }
    while (csv->end < 8 && !csv->is_ended) {
        int err = fill(csv, info);
        if (err < 0) {
            return err;
        }
    }
    const char *kind = alien_kind(csv);
    if (kind != NULL) {
        return err_set(info, ERR_INVAL, NULL, "the file is %s; it must be plain text in UTF-8",
                       kind);
    }
    if (begins(csv, "\xef\xbb\xbf", 3)) {
        csv->start = csv->at = 3;
        csv->next.offset = 3;
    }
    return 0;
}

/* ---- one row ------------------------------------------------------------------------------- */

static void break_row(struct csv *csv, const char *problem)
{
    if (csv->problem == NULL) {
        csv->problem = problem;
    }
}

static void end_cell(struct csv *csv, size_t end)
{
    if (csv->is_long) {
        return;
    }
    if (csv->count == LIMIT_IMPORT_COLUMNS) {
        (void)snprintf(csv->problem_text, sizeof csv->problem_text,
                       "the row has more than %d columns", LIMIT_IMPORT_COLUMNS);
        break_row(csv, csv->problem_text);
        return;
    }
    csv->cells[csv->count++] =
        (struct cell){csv->cell_start, end - csv->cell_start, csv->has_doubled};
}

/* Passes over what means nothing in the state; returns where it stopped. */
static size_t skip_quoted(struct csv *csv, size_t at)
{
    while (at < csv->end && csv->bytes[at] != '"') {
        csv->lines_inside += csv->bytes[at] == '\n';
        at++;
    }
    return at;
}

static size_t skip_plain(const struct csv *csv, size_t at)
{
    char delimiter = csv->config.delimiter;
    const char *bytes = csv->bytes;
    if (delimiter == '\0') {
        delimiter = '\n';
    }
    while (at < csv->end && bytes[at] != delimiter && bytes[at] != '\n' && bytes[at] != '\r') {
        at++;
    }
    return at;
}

static bool is_row_end(char c)
{
    return c == '\n' || c == '\r';
}

/* Takes one byte that means something. Returns true when it ends the row. */
static bool take(struct csv *csv, char c)
{
    size_t here = csv->at - csv->start;
    bool has_quotes = csv->config.delimiter != '\0';
    if (csv->state == STATE_QUOTED) { /* it is a quote */
        csv->state = STATE_QUOTE;
        return false;
    }
    if (csv->state == STATE_QUOTE && c == '"') {
        csv->has_doubled = true;
        csv->state = STATE_QUOTED;
        return false;
    }
    if (is_row_end(c) || (has_quotes && c == csv->config.delimiter)) {
        end_cell(csv, csv->state == STATE_QUOTE ? here - 1 : here);
        csv->state = STATE_START;
        csv->cell_start = here + 1;
        csv->has_doubled = false;
        return is_row_end(c);
    }
    if (csv->state == STATE_START && has_quotes && c == '"') {
        csv->state = STATE_QUOTED;
        csv->cell_start = here + 1;
    } else if (csv->state == STATE_QUOTE) {
        csv->state = STATE_BROKEN;
        (void)snprintf(csv->problem_text, sizeof csv->problem_text,
                       "column %zu has text behind its closing quote; a quote inside quotes is"
                       " written twice",
                       csv->count + 1);
        break_row(csv, csv->problem_text);
    } else if (csv->state == STATE_START) {
        csv->state = STATE_PLAIN;
    }
    return false;
}

/*
 * Looks at the bytes that are there. Returns true at the end of the row, then `at` is behind it. A
 * CR at the end of the buffer waits for what follows it.
 */
static bool scan(struct csv *csv)
{
    while (csv->at < csv->end) {
        if (csv->state == STATE_QUOTED) {
            csv->at = skip_quoted(csv, csv->at);
        } else if (csv->state == STATE_PLAIN || csv->state == STATE_BROKEN) {
            csv->at = skip_plain(csv, csv->at);
        }
        if (csv->at == csv->end) {
            break;
        }
        char c = csv->bytes[csv->at];
        bool is_cr = c == '\r' && csv->state != STATE_QUOTED;
        if (is_cr && csv->at + 1 == csv->end && !csv->is_ended) {
            break;
        }
        bool is_end = take(csv, c);
        csv->at++;
        if (is_end) {
            csv->at += is_cr && csv->at < csv->end && csv->bytes[csv->at] == '\n';
            return true;
        }
    }
    return false;
}

/* Too long to keep: from now on its bytes are let go. */
static void let_go(struct csv *csv)
{
    csv->is_long = true;
    (void)snprintf(csv->problem_text, sizeof csv->problem_text, "the row is longer than %d bytes",
                   LIMIT_IMPORT_ROW_BYTES);
    csv->problem = csv->problem_text;
    csv->count = 0;
}

/* Reads to the end of the row: 1, or 0 when the file had ended before it. */
static int read_row(struct csv *csv, struct err_info *info)
{
    while (!scan(csv)) {
        if (csv->is_ended) {
            if (csv->at == csv->start && !csv->is_long) {
                return 0;
            }
            end_cell(csv, csv->at - csv->start - (csv->state == STATE_QUOTE ? 1 : 0));
            return 1;
        }
        if (csv->at - csv->start > LIMIT_IMPORT_ROW_BYTES && !csv->is_long) {
            let_go(csv);
        }
        if (csv->is_long) {
            csv->next.offset += csv->at - csv->start;
            csv->start = csv->at;
        }
        int err = fill(csv, info);
        if (err < 0) {
            return err;
        }
    }
    if (csv->at - csv->start > LIMIT_IMPORT_ROW_BYTES + 2 && !csv->is_long) {
        let_go(csv);
    }
    return 1;
}

/* A cell's text: doubled quotes become one, in place. */
static struct str view(const struct csv *csv, const struct cell *cell)
{
    char *text = csv->bytes + csv->start + cell->start;
    if (!cell->has_doubled) {
        return (struct str){text, cell->len};
    }
    size_t len = 0;
    for (size_t i = 0; i < cell->len; i++) {
        text[len++] = text[i];
        i += text[i] == '"' && i + 1 < cell->len && text[i + 1] == '"';
    }
    return (struct str){text, len};
}

/* What is wrong with the bytes themselves. */
static void check_text(struct csv *csv)
{
    struct str whole = {csv->bytes + csv->start, csv->at - csv->start};
    if (csv->is_long || csv->problem != NULL) {
        return;
    }
    if (memchr(whole.at, '\0', whole.len) != NULL) {
        break_row(csv, "the row has a NUL byte");
    } else if (!str_is_utf8(whole)) {
        break_row(csv, "the row is not valid UTF-8; save the file as UTF-8");
    }
}

static void give(struct csv *csv, struct csv_row *ret)
{
    bool is_unclosed = csv->is_ended && csv->state == STATE_QUOTED && csv->at == csv->end;
    check_text(csv);
    for (size_t i = 0; i < csv->count; i++) {
        csv->views[i] = view(csv, &csv->cells[i]);
    }
    if (is_unclosed) {
        csv->problem = "the quote that begins here is never closed";
    }
    *ret = (struct csv_row){.cells = csv->views,
                            .count = csv->count,
                            .number = csv->next.rows + 1,
                            .line = csv->next.lines + 1,
                            .problem = csv->problem,
                            .is_unclosed = is_unclosed};
}

/* Puts the reader behind the row at hand. */
static void step(struct csv *csv, bool is_row)
{
    csv->next.offset += csv->at - csv->start;
    csv->next.lines += 1 + csv->lines_inside;
    csv->next.rows += is_row;
    csv->start = csv->at;
    csv->state = STATE_START;
    csv->cell_start = 0;
    csv->has_doubled = csv->is_long = false;
    csv->lines_inside = 0;
    csv->problem = NULL;
    csv->count = 0;
}

static bool is_empty_line(const struct csv *csv)
{
    return csv->count == 1 && csv->cells[0].len == 0 && csv->cells[0].start == 0;
}

int csv_next(struct csv *csv, struct csv_row *ret, struct err_info *info)
{
    if (!csv->is_begun) {
        int err = begin(csv, info);
        if (err < 0) {
            return err;
        }
    }
    for (;;) {
        int more = read_row(csv, info);
        if (more <= 0) {
            return more;
        }
        bool is_row = !is_empty_line(csv);
        if (is_row) {
            give(csv, ret);
        }
        step(csv, is_row);
        if (is_row) {
            return 1;
        }
    }
}
