#include "audience/chunkcache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/timeutil.h"

struct mapping {
    struct hash128 hash;
    void *bytes; /* NULL: the slot is free */
    size_t size;
    uint64_t used; /* tick of last use */
    struct chunk chunk;
};

#define TABLE_SIZE (CHUNKCACHE_MAX_MAPPINGS * 4)

/* One cache a process: the mappings outlive requests. */
static struct {
    char dir[PATH_MAX - 128]; /* "": no files */
    char instance[33];
    struct mapping *table; /* open addressing by hash */
    size_t count;
    uint64_t tick;
    struct chunkcache_stats stats;
} cache;

int chunkcache_configure(const char *dir, struct err_info *info)
{
    struct stat st;
    cache.dir[0] = '\0';
    if (!dir || !*dir)
        return 0;
    if (strlen(dir) >= sizeof cache.dir)
        return err_set(info, ERR_INTERNAL, NULL, "cache directory name is too long");
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return err_set(info, ERR_INTERNAL, NULL, "cannot make cache directory %s: %s", dir,
                       strerror(errno));
    if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077))
        return err_set(info, ERR_INTERNAL, NULL,
                       "cache directory %s must be a directory of this user with mode 0700", dir);
    memcpy(cache.dir, dir, strlen(dir) + 1);
    return 0;
}

/* ---- the table of mappings ----------------------------------------------------------------- */

static struct mapping *slot_of(const struct hash128 *hash)
{
    uint64_t start;
    if (!cache.table) {
        cache.table = arena_xmalloc(TABLE_SIZE * sizeof *cache.table);
        memset(cache.table, 0, TABLE_SIZE * sizeof *cache.table);
    }
    memcpy(&start, hash->bytes, sizeof start);
    for (size_t i = (size_t)start % TABLE_SIZE;; i = (i + 1) % TABLE_SIZE) {
        struct mapping *m = &cache.table[i];
        if (!m->bytes || memcmp(&m->hash, hash, sizeof *hash) == 0)
            return m;
    }
}

static int compare_ticks(const void *a, const void *b)
{
    const struct mapping *x = a, *y = b;
    return x->used > y->used ? -1 : x->used < y->used;
}

void chunkcache_trim(void)
{
    if (cache.count <= CHUNKCACHE_MAX_MAPPINGS)
        return;
    struct mapping *old = cache.table;
    size_t kept = 0, count = 0;
    struct mapping *all = arena_xmalloc((cache.count + 1) * sizeof *all);
    for (size_t i = 0; i < TABLE_SIZE; i++) {
        if (old[i].bytes)
            all[count++] = old[i];
    }
    qsort(all, count, sizeof *all, compare_ticks);
    memset(old, 0, TABLE_SIZE * sizeof *old);
    cache.count = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept++ < CHUNKCACHE_MAX_MAPPINGS * 3 / 4) {
            *slot_of(&all[i].hash) = all[i];
            cache.count++;
        } else
            munmap(all[i].bytes, all[i].size);
    }
    free(all);
}

/* ---- files --------------------------------------------------------------------------------- */

static bool hash_matches(const void *bytes, size_t size, const struct hash128 *hash)
{
    struct hash128 is = hash_content(bytes, size);
    return memcmp(&is, hash, sizeof is) == 0;
}

/* Path of a chunk's file; its directories are made when `make` is set. False: no files. */
/* Learns the instance's name, once. */
static bool know_instance(struct db *db)
{
    struct uuid instance;
    if (cache.instance[0])
        return true;
    if (chunkstore_instance(db, &instance, NULL) != 0)
        return false;
    hash_hex(instance.bytes, sizeof instance.bytes, cache.instance);
    return true;
}

static bool file_path(struct db *db, uint32_t project_id, const struct hash128 *hash, bool make,
                      char path[PATH_MAX])
{
    char name[33];
    if (!cache.dir[0] || !know_instance(db))
        return false;
    if (make) {
        snprintf(path, PATH_MAX, "%s/%s", cache.dir, cache.instance);
        (void)mkdir(path, 0700);
        snprintf(path, PATH_MAX, "%s/%s/%u", cache.dir, cache.instance, project_id);
        (void)mkdir(path, 0700);
    }
    hash_hex(hash->bytes, sizeof hash->bytes, name);
    return snprintf(path, PATH_MAX, "%s/%s/%u/%s", cache.dir, cache.instance, project_id, name) <
           PATH_MAX;
}

