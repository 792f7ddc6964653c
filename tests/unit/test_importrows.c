/* Files become items: cells and their types, headers, rows, lines of NDJSON. */
#include <stdio.h>

#include "base/buf.h"
#include "base/timeutil.h"
#include "store/importcell.h"
#include "store/importrows.h"
#include "store/importseen.h"
#include "unit.h"
#include "json/jsonwrite.h"

/* ---- cells --------------------------------------------------------------------------------- */

static const char *print(const struct jsonval *value)
{
    struct buf out;
    struct jsonwrite w;
    buf_init(&out, 1 << 16);
    jsonwrite_init(&w, &out);
    if (value == NULL) {
        return "";
    }
    jsonwrite_value(&w, value);
    const char *text = str_copy(unit_arena, buf_str(&out)).at;
    buf_done(&out);
    return text;
}

static const struct {
    const char *cell;
    const char *json; /* NULL: absent */
} cells[] = {
    {"", NULL},
    {" ", "\" \""},
    {"0", "0"},
    {"-0", "0"},
    {"7", "7"},
    {"-12", "-12"},
    {"123456789012345", "123456789012345"},
    {"-999999999999999", "-999999999999999"},
    {"1234567890123456", "\"1234567890123456\""},
    {"100000000000000000000", "\"100000000000000000000\""},
    {"0.1", "0.1"},
    {"3.14159265358979", "3.14159265358979"},
    {"3.141592653589793", "\"3.141592653589793\""},
    {"0.000000000000001", "1e-15"},
    {"0.00000000000000000000000000000123", "1.23e-30"},
    {"123456789.123456", "123456789.123456"},
    {"1.50", "1.5"},
    {"0.0", "0"},
    {"01", "\"01\""},
    {"007", "\"007\""},
    {"-01", "\"-01\""},
    {"+1", "\"+1\""},
    {"+49 170 1234567", "\"+49 170 1234567\""},
    {"1e5", "\"1e5\""},
    {"1E5", "\"1E5\""},
    {".5", "\".5\""},
    {"5.", "\"5.\""},
    {"1.2.3", "\"1.2.3\""},
    {"1,5", "\"1,5\""},
    {"-", "\"-\""},
    {"--1", "\"--1\""},
    {" 1", "\" 1\""},
    {"1 ", "\"1 \""},
    {"0x10", "\"0x10\""},
    {"Infinity", "\"Infinity\""},
    {"NaN", "\"NaN\""},
    {"true", "true"},
    {"TRUE", "true"},
    {"False", "false"},
    {"yes", "\"yes\""},
    {"truex", "\"truex\""},
    {"null", "\"null\""},
    {"2026-01-31", "\"2026-01-31\""},
    {"\xc3\xa9", "\"\xc3\xa9\""},
};

START_TEST(types)
{
    struct jsonval value;
    bool there = importcell_value(str_from(cells[_i].cell), &value);
    ck_assert_msg(there == (cells[_i].json != NULL), "%s", cells[_i].cell);
    if (there) {
        ck_assert_str_eq(print(&value), cells[_i].json);
    }
}
END_TEST

