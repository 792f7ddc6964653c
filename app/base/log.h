/*
 * logfmt lines on stderr. Only outer loops log (fcgi loop, jobs, CLI, main); all else returns.
 * Never: keys, Authorization, bodies, contact data.
 */
#ifndef MUSTER_BASE_LOG_H
#define MUSTER_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* One line under construction; lives on the caller's stack. At most 4 KiB, longer is cut. */
struct log_line {
    char text[4096];
    size_t len;
    enum log_level level;
};

/* Sets the least important level that is written (default LOG_LEVEL_INFO). */
void log_set_level(enum log_level level);

/* Starts `ts=… level=… msg=…`. */
void log_begin(struct log_line *line, enum log_level level, const char *msg);

/* Adds key=value; values with blanks, quotes, = or control bytes are quoted and escaped. */
void log_add(struct log_line *line, const char *key, const char *fmt, ...) PRINTF_LIKE(3, 4);
void log_add_i64(struct log_line *line, const char *key, int64_t value);

/* Writes the line with one write(2) to stderr. */
void log_end(struct log_line *line);

/* A line with a message and one formatted detail. */
void log_note(enum log_level level, const char *msg, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
