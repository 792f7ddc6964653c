#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/timeutil.h"

static enum log_level least = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
    least = level;
}

static void add_char(struct log_line *line, char c)
{
    if (line->len < sizeof line->text - 1) /* one byte is kept for the newline */
        line->text[line->len++] = c;
}

static void add_text(struct log_line *line, const char *text)
{
    while (*text)
        add_char(line, *text++);
}

static void add_value(struct log_line *line, const char *value)
{
    static const char hex[] = "0123456789abcdef";
    bool plain = *value != '\0';
    for (const char *p = value; *p; p++)
        plain = plain && (unsigned char)*p > 0x20 && *p != '"' && *p != '=' && *p != 0x7f;
    if (plain) {
        add_text(line, value);
        return;
    }
    add_char(line, '"');
    for (const char *p = value; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (c < 0x20 || c == 0x7f) {
            add_text(line, "\\x");
            add_char(line, hex[c >> 4]);
            add_char(line, hex[c & 15]);
            continue;
        }
        if (c == '"' || c == '\\')
            add_char(line, '\\');
        add_char(line, *p);
    }
    add_char(line, '"');
}

static void add_pair(struct log_line *line, const char *key, const char *value)
{
    if (line->len)
        add_char(line, ' ');
    add_text(line, key);
    add_char(line, '=');
    add_value(line, value);
}

void log_begin(struct log_line *line, enum log_level level, const char *msg)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    char time[25];
    line->len = 0;
    line->level = level;
    timeutil_format(timeutil_wall_ms(), time);
    add_pair(line, "ts", time);
    add_pair(line, "level", names[level]);
    add_pair(line, "msg", msg);
}

void log_add(struct log_line *line, const char *key, const char *fmt, ...)
{
    char value[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(value, sizeof value, fmt, args);
    va_end(args);
    add_pair(line, key, value);
}

void log_add_i64(struct log_line *line, const char *key, int64_t value)
{
    log_add(line, key, "%lld", (long long)value);
}

void log_end(struct log_line *line)
{
    if (line->level > least)
        return;
    line->text[line->len] = '\n';
    ssize_t written = write(STDERR_FILENO, line->text, line->len + 1);
    (void)written; /* there is nowhere to report that */
}

void log_note(enum log_level level, const char *msg, const char *fmt, ...)
{
    struct log_line line;
    char value[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(value, sizeof value, fmt, args);
    va_end(args);
    log_begin(&line, level, msg);
    add_pair(&line, "detail", value);
    log_end(&line);
}
