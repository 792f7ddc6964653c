/* The file of a multipart body, at every size of the source's pieces. */
#include <stdio.h>

#include "api/multipart.h"
#include "base/buf.h"
#include "unit.h"

struct body {
    struct str text;
    size_t at;
    size_t step;
};

static int read_body(void *ctx, char *out, size_t size, size_t *ret_len, struct err_info *info)
{
    struct body *body = ctx;
    size_t left = body->text.len - body->at;
    size_t len = left < body->step ? left : body->step;
    (void)info;
    len = len < size ? len : size;
    if (len > 0) {
        memcpy(out, body->text.at + body->at, len);
    }
    body->at += len;
    *ret_len = len;
    return 0;
}

/* "name|type|content", "none", or the message of the failure. */
static const char *read_file(const char *content_type, const char *text, size_t step, size_t piece)
{
    struct body body = {str_from(text), 0, step};
    struct err_info info = {0};
    struct multipart m;
    struct buf content;
    bool found;
    size_t len = 1;
    char bytes[64];
    int err = multipart_open(&m, unit_arena, str_from(content_type), "file", read_body, &body,
                             &found, &info);
    if (err == 0 && !found) {
        return "none";
    }
    buf_init(&content, 1 << 20);
    while (err == 0 && len > 0) {
        err = multipart_read(&m, bytes, piece, &len, &info);
        if (err == 0) {
            buf_add(&content, bytes, len);
        }
    }
    if (err == 0) {
        err = multipart_finish(&m, unit_arena, "file", &info);
    }
    if (err == 0) {
        ck_assert_uint_eq(body.at, body.text.len);
    }
    const char *all =
        err < 0 ? arena_printf(unit_arena, "%s", info.message)
                : arena_printf(unit_arena, STR_FMT "|" STR_FMT "|" STR_FMT, STR_ARG(m.file_name),
                               STR_ARG(m.content_type), STR_ARG(buf_str(&content)));
    buf_done(&content);
    return all;
}

#define TYPE "multipart/form-data; boundary=xyz"
#define FILE_PART(name, more, content)                                                             \
    "Content-Disposition: form-data; name=\"" name "\"" more "\r\n\r\n" content "\r\n--xyz"
#define MALFORMED "The multipart body is malformed: "

static const struct {
    const char *content_type;
    const char *body;
    const char *read;
} table[] = {
    {TYPE, "--xyz\r\n" FILE_PART("file", "; filename=\"a.csv\"", "email\na@b.c\n") "--\r\n",
     "a.csv||email\na@b.c\n"},
    {"Multipart/Form-Data; charset=x; Boundary=\"x y:z\"",
     "--x y:z\r\ncontent-disposition: form-data; filename=f; name=file\r\n"
     "Content-Type: text/csv\r\n\r\nx\r\n--x y:z--",
     "f|text/csv|x"},
    /* A preamble, other fields before and behind, padding behind a boundary, an epilogue. */
    {TYPE,
     "not a part\r\n--xyz \t\r\n" FILE_PART("mode", "", "create") "\r\n" FILE_PART(
         "file", "", "a\r\n-\r\n--xy\r\n--xyy\r\r\n") "\r\n" FILE_PART("x", "", "y") "--\r\nbye",
     "||a\r\n-\r\n--xy\r\n--xyy\r\r\n"},
    {TYPE, "--xyz\r\n" FILE_PART("file", "", "") "--\r\n", "||"},
    {TYPE, "--xyz\r\n" FILE_PART("file", "; filename=\"a\\\"b\\\\;c.csv\"", "x") "--",
     "a\"b\\;c.csv||x"},
    {TYPE, "--xyz\r\n" FILE_PART("other", "; filename=\"file\"", "x") "--\r\n", "none"},
    {TYPE, "--xyz--\r\n", "none"},
    {TYPE, "", MALFORMED "it ends in the middle of a part"},
    {TYPE, "email\na@b.c\n", MALFORMED "it ends in the middle of a part"},
    {TYPE, "--xyz\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nabc",
     MALFORMED "it ends in the middle of a part"},
    {TYPE, "--xyz\r\n" FILE_PART("file", "", "x") "\r\n",
     MALFORMED "the headers of a part do not end"},
    {TYPE, "--xyz\r\n" FILE_PART("file", "", "x") "?",
     MALFORMED "a boundary is followed by something else than a line end"},
    {TYPE, "--xyz\r\nContent-Disposition: form-data", MALFORMED "the headers of a part do not end"},
    {TYPE, "--xyz\r\n" FILE_PART("file", "", "x") "\r\n" FILE_PART("file", "", "y") "--",
     "Only one file can be sent"},
    {"multipart/form-data", "--xyz\r\n",
     "Content-Type multipart/form-data needs a boundary of 1 to 70 characters"},
    {"multipart/form-data; boundary=", "--xyz\r\n",
     "Content-Type multipart/form-data needs a boundary of 1 to 70 characters"},
};

