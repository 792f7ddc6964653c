/* Arena: alignment, zeroing, growth, what reset keeps. */
#include <signal.h>
#include <sys/resource.h>

#include "unit.h"

/* ck_assert writes to its parent each time: one for a run of bytes, not one for each. */
static bool all_are(const unsigned char *at, size_t len, unsigned char byte)
{
    for (size_t i = 0; i < len; i++) {
        if (at[i] != byte)
            return false;
    }
    return true;
}

START_TEST(memory_is_zeroed_and_aligned)
{
    for (size_t size = 0; size < 200; size++) {
        unsigned char *at = arena_alloc(unit_arena, size);
        ck_assert_uint_eq((uintptr_t)at % 16, 0);
        ck_assert(all_are(at, size, 0));
        memset(at, 0xff, size);
    }
}
END_TEST

START_TEST(memory_is_zeroed_again_after_a_reset)
{
    memset(arena_alloc(unit_arena, 4096), 0xff, 4096);
    arena_reset(unit_arena);
    ck_assert_uint_eq(arena_used_bytes(unit_arena), 0);
    unsigned char *at = arena_alloc(unit_arena, 4096);
    ck_assert(all_are(at, 4096, 0));
}
END_TEST

START_TEST(blocks_do_not_overlap)
{
    enum { COUNT = 3000 };
    unsigned char *at[COUNT];
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < COUNT; i++) {
            at[i] = arena_alloc(unit_arena, i % 1500);
            memset(at[i], (int)(i % 251), i % 1500);
        }
        for (size_t i = 0; i < COUNT; i++)
            ck_assert(all_are(at[i], i % 1500, (unsigned char)(i % 251)));
        arena_reset(unit_arena);
    }
}
END_TEST

START_TEST(one_allocation_may_be_larger_than_a_block)
{
    size_t size = (size_t)5 * 1024 * 1024;
    char *at = arena_alloc(unit_arena, size);
    memset(at, 1, size);
    ck_assert_uint_ge(arena_used_bytes(unit_arena), size);
    char *after = arena_alloc(unit_arena, 16);
    memset(after, 2, 16);
    ck_assert_int_eq(at[size - 1], 1);
}
END_TEST

START_TEST(reset_gives_large_blocks_back)
{
    struct rusage before, after;
    for (int i = 0; i < 150; i++) {
        memset(arena_alloc(unit_arena, (size_t)8 << 20), 1, (size_t)8 << 20);
        if (i == 0)
            getrusage(RUSAGE_SELF, &before);
        arena_reset(unit_arena);
    }
    getrusage(RUSAGE_SELF, &after);
    ck_assert_int_lt(after.ru_maxrss - before.ru_maxrss, 600 * 1024); /* of 1.2 GiB, in KiB */
}
END_TEST

START_TEST(copies_end_with_nul)
{
    char *copy = arena_copy(unit_arena, "abcdef", 3);
    ck_assert_str_eq(copy, "abc");
    ck_assert_str_eq(arena_copy(unit_arena, NULL, 0), "");
    ck_assert_str_eq(arena_printf(unit_arena, "%d-%s", 7, "x"), "7-x");
    ck_assert_str_eq(arena_printf(unit_arena, "%s", ""), "");
    char *longer = arena_printf(unit_arena, "%0200000d", 1);
    ck_assert_uint_eq(strlen(longer), 200000);
}
END_TEST

START_TEST(grows_and_leaves_the_old_copy)
{
    size_t room = 0, *items = NULL;
    const size_t *first = NULL;
    for (size_t count = 0; count < 1000; count++) {
        items = arena_grow(unit_arena, items, count, &room, sizeof *items);
        ck_assert_uint_gt(room, count);
        items[count] = count * 3;
        if (!first)
            first = items;
    }
    for (size_t i = 0; i < 1000; i++)
        ck_assert_uint_eq(items[i], i * 3);
    ck_assert_uint_eq(first[0], 0);
    ck_assert_ptr_eq(arena_grow(unit_arena, items, room - 1, &room, sizeof *items), items);
}
END_TEST

START_TEST(an_array_that_overflows_ends_the_process)
{
    volatile size_t count = SIZE_MAX / 4;
    (void)arena_array(unit_arena, count, 8);
}
END_TEST

START_TEST(free_takes_null)
{
    arena_free(NULL);
    AUTO(arena) scoped = arena_new();
    memset(arena_alloc(scoped, 10), 1, 10);
}
END_TEST

/* unit_run knows no signals; this one test must die. */
static int run_dying_test(void)
{
    Suite *suite = suite_create("arena, out of memory");
    TCase *tcase = tcase_create("dies");
    SRunner *runner = srunner_create(suite);
    tcase_add_test_raise_signal(tcase, an_array_that_overflows_ends_the_process, SIGABRT);
    suite_add_tcase(suite, tcase);
    int failed = 0;
    if (srunner_fork_status(runner) == CK_FORK) {
        unit_arena = arena_new();
        srunner_run_all(runner, CK_NORMAL);
        failed = srunner_ntests_failed(runner);
        arena_free(unit_arena);
    }
    srunner_free(runner);
    return failed;
}

int main(void)
{
    const struct unit_case cases[] = {
        {memory_is_zeroed_and_aligned, 0},  {memory_is_zeroed_again_after_a_reset, 0},
        {blocks_do_not_overlap, 0},         {one_allocation_may_be_larger_than_a_block, 0},
        {reset_gives_large_blocks_back, 0}, {copies_end_with_nul, 0},
        {grows_and_leaves_the_old_copy, 0}, {free_takes_null, 0},
    };
    return UNIT_RUN("arena", cases) || run_dying_test();
}
