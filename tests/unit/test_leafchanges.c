/* What changed from one filter to another: leaves that only one of the two has. */
#include "filter/leafchanges.h"

#include "filter/plunkleaf.h"
#include "filterhelp.h"

#define A "{\"field\":\"data.a\",\"operator\":\"exists\"}"
#define NOT_A "{\"field\":\"data.a\",\"operator\":\"notExists\"}"
#define B "{\"field\":\"data.b\",\"operator\":\"equals\",\"value\":1}"
#define B2 "{\"field\":\"data.b\",\"operator\":\"equals\",\"value\":2}"
#define W(n)                                                                                       \
    "{\"field\":\"event.e\",\"operator\":\"countAtLeast\",\"value\":2,\"window\":{\"value\":" #n   \
    ",\"unit\":\"days\"}}"
#define WHERE(sku)                                                                                 \
    "{\"field\":\"event.e\",\"operator\":\"triggered\",\"where\":[{\"property\":\"sku\","          \
    "\"operator\":\"equals\",\"value\":\"" #sku "\"}]}"

/* Lists of leaves, without their outer brackets. NULL: there was no filter. */
static const struct {
    const char *from, *to;
    const char *added, *removed;
} cases[] = {
    {NULL, A, A, ""},
    {NULL, A "," B "," A, A "," B "," A, ""},
    {A, A, "", ""},
    {A "," B, B "," A, "", ""},
    {A "," B, B, "", A},
    {B, A "," B, A, ""},
    {A, NOT_A, NOT_A, A},
    {B, B2, B2, B},
    {A "," A, A, "", A},
    {A, A "," A "," A, A "," A, ""},
    {A "," B "," A "," B2, B2 "," A "," B "," B, B, A},
    {W(1), W(2), W(2), W(1)},
    {W(1), W(1), "", ""},
    {WHERE(x), WHERE(y), WHERE(y), WHERE(x)},
    {A "," B "," W(1), WHERE(x) "," W(1) "," A, WHERE(x), B},
};

static const char *leaves_of(const struct filter *const *leaves, size_t count)
{
    const char *all = "";
    for (size_t i = 0; i < count; i++) {
        struct jsonval leaf;
        plunkleaf_print(arena, &leaves[i]->leaf, &leaf);
        all = arena_printf(arena, "%s%s%s", all, i ? "," : "", text_of(&leaf));
    }
    return all;
}

START_TEST(tells_added_from_removed)
{
    struct leafchanges changes;
    const struct filter *from = cases[_i].from ? tree_of(with_filter(cases[_i].from)) : NULL;
    leafchanges_between(arena, from, tree_of(with_filter(cases[_i].to)), &changes);
    ck_assert_str_eq(leaves_of(changes.added, changes.added_count), cases[_i].added);
    ck_assert_str_eq(leaves_of(changes.removed, changes.removed_count), cases[_i].removed);
}
END_TEST

/* Where a leaf stands is no part of it. */
START_TEST(looks_into_every_group)
{
    static const char nested[] =
        "{\"logic\":\"OR\",\"groups\":[{\"filters\":[" B "]},{\"not\":true,\"filters\":[" B2
        "],\"conditions\":{\"logic\":\"AND\",\"groups\":[{\"filters\":[" A "]}]}}]}";
    struct leafchanges changes;
    leafchanges_between(arena, tree_of(with_filter(A "," B "," W(1))), tree_of(nested), &changes);
    ck_assert_str_eq(leaves_of(changes.added, changes.added_count), B2);
    ck_assert_str_eq(leaves_of(changes.removed, changes.removed_count), W(1));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("leafchanges");
    TCase *tcase = tcase_create("leafchanges");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, tells_added_from_removed, 0, (int)ARRAY_LEN(cases));
    tcase_add_test(tcase, looks_into_every_group);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
