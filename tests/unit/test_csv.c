/* Reading rows: every table row at several sizes of the source's pieces, and from every position.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/csv.h"
#include "base/limits.h"
#include "unit.h"

/* A file in memory, or `repeat` times `unit` behind it, given in pieces of `step` bytes. */
struct file {
    struct str text;
    size_t at;
    size_t step;
    uint64_t repeat;
    int fails_with;
};

static int read_file(void *ctx, char *out, size_t size, size_t *ret_len, struct err_info *info)
{
    struct file *file = ctx;
    size_t left = file->text.len - file->at;
    size_t len = size < file->step ? size : file->step;
    if (left == 0 && file->fails_with < 0) {
        return err_set(info, (enum err)file->fails_with, NULL, "gone");
    }
    if (left == 0 && file->repeat > 0) {
        len = len < file->repeat ? len : file->repeat;
        memset(out, 'x', len);
        file->repeat -= len;
        *ret_len = len;
        return 0;
    }
    len = len < left ? len : left;
    if (len > 0) {
        memcpy(out, file->text.at + file->at, len);
    }
    file->at += len;
    *ret_len = len;
    return 0;
}

/* "1@1[a|b] 2@3!problem": number, line, cells. */
static void show(struct buf *out, const struct csv_row *row)
{
    buf_printf(out, "%s%d@%d", out->len > 0 ? " " : "", (int)row->number, (int)row->line);
    if (row->problem != NULL) {
        buf_printf(out, "!%s", row->problem);
        return;
    }
    buf_add_char(out, '[');
    for (size_t i = 0; i < row->count; i++) {
        buf_printf(out, "%s" STR_FMT, i > 0 ? "|" : "", STR_ARG(row->cells[i]));
    }
    buf_add_char(out, ']');
}

static const char *read_all(struct str text, size_t step, char delimiter, struct csv_position from)
{
    struct buf out;
    struct csv_row row;
    struct err_info info = {0};
    struct file file = {.text = text, .at = from.offset, .step = step};
    struct csv_config config = {read_file, &file, delimiter, from};
    AUTO(csv) csv = csv_new(&config);
    int more;
    buf_init(&out, 1 << 20);
    while ((more = csv_next(csv, &row, &info)) > 0) {
        show(&out, &row);
    }
    if (more < 0) {
        buf_printf(&out, "%s%s", out.len > 0 ? " " : "", info.message);
    }
    const char *text_of = str_copy(unit_arena, buf_str(&out)).at;
    buf_done(&out);
    return text_of;
}

#define LONG "the row is longer than 1048576 bytes"
#define BEHIND(n)                                                                                  \
    "column " #n " has text behind its closing quote; a quote inside quotes is written twice"
#define NO_TEXT(kind) "the file is " kind "; it must be plain text in UTF-8"
#define NO_UTF8 "the row is not valid UTF-8; save the file as UTF-8"

#define T(literal)                                                                                 \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }
static const struct {
    struct str text;
    const char *rows;
} table[] = {
    {T(""), ""},
    {T("a"), "1@1[a]"},
    {T("a,b\n"), "1@1[a|b]"},
    {T("a,b\r\nc,d\r\n"), "1@1[a|b] 2@2[c|d]"},
    {T("a,b\rc,d\r"), "1@1[a|b] 2@2[c|d]"},
    {T("a\n\n\r\nb"), "1@1[a] 2@4[b]"},
    {T("\xef\xbb\xbfq,\xc3\xa9\n"), "1@1[q|\xc3\xa9]"},
    {T(","), "1@1[|]"},
    {T(",\n,,\n"), "1@1[|] 2@2[||]"},
    {T("\"\"\n\"a,b\",\"c\"\"d\",\"\"\"\"\n"), "1@1[] 2@2[a,b|c\"d|\"]"},
    {T("\"a\nb\r\nc\",d\ne"), "1@1[a\nb\r\nc|d] 2@4[e]"},
    {T("a \"b\" c,5\"\n"), "1@1[a \"b\" c|5\"]"},
    {T(" \"a\",b"), "1@1[ \"a\"|b]"},
    {T("\"a\"b,c\n\"x\",\"y\"z\"\nd"), "1@1!" BEHIND(1) " 2@2!" BEHIND(2) " 3@3[d]"},
    {T("a\n\"b"), "1@1[a] 2@2!the quote that begins here is never closed"},
    {T("a\n\"b\nc\nd\"\"\n"), "1@1[a] 2@2!the quote that begins here is never closed"},
    {T("a\n\"b\""), "1@1[a] 2@2[b]"},
    {T("a\nb\0c\nd"), "1@1[a] 2@2!the row has a NUL byte 3@3[d]"},
    {T("a\nM\xfcnchen\nd"), "1@1[a] 2@2!" NO_UTF8 " 3@3[d]"},
    {T("\xff\xfe"
       "a\0"),
     NO_TEXT("in UTF-16 or UTF-32")},
    {T("\xfe\xff\0a"), NO_TEXT("in UTF-16 or UTF-32")},
    {T("a\0b\0"), NO_TEXT("in UTF-16")},
    {T("\0a\0b"), NO_TEXT("in UTF-16")},
    {T("PK\x03\x04xxxx"), NO_TEXT("a spreadsheet or an archive")},
    {T("\x1f\x8b\x08xxxxx"), NO_TEXT("compressed")},
    {T("%PDF-1.7"), NO_TEXT("a PDF")},
};

static const size_t steps[] = {1, 2, 3, 5, 1000};

START_TEST(rows)
{
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        ck_assert_str_eq(
            read_all(table[_i].text, steps[i], ',', (struct csv_position){.offset = 0}),
            table[_i].rows);
    }
}
END_TEST

