/*
 * Predicates on one stored value: operand and value of every type, at a fixed instant. Each row is
 * a filter, a stored value, and the answers when the key has one type and when it counts as text.
 * Presence and negation are the evaluator's, so only positive operators stand here.
 */
#include "column/predicate.h"

#include "base/timeutil.h"
#include "column/chunk.h"
#include "filter/fold.h"
#include "filterhelp.h"

#define NOW "2026-06-15T12:00:00Z"

struct row {
    const char *operator_name;
    const char *operand; /* JSON, and what else the filter has; NULL: none */
    const char *stored;  /* JSON */
    bool strict, mixed;
};

static struct predicate prepare(const char *field, const char *operator_name, const char *operand,
                                int64_t zone_ms)
{
    struct predicate p;
    struct predicate_clock clock = {.zone_ms = zone_ms};
    ck_assert_int_eq(timeutil_parse(STR(NOW), &clock.now_ms), TIMEUTIL_INSTANT);
    const char *filter =
        arena_printf(arena, "{\"field\":\"%s\",\"operator\":\"%s\"%s%s}", field, operator_name,
                     operand ? ",\"value\":" : "", operand ? operand : "");
    predicate_init(&p, arena, leaf_of(filter), &clock);
    return p;
}

static bool decide(const struct predicate *p, const struct jsonval *stored, bool mixed)
{
    int64_t ms = CHUNK_NO_INSTANT;
    switch (stored->type) {
    case JSONVAL_STRING:
        (void)timeutil_parse(stored->string, &ms);
        return predicate_string(p, stored->string, fold_text(arena, stored->string), ms, mixed);
    case JSONVAL_NUMBER:
        return predicate_number(p, stored->number, mixed);
    case JSONVAL_BOOL:
        return predicate_bool(p, stored->boolean, mixed);
    case JSONVAL_LIST:
        return predicate_list(p, str_from(text_of(stored)));
    case JSONVAL_NULL:
    case JSONVAL_OBJECT:
        break;
    }
    ck_abort_msg("such values have no predicate");
}

static void expect(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        struct predicate p = prepare("data.a", row->operator_name, row->operand, 0);
        for (int mixed = 0; mixed < 2; mixed++) {
            bool told = decide(&p, json_of(row->stored), mixed);
            ck_assert_msg(told == (mixed ? row->mixed : row->strict), "%s %s %s on %s: told %d",
                          row->stored, row->operator_name, row->operand ? row->operand : "",
                          mixed ? "a mixed key" : "a key of one type", told);
        }
    }
}
#define EXPECT(rows) expect(rows, sizeof(rows) / sizeof((rows)[0]))

START_TEST(equals_and_in)
{
    static const struct row rows[] = {
        {"equals", "\"pro\"", "\"pro\"", true, true},
        {"equals", "\"pro\"", "\"Pro\"", false, false},
        {"equals", "\"\"", "\"\"", true, true},
        {"equals", "\"5\"", "5", false, true},
        {"equals", "5", "\"5\"", false, true},
        {"equals", "5", "5.0", true, true},
        {"equals", "5", "\"5.0\"", false, false},
        {"equals", "0", "-0", true, true},
        {"equals", "1e21", "\"1e+21\"", false, true},
        {"equals", "0.1", "\"0.1\"", false, true},
        {"equals", "true", "true", true, true},
        {"equals", "true", "false", false, false},
        {"equals", "true", "\"true\"", false, true},
        {"equals", "\"false\"", "false", false, true},
        {"equals", "true", "1", false, false},
        {"equals", "1", "true", false, false},
        {"in", "[\"a\",\"b\",\"c\"]", "\"b\"", true, true},
        {"in", "[\"a\",\"b\",\"c\"]", "\"d\"", false, false},
        {"in", "[\"a\",7,true]", "7", true, true},
        {"in", "[\"a\",7,true]", "\"7\"", false, true},
        {"in", "[\"a\",7,true]", "\"true\"", false, true},
        {"in", "[\"a\",7,true]", "true", true, true},
        {"in", "[\"a\",7,true]", "false", false, false},
    };
    EXPECT(rows);
}
END_TEST

