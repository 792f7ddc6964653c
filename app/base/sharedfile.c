#include "base/sharedfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool lock_byte(const struct sharedfile *file, short type, size_t byte)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)byte, .l_len = 1};
    int result;
    do {
        result = fcntl(file->fd, F_OFD_SETLKW, &lock);
    } while (result < 0 && errno == EINTR);
    return result == 0;
}

bool sharedfile_lock(const struct sharedfile *file, size_t lock)
{
    return lock_byte(file, F_WRLCK, lock);
}

void sharedfile_unlock(const struct sharedfile *file, size_t lock)
{
    (void)lock_byte(file, F_UNLCK, lock);
}

static bool is_ours(const struct stat *about)
{
    return S_ISREG(about->st_mode) && about->st_uid == geteuid() &&
           (about->st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

/* Called under lock 0. A hole would end the process where the disk is full. */
static int map_file(struct sharedfile *file, uint64_t magic, const char **ret_wrong)
{
    struct stat about;
    int full = 0;
    *ret_wrong = "it is not a private file of this user";
    if (fstat(file->fd, &about) < 0 || !is_ours(&about))
        return ERR_INTERNAL;
    *ret_wrong = "it is of another version; remove it while nothing runs";
    if (about.st_size != 0 && about.st_size != (off_t)file->bytes)
        return ERR_CONFLICT;
    if (about.st_size == 0)
        full = posix_fallocate(file->fd, 0, (off_t)file->bytes);
    *ret_wrong = strerror(full);
    if (full)
        return ERR_INTERNAL;
    void *at = mmap(NULL, file->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file->fd, 0);
    *ret_wrong = strerror(errno);
    if (at == MAP_FAILED)
        return ERR_INTERNAL;
    file->at = at;
    uint64_t *found = at;
    if (*found == 0)
        __atomic_store_n(found, magic, __ATOMIC_RELEASE);
    *ret_wrong = "it is of another version; remove it while nothing runs";
    return *found == magic ? 0 : ERR_CONFLICT;
}

int sharedfile_open(const char *path, size_t bytes, uint64_t magic, const char *what,
                    struct sharedfile *ret, struct err_info *info)
{
    struct sharedfile file = {.bytes = bytes};
    const char *wrong = NULL;
    file.fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file.fd < 0)
        return err_set(info, ERR_INTERNAL, NULL, "%s %s: %s", what, path, strerror(errno));
    int err = ERR_INTERNAL;
    if (sharedfile_lock(&file, 0))
        err = map_file(&file, magic, &wrong);
    else
        wrong = strerror(errno);
    sharedfile_unlock(&file, 0);
    if (err < 0) {
        err = err_set(info, (enum err)err, NULL, "%s %s: %s", what, path, wrong);
        sharedfile_close(&file);
        return err;
    }
    *ret = file;
    return 0;
}

void sharedfile_close(struct sharedfile *file)
{
    if (file->at)
        munmap(file->at, file->bytes);
    if (file->bytes)
        close(file->fd);
    *file = (struct sharedfile){0};
}
