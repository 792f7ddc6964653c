/* A second process: what it tells, that its death is seen, and that it ends with us. */
#include "base/subprocess.h"

#include <signal.h>
#include <unistd.h>

#include "base/stopsignal.h"
#include "unit.h"

struct told {
    int number;
    bool was_asked;
};

static void tell(void *shared, void *ctx)
{
    struct told *told = shared;
    told->number = *(int *)ctx + 1;
}

static void die(void *shared, void *ctx)
{
    (void)shared;
    (void)ctx;
    (void)raise(SIGKILL);
}

static void work_until_asked(void *shared, void *ctx)
{
    struct told *told = shared;
    (void)ctx;
    told->number = 1;
    while (!stopsignal_asked()) {
        (void)stopsignal_wait(-1, 1000);
    }
    told->was_asked = true;
}

START_TEST(it_tells_what_it_did)
{
    struct subprocess process;
    struct err_info info = {0};
    int number = 41;
    bool good = false;
    ck_assert_int_eq(subprocess_start(&process, sizeof(struct told), tell, &number, &info), 0);
    ck_assert(subprocess_wait(&process, 10000, &good));
    ck_assert(good);
    ck_assert_int_eq(((struct told *)process.shared)->number, 42);
    ck_assert_int_eq(number, 41);
    subprocess_done(&process);
    ck_assert_ptr_null(process.shared);
}
END_TEST

START_TEST(its_death_is_seen)
{
    struct subprocess process;
    struct err_info info = {0};
    bool good = true;
    ck_assert_int_eq(subprocess_start(&process, sizeof(struct told), die, NULL, &info), 0);
    ck_assert(subprocess_wait(&process, 10000, &good));
    ck_assert(!good);
    subprocess_done(&process);
}
END_TEST

START_TEST(it_is_asked_to_stop)
{
    struct subprocess process;
    struct err_info info = {0};
    bool good = false;
    stopsignal_prepare();
    ck_assert_int_eq(subprocess_start(&process, sizeof(struct told), work_until_asked, NULL, &info),
                     0);
    while (((volatile struct told *)process.shared)->number == 0) {
        ck_assert(!subprocess_wait(&process, 0, &good));
    }
    ck_assert(!subprocess_wait(&process, 20, &good));
    subprocess_stop(&process);
    ck_assert(subprocess_wait(&process, 10000, &good));
    ck_assert(good);
    ck_assert(((struct told *)process.shared)->was_asked);
    subprocess_done(&process);
}
END_TEST

START_TEST(it_is_killed_when_nobody_waits)
{
    struct subprocess process;
    struct err_info info = {0};
    stopsignal_prepare(); /* SIGTERM would be held back */
    ck_assert_int_eq(subprocess_start(&process, sizeof(struct told), work_until_asked, NULL, &info),
                     0);
    pid_t pid = process.pid;
    subprocess_done(&process);
    ck_assert_int_eq(kill(pid, 0), -1);
    subprocess_done(&process); /* zeroed: nothing */
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {it_tells_what_it_did, 0},
        {its_death_is_seen, 0},
        {it_is_asked_to_stop, 0},
        {it_is_killed_when_nobody_waits, 0},
    };
    return UNIT_RUN("subprocess", cases);
}