START_TEST(dates_as_operands_of_equality)
{
    static const struct row rows[] = {
        {"equals", "\"2026-03-04\"", "\"2026-03-04\"", true, true},
        {"equals", "\"2026-03-04\"", "\"2026-03-04T23:59:59.999Z\"", true, false},
        {"equals", "\"2026-03-04\"", "\"2026-03-05T00:30:00+01:00\"", true, false},
        {"equals", "\"2026-03-04\"", "\"2026-03-05T00:00:00Z\"", false, false},
        {"equals", "\"2026-03-04T00:00Z\"", "\"2026-03-04\"", true, false},
        {"equals", "\"2026-03-04T01:00:00+01:00\"", "\"2026-03-04T00:00:00.0Z\"", true, false},
        {"equals", "\"2026-03-04T00:00:00.001Z\"", "\"2026-03-04\"", false, false},
        {"in", "[\"2026-03-04\",\"x\"]", "\"2026-03-04T10:00:00Z\"", true, false},
        {"in", "[\"2026-03-04\",\"x\"]", "\"x\"", true, true},
        {"equals", "\"2026-03-04\"", "20260304", false, false},
    };
    EXPECT(rows);
}
END_TEST

START_TEST(parts_of_texts)
{
    static const struct row rows[] = {
        {"contains", "\"ÄRG\"", "\"großer ärger\"", true, true},
        {"contains", "\"\"", "\"abc\"", true, true},
        {"contains", "\"\"", "\"\"", true, true},
        {"contains", "\"a%c\"", "\"abc\"", false, false},
        {"contains", "\"a_c\"", "\"xA_Cx\"", true, true},
        {"contains", "\"abcd\"", "\"abc\"", false, false},
        {"contains", "\"5\"", "1.5", false, true},
        {"contains", "5", "\"1.5\"", false, true},
        {"contains", "\"RU\"", "true", false, true},
        {"contains", "\"2026-03-04\"", "\"on 2026-03-04 or so\"", true, true},
        {"startsWith", "\"STRASSE\"", "\"strasse 1\"", true, true},
        {"startsWith", "\"b\"", "\"ab\"", false, false},
        {"startsWith", "\"1\"", "17", false, true},
        {"endsWith", "\"E\"", "\"true\"", true, true},
        {"endsWith", "\"e\"", "true", false, true},
        {"endsWith", "\"ab\"", "\"b\"", false, false},
        {"endsWith", "\"+21\"", "1e21", false, true},
    };
    EXPECT(rows);
}
END_TEST

START_TEST(order)
{
    static const struct row rows[] = {
        {"greaterThan", "5", "5", false, false},
        {"greaterThan", "5", "5.000000000000001", true, true},
        {"greaterThan", "5", "\"6\"", false, false},
        {"greaterThanOrEqual", "5", "5", true, true},
        {"lessThan", "5", "5", false, false},
        {"lessThan", "5", "-1e300", true, true},
        {"lessThanOrEqual", "5", "5", true, true},
        {"lessThan", "0", "-0", false, false},
        {"greaterThan", "1.7976931348623157e308", "1.7976931348623157e308", false, false},
        {"between", "[1,2]", "1", true, true},
        {"between", "[1,2]", "2", true, true},
        {"between", "[1,2]", "2.1", false, false},
        {"between", "[2,1]", "1.5", false, false},
        {"greaterThan", "\"b\"", "\"ba\"", true, true},
        {"greaterThan", "\"b\"", "\"a\"", false, false},
        {"greaterThan", "\"b\"", "\"B\"", false, false},
        {"lessThan", "\"z\"", "\"\xc3\xa4\"", false, false},
        {"lessThanOrEqual", "\"b\"", "\"b\"", true, true},
        {"greaterThan", "\"b\"", "7", false, false},
        {"between", "[\"b\",\"d\"]", "\"c\"", true, true},
        {"between", "[\"b\",\"d\"]", "\"d\"", true, true},
        {"between", "[\"b\",\"d\"]", "\"da\"", false, false},
        {"greaterThan", "\"2026-03-04\"", "\"2026-03-04T00:00:00.001Z\"", true, true},
        {"greaterThan", "\"2026-03-04\"", "\"2026-03-04\"", false, false},
        {"greaterThanOrEqual", "\"2026-03-04\"", "\"2026-03-04\"", true, true},
        {"lessThan", "\"2026-03-04\"", "\"2026-03-03T23:59:59.999Z\"", true, true},
        {"lessThan", "\"2026-03-04\"", "\"2026-02-30\"", false, false},
        {"lessThan", "\"2026-03-04\"", "\"abc\"", false, false},
        {"lessThanOrEqual", "\"2026-03-04\"", "\"0001-01-01\"", true, true},
        {"between", "[\"2026-03-04\",\"2026-03-06\"]", "\"2026-03-06\"", true, true},
        {"between", "[\"2026-03-04\",\"2026-03-06\"]", "\"2026-03-06T00:00:00.001Z\"", false,
         false},
    };
    EXPECT(rows);
}
END_TEST

