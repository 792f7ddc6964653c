/* Addresses: what is one, and its stored form. */
#include "base/limits.h"
#include "store/email.h"
#include "unit.h"

static const struct {
    const char *given;
    const char *stored; /* NULL: no address */
} rows[] = {
    {"ann@example.com", "ann@example.com"},
    {" \t\r\nAnn.B+c@EXAMPLE.Com \v\f", "ann.b+c@example.com"},
    {"a@b", "a@b"},
    {"o'brien!#$%&*/=?^_`{|}~@x.y", "o'brien!#$%&*/=?^_`{|}~@x.y"},
    {"J\xc3\x96RG@B\xc3\x9c.DE", "j\xc3\x96rg@b\xc3\x9c.de"}, /* only ASCII letters change */
    {"", NULL},
    {"   ", NULL},
    {"plain", NULL},
    {"@b.c", NULL},
    {"a@", NULL},
    {"@", NULL},
    {"a@@b.c", NULL},
    {"a@b@c", NULL},
    {"a b@c.d", NULL},
    {"a@b c.d", NULL},
    {"a@b\tc", NULL},
    {"a\x7f@b.c", NULL},
    {"a@.b", NULL},
    {"a@b.", NULL},
    {"a@b..c", NULL},
    {"a@.", NULL},
};

START_TEST(addresses)
{
    struct str stored = STR("untouched");
    bool good = email_normalise(unit_arena, str_from(rows[_i].given), &stored);
    ck_assert_msg(good == (rows[_i].stored != NULL), "%s", rows[_i].given);
    unit_str_eq(stored, good ? rows[_i].stored : "untouched");
}
END_TEST

START_TEST(length)
{
    char text[LIMIT_EMAIL_BYTES + 3];
    struct str stored;
    memset(text, 'a', sizeof text);
    text[2] = '@';
    ck_assert(email_normalise(unit_arena, (struct str){text, LIMIT_EMAIL_BYTES}, &stored));
    ck_assert(!email_normalise(unit_arena, (struct str){text, LIMIT_EMAIL_BYTES + 1}, &stored));
    text[LIMIT_EMAIL_BYTES] = ' '; /* blanks around do not count */
    ck_assert(email_normalise(unit_arena, (struct str){text, LIMIT_EMAIL_BYTES + 1}, &stored));
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {addresses, ARRAY_LEN(rows)},
        {length, 0},
    };
    return UNIT_RUN("email", cases);
}