START_TEST(spreadsheet_quotes)
{
    static const char *const rows[][2] = {
        {"'=A1", "=A1"}, {"'+1", "+1"}, {"'-5", "-5"}, {"'@x", "@x"},  {"'\tx", "\tx"},
        {"'\rx", "\rx"}, {"'a", "'a"},  {"'", "'"},    {"''=", "''="}, {"", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        unit_str_eq(importcell_plain(str_from(rows[i][0])), rows[i][1]);
    }
}
END_TEST

START_TEST(yes_and_no)
{
    bool yes = false;
    ck_assert(importcell_yes_no(STR("Yes"), &yes) && yes);
    ck_assert(importcell_yes_no(STR("TRUE"), &yes) && yes);
    ck_assert(importcell_yes_no(STR("no"), &yes) && !yes);
    ck_assert(importcell_yes_no(STR("false"), &yes) && !yes);
    ck_assert(!importcell_yes_no(STR("1"), &yes));
    ck_assert(!importcell_yes_no(STR("y"), &yes));
}
END_TEST

/* ---- files --------------------------------------------------------------------------------- */

#define NOW_MS INT64_C(1767225600000) /* 2026-01-01 */

static int read_text(void *ctx, char *out, size_t size, size_t *ret_len, struct err_info *info)
{
    struct str *text = ctx;
    size_t len = text->len < size ? text->len : size;
    (void)info;
    memcpy(out, text->at, len);
    *text = (struct str){text->at + len, text->len - len};
    *ret_len = len;
    return 0;
}

static void show_item(struct buf *out, const struct contactwrite_item *item)
{
    char time[25];
    buf_printf(out, "%s" STR_FMT, out->len > 0 ? "; " : "", STR_ARG(item->email));
    if (item->subscribe != CONTACTCHANGE_KEEP) {
        buf_printf(out, " %s%s", item->subscribe == CONTACTCHANGE_SUBSCRIBE ? "in" : "out",
                   item->subscribe_only_new ? "-if-new" : "");
    }
    if (item->has_created) {
        timeutil_format(item->created_ms, time);
        buf_printf(out, " since %.10s", time);
    }
    if (item->when != CONTACTWRITE_ALWAYS) {
        buf_add_c(out, item->when == CONTACTWRITE_ONLY_NEW ? " if new" : " if there");
    }
    if (item->patch != NULL) {
        buf_printf(out, " %s", print(item->patch));
    }
    if (item->event != NULL) {
        buf_printf(out, " did " STR_FMT, STR_ARG(item->event->name));
        if (item->event->at_ms != CONTACTWRITE_NOW) {
            timeutil_format(item->event->at_ms, time);
            buf_printf(out, " at %.16s", time);
        }
        if (item->event->data.at != NULL) {
            buf_printf(out, " " STR_FMT, STR_ARG(item->event->data));
        }
    }
}

static struct importlane lane = {.count = 1};

/* The items with "; " between, then " ! " and each refusal: row number, email, reason. */
static const char *read_rows(const struct importjob_input *input, const char *text)
{
    struct str left = str_from(text);
    struct csv_config config = {read_text, &left, input->format == IMPORTJOB_CSV ? ',' : '\0', {0}};
    AUTO(csv) csv = csv_new(&config);
    struct importcolumns columns = {0};
    struct importrows rows;
    struct csv_row row;
    struct err_info info = {0};
    struct buf out;
    if (input->format == IMPORTJOB_CSV) {
        ck_assert_int_eq(csv_next(csv, &row, &info), 1);
        struct importmapping mapping;
        if (importmapping_read(unit_arena, input->mapping, input, &mapping, &info) < 0 ||
            importcolumns_read(unit_arena, input, &mapping, &row, &columns, &info) < 0) {
            return arena_printf(unit_arena, "%s", info.message);
        }
    }
    importrows_begin(&rows, unit_arena, input, &lane, &columns, 100, NOW_MS);
    while (csv_next(csv, &row, &info) > 0) {
        row.number -= input->format == IMPORTJOB_CSV; /* the header is none */
        importrows_add(&rows, &row);
    }
    buf_init(&out, 1 << 16);
    for (size_t i = 0; i < rows.count; i++) {
        show_item(&out, &rows.items[i]);
    }
    for (size_t i = 0; i < rows.error_count; i++) {
        buf_printf(&out, " ! %d " STR_FMT ": " STR_FMT, (int)rows.errors[i].row,
                   STR_ARG(rows.errors[i].email), STR_ARG(rows.errors[i].reason));
    }
    const char *all = str_copy(unit_arena, buf_str(&out)).at;
    buf_done(&out);
    return all;
}

static const struct importjob_input contacts = {
    .kind = IMPORTJOB_CONTACTS, .format = IMPORTJOB_CSV, .spreadsheet = true};
static const struct importjob_input with_created = {.kind = IMPORTJOB_CONTACTS,
                                                    .format = IMPORTJOB_CSV,
                                                    .mode = IMPORTJOB_CREATE,
                                                    .keep_created = true};
static const struct importjob_input events = {
    .kind = IMPORTJOB_EVENTS, .format = IMPORTJOB_CSV, .mode = IMPORTJOB_UPDATE};
static const struct importjob_input lines = {.kind = IMPORTJOB_EVENTS, .format = IMPORTJOB_NDJSON};

#define BAD_TIME                                                                                   \
    "timestamp must be a date such as 2026-01-31, or an instant with a zone such as "              \
    "2026-01-31T12:00:00Z"
#define OWN "id,email,subscribed,status,createdAt,updatedAt"

static const struct {
    const struct importjob_input *input;
    const char *text;
    const char *want;
} files[] = {
    {&contacts, "email\na@b.c\n A@B.C \n", "a@b.c; a@b.c"},
    {&contacts, "plan, EMAIL ,n\npro,a@b.c,5\n,b@b.c,\n",
     "a@b.c {\"plan\":\"pro\",\"n\":5}; b@b.c"},
    {&contacts, "email,Subscribed\na@b.c,yes\nb@b.c, NO \nc@b.c,\nd@b.c,maybe\n",
     "a@b.c in; b@b.c out; c@b.c ! 4 d@b.c: subscribed must be true, false, yes or no"},
    {&contacts, "email,o.a,o.b.c,o.b.d,x\na@b.c,1,true,,\nb@b.c,,,,t\n",
     "a@b.c {\"o\":{\"a\":1,\"b\":{\"c\":true}}}; b@b.c {\"x\":\"t\"}"},
    {&contacts,
     "id,email,createdAt,updatedAt,unsubscribeUrl,subscribeUrl,manageUrl,plunk_id,websiteUrl\n"
     "1,a@b.c,2020-01-01,x,x,x,x,x,w\n",
     "a@b.c {\"websiteUrl\":\"w\"}"},
    {&contacts, OWN ",data.plan,data.o.p\n1,a@b.c,true,subscribed,x,x,pro,1\n",
     "a@b.c in {\"plan\":\"pro\",\"o\":{\"p\":1}}"},
    {&contacts, "email,status\na@b.c,gold\n", "a@b.c {\"status\":\"gold\"}"},
    {&contacts, "email,locale,zip\na@b.c,12,12\n", "a@b.c {\"locale\":\"12\",\"zip\":12}"},
    {&contacts, "email,f\n'@x,1\na@b.c,'=1+1\nb@b.c,'-5\n",
     "a@b.c {\"f\":\"=1+1\"}; b@b.c {\"f\":-5} ! 1 @x: Invalid email address"},
    {&contacts, "email,a\nx,1\n,2\na@b.c\na@b.c,1,2\n\"a@b.c\"x,1\nb@b.c,1\n",
     "b@b.c {\"a\":1} ! 1 x: Invalid email address ! 2 : email is missing"
     " ! 3 a@b.c: the row has 1 cell, the header has 2 columns"
     " ! 4 a@b.c: the row has 3 cells, the header has 2 columns"
     " ! 5 : column 1 has text behind its closing quote; a quote inside quotes is written twice"},
    {&contacts, "email,,a,\na@b.c,,1,\nb@b.c,x,1,\n",
     "a@b.c {\"a\":1} ! 2 b@b.c: column 2 has a value, but no name in the header"},
    {&with_created,
     "email,createdAt,subscribed\na@b.c,2020-05-06,no\nb@b.c,,\nc@b.c,2026-01-02,\n"
     "d@b.c,yesterday,\ne@b.c,2019-12-31T23:00:00Z,\n",
     "a@b.c out since 2020-05-06 if new; b@b.c if new; e@b.c since 2019-12-31 if new"
     " ! 3 c@b.c: createdAt must not be in the future"
     " ! 4 d@b.c: createdAt must be a date such as 2026-01-31, or an instant with a zone such as"
     " 2026-01-31T12:00:00Z"},
    /* Headers that cannot be. */
    {&contacts, "name,mail\n",
     "the first line must name the columns, and one of them must be email;"
     " it has 2, the first of which is \"name\""},
    {&events, "email,name\n",
     "the first line must name the columns, and one of them must be event;"
     " it has 2, the first of which is \"email\""},
    {&contacts, "email,Email\n", "the column \"Email\" is there twice"},
    {&contacts, "email,a,a\n", "the column \"a\" is there twice"},
    {&contacts, "email,a,data.a\n", "the column \"a\" is there twice"},
    {&contacts, "email,a,a.b\n", "the column \"a.b\" cannot be below a column that is a value"},
    {&contacts, "email,a.b,a\n", "the column \"a\" cannot be a value and an object at once"},
    {&contacts, "email,a..b\n",
     "the header has a column name that is not allowed: Data keys must"
     " not be empty"},
    {&contacts, "email,\"a\nb\"\n",
     "the header has a column name that is not allowed: Data keys"
     " must not contain control characters"},
    /* Events. */
    {&events,
     "email,event,timestamp,amount,o.x\na@b.c,buy,2020-01-02T03:04:00Z,9.5,y\n"
     "b@b.c,visit,,,\na@b.c,buy,2020-01-02,,\n",
     "a@b.c if there did buy at 2020-01-02T03:04 {\"amount\":9.5,\"o\":{\"x\":\"y\"}};"
     " b@b.c if there did visit; a@b.c if there did buy at 2020-01-02T00:00"},
    {&events, "email,event,subscribed,id\na@b.c,buy,yes,7\n",
     "a@b.c if there did buy {\"subscribed\":\"yes\",\"id\":7}"},
    {&events,
     "email,event,timestamp\na@b.c,email.open,\nb@b.c,,\nc@b.c,buy,2020-01-02 03:04\n"
     "d@b.c,import,\n",
     " ! 1 a@b.c: Cannot track reserved system event ! 2 b@b.c: event is missing"
     " ! 3 c@b.c: " BAD_TIME " ! 4 d@b.c: an event name is 1 to 255 bytes without control"
     " characters, and none of contact, names, stats, track, import, batch"},
    /* NDJSON. */
    {&lines,
     "{\"email\":\"A@b.c\",\"event\":\"buy\",\"timestamp\":\"2020-01-02\","
     "\"data\":{\"a\":{\"value\":1,\"persistent\":false},\"b\":[1,2]}}\n"
     "{\"email\":\"b@b.c\",\"event\":\"x\",\"subscribed\":false,"
     "\"preserveExistingSubscription\":true,\"data\":null,\"more\":1}\n",
     "a@b.c did buy at 2020-01-02T00:00 {\"a\":1,\"b\":[1,2]}; b@b.c out-if-new did x"},
    {&lines,
     "{\"email\":1}\n[]\n{\n{\"email\":\"a@b.c\"}\n{\"email\":\"a@b.c\",\"event\":\"e\","
     "\"timestamp\":\"\"}\n{\"email\":\"a@b.c\",\"event\":\"e\",\"data\":7}\n"
     "{\"email\":\"a@b.c\",\"event\":\"e\",\"subscribed\":\"yes\"}\n{\"event\":\"e\"}\n",
     " ! 1 : email must be a string, not number ! 2 : the line must be a JSON object, not array"
     " ! 3 : the line is not valid JSON ! 4 a@b.c: event is missing ! 5 a@b.c: " BAD_TIME
     " ! 6 a@b.c: data must be an object ! 7 a@b.c: subscribed must be a boolean, not string"
     " ! 8 : email is missing"},
};

START_TEST(rows_of_files)
{
    ck_assert_str_eq(read_rows(files[_i].input, files[_i].text), files[_i].want);
}
END_TEST

/* Every row belongs to one lane; what is nobody's to the first; an address always to the same. */
START_TEST(lanes_share_the_rows)
{
    static const char csv[] = "email,n\na@b.c,1\nnobody,2\nb@b.c,3\n A@B.c,4\n\"b@b.c\"x,5\n"
                              "c@b.c,6\nd@b.c,7\nB@b.c,8\n,9\n";
    static const char *const ndjson =
        "{\"email\":\"a@b.c\",\"event\":\"e\"}\n{\"email\":\"b@b.c\",\"event\":\"e\"}\n"
        "{\"email\":\"c@b.c\",\"event\":\"e\"}\n{\n{\"email\":\"A@b.c\",\"event\":\"\"}\n";
    const char *shares[2][2];
    for (unsigned number = 0; number < 2; number++) {
        lane = (struct importlane){.number = number, .count = 2};
        shares[number][0] = read_rows(&contacts, csv);
        shares[number][1] = read_rows(&lines, ndjson);
    }
    lane = (struct importlane){.count = 1};
    ck_assert_str_eq(shares[0][0], "a@b.c {\"n\":1}; a@b.c {\"n\":4} ! 2 nobody: Invalid email "
                                   "address ! 5 : column 1 has text behind its closing quote; a "
                                   "quote inside quotes is written twice ! 9 : email is missing");
    ck_assert_str_eq(shares[1][0],
                     "b@b.c {\"n\":3}; c@b.c {\"n\":6}; d@b.c {\"n\":7}; b@b.c {\"n\":8}");
    ck_assert_str_eq(shares[0][1],
                     "a@b.c did e ! 4 : the line is not valid JSON ! 5 a@b.c: event is missing");
    ck_assert_str_eq(shares[1][1], "b@b.c did e; c@b.c did e");
}
END_TEST

START_TEST(data_over_its_limit)
{
    char *text = arena_alloc(unit_arena, 40000);
    (void)snprintf(text, 40000, "email,event,x\na@b.c,e,");
    memset(text + strlen(text), 'x', 33000);
    ck_assert_str_eq(read_rows(&events, text), " ! 1 a@b.c: data must be at most 32768 bytes of"
                                               " JSON");
}
END_TEST

START_TEST(addresses_seen)
{
    AUTO(importseen) seen = importseen_new();
    for (int i = 0; i < 20000; i += 2) {
        importseen_add(seen, str_from(arena_printf(unit_arena, "c%d@example.com", i)));
    }
    for (int i = 0; i < 20000; i++) {
        ck_assert_int_eq(
            importseen_has(seen, str_from(arena_printf(unit_arena, "c%d@example.com", i))),
            i % 2 == 0);
    }
}
END_TEST

/* ---- what a client says of the columns ------------------------------------------------------ */

static const struct {
    enum importjob_kind kind;
    const char *mapping;
    const char *text;
    const char *want;
} mapped[] = {
    {1, "{}", "email,n\na@b.c,5\n", "a@b.c {\"n\":5}"},
    {1, "{\"Mail\":\"email\",\"Town\":\"address.city\",\"Note\":null}",
     "Mail,Town,Note,n\na@b.c,Wien,x,5\n", "a@b.c {\"address\":{\"city\":\"Wien\"},\"n\":5}"},
    {1, "{\" Mail \":\"EMAIL\",\"In\":\"Subscribed\",\"X\":\"data.x\"}",
     "Mail ,In,X\na@b.c,yes,1\n", "a@b.c in {\"x\":1}"},
    {1, "{\"email\":\"other\",\"m\":\"email\"}", "email,m\nx,a@b.c\n", "a@b.c {\"other\":\"x\"}"},
    {1, "{\"id\":\"customer\"}", "id,email\n7,a@b.c\n", "a@b.c {\"customer\":7}"},
    {1, "{\"\":null}", "email,\na@b.c,x\n", "a@b.c"},
    {1, "{\"Mail\":\"email\"}", "Mail;n,x\na@b.c;5\n",
     "columns names \"Mail\", which the first line does not have; it has 2, the first of which is"
     " \"Mail;n\""},
    {2, "{\"Who\":\"email\",\"What\":\"event\",\"When\":\"timestamp\",\"id\":\"id\"}",
     "Who,What,When,id\na@b.c,e,2026-01-01,7\n",
     "a@b.c if there did e at 2026-01-01T00:00 {\"id\":7}"},
    /* With `data.` before it a word of our own is a name like any other. */
    {2, "{\"Who\":\"email\",\"What\":\"event\",\"x\":\"data.event\",\"y\":\"data.email\"}",
     "Who,What,x,y,timestamp\na@b.c,e,3,z,2026-01-01\n",
     "a@b.c if there did e at 2026-01-01T00:00 {\"event\":3,\"email\":\"z\"}"},
    {1, "{\"Mail\":\"email\",\"x\":\"data.data.y\"}", "Mail,x\na@b.c,1\n",
     "a@b.c {\"data\":{\"y\":1}}"},
    {1, "{\"Mail\":\"email\",\"Nix\":\"x\"}", "Mail\na@b.c\n",
     "columns names \"Nix\", which the first line does not have; it has 1, the first of which is "
     "\"Mail\""},
    {1, "{\"Town\":\"n\"}", "email,n,Town\na@b.c,1,2\n",
     "as columns says of \"Town\": the column \"n\" is there twice"},
    {1, "{\"Mail\":\"email\"}", "email,Mail\na@b.c,b@b.c\n",
     "as columns says of \"Mail\": the column \"email\" is there twice"},
    {1, "{\"a\":\"email\",\"b\":\"email\"}", "",
     "columns: \"a\" and \"b\" cannot both become \"email\""},
    {1, "{\"a\":\"x.y\",\"b\":\"data.x.y\"}", "",
     "columns: \"a\" and \"b\" cannot both become \"data.x.y\""},
    {1, "{\"a\":\"email\",\" a \":\"x\"}", "", "columns: \"a\" is there twice"},
    {1, "{\"a\":true}", "", "columns: \"a\" must become a text, or null to be left out"},
    {1, "{\"a\":\"createdAt\"}", "", "columns: \"a\" can be createdAt only with keepCreatedAt=1"},
    {1, "{\"a\":\"updatedAt\"}", "", "columns: \"a\" cannot become what the system sets itself"},
    {1, "{\"a\":\"\"}", "",
     "columns: \"a\" must become email or another column of an import, a data path such as plan or"
     " address.city, or null to be left out"},
    {1, "{\"a\":\"x.\"}", "",
     "columns: \"a\" must become email or another column of an import, a data path such as plan or"
     " address.city, or null to be left out"},
    {1, "[]", "",
     "columns must be a JSON object that says of headers what they are, such as {\"E-Mail\":"
     " \"email\", \"City\": \"address.city\", \"Note\": null}"},
};

START_TEST(mapped_columns)
{
    struct importjob_input input = mapped[_i].kind == IMPORTJOB_EVENTS ? events : contacts;
    input.mapping = str_from(mapped[_i].mapping);
    if (mapped[_i].text[0] == '\0') {
        struct importmapping mapping;
        struct err_info info = {0};
        ck_assert_int_eq(importmapping_read(unit_arena, input.mapping, &input, &mapping, &info),
                         ERR_INVAL);
        ck_assert_str_eq(info.item.field, "columns");
        ck_assert_str_eq(info.message, mapped[_i].want);
    } else {
        ck_assert_str_eq(read_rows(&input, mapped[_i].text), mapped[_i].want);
    }
}
END_TEST

#define FOUND(name, target, string, number, boolean, date, empty)                                  \
    "{\"name\":\"" name "\",\"target\":" target ",\"types\":{\"string\":" #string                  \
    ",\"number\":" #number ",\"boolean\":" #boolean ",\"date\":" #date ",\"empty\":" #empty "}}"

START_TEST(types_that_were_found)
{
    struct str table[3][5] = {
        {STR("email"), STR(" a "), STR("id"), STR("b"), STR("c")},
        {STR("x"), STR("1"), STR("7"), STR("2026-01-01"), STR("'=1")},
        {STR("y"), STR("true"), STR(""), STR("2026-01-01T10:00:00Z"), STR("t")}};
    struct csv_row header = {.cells = table[0], .count = 5};
    const struct importmapping mapping = {0};
    struct importcolumns columns;
    struct err_info info = {0};
    ck_assert_int_eq(importcolumns_read(unit_arena, &contacts, &mapping, &header, &columns, &info),
                     0);
    struct importtypes *found = importtypes_new(unit_arena, &columns);
    for (size_t i = 1; i < 3; i++) {
        struct csv_row row = {.cells = table[i], .count = 5};
        importtypes_add(found, &row, true);
    }
    /* clang-format off */
    static const char want[] =
        "[" FOUND("email", "\"email\"", 2, 0, 0, 0, 0)
        "," FOUND("a", "\"a\"", 0, 1, 1, 0, 0)
        "," FOUND("id", "null", 0, 1, 0, 0, 1)
        "," FOUND("b", "\"b\"", 0, 0, 0, 2, 0)
        "," FOUND("c", "\"c\"", 2, 0, 0, 0, 0) "]";
    /* clang-format on */
    unit_str_eq(importtypes_print(unit_arena, found), want);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {types, ARRAY_LEN(cells)},
        {spreadsheet_quotes, 0},
        {yes_and_no, 0},
        {rows_of_files, ARRAY_LEN(files)},
        {data_over_its_limit, 0},
        {addresses_seen, 0},
        {lanes_share_the_rows, 0},
        {mapped_columns, ARRAY_LEN(mapped)},
        {types_that_were_found, 0},
    };
    return UNIT_RUN("importrows", cases);
}
