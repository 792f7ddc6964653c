/* Across dialects: what can be said where, why not, and that what is said means the same. */

#include <string.h>

#include "base/limits.h"
#include "conditiondraw.h"
#include "dialecthelp.h"

#define ONE(filter) AND("{\"filters\":[" filter "]}")

/* A Plunk condition; how it reads elsewhere, or the one note that says why not. */
static const struct {
    const char *condition;
    enum dialect to;
    const char *printed; /* NULL: cannot be said */
    const char *path;
    const char *note;
} readings[] = {
    {ONE("{\"field\":\"data.plan\",\"operator\":\"in\",\"value\":[\"pro\"]}"), DIALECT_PUSHMAIL,
     "{\"operator\":\"AND\",\"conditions\":[{\"type\":\"attribute\",\"field\":\"customFields."
     "plan\","
     "\"op\":\"in\",\"value\":[\"pro\"]}]}",
     NULL, NULL},
    {OR(GROUP "," GROUP), DIALECT_PUSHMAIL,
     "{\"operator\":\"OR\",\"conditions\":["
     "{\"type\":\"attribute\",\"field\":\"customFields.a\",\"op\":\"exists\"},"
     "{\"type\":\"attribute\",\"field\":\"customFields.a\",\"op\":\"exists\"}]}",
     NULL, NULL},
    {ONE("{\"field\":\"email.open\",\"operator\":\"triggeredWithin\",\"value\":2,"
         "\"unit\":\"weeks\"}"),
     DIALECT_PUSHMAIL,
     "{\"operator\":\"AND\",\"conditions\":[{\"type\":\"engagement\",\"metric\":\"opened\","
     "\"op\":\"within_days\",\"days\":14}]}",
     NULL, NULL},
    {ONE("{\"field\":\"createdAt\",\"operator\":\"greaterThanOrEqual\",\"value\":\"2026-01-01\"},"
         "{\"field\":\"status\",\"operator\":\"equals\",\"value\":\"subscribed\"}"),
     DIALECT_MAILPANDA,
     "[{\"field\":\"created_at\",\"operator\":\"after\",\"value\":\"2025-12-31\"},"
     "{\"field\":\"status\",\"operator\":\"equals\",\"value\":\"active\"}]",
     NULL, NULL},
    {ONE("{\"field\":\"event.a\",\"operator\":\"triggered\"}"), DIALECT_PUSHMAIL, NULL,
     "condition.groups.0.filters.0",
     "PushMail rules cannot say anything about events, only about email activities"},
    {ONE("{\"field\":\"email.open\",\"operator\":\"triggered\"}"), DIALECT_PUSHMAIL, NULL,
     "condition.groups.0.filters.0",
     "PushMail rules cannot say the operator triggered on a field of kind email activity"},
    {ONE("{\"field\":\"email.open\",\"operator\":\"notTriggered\",\"where\":[{\"property\":\"a\","
         "\"operator\":\"exists\"}]}"),
     DIALECT_PUSHMAIL, NULL, "condition.groups.0.filters.0",
     "PushMail rules cannot look at the properties of an event (where)"},
    {ONE("{\"field\":\"segment." ID "\",\"operator\":\"memberOfSegment\"}"), DIALECT_PUSHMAIL, NULL,
     "condition.groups.0.filters.0", "PushMail rules cannot name another segment"},
    {AND("{\"filters\":[" LEAF "],\"not\":true}"), DIALECT_PUSHMAIL, NULL, "condition.groups.0",
     "PushMail rules cannot turn a group round (not)"},
    {ONE("{\"field\":\"createdAt\",\"operator\":\"within\",\"value\":2,\"unit\":\"weeks\"}"),
     DIALECT_PUSHMAIL, NULL, "condition.groups.0.filters.0",
     "PushMail rules cannot say the operator within on a field of kind date"},
    {OR(GROUP ",{\"filters\":[{\"field\":\"email\",\"operator\":\"equals\",\"value\":\"x\"}]}"),
     DIALECT_MAILPANDA, NULL, "condition", "MailPanda rules must all hold, they have no OR"},
    {ONE("{\"field\":\"subscribed\",\"operator\":\"equals\",\"value\":true}"), DIALECT_MAILPANDA,
     NULL, "condition.groups.0.filters.0", "MailPanda rules have no field for subscribed"},
    {ONE("{\"field\":\"data.status\",\"operator\":\"equals\",\"value\":true}"), DIALECT_MAILPANDA,
     NULL, "condition.groups.0.filters.0", "MailPanda rules have no field for data.status"},
    {ONE("{\"field\":\"data.n\",\"operator\":\"lessThan\",\"value\":5}"), DIALECT_MAILPANDA, NULL,
     "condition.groups.0.filters.0",
     "MailPanda rules cannot say the operator lessThan with such a value on the field n"},
    {ONE("{\"field\":\"createdAt\",\"operator\":\"greaterThan\",\"value\":\"2026-01-01\"}"),
     DIALECT_MAILPANDA, NULL, "condition.groups.0.filters.0",
     "MailPanda rules cannot say the operator greaterThan with such a value on the field "
     "created_at"},
};