/* Maps and verifies a file; a damaged one is removed. Returns NULL when there is none to use. */
static void *map_file(const char *path, const struct hash128 *hash, size_t *ret_size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;
    if (fd < 0)
        return NULL;
    void *bytes = MAP_FAILED;
    if (fstat(fd, &st) == 0 && st.st_size > 0)
        bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    (void)futimens(fd, NULL); /* the worker evicts by last use */
    close(fd);
    if (bytes == MAP_FAILED)
        return NULL;
    if (hash_matches(bytes, (size_t)st.st_size, hash)) {
        *ret_size = (size_t)st.st_size;
        return bytes;
    }
    munmap(bytes, (size_t)st.st_size);
    (void)unlink(path);
    return NULL;
}

static bool write_all(int fd, const char *bytes, size_t size)
{
    while (size) {
        ssize_t n = write(fd, bytes, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

static bool write_file(const char *path, const void *bytes, size_t size)
{
    char aside[PATH_MAX];
    static unsigned serial;
    if (snprintf(aside, sizeof aside, "%s.%ld.%u", path, (long)getpid(), serial++) >= PATH_MAX)
        return false;
    int fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool ok = write_all(fd, bytes, size);
    ok = close(fd) == 0 && ok;
    ok = ok && rename(aside, path) == 0;
    if (!ok)
        (void)unlink(aside);
    return ok;
}

/* ---- one chunk ----------------------------------------------------------------------------- */

static void *place_in_buf(void *ctx, size_t size)
{
    return buf_grow(ctx, size);
}

/* Reads the bytes from the database; they must match the hash of their row. */
static int load(struct db *db, uint32_t project_id, const struct chunkstore_entry *entry,
                struct buf *bytes, struct err_info *info)
{
    size_t size;
    int err = chunkstore_read(db, project_id, entry, place_in_buf, bytes, &size, info);
    if (err)
        return err;
    cache.stats.loads++;
    if (bytes->failed || !hash_matches(bytes->at, bytes->len, &entry->hash))
        return err_set(info, ERR_CORRUPT, NULL, "a stored chunk does not match its hash");
    return 0;
}

static int remember(const struct hash128 *hash, void *bytes, size_t size, struct chunk *ret,
                    struct err_info *info)
{
    struct mapping *m = slot_of(hash);
    struct chunk chunk;
    if (chunk_open(bytes, size, &chunk) != 0) {
        munmap(bytes, size);
        return err_set(info, ERR_CORRUPT, NULL, "a stored chunk does not open");
    }
    if (m->bytes || cache.count >= TABLE_SIZE - 1) {
        /* More than the table holds in one request: keep this one mapped, unremembered. */
        *ret = chunk;
        return 0;
    }
    *m = (struct mapping){*hash, bytes, size, ++cache.tick, chunk};
    cache.count++;
    *ret = chunk;
    return 0;
}

int chunkcache_get(struct db *db, struct arena *arena, uint32_t project_id,
                   const struct chunkstore_entry *entry, struct chunk *ret, struct err_info *info)
{
    struct mapping *m = slot_of(&entry->hash);
    char path[PATH_MAX];
    size_t size;
    if (m->bytes) {
        m->used = ++cache.tick;
        cache.stats.hits++;
        *ret = m->chunk;
        return 0;
    }
    bool files = file_path(db, project_id, &entry->hash, false, path);
    void *bytes = files ? map_file(path, &entry->hash, &size) : NULL;
    if (bytes) {
        cache.stats.maps++;
        return remember(&entry->hash, bytes, size, ret, info);
    }
    struct buf read;
    buf_init(&read, SIZE_MAX / 2);
    int err = load(db, project_id, entry, &read, info);
    if (!err && files && file_path(db, project_id, &entry->hash, true, path) &&
        write_file(path, read.at, read.len) &&
        (bytes = map_file(path, &entry->hash, &size)) != NULL)
        err = remember(&entry->hash, bytes, size, ret, info);
    else if (!err)
        err = chunk_open(arena_copy(arena, read.at, read.len), read.len, ret);
    buf_done(&read);
    return err;
}

struct chunkcache_stats chunkcache_stats(void)
{
    return cache.stats;
}

/* ---- eviction ------------------------------------------------------------------------------ */

struct cache_file {
    char *path;
    uint64_t size;
    struct timespec used;
};

/* nftw has no context argument. */
static struct {
    struct cache_file *files;
    size_t count, room;
    uint64_t total;
} walk;

static int note_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)ftw;
    if (type != FTW_F)
        return 0;
    if (walk.count == walk.room) {
        walk.room = walk.room ? walk.room * 2 : 256;
        walk.files = arena_xrealloc(walk.files, walk.room * sizeof *walk.files);
    }
    size_t size = strlen(path) + 1;
    char *copy = memcpy(arena_xmalloc(size), path, size);
    walk.files[walk.count++] = (struct cache_file){copy, (uint64_t)st->st_size, st->st_mtim};
    walk.total += (uint64_t)st->st_size;
    return 0;
}

static int compare_use(const void *a, const void *b)
{
    const struct cache_file *x = a, *y = b;
    if (x->used.tv_sec != y->used.tv_sec)
        return x->used.tv_sec < y->used.tv_sec ? -1 : 1;
    return x->used.tv_nsec < y->used.tv_nsec ? -1 : x->used.tv_nsec > y->used.tv_nsec;
}

uint64_t chunkcache_evict(uint64_t max_bytes)
{
    uint64_t deleted = 0;
    if (!cache.dir[0])
        return 0;
    memset(&walk, 0, sizeof walk);
    (void)nftw(cache.dir, note_file, 16, FTW_PHYS);
    if (walk.count)
        qsort(walk.files, walk.count, sizeof *walk.files, compare_use);
    for (size_t i = 0; i < walk.count; i++) {
        if (walk.total > max_bytes && unlink(walk.files[i].path) == 0) {
            walk.total -= walk.files[i].size;
            deleted++;
        }
        free(walk.files[i].path);
    }
    free(walk.files);
    return deleted;
}

/* ---- files that nothing names any more ------------------------------------------------------- */

static int compare_hashes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct hash128));
}

