/* err: what is kept of a failure, and how it is cut. */
#include "base/err.h"
#include "unit.h"

START_TEST(keeps_code_and_message)
{
    struct err_info info = {0};
    ck_assert_int_eq(err_set(&info, ERR_CONFLICT, "TAKEN", "%s is taken", "x"), ERR_CONFLICT);
    ck_assert_str_eq(info.code, "TAKEN");
    ck_assert_str_eq(info.message, "x is taken");
    ck_assert(!info.has_item);
    ck_assert_int_eq(err_set(NULL, ERR_INVAL, NULL, "nobody listens"), ERR_INVAL);
    ck_assert_int_eq(err_set_at(NULL, ERR_INVAL, NULL, "a", "nobody listens"), ERR_INVAL);
}
END_TEST

START_TEST(keeps_the_place)
{
    struct err_info info = {0};
    ck_assert_int_eq(err_set_at(&info, ERR_INVAL, NULL, "a.0.b", "no %d", 7), ERR_INVAL);
    ck_assert_str_eq(info.code, "");
    ck_assert_str_eq(info.message, "no 7");
    ck_assert(info.has_item);
    ck_assert_str_eq(info.item.field, "a.0.b");
    ck_assert_str_eq(info.item.message, "no 7");
    ck_assert_str_eq(info.item.code, "");
    /* A second failure leaves nothing of the first. */
    (void)err_set(&info, ERR_INVAL, NULL, "other");
    ck_assert(!info.has_item);
    ck_assert_int_eq(err_set_at(&info, ERR_INVAL, NULL, NULL, "somewhere"), ERR_INVAL);
    ck_assert(info.has_item);
    ck_assert_str_eq(info.item.field, "");
}
END_TEST

START_TEST(may_be_made_of_itself)
{
    struct err_info info = {0};
    (void)err_set_at(&info, ERR_INVAL, "CODE", "field", "inner");
    (void)err_set_at(&info, ERR_INVAL, info.code, info.item.field, "outer: %s", info.message);
    ck_assert_str_eq(info.code, "CODE");
    ck_assert_str_eq(info.item.field, "field");
    ck_assert_str_eq(info.message, "outer: inner");
}
END_TEST

/* Long texts lose their end, never half a character: an answer must be printable. */
START_TEST(is_cut_between_characters)
{
    for (size_t lead = 0; lead < 8; lead++) {
        struct err_info info = {0};
        char text[1200] = {0};
        memset(text, 'x', lead);
        for (size_t at = lead; at + 4 < sizeof text; at += 4)
            memcpy(text + at, "\xf0\x9f\x98\x80", 4);
        (void)err_set_at(&info, ERR_INVAL, text, text, "%s", text);
        const char *kept[] = {info.code, info.message, info.item.field, info.item.message};
        const size_t size[] = {sizeof info.code, sizeof info.message, sizeof info.item.field,
                               sizeof info.item.message};
        for (size_t i = 0; i < 4; i++) {
            ck_assert(str_is_utf8(str_from(kept[i])));
            ck_assert_uint_gt(strlen(kept[i]), size[i] - 5);
            ck_assert_int_eq(strncmp(kept[i], text, strlen(kept[i])), 0);
        }
    }
}
END_TEST

/* Nor half of one that a message cuts out of a longer text, which is followed by more. */
START_TEST(loses_half_a_character_within)
{
    struct err_info info = {0};
    (void)err_set_at(&info, ERR_INVAL, NULL, "a", "\"%.*s\" is \x80none", 4,
                     "x\xe2\x82\xac\xe2\x82\xac");
    ck_assert_str_eq(info.message, "\"x\xe2\x82\xac\" is none");
    ck_assert_str_eq(info.item.message, info.message);
    (void)err_set(&info, ERR_INVAL, NULL, "\"%.*s\"", 6, "x\xe2\x82\xac\xe2\x82\xac");
    ck_assert_str_eq(info.message, "\"x\xe2\x82\xac\"");
}
END_TEST

START_TEST(every_err_has_a_name)
{
    for (int a = ERR_INTERNAL; a <= 0; a++) {
        ck_assert_str_ne(err_name(a), "unknown");
        for (int b = ERR_INTERNAL; b < a; b++)
            ck_assert_str_ne(err_name(a), err_name(b));
    }
    ck_assert_str_eq(err_name(0), "ok");
    ck_assert_str_eq(err_name(ERR_CONFLICT), "conflict");
    ck_assert_str_eq(err_name(-1000), "unknown");
    ck_assert_str_eq(err_name(5), "unknown");
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {keeps_code_and_message, 0},        {keeps_the_place, 0},
        {may_be_made_of_itself, 0},         {is_cut_between_characters, 0},
        {loses_half_a_character_within, 0}, {every_err_has_a_name, 0},
    };
    return UNIT_RUN("err", cases);
}
