/* Files that processes share by mapping: what is refused, and that locks hold and end. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sharedfile.h"
#include "unit.h"

#define BYTES 4096
#define MAGIC 77

static char path[64];
static struct err_info info;

static struct sharedfile open_fresh(void)
{
    struct sharedfile file;
    snprintf(path, sizeof(path), "/tmp/test_sharedfile.%d", (int)getpid());
    unlink(path);
    ck_assert_int_eq(sharedfile_open(path, BYTES, MAGIC, "thing", &file, &info), 0);
    return file;
}

static void done(struct sharedfile *file)
{
    sharedfile_close(file);
    sharedfile_close(file); /* a second time: no harm */
    unlink(path);
}

START_TEST(what_one_writes_the_other_sees)
{
    struct sharedfile one = open_fresh(), two;
    struct stat about;
    ck_assert_int_eq(sharedfile_open(path, BYTES, MAGIC, "thing", &two, &info), 0);
    ck_assert_uint_eq(*(uint64_t *)one.at, MAGIC);
    ((char *)one.at)[BYTES - 1] = 'x';
    ck_assert_int_eq(((char *)two.at)[BYTES - 1], 'x');
    ck_assert_int_eq(stat(path, &about), 0);
    ck_assert_int_eq(about.st_mode & 0777, 0600);
    ck_assert_int_ge(about.st_blocks * 512, BYTES); /* no hole: a full disk shows at once */
    sharedfile_close(&two);
    done(&one);
}
END_TEST

START_TEST(other_files_are_refused)
{
    struct sharedfile file = open_fresh(), other;
    ck_assert_int_eq(sharedfile_open(path, BYTES, MAGIC + 1, "thing", &other, &info), ERR_CONFLICT);
    ck_assert_ptr_nonnull(strstr(info.message, "another version"));
    ck_assert_ptr_nonnull(strstr(info.message, path));
    ck_assert_int_eq(sharedfile_open(path, 2 * BYTES, MAGIC, "thing", &other, &info), ERR_CONFLICT);
    ck_assert_int_eq(chmod(path, 0640), 0);
    ck_assert_int_eq(sharedfile_open(path, BYTES, MAGIC, "thing", &other, &info), ERR_INTERNAL);
    ck_assert_int_eq(sharedfile_open("/tmp", BYTES, MAGIC, "thing", &other, &info), ERR_INTERNAL);
    done(&file);
    ck_assert_int_eq(symlink("/tmp/elsewhere", path), 0);
    ck_assert_int_eq(sharedfile_open(path, BYTES, MAGIC, "thing", &other, &info), ERR_INTERNAL);
    unlink(path);
}
END_TEST

/* Each child adds under the lock, with a pause in which another one would lose the sum. */
START_TEST(a_lock_keeps_others_out)
{
    enum { CHILDREN = 4, EACH = 50 };
    struct sharedfile file = open_fresh();
    volatile uint64_t *sum = (uint64_t *)file.at + 1;
    for (int child = 0; child < CHILDREN; child++) {
        if (fork() != 0)
            continue;
        struct sharedfile mine;
        if (sharedfile_open(path, BYTES, MAGIC, "thing", &mine, &info) < 0)
            _exit(1);
        for (int i = 0; i < EACH; i++) {
            if (!sharedfile_lock(&mine, 5))
                _exit(2);
            uint64_t before = *sum;
            usleep(50);
            *sum = before + 1;
            sharedfile_unlock(&mine, 5);
        }
        _exit(0);
    }
    for (int child = 0; child < CHILDREN; child++) {
        int status;
        ck_assert_int_gt(wait(&status), 0);
        ck_assert_int_eq(status, 0);
    }
    ck_assert_uint_eq(*sum, CHILDREN * EACH);
    done(&file);
}
END_TEST

START_TEST(a_lock_ends_with_its_process)
{
    struct sharedfile file = open_fresh();
    int ready[2];
    char byte;
    ck_assert_int_eq(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct sharedfile mine;
        if (sharedfile_open(path, BYTES, MAGIC, "thing", &mine, &info) == 0 &&
            sharedfile_lock(&mine, 3) && write(ready[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    ck_assert(sharedfile_lock(&file, 4)); /* another lock: no wait */
    kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    alarm(20);
    ck_assert(sharedfile_lock(&file, 3));
    done(&file);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {what_one_writes_the_other_sees, 0},
        {other_files_are_refused, 0},
        {a_lock_keeps_others_out, 0},
        {a_lock_ends_with_its_process, 0},
    };
    return UNIT_RUN("sharedfile", cases);
}