/* The hashes of all stored chunks, sorted; malloc'ed. */
static int stored_hashes(struct db *db, uint32_t project_id, struct hash128 **ret,
                         size_t *ret_count, struct err_info *info)
{
    struct chunkstore_entry *entries;
    int err = chunkstore_directory(db, project_id, &entries, ret_count, info);
    if (err)
        return err;
    *ret = arena_xmalloc((*ret_count + 1) * sizeof **ret);
    for (size_t i = 0; i < *ret_count; i++)
        (*ret)[i] = entries[i].hash;
    free(entries);
    if (*ret_count)
        qsort(*ret, *ret_count, sizeof **ret, compare_hashes);
    return 0;
}

/* Files that are being written have another name, and are young. */
static bool is_stored(const struct hash128 *hashes, size_t count, const char *name)
{
    char stored[33];
    size_t low = 0, high = count; /* names are in the order of the hashes */
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        hash_hex(hashes[mid].bytes, sizeof hashes[mid].bytes, stored);
        int order = strcmp(stored, name);
        if (order == 0)
            return true;
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return false;
}

int chunkcache_sweep(struct db *db, uint32_t project_id, int64_t min_age_s, uint64_t *ret_deleted,
                     struct err_info *info)
{
    char path[PATH_MAX];
    struct hash128 *hashes;
    struct dirent *file;
    size_t count;
    *ret_deleted = 0;
    if (!cache.dir[0] || !know_instance(db))
        return 0;
    snprintf(path, sizeof path, "%s/%s/%u", cache.dir, cache.instance, project_id);
    DIR *dir = opendir(path);
    if (!dir)
        return 0;
    int err = stored_hashes(db, project_id, &hashes, &count, info);
    int64_t before_s = timeutil_wall_ms() / 1000 - min_age_s; /* as the file system's clock */
    while (!err && (file = readdir(dir)) != NULL) {
        struct stat st;
        if (fstatat(dirfd(dir), file->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(st.st_mode) || st.st_mtim.tv_sec > before_s)
            continue;
        if (!is_stored(hashes, count, file->d_name))
            *ret_deleted += unlinkat(dirfd(dir), file->d_name, 0) == 0;
    }
    if (!err)
        free(hashes);
    closedir(dir);
    return err;
}
