/*
 * Sends ready-made HTTP requests over keep-alive connections and tells how long the answers took.
 * tools/bench compiles it: a client in Python costs a core where the server has two.
 *
 *   load PORT CONNECTIONS SECONDS RATE FILE
 *
 * FILE holds the requests, each behind a line with its length. They are sent in order, and from the
 * beginning again when they are used up: each as soon as a connection is free or, with RATE above
 * 0, at so many a second in all. Prints "answers N elapsed S cpu S" and then the microseconds of
 * each answer, one a line. An answer that is not 2xx ends it with status 1.
 */
#define _GNU_SOURCE /* memmem */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 64
#define ANSWER_MAX (1 << 20)

struct request {
    const char *at;
    size_t len;
};

struct connection {
    int fd;
    int64_t sent_us;
    size_t used;
    char *answer;
};

static struct request *requests;
static size_t request_count;
static struct connection connections[CONNECTIONS_MAX];
static struct connection *idle[CONNECTIONS_MAX];
static size_t idle_count;
static uint32_t *taken_us;
static size_t taken_count, taken_room;
static int poller;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void read_requests(const char *path)
{
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about) < 0)
        fail(path);
    const char *at = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    const char *end = at + about.st_size;
    size_t room = 0;
    while (at < end) {
        char *body;
        size_t len = strtoul(at, &body, 10);
        if (request_count == room) {
            room = room ? room * 2 : 4096;
            requests = realloc(requests, room * sizeof(*requests));
        }
        requests[request_count++] = (struct request){body + 1, len};
        at = body + 1 + len;
    }
    if (request_count == 0)
        fail("no requests");
}

static void open_connection(struct connection *connection, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->fd < 0 ||
        connect(connection->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        fail("connect");
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, connection->fd, &event) < 0)
        fail("epoll");
    connection->used = 0;
}

static void note(int64_t us)
{
    if (taken_count == taken_room) {
        taken_room = taken_room ? taken_room * 2 : 65536;
        taken_us = realloc(taken_us, taken_room * sizeof(*taken_us));
    }
    taken_us[taken_count++] = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

/* True when the answer is whole. All our answers have a length. */
static bool read_answer(struct connection *connection, bool *ret_last)
{
    ssize_t got = recv(connection->fd, connection->answer + connection->used,
                       ANSWER_MAX - 1 - connection->used, 0);
    if (got <= 0)
        fail("the server closed a connection");
    connection->used += (size_t)got;
    connection->answer[connection->used] = '\0';
    const char *body = memmem(connection->answer, connection->used, "\r\n\r\n", 4);
    if (!body)
        return false;
    const char *length = strcasestr(connection->answer, "\ncontent-length:");
    if (!length || length > body || connection->used == ANSWER_MAX - 1) {
        fprintf(stderr, "an answer without a length: %.300s\n", connection->answer);
        exit(1);
    }
    if (connection->used < (size_t)(body + 4 - connection->answer) + strtoul(length + 16, NULL, 10))
        return false;
    if (connection->used < 12 || connection->answer[9] != '2') {
        fprintf(stderr, "refused: %.600s\n", connection->answer);
        exit(1);
    }
    const char *close_word = strcasestr(connection->answer, "\nconnection: close");
    *ret_last = close_word && close_word < body;
    return true;
}

static void send_next(size_t number)
{
    struct connection *connection = idle[--idle_count];
    const struct request *request = &requests[number % request_count];
    connection->sent_us = now_us();
    if (send(connection->fd, request->at, request->len, MSG_NOSIGNAL) != (ssize_t)request->len)
        fail("send");
}

static void take_answers(int port, int timeout_ms)
{
    struct epoll_event events[CONNECTIONS_MAX];
    int ready = epoll_wait(poller, events, CONNECTIONS_MAX, timeout_ms);
    for (int i = 0; i < ready; i++) {
        struct connection *connection = events[i].data.ptr;
        bool last = false;
        if (!read_answer(connection, &last))
            continue;
        note(now_us() - connection->sent_us);
        connection->used = 0;
        if (last) {
            close(connection->fd);
            open_connection(connection, port);
        }
        idle[idle_count++] = connection;
    }
}

/* Returns how long it took. */
static int64_t drive(int port, size_t count, double seconds, double rate)
{
    int64_t begun_us = now_us();
    int64_t length_us = (int64_t)(seconds * 1e6);
    size_t sent = 0;
    for (;;) {
        int64_t past_us = now_us() - begun_us;
        bool over = past_us >= length_us;
        double paced = rate * (double)(over ? length_us : past_us) / 1e6;
        size_t due = rate > 0 ? (size_t)paced : over ? sent : sent + idle_count;
        while (idle_count > 0 && sent < due)
            send_next(sent++);
        if (over && idle_count == count && sent >= due)
            return now_us() - begun_us;
        take_answers(port, rate > 0 && idle_count > 0 ? 1 : 100);
    }
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: load PORT CONNECTIONS SECONDS RATE FILE\n");
        return 2;
    }
    int port = atoi(argv[1]);
    size_t count = strtoul(argv[2], NULL, 10);
    if (count == 0 || count > CONNECTIONS_MAX)
        return 2;
    read_requests(argv[5]);
    poller = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < count; i++) {
        connections[i].answer = malloc(ANSWER_MAX);
        open_connection(&connections[i], port);
        idle[idle_count++] = &connections[i];
    }
    int64_t elapsed_us = drive(port, count, atof(argv[3]), atof(argv[4]));
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    printf("answers %zu elapsed %.6f cpu %.6f\n", taken_count, (double)elapsed_us / 1e6,
           (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
               (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
    for (size_t i = 0; i < taken_count; i++)
        printf("%u\n", taken_us[i]);
    return 0;
}