START_TEST(bodies)
{
    static const size_t steps[] = {1, 2, 3, 7, 64, 100000};
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        ck_assert_str_eq(read_file(table[_i].content_type, table[_i].body, steps[i], 64),
                         table[_i].read);
        ck_assert_str_eq(read_file(table[_i].content_type, table[_i].body, steps[i], 1),
                         table[_i].read);
    }
}
END_TEST

/* Content of several rooms, with beginnings of the delimiter at every place of the room's end. */
START_TEST(large_content)
{
    size_t len = 3 * MULTIPART_ROOM + 11;
    char *content = arena_alloc(unit_arena, len + 1);
    for (size_t i = 0; i < len; i++) {
        content[i] = "\r\n--xy-"[i % 7];
    }
    const char *body =
        arena_printf(unit_arena, "--xyz\r\n" FILE_PART("file", "", "%s") "--\r\n", content);
    ck_assert_str_eq(read_file(TYPE, body, 100000, 64) + 2, content);
    ck_assert_str_eq(read_file(TYPE, body, 4093, 61) + 2, content);
}
END_TEST

START_TEST(limits)
{
    struct buf many;
    buf_init(&many, 1 << 20);
    buf_add_c(&many, "--xyz");
    for (int i = 0; i <= MULTIPART_PARTS_MAX; i++) {
        buf_add_c(&many, "\r\n" FILE_PART("f", "", ""));
    }
    ck_assert_str_eq(read_file(TYPE, many.at, 1000, 64), MALFORMED "it has too many parts");
    buf_clear(&many);
    buf_add_c(&many, "--xyz\r\n");
    for (int i = 0; i < 3000; i++) {
        buf_add_c(&many, "X: yyyyyy\r\n");
    }
    ck_assert_str_eq(read_file(TYPE, many.at, 1000, 64),
                     MALFORMED "the headers of a part are too long");
    buf_done(&many);
}
END_TEST

/* Short fields before and behind the file; no files, no more than there is room for; of a
 * long one the name. */
START_TEST(fields)
{
    static const size_t steps[] = {1, 3, 100000};
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_add_c(&text, "--xyz\r\n" FILE_PART("a", "", " 1\r\n2") "\r\n" FILE_PART("b", "", ""));
    buf_add_c(&text, "\r\n" FILE_PART("other", "; filename=\"f\"", "x") "\r\n");
    buf_add_c(&text, "Content-Disposition: form-data; name=\"long\"\r\n\r\n");
    for (int i = 0; i <= MULTIPART_FIELD_BYTES; i++) {
        buf_add_char(&text, 'x');
    }
    buf_add_c(&text, "\r\n--xyz\r\n" FILE_PART("file", "", "content") "\r\n");
    for (int i = 0; i < MULTIPART_FIELDS_MAX; i++) {
        buf_add_c(&text, FILE_PART("c", "", "3") "\r\n");
    }
    buf_add_c(&text, FILE_PART("d", "", "4") "--");
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        struct body body = {buf_str(&text), 0, steps[i]};
        struct err_info info = {0};
        struct multipart m;
        bool found = false;
        size_t len = 1;
        char bytes[64];
        ck_assert_int_eq(
            multipart_open(&m, unit_arena, STR(TYPE), "file", read_body, &body, &found, &info), 0);
        ck_assert(found && m.field_count == 3);
        while (len > 0) {
            ck_assert_int_eq(multipart_read(&m, bytes, sizeof bytes, &len, &info), 0);
        }
        ck_assert_int_eq(multipart_finish(&m, unit_arena, "file", &info), 0);
        ck_assert_uint_eq(m.field_count, MULTIPART_FIELDS_MAX);
        ck_assert(str_eq_c(m.fields[0].name, "a") && str_eq_c(m.fields[0].value, " 1\r\n2"));
        ck_assert(str_eq_c(m.fields[1].name, "b") && m.fields[1].value.len == 0);
        ck_assert(str_eq_c(m.fields[2].name, "long") && m.fields[2].is_long);
        ck_assert(m.fields[2].value.len == 0 && !m.fields[1].is_long);
        ck_assert(!m.fields[2].is_behind && m.fields[3].is_behind);
        ck_assert(str_eq_c(m.fields[3].name, "c") && str_eq_c(m.fields[3].value, "3"));
    }
    buf_done(&text);
}
END_TEST

START_TEST(content_types)
{
    ck_assert(multipart_is(STR("multipart/form-data; boundary=x")));
    ck_assert(multipart_is(STR(" MULTIPART/form-data")));
    ck_assert(!multipart_is(STR("multipart/form-data-x")));
    ck_assert(!multipart_is(STR("multipart/mixed; boundary=x")));
    ck_assert(!multipart_is(STR("")));
    ck_assert(!multipart_is((struct str){NULL, 0}));
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {bodies, ARRAY_LEN(table)}, {large_content, 0}, {limits, 0}, {fields, 0},
        {content_types, 0},
    };
    return UNIT_RUN("multipart", cases);
}
