#include "worker/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/stopsignal.h"
#include "base/subprocess.h"
#include "base/timeutil.h"

#define RESTART_US INT64_C(1000000)

struct child {
    const char *name;
    pid_t pid;           /* 0: not running */
    int64_t earliest_us; /* when it may be started again */
};

static void on_child(int signal_number)
{
    (void)signal_number;
}

/* Blocked but for stopsignal_wait, which it ends: no death falls between a look and the wait. */
static void watch_children(bool on)
{
    struct sigaction action = {.sa_handler = on ? on_child : SIG_DFL, .sa_flags = SA_NOCLDSTOP};
    sigset_t set;
    sigemptyset(&action.sa_mask);
    sigaction(SIGCHLD, &action, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(on ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

static void start(struct child *child, unsigned number, supervisor_body *body, void *ctx)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        subprocess_die_with(parent);
        watch_children(false);
        _exit(body(ctx, number));
    }
    if (pid < 0)
        log_note(LOG_LEVEL_ERROR, "no child process", "%s", strerror(errno));
    child->pid = pid > 0 ? pid : 0;
    child->earliest_us = timeutil_mono_us() + RESTART_US;
}

static void log_end_of(const char *name, int status)
{
    struct log_line line;
    log_begin(&line, LOG_LEVEL_WARN, "child process ended");
    log_add(&line, "class", "%s", name);
    if (WIFSIGNALED(status))
        log_add_i64(&line, "signal", WTERMSIG(status));
    else
        log_add_i64(&line, "status", WEXITSTATUS(status));
    log_end(&line);
}

/* Takes note of those that ended. Returns false when one of them had another status than 0. */
static bool reap(struct child *children, unsigned count, bool expected)
{
    bool good = true;
    int status;
    for (unsigned i = 0; i < count; i++) {
        if (children[i].pid == 0 || waitpid(children[i].pid, &status, WNOHANG) <= 0)
            continue;
        children[i].pid = 0;
        children[i].earliest_us = timeutil_mono_us() + RESTART_US;
        good &= WIFEXITED(status) && WEXITSTATUS(status) == 0;
        if (!expected)
            log_end_of(children[i].name, status);
    }
    return good;
}

/* Starts those whose time has come; returns how long to wait for the next one, -1: for ever. */
static int start_due(struct child *children, unsigned count, supervisor_body *body, void *ctx)
{
    int wait_ms = -1;
    for (unsigned i = 0; i < count; i++) {
        int64_t left_us = children[i].earliest_us - timeutil_mono_us();
        if (children[i].pid == 0 && left_us <= 0)
            start(&children[i], i, body, ctx);
        if (children[i].pid == 0) {
            int left_ms = (int)(left_us > 0 ? left_us / 1000 + 1 : RESTART_US / 1000);
            wait_ms = wait_ms < 0 || left_ms < wait_ms ? left_ms : wait_ms;
        }
    }
    return wait_ms;
}

static bool stop_all(struct child *children, unsigned count)
{
    bool good = true;
    for (unsigned i = 0; i < count; i++)
        if (children[i].pid > 0)
            kill(children[i].pid, SIGTERM);
    for (;;) {
        good &= reap(children, count, true);
        unsigned left = 0;
        for (unsigned i = 0; i < count; i++)
            left += children[i].pid > 0;
        if (left == 0)
            return good;
        (void)stopsignal_wait(-1, -1);
    }
}

bool supervisor_run(const char *const *names, unsigned count, supervisor_body *body, void *ctx)
{
    struct child children[SUPERVISOR_MAX] = {0};
    for (unsigned i = 0; i < count; i++)
        children[i].name = names[i];
    stopsignal_prepare();
    watch_children(true);
    while (!stopsignal_asked()) {
        (void)reap(children, count, false);
        int wait_ms = start_due(children, count, body, ctx);
        (void)stopsignal_wait(-1, wait_ms);
    }
    bool good = stop_all(children, count);
    watch_children(false);
    return good;
}
