/* The table of operators, and the matrix that it makes: every operator × column × operand. */
#include "filterhelp.h"

#include <string.h>

#include "filter/operators.h"

/* Operands by letter. */
static const struct {
    char letter;
    const char *json; /* NULL: absent */
} operands[] = {
    {'s', "\"abc\""},
    {'w', "\"bounced\""},
    {'d', "\"2026-01-02\""},
    {'i', "\"2026-01-02T03:04:05.006+01:00\""},
    {'u', "\"2026-02-30\""},
    {'v', "\"2026-01-02T03:04:05\""}, /* no zone: shaped like a date, names no instant */
    {'n', "5"},
    {'f', "-0.5"},
    {'b', "true"},
    {'l', "[\"a\", 1, false, \"2026-01-02\"]"},
    {'e', "[]"},
    {'x', "[\"bounced\", \"subscribed\"]"},
    {'p', "[1, 2]"},
    {'q', "[\"2026-01-02\", \"2026-01-01T10:00Z\"]"},
    {'m', "[\"2026-01-02\", 3]"},
    {'r', "[\"2026-01-02\", \"abc\"]"},
    {'y', "[\"2026-02-30\", \"2026-03-01\"]"},
    {'0', "[null, 1]"},
    {'o', "[{\"a\":1}, 1]"},
    {'k', "[[1], 1]"},
    {'t', "[true, false]"},
    {'{', "{\"a\":1}"},
    {'N', "null"},
    {'-', NULL},
};

#define ANY_OPERAND "swdiuvnfblexpqmry0okt{N-"

/* Which operands fit, by operator and column; no row: the operator does not fit the column. */
static const struct {
    const char *operators;
    const char *columns;
    const char *fit;
} matrix[] = {
    {"equals notEquals", "email", "swdi"},
    {"equals notEquals", "subscribed", "b"},
    {"equals notEquals", "status", "w"},
    {"equals notEquals", "createdAt updatedAt subscribedAt", "din"},
    {"equals notEquals", "data.k data.a.b", "swdinfblexpqmrt"},
    {"contains notContains", "email", "swdiuv"},
    {"contains notContains", "data.k data.a.b", "swdiuvnfb"},
    {"startsWith notStartsWith endsWith notEndsWith", "email data.k data.a.b", "swdiuv"},
    {"in notIn", "email", "xqr"},
    {"in notIn", "status", "x"},
    {"in notIn", "data.k data.a.b", "lxpqmrt"},
    {"greaterThan greaterThanOrEqual lessThan lessThanOrEqual", "createdAt updatedAt subscribedAt",
     "din"},
    {"greaterThan greaterThanOrEqual lessThan lessThanOrEqual", "data.k data.a.b", "swdinf"},
    {"between", "createdAt updatedAt subscribedAt", "pqm"},
    {"between", "data.k data.a.b", "xpq"},
    {"exists notExists isEmpty notEmpty", "data.k data.a.b", ANY_OPERAND},
    {"within olderThan withinNext moreThanAhead anniversaryWithinNext",
     "createdAt updatedAt subscribedAt data.k data.a.b", "n"},
    {"triggered notTriggered", "event.e email.opened", ANY_OPERAND},
    {"triggeredWithin triggeredOlderThan notTriggeredWithin", "event.e email.opened", "n"},
    {"firstTriggeredWithin firstTriggeredOlderThan", "event.e email.opened", "n"},
    {"countAtLeast countAtMost countEquals", "event.e email.opened", "n"},
    {"has notHas", "tag.5 list.0f8fad5b-d9cb-469f-a165-70867728950e campaign.1 sequence.2",
     ANY_OPERAND},
    {"memberOfSegment notMemberOfSegment", "segment.0f8fad5b-d9cb-469f-a165-70867728950e",
     ANY_OPERAND},
};

static const struct {
    const char *field;
    const char *kind;
} fields[] = {
    {"email", "string"},
    {"subscribed", "boolean"},
    {"status", "string"},
    {"createdAt", "date"},
    {"updatedAt", "date"},
    {"subscribedAt", "date"},
    {"data.k", "JSON"},
    {"data.a.b", "JSON"},
    {"event.e", "event"},
    {"email.opened", "email activity"},
    {"segment.0f8fad5b-d9cb-469f-a165-70867728950e", "segment"},
    {"tag.5", "tag"},
    {"list.0f8fad5b-d9cb-469f-a165-70867728950e", "list"},
    {"campaign.1", "campaign"},
    {"sequence.2", "sequence"},
};

