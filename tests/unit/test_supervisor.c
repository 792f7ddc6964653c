/* The parent of the worker's processes: who is started again, and who ends with whom. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/stopsignal.h"
#include "base/timeutil.h"
#include "unit.h"
#include "worker/supervisor.h"

static const char *const names[] = {"one", "two"};
static int told[2]; /* a pipe: children write "<number> <pid>\n" as they start */

struct order {
    bool ends_at_once; /* child 0 does */
    int status;        /* of those that are asked to stop */
};

static int child_body(void *ctx, unsigned child)
{
    const struct order *order = ctx;
    char line[32];
    int len = snprintf(line, sizeof(line), "%u %d\n", child, (int)getpid());
    if (write(told[1], line, (size_t)len) != len)
        return 9;
    if (order->ends_at_once && child == 0)
        return 0;
    while (!stopsignal_asked())
        (void)stopsignal_wait(-1, 20000);
    return order->status;
}

/* Starts a supervisor of two in a process of its own; its exit status is 0 when all went well. */
static pid_t start(struct order *order)
{
    ck_assert_int_eq(pipe(told), 0);
    pid_t parent = fork();
    if (parent == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, STDERR_FILENO);
        _exit(supervisor_run(names, 2, child_body, order) ? 0 : 1);
    }
    close(told[1]);
    return parent;
}

/* The next child that starts. Returns its number. */
static unsigned next_start(int *ret_pid)
{
    char line[32];
    size_t len = 0;
    unsigned child;
    alarm(20);
    while (len + 1 < sizeof(line) && read(told[0], line + len, 1) == 1 && line[len] != '\n')
        len++;
    line[len] = '\0';
    ck_assert_int_eq(sscanf(line, "%u %d", &child, ret_pid), 2);
    return child;
}

/* True when every writer of the pipe is gone, within two seconds. */
static bool all_are_gone(void)
{
    char byte;
    int64_t start_us = timeutil_mono_us();
    ssize_t got;
    fcntl(told[0], F_SETFL, O_NONBLOCK);
    while ((got = read(told[0], &byte, 1)) != 0 && timeutil_mono_us() - start_us < 2000000)
        usleep(1000);
    return got == 0;
}

static int end_of(pid_t parent)
{
    int status;
    ck_assert_int_eq(waitpid(parent, &status, 0), parent);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

START_TEST(one_that_is_killed_is_started_again)
{
    struct order order = {0};
    int first[2], again;
    pid_t parent = start(&order);
    for (int i = 0; i < 2; i++) {
        int pid;
        unsigned child = next_start(&pid);
        first[child] = pid;
    }
    int64_t start_us = timeutil_mono_us();
    kill(first[1], SIGKILL);
    ck_assert_uint_eq(next_start(&again), 1);
    ck_assert_int_ge(timeutil_mono_us() - start_us, 900000); /* not at once: it may die at once */
    ck_assert_int_eq(kill(first[0], 0), 0);
    kill(parent, SIGTERM);
    ck_assert_int_eq(end_of(parent), 0);
    ck_assert(all_are_gone());
}
END_TEST

START_TEST(one_that_ends_is_started_again)
{
    struct order order = {.ends_at_once = true};
    unsigned starts[2] = {0};
    int pid;
    pid_t parent = start(&order);
    for (int i = 0; i < 4; i++)
        starts[next_start(&pid)]++;
    ck_assert_uint_eq(starts[0], 3);
    ck_assert_uint_eq(starts[1], 1);
    kill(parent, SIGTERM);
    ck_assert_int_eq(end_of(parent), 0);
}
END_TEST

START_TEST(children_end_with_a_killed_parent)
{
    struct order order = {0};
    int pid;
    pid_t parent = start(&order);
    (void)next_start(&pid);
    (void)next_start(&pid);
    kill(parent, SIGKILL);
    ck_assert_int_eq(end_of(parent), 100 + SIGKILL);
    ck_assert(all_are_gone());
}
END_TEST

START_TEST(what_goes_wrong_at_the_end_is_told)
{
    struct order order = {.status = 1};
    int pid;
    pid_t parent = start(&order);
    (void)next_start(&pid);
    (void)next_start(&pid);
    kill(parent, SIGINT);
    ck_assert_int_eq(end_of(parent), 1);
    ck_assert(all_are_gone());
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {one_that_is_killed_is_started_again, 0},
        {one_that_ends_is_started_again, 0},
        {children_end_with_a_killed_parent, 0},
        {what_goes_wrong_at_the_end_is_told, 0},
    };
    return UNIT_RUN("supervisor", cases);
}
