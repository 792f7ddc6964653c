/* Being told to stop: never in the middle of work, always by the next wait. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/stopsignal.h"
#include "base/timeutil.h"
#include "unit.h"

/* Each in a child of its own: the state of a process is never reset. Returns its exit status. */
static int in_child(int (*body)(int argument), int argument)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        stopsignal_prepare();
        _exit(body(argument));
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

static int is_asked_by(int signal_number)
{
    if (stopsignal_asked())
        return 1;
    raise(signal_number);
    if (!stopsignal_asked())
        return 2; /* pending, and already known */
    if (stopsignal_wait(-1, -1))
        return 3;
    return stopsignal_asked() ? 0 : 4; /* taken, and still known */
}

START_TEST(each_of_the_three_asks)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGUSR1};
    for (size_t i = 0; i < ARRAY_LEN(signals); i++)
        ck_assert_int_eq(in_child(is_asked_by, signals[i]), 0);
}
END_TEST

static int waits_for_descriptor(int unused)
{
    int ends[2];
    (void)unused;
    if (pipe(ends) < 0)
        return 1;
    int64_t start = timeutil_mono_us();
    if (stopsignal_wait(ends[0], 50) || timeutil_mono_us() - start < 49000)
        return 2; /* nothing to read: the time passes */
    if (write(ends[1], "x", 1) != 1 || !stopsignal_wait(ends[0], -1))
        return 3;
    if (stopsignal_asked())
        return 4;
    raise(SIGTERM);
    (void)stopsignal_wait(ends[0], -1); /* always ready: the signal may stay pending */
    return stopsignal_asked() ? 0 : 5;
}

START_TEST(a_descriptor_that_is_ready_hides_no_signal)
{
    ck_assert_int_eq(in_child(waits_for_descriptor, 0), 0);
}
END_TEST

/* A signal that comes from outside during the wait ends it. */
static int is_woken(int unused)
{
    (void)unused;
    pid_t self = getpid();
    if (fork() == 0) {
        usleep(50000);
        kill(self, SIGTERM);
        _exit(0);
    }
    int64_t start = timeutil_mono_us();
    if (stopsignal_wait(-1, 15000) || timeutil_mono_us() - start > 10000000)
        return 1;
    return stopsignal_asked() ? 0 : 2;
}

START_TEST(a_signal_ends_the_wait)
{
    ck_assert_int_eq(in_child(is_woken, 0), 0);
}
END_TEST

static int writes_to_nobody(int unused)
{
    int ends[2];
    (void)unused;
    if (pipe(ends) < 0 || close(ends[0]) < 0)
        return 1;
    errno = 0;
    return write(ends[1], "x", 1) == -1 && errno == EPIPE && !stopsignal_asked() ? 0 : 2;
}

START_TEST(a_peer_that_left_kills_nobody)
{
    ck_assert_int_eq(in_child(writes_to_nobody, 0), 0);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {each_of_the_three_asks, 0},
        {a_descriptor_that_is_ready_hides_no_signal, 0},
        {a_signal_ends_the_wait, 0},
        {a_peer_that_left_kills_nobody, 0},
    };
    return UNIT_RUN("stopsignal", cases);
}
