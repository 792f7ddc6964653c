/* Telling systemd: the datagrams that a service sends, and when. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/sdnotify.h"
#include "unit.h"

static char path[64];

/* A socket such as systemd's, at a path or (abstract) without one. */
static int listen_at(const char *name)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    snprintf(path, sizeof(path), "%s.%d", name, (int)getpid());
    memcpy(at.sun_path, path, strlen(path));
    if (path[0] == '@')
        at.sun_path[0] = '\0';
    else
        unlink(path);
    socklen_t bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, bytes), 0);
    setenv("NOTIFY_SOCKET", path, 1);
    return fd;
}

static void expect(int fd, const char *text)
{
    char got[64] = "";
    ssize_t len = recv(fd, got, sizeof(got) - 1, 0);
    if (text)
        ck_assert_str_eq(got, text);
    else
        ck_assert_int_lt(len, 0);
}

static void set_watchdog(const char *us, long pid)
{
    char text[32];
    snprintf(text, sizeof(text), "%ld", pid);
    setenv("WATCHDOG_USEC", us, 1);
    setenv("WATCHDOG_PID", text, 1);
}

START_TEST(sends_to_a_path)
{
    int fd = listen_at("/tmp/test_sdnotify");
    sdnotify_send("READY=1");
    expect(fd, "READY=1");
    expect(fd, NULL);
    unlink(path);
    close(fd);
    sdnotify_send("STOPPING=1"); /* to nobody: no harm */
}
END_TEST

START_TEST(sends_to_an_abstract_name)
{
    int fd = listen_at("@test_sdnotify");
    sdnotify_send("STOPPING=1");
    expect(fd, "STOPPING=1");
    close(fd);
}
END_TEST

START_TEST(without_systemd_nothing_happens)
{
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    sdnotify_send("READY=1");
    sdnotify_alive();
    ck_assert_int_eq(sdnotify_watchdog_ms(), -1);
    setenv("NOTIFY_SOCKET", "relative", 1);
    sdnotify_send("READY=1");
}
END_TEST

START_TEST(the_watchdog_is_ours_or_nobodys)
{
    set_watchdog("30000000", getpid());
    ck_assert_int_eq(sdnotify_watchdog_ms(), 15000);
    set_watchdog("30000000", (long)getpid() + 1);
    ck_assert_int_eq(sdnotify_watchdog_ms(), -1);
    set_watchdog("soon", getpid());
    ck_assert_int_eq(sdnotify_watchdog_ms(), -1);
    set_watchdog("0", getpid());
    ck_assert_int_eq(sdnotify_watchdog_ms(), -1);
    set_watchdog("30000000", getpid());
    unsetenv("WATCHDOG_PID");
    ck_assert_int_eq(sdnotify_watchdog_ms(), 15000);
}
END_TEST

START_TEST(signs_of_life_are_sent_in_time_and_not_always)
{
    int fd = listen_at("@test_sdnotify_alive");
    set_watchdog("80000", getpid());
    sdnotify_alive();
    expect(fd, "WATCHDOG=1");
    sdnotify_alive();
    expect(fd, NULL); /* half of 40 ms has not passed */
    usleep(25000);
    sdnotify_alive();
    expect(fd, "WATCHDOG=1");
    close(fd);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {sends_to_a_path, 0},
        {sends_to_an_abstract_name, 0},
        {without_systemd_nothing_happens, 0},
        {the_watchdog_is_ours_or_nobodys, 0},
        {signs_of_life_are_sent_in_time_and_not_always, 0},
    };
    return UNIT_RUN("sdnotify", cases);
}