static bool has_word(const char *words, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = words; (at = strstr(at, word)) != NULL; at += len) {
        if ((at == words || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
            return true;
    }
    return false;
}

/* The operands that fit; NULL when the operator does not fit the field at all. */
static const char *fit_of(const char *operator_name, const char *field)
{
    for (size_t i = 0; i < ARRAY_LEN(matrix); i++) {
        if (has_word(matrix[i].operators, operator_name) && has_word(matrix[i].columns, field))
            return matrix[i].fit;
    }
    return NULL;
}

static const char *misfit_message(const char *operator_name, size_t field)
{
    if (has_word("memberOfSegment notMemberOfSegment", operator_name))
        return "memberOfSegment/notMemberOfSegment operators require a segment field "
               "(segment.<id>)";
    return arena_printf(arena, "Unsupported operator for %s field: %s", fields[field].kind,
                        operator_name);
}

static void check_cell(const char *operator_name, size_t field, size_t operand)
{
    const char *filter = filter_text(fields[field].field, operator_name, operands[operand].json);
    const char *fit = fit_of(operator_name, fields[field].field);
    const char *condition = with_filter(filter);
    const struct filter *tree = NULL;
    struct err_info info;
    int err = parse(condition, &tree, &info);

    if (!fit) {
        expect_filter_refused(filter, misfit_message(operator_name, field));
        return;
    }
    ck_assert_msg((err == 0) == (strchr(fit, operands[operand].letter) != NULL), "%s: %s", filter,
                  err ? info.message : "accepted");
    if (err == 0)
        return;
    ck_assert_int_eq(err, ERR_INVAL);
    ck_assert_str_eq(info.item.field, "condition.groups.0.filters.0");
    if (!operands[operand].json || strcmp(operands[operand].json, "null") == 0)
        ck_assert_str_eq(info.message,
                         arena_printf(arena, "Operator \"%s\" requires a value", operator_name));
    else
        ck_assert_msg(strstr(info.message, arena_printf(arena, "Operator \"%s\" on %s takes ",
                                                        operator_name, fields[field].field)) ==
                          info.message,
                      "%s: %s", filter, info.message);
}

START_TEST(the_whole_matrix)
{
    const struct operators_entry *entry = operators_at((size_t)_i);

    for (size_t field = 0; field < ARRAY_LEN(fields); field++) {
        for (size_t operand = 0; operand < ARRAY_LEN(operands); operand++) {
            arena_reset(arena);
            check_cell(entry->name, field, operand);
        }
    }
}
END_TEST

/* The entry is what its own operator gives on the columns that it fits. */
static void check_get(const struct operators_entry *entry, const char *field)
{
    const char *value = "[1,2]";
    const char *const values[] = {"5", "\"x\"", "true", "\"bounced\"", value, "[\"bounced\"]"};
    const struct filter *tree = NULL;
    struct err_info info;

    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        if (parse(with_filter(filter_text(field, entry->name, values[i])), &tree, &info) == 0)
            ck_assert_ptr_eq(operators_get(tree->leaf.op, tree->leaf.negated, tree->leaf.column),
                             entry);
    }
}

START_TEST(every_row_of_the_matrix_names_known_operators)
{
    size_t rows = 0;

    for (size_t i = 0; operators_at(i); i++) {
        bool named = false;

        for (size_t row = 0; row < ARRAY_LEN(matrix); row++)
            named = named || has_word(matrix[row].operators, operators_at(i)->name);
        ck_assert_msg(named, "%s", operators_at(i)->name);
        ck_assert_ptr_eq(operators_find(str_from(operators_at(i)->name)), operators_at(i));
        for (size_t field = 0; field < ARRAY_LEN(fields); field++)
            check_get(operators_at(i), fields[field].field);
        rows++;
    }
    ck_assert_uint_eq(rows, 38);
    ck_assert_ptr_null(operators_get(FILTER_GREATER, true, FILTER_DATA));
    ck_assert_ptr_null(operators_find(STR("equal")));
}
END_TEST

START_TEST(units_have_names)
{
    static const struct {
        enum filter_unit unit;
        const char *name;
    } units[] = {{FILTER_MINUTES, "minutes"},
                 {FILTER_HOURS, "hours"},
                 {FILTER_DAYS, "days"},
                 {FILTER_WEEKS, "weeks"}};

    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        ck_assert_str_eq(operators_unit_name(units[i].unit), units[i].name);
        ck_assert_int_eq(operators_unit(str_from(units[i].name)), units[i].unit);
    }
    ck_assert_ptr_null(operators_unit_name(FILTER_UNIT_NONE));
    ck_assert_int_eq(operators_unit(STR("")), FILTER_UNIT_NONE);
    ck_assert_int_eq(operators_unit(STR("months")), FILTER_UNIT_NONE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("operators");
    TCase *tests = tcase_create("operators");
    size_t operators = 0;

    while (operators_at(operators))
        operators++;
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, the_whole_matrix, 0, (int)operators);
    tcase_add_test(tests, every_row_of_the_matrix_names_known_operators);
    tcase_add_test(tests, units_have_names);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
