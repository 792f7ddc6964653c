#include "proxy.h"

#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PAIRS 8

struct pair {
    int client; /* -1: free */
    int server;
};

struct proxy {
    pthread_t thread;
    int listener;
    char target[108];
    _Atomic enum proxy_mode mode;
    atomic_bool is_over;
    struct pair pairs[PAIRS];
};

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    ck_assert_uint_lt(strlen(path), sizeof(address.sun_path));
    strcpy(address.sun_path, path);
    return address;
}

static void hang_up(struct pair *pair)
{
    close(pair->client);
    close(pair->server);
    pair->client = -1;
}

static void accept_one(struct proxy *proxy)
{
    struct sockaddr_un address = address_of(proxy->target);
    int client = accept(proxy->listener, NULL, NULL);
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(server, (struct sockaddr *)&address, sizeof(address)) < 0) {
        close(client);
        close(server);
        return;
    }
    for (size_t i = 0; i < PAIRS; i++) {
        if (proxy->pairs[i].client < 0) {
            proxy->pairs[i] = (struct pair){client, server};
            return;
        }
    }
    ck_abort_msg("too many connections for the proxy");
}

static void send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        bytes += sent;
        len -= (size_t)sent;
    }
}

static const char COMMIT[] = "\003COMMIT";

static void *commit_late(void *at)
{
    int server = *(int *)at;
    free(at);
    nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
    static const char packet[] = "\007\0\0\0\003COMMIT";
    send_all(server, packet, sizeof(packet) - 1);
    char answer[256];
    (void)!read(server, answer, sizeof(answer));
    close(server);
    return NULL;
}

/* Returns true when the COMMIT in these bytes was dealt with here. */
static bool lose(struct proxy *proxy, struct pair *pair, const char *bytes, size_t len)
{
    enum proxy_mode mode = proxy->mode;
    if (mode == PROXY_PASS || mode == PROXY_STALL ||
        !memmem(bytes, len, COMMIT, sizeof(COMMIT) - 1))
        return false;
    proxy->mode = PROXY_PASS;
    if (mode == PROXY_LATE_COMMIT) {
        int *server = malloc(sizeof(*server));
        *server = pair->server;
        close(pair->client);
        pair->client = -1;
        pthread_t thread;
        pthread_create(&thread, NULL, commit_late, server);
        pthread_detach(thread);
        return true;
    }
    if (mode == PROXY_LOSE_ANSWER) {
        char answer[256];
        send_all(pair->server, bytes, len);
        (void)!read(pair->server, answer, sizeof(answer));
    }
    hang_up(pair);
    return true;
}

static void forward(struct proxy *proxy, struct pair *pair, bool from_client)
{
    char bytes[65536];
    ssize_t len = read(from_client ? pair->client : pair->server, bytes, sizeof(bytes));
    if (len <= 0)
        hang_up(pair);
    else if (!from_client || !lose(proxy, pair, bytes, (size_t)len))
        send_all(from_client ? pair->server : pair->client, bytes, (size_t)len);
}

static void *run(void *ctx)
{
    struct proxy *proxy = ctx;
    while (!proxy->is_over) {
        struct pollfd polls[1 + 2 * PAIRS];
        polls[0] = (struct pollfd){proxy->listener, POLLIN, 0};
        for (size_t i = 0; i < PAIRS; i++) {
            struct pair pair = proxy->pairs[i];
            bool is_on = pair.client >= 0 && proxy->mode != PROXY_STALL;
            polls[1 + 2 * i] = (struct pollfd){is_on ? pair.client : -1, POLLIN, 0};
            polls[2 + 2 * i] = (struct pollfd){is_on ? pair.server : -1, POLLIN, 0};
        }
        if (poll(polls, 1 + 2 * PAIRS, 20) <= 0)
            continue;
        for (size_t i = 0; i < 2 * PAIRS; i++) {
            if (polls[1 + i].revents && proxy->pairs[i / 2].client >= 0)
                forward(proxy, &proxy->pairs[i / 2], i % 2 == 0);
        }
        if (polls[0].revents)
            accept_one(proxy);
    }
    return NULL;
}

struct proxy *proxy_start(const char *path, const char *target)
{
    struct proxy *proxy = calloc(1, sizeof(*proxy));
    struct sockaddr_un address = address_of(path);
    unlink(path);
    strcpy(proxy->target, address_of(target).sun_path);
    proxy->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(proxy->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(proxy->listener, 8), 0);
    for (size_t i = 0; i < PAIRS; i++)
        proxy->pairs[i].client = -1;
    ck_assert_int_eq(pthread_create(&proxy->thread, NULL, run, proxy), 0);
    return proxy;
}

void proxy_set(struct proxy *proxy, enum proxy_mode mode)
{
    proxy->mode = mode;
}

void proxy_stop(struct proxy *proxy)
{
    proxy->is_over = true;
    pthread_join(proxy->thread, NULL);
    for (size_t i = 0; i < PAIRS; i++) {
        if (proxy->pairs[i].client >= 0)
            hang_up(&proxy->pairs[i]);
    }
    close(proxy->listener);
    free(proxy);
}