START_TEST(trees_read_elsewhere_or_say_why_not)
{
    struct notes notes = {.arena = arena};
    const struct jsonval *printed =
        dialect_print(arena, readings[_i].to, tree_of(readings[_i].condition), &notes);

    if (readings[_i].printed) {
        ck_assert_ptr_nonnull(printed);
        ck_assert_str_eq(text_of(printed), readings[_i].printed);
        ck_assert_uint_eq(notes.count, 0);
        return;
    }
    ck_assert_ptr_null(printed);
    ck_assert_ptr_nonnull(notes.first);
    ck_assert(str_eq_c(notes.first->path, readings[_i].path));
    if (readings[_i].to != DIALECT_MAILPANDA || readings[_i].path[9] != '\0')
        ck_assert_uint_eq(notes.count, 1);
    ck_assert_str_eq(notes.first->message, readings[_i].note);
}
END_TEST

START_TEST(every_part_that_cannot_be_said_is_told)
{
    struct notes notes = {.arena = arena};
    const struct filter *tree = tree_of(
        OR("{\"not\":true,\"filters\":[" LEAF ",{\"field\":\"tag.1\",\"operator\":\"has\"}]},"
           "{\"filters\":[{\"field\":\"event.a\",\"operator\":\"triggered\"}]}"));

    ck_assert_ptr_null(dialect_print(arena, DIALECT_MAILPANDA, tree, &notes));
    ck_assert_uint_eq(notes.count, 5); /* OR, not, exists, tag, event */
    ck_assert(str_eq_c(notes.last->path, "condition.groups.1.filters.0"));
}
END_TEST

START_TEST(plunk_may_be_deeper_than_pushmail)
{
    const char *condition = OR(GROUP "," GROUP);

    for (unsigned i = 1; i < LIMIT_FILTER_DEPTH; i++)
        condition =
            arena_printf(arena, OR(GROUP ",{\"filters\":[" LEAF "],\"conditions\":%s}"), condition);
    ck_assert_ptr_null(print_in(DIALECT_PUSHMAIL, tree_of(condition)));
}
END_TEST

START_TEST(the_empty_forms_have_no_condition)
{
    ck_assert_str_eq(text_of(dialect_empty(arena, DIALECT_PLUNK)),
                     "{\"logic\":\"AND\",\"groups\":[]}");
    ck_assert_str_eq(text_of(dialect_empty(arena, DIALECT_PUSHMAIL)),
                     "{\"operator\":\"AND\",\"conditions\":[]}");
    ck_assert_str_eq(text_of(dialect_empty(arena, DIALECT_MAILPANDA)), "[]");
    ck_assert_str_eq(dialect_words[DIALECT_MAILPANDA - DIALECT_PLUNK], "mailpanda");
}
END_TEST

/* One spelling for spans of one length: PushMail has only days. */
static void forget_units(const struct filter *leaf, void *ctx)
{
    struct filter_leaf *own = &((struct filter *)(uintptr_t)leaf)->leaf;

    (void)ctx;
    own->amount = 0;
    own->unit = FILTER_UNIT_NONE;
}

static void add_leaves(const struct filter *node, struct filter *into)
{
    if (node->kind == FILTER_LEAF)
        into->children[into->child_count++] = (struct filter *)(uintptr_t)node;
    for (size_t i = 0; i < node->child_count; i++)
        add_leaves(node->children[i], into);
}

/* One All of all leaves: MailPanda has one list. */
static const struct filter *flatten(const struct filter *tree)
{
    struct filter *flat = filter_node(arena, FILTER_ALL, LIMIT_FILTER_LEAVES, "");

    flat->child_count = 0;
    add_leaves(tree, flat);
    return flat;
}

/* A tree reads elsewhere as the same one, but for what that dialect has only one way to say. */
static void check_reading(enum dialect dialect, const struct filter *tree, unsigned *said)
{
    const char *printed = print_in(dialect, tree);
    const struct filter *again = NULL;

    if (!printed)
        return;
    (*said)++;
    again = rules_tree(dialect, printed);
    filter_each_leaf(tree, forget_units, NULL);
    filter_each_leaf(again, forget_units, NULL);
    if (dialect == DIALECT_MAILPANDA) {
        tree = flatten(tree);
        again = flatten(again);
    }
    ck_assert_msg(filter_equal(tree, again), "%s", printed);
}

START_TEST(what_is_said_elsewhere_means_the_same)
{
    unsigned said[2] = {0, 0};

    random_seed("test_dialect");
    for (int i = 0; i < 20000; i++) {
        struct buf text;

        arena_reset(arena);
        buf_init(&text, 1024 * 1024);
        add_condition(&text, 1 + (unsigned)random_below(2));
        check_reading(DIALECT_PUSHMAIL, tree_of(text.at), &said[0]);
        check_reading(DIALECT_MAILPANDA, tree_of(text.at), &said[1]);
        buf_done(&text);
    }
    ck_assert_uint_gt(said[0], 500);
    ck_assert_uint_gt(said[1], 50);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dialect");
    TCase *tests = tcase_create("dialect");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, trees_read_elsewhere_or_say_why_not, 0, (int)ARRAY_LEN(readings));
    tcase_add_test(tests, every_part_that_cannot_be_said_is_told);
    tcase_add_test(tests, plunk_may_be_deeper_than_pushmail);
    tcase_add_test(tests, the_empty_forms_have_no_condition);
    tcase_add_test(tests, what_is_said_elsewhere_means_the_same);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
