#include "deliver/callhost.h"

#include <stdlib.h>

#include "base/hash.h"

#define HOSTS_MAX 1024u
#define HOST_BYTES 300
#define SLOW_MS 2000
#define NO_ANSWER_MS 10000
#define GUESS_MS 1000 /* of one that did not answer yet */

/* Of all places, those that slow receivers may have together. */
#define PLACES_SLOW (CALLHOST_PLACES / 2)

struct callhost_table {
    struct callhost hosts[HOSTS_MAX]; /* key 0: free */
    unsigned in_flight;
    unsigned in_flight_slow;
};

struct callhost_table *callhost_table_new(void)
{
    struct callhost_table *table = arena_xmalloc(sizeof *table);
    *table = (struct callhost_table){.in_flight = 0};
    return table;
}

void callhost_table_free(struct callhost_table *table)
{
    free(table);
}

/* Scheme, host and port in lower case. The URL was judged: there is no user in it. */
static uint64_t key_of(struct str url)
{
    char name[HOST_BYTES];
    size_t len = 0;
    unsigned slashes = 0;
    for (size_t i = 0; i < url.len && len < sizeof name; i++) {
        char c = url.at[i];
        slashes += c == '/' ? 1 : 0;
        if (slashes == 3 || c == '?' || c == '#')
            break;
        name[len++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    uint64_t key = hash_fast(name, len);
    return key ? key : 1;
}

static bool is_idle(const struct callhost *host)
{
    return host->in_flight == 0 && host->waiting == 0;
}

struct callhost *callhost_of(struct callhost_table *table, struct str url)
{
    uint64_t key = key_of(url);
    struct callhost *room = NULL;
    for (unsigned i = 0; i < HOSTS_MAX; i++) {
        struct callhost *host = &table->hosts[i];
        if (host->key == key)
            return host;
        /* A free one before one that is forgotten, one that is quick before one that is not. */
        if (is_idle(host) && (!room || (room->key && (!host->key || room->is_slow))))
            room = host;
    }
    if (room)
        *room = (struct callhost){.key = key, .mean_ms = GUESS_MS};
    return room;
}

static unsigned window_of(const struct callhost *host)
{
    return host->is_slow ? CALLHOST_WINDOW_SLOW : CALLHOST_WINDOW;
}

bool callhost_has_place(const struct callhost_table *table, const struct callhost *host)
{
    if (table->in_flight >= CALLHOST_PLACES || host->in_flight >= window_of(host))
        return false;
    return !host->is_slow || table->in_flight_slow < PLACES_SLOW;
}

void callhost_begin(struct callhost_table *table, struct callhost *host)
{
    host->in_flight++;
    table->in_flight++;
    table->in_flight_slow += host->is_slow ? 1 : 0;
}

void callhost_end(struct callhost_table *table, struct callhost *host, bool answered,
                  int64_t duration_ms)
{
    bool is_slow = !answered || duration_ms >= SLOW_MS;
    int64_t ms = answered ? duration_ms : NO_ANSWER_MS;
    table->in_flight--;
    table->in_flight_slow -= host->is_slow ? host->in_flight : 0;
    host->in_flight--;
    host->is_slow = is_slow;
    table->in_flight_slow += is_slow ? host->in_flight : 0;
    host->mean_ms = (3 * host->mean_ms + ms) / 4;
    if (!is_slow) /* it answers again: nobody has to keep away */
        host->slot_ms = 0;
}

unsigned callhost_waiting_max(const struct callhost *host)
{
    return host->is_slow ? CALLHOST_WINDOW_SLOW : CALLHOST_WAITING;
}

int64_t callhost_put_off(struct callhost *host, int64_t now_ms)
{
    int64_t step_ms = host->mean_ms / window_of(host) + 1;
    /* Those that wait here go first. */
    int64_t first_ms = now_ms + (host->waiting + 1) * step_ms;
    host->slot_ms = host->slot_ms >= first_ms ? host->slot_ms + step_ms : first_ms;
    if (host->slot_ms > now_ms + CALLHOST_LATE_MAX_MS)
        host->slot_ms = now_ms + CALLHOST_LATE_MAX_MS;
    return host->slot_ms;
}
