/* UUIDs and random numbers. */
#include <sys/wait.h>
#include <unistd.h>

#include "base/uuid.h"
#include "unit.h"

START_TEST(new_ones_are_version_4_and_differ)
{
    struct uuid seen[1000];
    for (size_t i = 0; i < ARRAY_LEN(seen); i++) {
        char text[37];
        seen[i] = uuid_new();
        uuid_format(&seen[i], text);
        ck_assert_int_eq(text[14], '4');
        ck_assert_ptr_nonnull(strchr("89ab", text[19]));
        for (size_t k = 0; k < i; k++)
            ck_assert(!uuid_eq(&seen[i], &seen[k]));
    }
}
END_TEST

START_TEST(text_and_back)
{
    struct uuid uuid = {{0}}, again;
    char text[37];
    for (size_t i = 0; i < 16; i++)
        uuid.bytes[i] = (uint8_t)(0x10 * i + 0x0f - i);
    uuid_format(&uuid, text);
    ck_assert_str_eq(text, "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0");
    ck_assert(uuid_parse(str_from(text), &again));
    ck_assert(uuid_eq(&uuid, &again));
    ck_assert(uuid_parse(STR("0F1E2d3c-4B5A-6978-8796-A5B4C3D2E1F0"), &again));
    ck_assert(uuid_eq(&uuid, &again));
}
END_TEST

static const char *const malformed[] = {
    "",
    "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f",
    "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f00",
    "0f1e2d3c4b5a-6978-8796-a5b4c3d2e1f0-",
    "0f1e2d3c-4b5a-6978-8796_a5b4c3d2e1f0",
    "0g1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
    "{0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f",
    "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f ",
    "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f-",
};

START_TEST(refuses_other_texts)
{
    struct uuid uuid = {{7}};
    ck_assert(!uuid_parse(str_from(malformed[_i]), &uuid));
    ck_assert_uint_eq(uuid.bytes[0], 7);
}
END_TEST

START_TEST(random63_is_positive)
{
    int64_t all = 0;
    for (int i = 0; i < 10000; i++) {
        int64_t value = uuid_random63();
        ck_assert_int_gt(value, 0);
        all |= value;
    }
    ck_assert(all == INT64_MAX); /* every bit was set at least once */
}
END_TEST

START_TEST(a_child_draws_other_numbers)
{
    int ends[2];
    int64_t theirs = 0;
    (void)uuid_random63(); /* the pool is filled before the fork */
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        int64_t mine = uuid_random63();
        _exit(write(ends[1], &mine, sizeof mine) == sizeof mine ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_int_eq(read(ends[0], &theirs, sizeof theirs), sizeof theirs);
    ck_assert(uuid_random63() != theirs);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {new_ones_are_version_4_and_differ, 0},
        {text_and_back, 0},
        {refuses_other_texts, ARRAY_LEN(malformed)},
        {random63_is_positive, 0},
        {a_child_draws_other_numbers, 0},
    };
    return UNIT_RUN("uuid", cases);
}
