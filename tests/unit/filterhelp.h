/* What the tests of filter/ share: JSON text in, trees and messages out. */
#ifndef MUSTER_TESTS_FILTERHELP_H
#define MUSTER_TESTS_FILTERHELP_H

#include <check.h>
#include <stdlib.h>

#include "base/buf.h"
#include "filter/plunk.h"
#include "json/jsonread.h"
#include "json/jsonwrite.h"

static struct arena *arena;

static void setup(void)
{
    arena = arena_new();
}

static void teardown(void)
{
    arena_free(arena);
    arena = NULL;
}

/* The value of a JSON text that is known to be good. */
static inline const struct jsonval *json_of(const char *text)
{
    const struct jsonval *value = NULL;
    struct err_info info = {0};

    ck_assert_msg(jsonread_parse(arena, str_from(text), &value, &info) == 0, "%s: %s", text,
                  info.message);
    return value;
}

/* The text of a JSON value. */
static inline const char *text_of(const struct jsonval *value)
{
    struct buf out;
    struct jsonwrite writer;
    const char *text = NULL;

    buf_init(&out, 4 * 1024 * 1024);
    jsonwrite_init(&writer, &out);
    jsonwrite_value(&writer, value);
    ck_assert(jsonwrite_ok(&writer));
    text = arena_copy(arena, out.at, out.len);
    buf_done(&out);
    return text;
}

/* A condition with one filter. */
static inline const char *with_filter(const char *filter)
{
    return arena_printf(arena, "{\"logic\":\"AND\",\"groups\":[{\"filters\":[%s]}]}", filter);
}

/* A filter as text; `value` is JSON, NULL: absent. The unit is days. */
static inline const char *filter_text(const char *field, const char *operator_name,
                                      const char *value)
{
    return arena_printf(arena, "{\"field\":\"%s\",\"operator\":\"%s\",\"unit\":\"days\"%s%s}",
                        field, operator_name, value ? ",\"value\":" : "", value ? value : "");
}

static inline int parse(const char *text, const struct filter **ret, struct err_info *info)
{
    *info = (struct err_info){0};
    *ret = NULL;
    return plunk_parse(arena, json_of(text), "condition", ret, info);
}

/* The tree of a condition that must be good. */
static inline const struct filter *tree_of(const char *text)
{
    const struct filter *tree = NULL;
    struct err_info info;

    ck_assert_msg(parse(text, &tree, &info) == 0, "%s: %s", text, info.message);
    return tree;
}

/* The leaf of a condition that has one filter. */
static inline const struct filter_leaf *leaf_of(const char *filter)
{
    const struct filter *tree = tree_of(with_filter(filter));

    ck_assert_int_eq(tree->kind, FILTER_LEAF);
    return &tree->leaf;
}

/* A condition is refused with this text at this place, and nothing comes back. */
static inline void expect_refused(const char *text, const char *place, const char *message)
{
    const struct filter *tree = NULL;
    struct err_info info;
    int err = parse(text, &tree, &info);

    ck_assert_msg(err == ERR_INVAL, "accepted: %.300s", text);
    ck_assert_ptr_null(tree);
    ck_assert_str_eq(info.message, message);
    ck_assert_str_eq(info.code, "BAD_REQUEST");
    ck_assert_int_eq(info.has_item, 1);
    ck_assert_str_eq(info.item.field, place);
    ck_assert_str_eq(info.item.message, message);
}

/* As expect_refused, for the filter of a condition that has one. */
static inline void expect_filter_refused(const char *filter, const char *message)
{
    expect_refused(with_filter(filter), "condition.groups.0.filters.0", message);
}

static inline int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed = 0;

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
