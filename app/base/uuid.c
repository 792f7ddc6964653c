#include "base/uuid.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/hash.h"

void uuid_random(void *out, size_t len)
{
    unsigned char *at = out;
    while (len) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            abort();
        at += got;
        len -= (size_t)got;
    }
}

/* Small random numbers are wanted often; the kernel is asked for many at once. */
static void take_random(void *out, size_t len)
{
    static unsigned char pool[512];
    static size_t left;
    static pid_t owner; /* a child must not hand out what its parent will */
    if (left < len || owner != getpid()) {
        uuid_random(pool, sizeof pool);
        left = sizeof pool;
        owner = getpid();
    }
    left -= len;
    memcpy(out, pool + left, len);
    memset(pool + left, 0, len);
}

struct uuid uuid_new(void)
{
    struct uuid uuid;
    take_random(uuid.bytes, sizeof uuid.bytes);
    uuid.bytes[6] = (uint8_t)((uuid.bytes[6] & 0x0f) | 0x40);
    uuid.bytes[8] = (uint8_t)((uuid.bytes[8] & 0x3f) | 0x80);
    return uuid;
}

struct uuid uuid_ordered(int64_t at_ms, size_t place)
{
    struct uuid uuid = uuid_new();
    uint64_t ms = (uint64_t)at_ms + place / 4096;
    for (unsigned i = 0; i < 6; i++)
        uuid.bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    uuid.bytes[6] = (uint8_t)(0x70 | (place >> 8 & 15));
    uuid.bytes[7] = (uint8_t)place;
    return uuid;
}

void uuid_format(const struct uuid *uuid, char out[37])
{
    char hex[33];
    hash_hex(uuid->bytes, sizeof uuid->bytes, hex);
    size_t at = 0;
    for (size_t i = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            out[at++] = '-';
        out[at++] = hex[i];
    }
    out[at] = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool uuid_parse(struct str text, struct uuid *ret)
{
    struct uuid uuid = {{0}};
    size_t nibble = 0;
    if (text.len != 36)
        return false;
    for (size_t i = 0; i < 36; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (text.at[i] != '-')
                return false;
            continue;
        }
        int value = hex_value(text.at[i]);
        if (value < 0)
            return false;
        uuid.bytes[nibble / 2] = (uint8_t)(uuid.bytes[nibble / 2] << 4 | value);
        nibble++;
    }
    *ret = uuid;
    return true;
}

bool uuid_eq(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

int64_t uuid_random63(void)
{
    int64_t value;
    do {
        take_random(&value, sizeof value);
        value &= INT64_MAX;
    } while (value == 0);
    return value;
}