START_TEST(windows)
{
    static const struct row rows[] = {
        {"within", "1,\"unit\":\"hours\"", "\"2026-06-15T11:00:00Z\"", true, true},
        {"within", "1,\"unit\":\"hours\"", "\"2026-06-15T10:59:59.999Z\"", false, false},
        {"within", "1,\"unit\":\"hours\"", "\"2026-06-15T12:00:00Z\"", true, true},
        {"within", "1,\"unit\":\"hours\"", "\"2026-06-15T12:00:00.001Z\"", false, false},
        {"within", "0,\"unit\":\"days\"", "\"2026-06-15T12:00:00Z\"", true, true},
        {"within", "30,\"unit\":\"days\"", "\"pro\"", false, false},
        {"within", "30,\"unit\":\"days\"", "1781524800000", false, false},
        {"olderThan", "1,\"unit\":\"weeks\"", "\"2026-06-08T12:00:00Z\"", false, false},
        {"olderThan", "1,\"unit\":\"weeks\"", "\"2026-06-08T11:59:59.999Z\"", true, true},
        {"olderThan", "0.5,\"unit\":\"minutes\"", "\"2026-06-15T11:59:29Z\"", true, true},
        {"withinNext", "2,\"unit\":\"days\"", "\"2026-06-17T12:00:00Z\"", true, true},
        {"withinNext", "2,\"unit\":\"days\"", "\"2026-06-15T11:59:59.999Z\"", false, false},
        {"withinNext", "2,\"unit\":\"days\"", "\"2026-06-15T12:00Z\"", true, true},
        {"moreThanAhead", "2,\"unit\":\"days\"", "\"2026-06-17T12:00:00Z\"", false, false},
        {"moreThanAhead", "2,\"unit\":\"days\"", "\"2026-06-17T12:00:00.001Z\"", true, true},
        {"anniversaryWithinNext", "0", "\"1999-06-15\"", true, true},
        {"anniversaryWithinNext", "0", "\"1999-06-16\"", false, false},
        {"anniversaryWithinNext", "7", "\"2080-06-22T23:59:59Z\"", true, true},
        {"anniversaryWithinNext", "7", "\"1999-06-14\"", false, false},
        {"anniversaryWithinNext", "366", "\"1999-06-14\"", true, true},
        {"anniversaryWithinNext", "257", "\"2000-02-28\"", false, false},
        {"anniversaryWithinNext", "258", "\"2000-02-28\"", true, true},
        {"anniversaryWithinNext", "258", "\"2000-02-29\"", true, true}, /* 2027 has no leap day */
    };
    EXPECT(rows);
}
END_TEST

START_TEST(lists_and_lengths)
{
    static const struct row rows[] = {
        {"contains", "\"a\"", "[\"b\",\"a\"]", true, true},
        {"contains", "\"A\"", "[\"a\"]", false, false},
        {"contains", "5", "[5.0]", true, true},
        {"contains", "5", "[\"5\"]", false, false},
        {"contains", "true", "[true]", true, true},
        {"contains", "\"2026-03-04\"", "[\"2026-03-04T10:00:00Z\"]", true, true},
        {"in", "[\"x\",\"2026-03-04\"]", "[\"2026-03-04T10:00:00Z\"]", true, true},
        {"in", "[1,2]", "[3,2]", true, true},
        {"in", "[1,2]", "[]", false, false},
        {"equals", "[1,\"a\"]", "[1,\"a\"]", true, true},
        {"equals", "[1,\"a\"]", "[\"a\",1]", false, false},
        {"equals", "\"a\"", "[\"a\"]", false, false},
        {"startsWith", "\"a\"", "[\"a\"]", false, false},
        {"greaterThan", "1", "[2]", false, false},
        {"isEmpty", NULL, "[]", true, true},
        {"isEmpty", NULL, "[0]", false, false},
        {"isEmpty", NULL, "\"\"", true, true},
        {"isEmpty", NULL, "\" \"", false, false},
        {"isEmpty", NULL, "0", false, false},
        {"isEmpty", NULL, "false", false, false},
        {"notEmpty", NULL, "\"a\"", true, true},
        {"notEmpty", NULL, "\"\"", false, false},
        {"notEmpty", NULL, "[0]", true, true},
        {"notEmpty", NULL, "7", false, false},
        {"exists", NULL, "\"\"", true, true},
        {"exists", NULL, "[]", true, true},
        {"exists", NULL, "false", true, true},
        {"exists", NULL, "0", true, true},
    };
    EXPECT(rows);
}
END_TEST