/* What is read from behind any row is what was read behind it before. */
START_TEST(goes_on_anywhere)
{
    struct csv_row row;
    struct err_info info = {0};
    struct file file = {.text = table[_i].text, .step = 3};
    struct csv_config config = {read_file, &file, ',', {0}};
    AUTO(csv) csv = csv_new(&config);
    struct buf before;
    buf_init(&before, 1 << 16);
    while (csv_next(csv, &row, &info) > 0) {
        show(&before, &row);
        const char *rest = read_all(table[_i].text, 4, ',', csv_position(csv));
        const char *both = arena_printf(unit_arena, STR_FMT "%s%s", STR_ARG(buf_str(&before)),
                                        *rest == '\0' ? "" : " ", rest);
        ck_assert_str_eq(both, table[_i].rows);
    }
    buf_done(&before);
}
END_TEST

START_TEST(other_delimiters)
{
    const struct csv_position start = {0};
    ck_assert_str_eq(read_all(STR("a;b,c\n\"d;e\";f"), 2, ';', start), "1@1[a|b,c] 2@2[d;e|f]");
    ck_assert_str_eq(read_all(STR("a\tb\n"), 2, '\t', start), "1@1[a|b]");
    ck_assert_str_eq(read_all(STR("{\"a\":\"b,\"}\n\n\"x\r\ny"), 2, 0, start),
                     "1@1[{\"a\":\"b,\"}] 2@3[\"x] 3@4[y]");
}
END_TEST

static const char *read_huge(const char *head, uint64_t repeat, size_t step, struct csv_row *last)
{
    struct buf out;
    struct err_info info = {0};
    struct file file = {.text = str_from(head), .step = step, .repeat = repeat};
    struct csv_config config = {read_file, &file, ',', {0}};
    AUTO(csv) csv = csv_new(&config);
    buf_init(&out, 1 << 16);
    while (csv_next(csv, last, &info) > 0) {
        if (last->problem == NULL && last->cells[last->count - 1].len > 100) {
            buf_printf(&out, " %zu bytes", last->cells[last->count - 1].len);
        } else {
            show(&out, last);
        }
    }
    const char *text = str_copy(unit_arena, buf_str(&out)).at;
    buf_done(&out);
    ck_assert_uint_eq(csv_position(csv).offset, strlen(head) + repeat);
    return text;
}

START_TEST(rows_of_any_length_cost_no_memory)
{
    struct csv_row row;
    ck_assert_str_eq(read_huge("a\n", LIMIT_IMPORT_ROW_BYTES, 60000, &row), "1@1[a] 1048576 bytes");
    ck_assert_str_eq(read_huge("a\n", LIMIT_IMPORT_ROW_BYTES + 1, 60000, &row), "1@1[a] 2@2!" LONG);
    ck_assert_str_eq(read_huge("a\n", UINT64_C(1) << 30, 1 << 20, &row), "1@1[a] 2@2!" LONG);
    ck_assert(!row.is_unclosed);
    ck_assert_str_eq(read_huge("a\nb,\"", UINT64_C(300) << 20, 1 << 20, &row),
                     "1@1[a] 2@2!the quote that begins here is never closed");
    ck_assert(row.is_unclosed);
}
END_TEST

START_TEST(goes_on_behind_a_long_row)
{
    size_t len = LIMIT_IMPORT_ROW_BYTES + 100;
    char *text = arena_alloc(unit_arena, len + 100);
    struct str last = STR("\"\nb,c\n");
    text[0] = '"';
    memset(text + 1, '\n', len);
    memcpy(text + 1 + len, last.at, last.len);
    ck_assert_str_eq(
        read_all((struct str){text, 1 + len + last.len}, 50000, ',', (struct csv_position){0}),
        "1@1!" LONG " 2@1048678[b|c]");
}
END_TEST

START_TEST(columns)
{
    char text[2 * LIMIT_IMPORT_COLUMNS + 4];
    struct csv_row row;
    struct err_info info = {0};
    memset(text, ',', sizeof text);
    memcpy(text + LIMIT_IMPORT_COLUMNS - 1, "\n", 1);
    memcpy(text + sizeof text - 3, "\nx", 2);
    struct file file = {.text = {text, sizeof text - 1}, .step = 1000};
    struct csv_config config = {read_file, &file, ',', {0}};
    AUTO(csv) csv = csv_new(&config);
    ck_assert_int_eq(csv_next(csv, &row, &info), 1);
    ck_assert_ptr_null(row.problem);
    ck_assert_uint_eq(row.count, LIMIT_IMPORT_COLUMNS);
    ck_assert_int_eq(csv_next(csv, &row, &info), 1);
    ck_assert_str_eq(row.problem, "the row has more than 1000 columns");
    ck_assert_int_eq(csv_next(csv, &row, &info), 1);
    ck_assert_ptr_null(row.problem);
}
END_TEST

START_TEST(a_source_that_fails)
{
    struct csv_row row;
    struct err_info info = {0};
    struct file file = {.text = STR("a\nb"), .step = 9, .fails_with = ERR_UNAVAILABLE};
    struct csv_config config = {read_file, &file, ',', {0}};
    AUTO(csv) csv = csv_new(&config);
    int err = csv_next(csv, &row, &info);
    if (err == 1) {
        err = csv_next(csv, &row, &info);
    }
    ck_assert_int_eq(err, ERR_UNAVAILABLE);
    ck_assert_str_eq(info.message, "gone");
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {rows, ARRAY_LEN(table)},       {goes_on_anywhere, ARRAY_LEN(table)},
        {other_delimiters, 0},          {rows_of_any_length_cost_no_memory, 0},
        {goes_on_behind_a_long_row, 0}, {columns, 0},
        {a_source_that_fails, 0},
    };
    return UNIT_RUN("csv", cases);
}
