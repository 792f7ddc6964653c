#include "base/subprocess.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_EVERY_MS 5

void subprocess_die_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1); /* it died before we asked */
}

int subprocess_start(struct subprocess *ret, size_t shared_bytes, subprocess_body *body, void *ctx,
                     struct err_info *info)
{
    pid_t parent = getpid();
    void *shared =
        mmap(NULL, shared_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    *ret = (struct subprocess){.pid = 0};
    if (shared == MAP_FAILED)
        return err_set(info, ERR_UNAVAILABLE, NULL, "no shared memory: %s", strerror(errno));
    pid_t pid = fork();
    if (pid == 0) {
        subprocess_die_with(parent);
        body(shared, ctx);
        _exit(0);
    }
    if (pid < 0) {
        int err = err_set(info, ERR_UNAVAILABLE, NULL, "no process: %s", strerror(errno));
        munmap(shared, shared_bytes);
        return err;
    }
    *ret = (struct subprocess){pid, shared, shared_bytes};
    return 0;
}

bool subprocess_wait(struct subprocess *subprocess, int timeout_ms, bool *ret_good)
{
    int status = 0;
    for (int waited_ms = 0; subprocess->pid > 0; waited_ms += LOOK_EVERY_MS) {
        pid_t ended = waitpid(subprocess->pid, &status, WNOHANG);
        if (ended != 0) {
            *ret_good = ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
            subprocess->pid = 0;
            return true;
        }
        if (waited_ms >= timeout_ms)
            return false;
        (void)poll(NULL, 0, LOOK_EVERY_MS);
    }
    return true;
}

void subprocess_stop(const struct subprocess *subprocess)
{
    if (subprocess->pid > 0)
        kill(subprocess->pid, SIGTERM);
}

void subprocess_done(struct subprocess *subprocess)
{
    if (subprocess->pid > 0) {
        kill(subprocess->pid, SIGKILL);
        while (waitpid(subprocess->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    if (subprocess->shared)
        munmap(subprocess->shared, subprocess->shared_bytes);
    *subprocess = (struct subprocess){.pid = 0};
}
