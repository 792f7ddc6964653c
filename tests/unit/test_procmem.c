/* The memory of this process: what is written to shows, what is shared is not counted as ours. */
#include <sys/mman.h>

#include "base/procmem.h"
#include "unit.h"

#define MEGABYTE ((size_t)1024 * 1024)

static void *map_anonymous(size_t size, int flags)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);
    ck_assert_ptr_ne(at, MAP_FAILED);
    memset(at, 1, size);
    return at;
}

START_TEST(private_memory_counts_as_both)
{
    struct procmem before = procmem_now();
    ck_assert_uint_gt(before.private_bytes, 0);
    ck_assert_uint_ge(before.resident_bytes, before.private_bytes);
    void *at = map_anonymous(64 * MEGABYTE, MAP_PRIVATE);
    struct procmem after = procmem_now();
    ck_assert_uint_ge(after.resident_bytes, before.resident_bytes + 60 * MEGABYTE);
    ck_assert_uint_ge(after.private_bytes, before.private_bytes + 60 * MEGABYTE);
    ck_assert_int_eq(munmap(at, 64 * MEGABYTE), 0);
    ck_assert_uint_lt(procmem_now().private_bytes, after.private_bytes - 60 * MEGABYTE);
}
END_TEST

START_TEST(shared_memory_is_not_private)
{
    struct procmem before = procmem_now();
    void *at = map_anonymous(64 * MEGABYTE, MAP_SHARED);
    struct procmem after = procmem_now();
    ck_assert_uint_ge(after.resident_bytes, before.resident_bytes + 60 * MEGABYTE);
    ck_assert_uint_lt(after.private_bytes, before.private_bytes + 8 * MEGABYTE);
    ck_assert_int_eq(munmap(at, 64 * MEGABYTE), 0);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {private_memory_counts_as_both, 0},
        {shared_memory_is_not_private, 0},
    };
    return UNIT_RUN("procmem", cases);
}
