#include "base/stopsignal.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

#include "base/macros.h"

static const int stops[] = {SIGTERM, SIGINT, SIGUSR1};
static volatile sig_atomic_t asked;
static sigset_t waiting; /* the mask of stopsignal_wait */

static void on_stop(int signal_number)
{
    (void)signal_number;
    asked = 1;
}

static void on_pipe(int signal_number)
{
    (void)signal_number;
}

void stopsignal_prepare(void)
{
    struct sigaction action = {.sa_handler = on_pipe, .sa_flags = SA_RESTART};
    sigset_t blocked;
    sigemptyset(&action.sa_mask);
    sigaction(SIGPIPE, &action, NULL);
    action.sa_handler = on_stop;
    sigemptyset(&blocked);
    for (size_t i = 0; i < ARRAY_LEN(stops); i++) {
        sigaction(stops[i], &action, NULL);
        sigaddset(&blocked, stops[i]);
    }
    sigprocmask(SIG_BLOCK, &blocked, &waiting);
    for (size_t i = 0; i < ARRAY_LEN(stops); i++)
        sigdelset(&waiting, stops[i]);
}

/* A descriptor that is always ready would keep ppoll from ever delivering the signal: look too. */
bool stopsignal_asked(void)
{
    sigset_t pending;
    sigpending(&pending);
    for (size_t i = 0; i < ARRAY_LEN(stops); i++)
        if (sigismember(&pending, stops[i]) == 1)
            return true;
    return asked != 0;
}

bool stopsignal_wait(int fd, int timeout_ms)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    struct timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
    return ppoll(&wanted, 1, timeout_ms < 0 ? NULL : &timeout, &waiting) > 0;
}