/* Addresses ignore case, and are no dates. */
START_TEST(email)
{
    static const struct {
        const char *operator_name, *operand, *stored;
        bool holds;
    } rows[] = {
        {"equals", "\"Ann@Example.com\"", "ann@example.com", true},
        {"equals", "\"ann@example.co\"", "ann@example.com", false},
        {"in", "[\"x@y.de\",\"ÄNN@y.de\"]", "änn@y.de", true},
        {"contains", "\"EXAMPLE\"", "ann@example.com", true},
        {"endsWith", "\".COM\"", "ann@example.com", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct predicate p = prepare("email", rows[i].operator_name, rows[i].operand, 0);
        struct str stored = str_from(rows[i].stored);
        ck_assert_msg(predicate_string(&p, stored, fold_text(arena, stored), CHUNK_NO_INSTANT,
                                       false) == rows[i].holds,
                      "%s %s %s", rows[i].stored, rows[i].operator_name, rows[i].operand);
    }
}
END_TEST

/* 1781524800000 is NOW. */
START_TEST(built_in_instants)
{
    static const struct {
        const char *operator_name, *operand;
        int64_t from_now_ms;
        bool holds;
    } rows[] = {
        {"equals", "\"2026-06-15\"", 0, true},
        {"equals", "\"2026-06-15\"", -43200000, true},
        {"equals", "\"2026-06-15\"", -43200001, false},
        {"equals", "1781524800000", 0, true},
        {"equals", "1781524800000", 1, false},
        {"greaterThan", "1781524800000", 1, true},
        {"greaterThan", "1781524800000", 0, false},
        {"between", "[1781524800000,1781524800001]", 1, true},
        {"olderThan", "1,\"unit\":\"days\"", -86400001, true},
        {"olderThan", "1,\"unit\":\"days\"", -86400000, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct predicate p = prepare("createdAt", rows[i].operator_name, rows[i].operand, 0);
        ck_assert_msg(predicate_instant(&p, INT64_C(1781524800000) + rows[i].from_now_ms) ==
                          rows[i].holds,
                      "%s %s", rows[i].operator_name, rows[i].operand);
        ck_assert(!predicate_instant(&p, CHUNK_NO_INSTANT));
    }
}
END_TEST

/* The day begins where the zone says: 14 hours ahead it is the 16th already. */
START_TEST(a_zone_moves_anniversaries)
{
    int64_t sixteenth;
    ck_assert_int_eq(timeutil_parse(STR("1999-06-16"), &sixteenth), TIMEUTIL_DAY);
    struct predicate utc = prepare("data.a", "anniversaryWithinNext", "0", 0);
    struct predicate ahead = prepare("data.a", "anniversaryWithinNext", "0", 14 * INT64_C(3600000));
    ck_assert(!predicate_instant(&utc, sixteenth));
    ck_assert(predicate_instant(&ahead, sixteenth));
    /* An hour of the 15th in UTC, and of the 16th there. */
    int64_t before = sixteenth - 13 * INT64_C(3600000), long_before = sixteenth - TIMEUTIL_DAY_MS;
    ck_assert(predicate_instant(&utc, before) && predicate_instant(&ahead, before));
    ck_assert(predicate_instant(&utc, long_before) && !predicate_instant(&ahead, long_before));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("predicate");
    TCase *tcase = tcase_create("predicate");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, equals_and_in);
    tcase_add_test(tcase, dates_as_operands_of_equality);
    tcase_add_test(tcase, parts_of_texts);
    tcase_add_test(tcase, order);
    tcase_add_test(tcase, windows);
    tcase_add_test(tcase, lists_and_lengths);
    tcase_add_test(tcase, email);
    tcase_add_test(tcase, built_in_instants);
    tcase_add_test(tcase, a_zone_moves_anniversaries);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
