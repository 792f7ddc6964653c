/* Which addresses a suppression rule is about. */
#include "store/suppression.h"
#include "store/suppressionset.h"
#include "unit.h"

static const struct {
    enum suppression_kind kind;
    const char *pattern;
    const char *address;
    bool matches;
} rules[] = {
    {SUPPRESSION_ADDRESS, "a@example.com", "a@example.com", true},
    {SUPPRESSION_ADDRESS, "a@example.com", "aa@example.com", false},
    {SUPPRESSION_ADDRESS, "a@example.com", "a@example.com.au", false},
    {SUPPRESSION_DOMAIN, "example.com", "a@example.com", true},
    {SUPPRESSION_DOMAIN, "example.com", "a@mail.example.com", false},
    {SUPPRESSION_DOMAIN, "example.com", "a@notexample.com", false},
    {SUPPRESSION_DOMAIN, "example.com", "example.com@x.org", false},
    {SUPPRESSION_PREFIX, "no-reply", "no-reply@example.com", true},
    {SUPPRESSION_PREFIX, "no-reply", "no-reply+7@example.com", true},
    {SUPPRESSION_PREFIX, "no-reply", "a-no-reply@example.com", false},
    {SUPPRESSION_SUFFIX, ".invalid", "a@b.invalid", true},
    {SUPPRESSION_SUFFIX, ".invalid", "a@b.invalid.org", false},
    {SUPPRESSION_WILDCARD, "*", "a@b.org", true},
    {SUPPRESSION_WILDCARD, "test*@example.*", "test1@example.org", true},
    {SUPPRESSION_WILDCARD, "test*@example.*", "test@example.", true},
    {SUPPRESSION_WILDCARD, "test*@example.*", "atest1@example.org", false},
    {SUPPRESSION_WILDCARD, "*@*.example.com", "a@mail.example.com", true},
    {SUPPRESSION_WILDCARD, "*@*.example.com", "a@example.com", false},
    {SUPPRESSION_WILDCARD, "*a*b", "aab", true},
    {SUPPRESSION_WILDCARD, "*a*b", "abba", false},
    {SUPPRESSION_WILDCARD, "**b", "b", true},
    {SUPPRESSION_WILDCARD, "*ab", "aaab", true},
};

START_TEST(matches_what_it_is_about)
{
    const struct suppression rule = {.kind = rules[_i].kind,
                                     .pattern = str_from(rules[_i].pattern)};
    ck_assert_msg(suppression_matches(&rule, str_from(rules[_i].address)) == rules[_i].matches,
                  "%s and %s", rules[_i].pattern, rules[_i].address);
}
END_TEST

/* Each * goes back at most as often as the text is long. */
START_TEST(no_pattern_takes_long)
{
    char pattern[201];
    char text[255];
    for (size_t i = 0; i < 200; i += 2) {
        pattern[i] = '*';
        pattern[i + 1] = 'a';
    }
    pattern[199] = 'b';
    pattern[200] = '\0';
    memset(text, 'a', 254);
    text[254] = '\0';
    const struct suppression rule = {.kind = SUPPRESSION_WILDCARD, .pattern = str_from(pattern)};
    ck_assert(!suppression_matches(&rule, str_from(text)));
}
END_TEST

/* All rules at once say of each address what they say one by one; each rule alone does so too. */
START_TEST(a_set_agrees_with_its_rules)
{
    AUTO(arena) arena = arena_new();
    struct suppression all[2 * ARRAY_LEN(rules)];
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        size_t r = i % ARRAY_LEN(rules);
        all[i] = (struct suppression){.kind = rules[r].kind,
                                      .pattern = str_from(rules[r].pattern),
                                      .enabled = str_eq_c(str_from(rules[r].pattern), "*") == 0};
    }
    for (size_t count = 1; count <= ARRAY_LEN(all); count++) {
        const struct suppressionset *set = suppressionset_new(arena, all, count);
        for (size_t a = 0; a < ARRAY_LEN(rules); a++) {
            struct str address = str_from(rules[a].address);
            bool expected = false;
            for (size_t i = 0; i < count; i++)
                expected |= all[i].enabled && suppression_matches(&all[i], address);
            ck_assert_msg(suppressionset_matches(set, address) == expected, "%zu rules, %s", count,
                          rules[a].address);
        }
    }
}
END_TEST

START_TEST(a_set_of_disabled_rules_is_none)
{
    AUTO(arena) arena = arena_new();
    const struct suppression off = {.kind = SUPPRESSION_ADDRESS, .pattern = STR("a@b.org")};
    ck_assert_ptr_null(suppressionset_new(arena, &off, 1));
    ck_assert_ptr_null(suppressionset_new(arena, NULL, 0));
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {matches_what_it_is_about, ARRAY_LEN(rules)},
        {no_pattern_takes_long, 0},
        {a_set_agrees_with_its_rules, 0},
        {a_set_of_disabled_rules_is_none, 0},
    };
    return UNIT_RUN("suppression", cases);
}
