/* What the tests of PushMail's and MailPanda's rules share: refusals, and trees that read back. */
#ifndef MUSTER_TESTS_DIALECTHELP_H
#define MUSTER_TESTS_DIALECTHELP_H

#include "filter/dialect.h"
#include "filterhelp.h"

/* The tree of rules that must be good. */
static inline const struct filter *rules_tree(enum dialect dialect, const char *rules)
{
    const struct filter *tree = NULL;
    struct err_info info = {0};

    ck_assert_msg(dialect_parse(arena, dialect, json_of(rules), "rules", &tree, &info) == 0,
                  "%s: %s", rules, info.message);
    return tree;
}

/* Rules are refused with this text at this place, and nothing comes back. */
static inline void expect_rules_refused(enum dialect dialect, const char *rules, const char *place,
                                        const char *message)
{
    const struct filter *tree = NULL;
    struct err_info info = {0};
    int err = dialect_parse(arena, dialect, json_of(rules), "rules", &tree, &info);

    ck_assert_msg(err == ERR_INVAL, "accepted: %.300s", rules);
    ck_assert_ptr_null(tree);
    ck_assert_str_eq(info.message, message);
    ck_assert_str_eq(info.code, "BAD_REQUEST");
    ck_assert_str_eq(info.item.field, place);
    ck_assert_str_eq(info.item.message, message);
}

/* A tree in a dialect, as text; NULL when it cannot be said there. */
static inline const char *print_in(enum dialect dialect, const struct filter *tree)
{
    struct notes notes = {.arena = arena};
    const struct jsonval *printed = dialect_print(arena, dialect, tree, &notes);

    ck_assert((printed == NULL) == (notes.count > 0));
    return printed ? text_of(printed) : NULL;
}

/*
 * Rules of a dialect print, read back as the same tree and print the same again; and so do they
 * through Plunk, which is how they are stored.
 */
static inline void check_rules_round_trip(enum dialect dialect, const char *rules)
{
    const struct filter *tree = rules_tree(dialect, rules);
    const char *printed = print_in(dialect, tree);
    const char *canonical = text_of(plunk_print(arena, tree));
    const struct filter *again = NULL;

    ck_assert_msg(printed != NULL, "%s", rules);
    again = rules_tree(dialect, printed);
    ck_assert_msg(filter_equal(tree, again), "%s\n%s", rules, printed);
    ck_assert_str_eq(print_in(dialect, again), printed);
    ck_assert_msg(filter_equal(tree, tree_of(canonical)), "%s\n%s", rules, canonical);
}

#endif
