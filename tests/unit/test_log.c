/* logfmt lines: quoting, cutting, levels, one write. */
#include <unistd.h>

#include "base/log.h"
#include "unit.h"

/* Runs `fn` with stderr in a pipe and returns what it wrote. */
static struct str written_by(void (*fn)(void))
{
    static char text[16384];
    int ends[2];
    int saved = dup(STDERR_FILENO);
    ck_assert_int_eq(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    fn();
    dup2(saved, STDERR_FILENO);
    close(ends[1]);
    close(saved);
    ssize_t len = read(ends[0], text, sizeof text);
    close(ends[0]);
    ck_assert_int_ge(len, 0);
    return (struct str){text, (size_t)len};
}

static void write_pairs(void)
{
    struct log_line line;
    log_begin(&line, LOG_LEVEL_INFO, "request done");
    log_add(&line, "plain", "%s", "a/b:c");
    log_add(&line, "empty", "%s", "");
    log_add(&line, "quoted", "%s", "say \"hi\" \\ a=b");
    log_add(&line, "control", "%s", "a\nb\x7f");
    log_add(&line, "utf8", "%s", "h\xc3\xa9");
    log_add_i64(&line, "number", INT64_MIN);
    log_end(&line);
}

START_TEST(quotes_what_needs_it)
{
    struct str line = written_by(write_pairs);
    ck_assert(str_starts(line, STR("ts=20")));
    ck_assert_int_eq(memcmp(line.at + 3 + 24, " level=info ", 12), 0);
    const char *rest = memmem(line.at, line.len, "msg=", 4);
    unit_str_eq((struct str){rest, line.len - (size_t)(rest - line.at)},
                "msg=\"request done\" plain=a/b:c empty=\"\" "
                "quoted=\"say \\\"hi\\\" \\\\ a=b\" control=\"a\\x0ab\\x7f\" utf8=h\xc3\xa9 "
                "number=-9223372036854775808\n");
}
END_TEST

static void write_too_much(void)
{
    struct log_line line;
    log_begin(&line, LOG_LEVEL_ERROR, "long");
    for (int i = 0; i < 100; i++)
        log_add(&line, "key", "%0100d \n", i);
    log_end(&line);
}

START_TEST(cuts_a_long_line)
{
    struct str line = written_by(write_too_much);
    ck_assert_uint_eq(line.len, 4096);
    ck_assert_int_eq(line.at[4095], '\n');
    ck_assert_ptr_eq(memchr(line.at, '\n', line.len), line.at + 4095);
}
END_TEST

static void write_levels(void)
{
    log_note(LOG_LEVEL_DEBUG, "no", "%d", 1);
    log_note(LOG_LEVEL_INFO, "a", "%d", 1);
    log_set_level(LOG_LEVEL_WARN);
    log_note(LOG_LEVEL_INFO, "no", "%d", 1);
    log_note(LOG_LEVEL_WARN, "b", "%d", 2);
    log_set_level(LOG_LEVEL_DEBUG);
    log_note(LOG_LEVEL_DEBUG, "c", "%s", "x y");
}

START_TEST(writes_what_the_level_allows)
{
    struct str rest = written_by(write_levels);
    static const char *const ends[] = {"level=info msg=a detail=1", "level=warn msg=b detail=2",
                                       "level=debug msg=c detail=\"x y\""};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        ck_assert(str_ends(str_split(rest, '\n', &rest), str_from(ends[i])));
    ck_assert_uint_eq(rest.len, 0);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {quotes_what_needs_it, 0},
        {cuts_a_long_line, 0},
        {writes_what_the_level_allows, 0},
    };
    return UNIT_RUN("log", cases);
}
