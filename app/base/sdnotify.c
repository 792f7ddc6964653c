#include "base/sdnotify.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/num.h"
#include "base/timeutil.h"

void sdnotify_send(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t len = path ? strlen(path) : 0;
    if (len < 2 || len >= sizeof(to.sun_path) || (path[0] != '/' && path[0] != '@'))
        return;
    memcpy(to.sun_path, path, len);
    if (path[0] == '@')
        to.sun_path[0] = '\0'; /* an abstract socket */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    socklen_t bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    /* One that is lost is followed by the next, or by a restart. */
    (void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to, bytes);
    close(fd);
}

int sdnotify_watchdog_ms(void)
{
    const char *period = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    uint64_t us, wanted;
    if (!period || !num_parse_u64(str_from(period), UINT64_C(86400000000), &us) || us < 2000)
        return -1;
    if (pid && (!num_parse_u64(str_from(pid), INT32_MAX, &wanted) || wanted != (uint64_t)getpid()))
        return -1;
    return (int)(us / 2000);
}

void sdnotify_alive(void)
{
    static int64_t sent_us;
    int watchdog_ms = sdnotify_watchdog_ms();
    if (watchdog_ms < 0 || timeutil_mono_us() - sent_us < (int64_t)watchdog_ms * 500)
        return;
    sent_us = timeutil_mono_us();
    sdnotify_send("WATCHDOG=1");
}
