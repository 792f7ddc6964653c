/*
 * libFuzzer: any bytes as JSON. What is read must print, and what was printed must be read to an
 * equal value and print the same again. Messages and places of refusals must be whole text.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "json/jsonread.h"
#include "json/jsonwrite.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    (void)fprintf(stderr, "%s\n", what);
    abort();
}

static struct str print_text(struct arena *arena, const struct jsonval *value)
{
    struct buf out;
    struct jsonwrite writer;
    buf_init(&out, 16 * 1024 * 1024);
    jsonwrite_init(&writer, &out);
    jsonwrite_value(&writer, value);
    require(jsonwrite_ok(&writer), "a value that was read cannot be written");
    struct str text = str_copy(arena, buf_str(&out));
    buf_done(&out);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    AUTO(arena) arena = arena_new();
    const struct jsonval *first, *second;
    struct err_info info = {0};
    if (jsonread_parse(arena, (struct str){(const char *)bytes, len}, &first, &info) < 0) {
        require(info.message[0] != '\0', "a refusal without words");
        require(str_is_utf8(str_from(info.message)), "a message that is no text");
        require(str_is_utf8(str_from(info.item.field)), "a place that is no text");
        return 0;
    }
    struct str text = print_text(arena, first);
    require(jsonread_parse(arena, text, &second, &info) == 0, "a printed value is refused");
    require(jsonval_equal(first, second), "a value changed on its way");
    require(str_eq(print_text(arena, second), text), "a value prints differently");
    return 0;
}
