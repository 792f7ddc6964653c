/*
 * libFuzzer: any bytes as a Plunk condition. What parses must print, and what was printed must
 * parse to the same tree and print the same again. Messages of refusals must be whole text.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "filter/plunk.h"
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

static struct str print_text(struct arena *arena, const struct filter *tree)
{
    struct buf out;
    struct jsonwrite writer;
    struct str text;

    buf_init(&out, 16 * 1024 * 1024);
    jsonwrite_init(&writer, &out);
    jsonwrite_value(&writer, plunk_print(arena, tree));
    require(jsonwrite_ok(&writer), "a printed condition cannot be written");
    text = str_copy(arena, buf_str(&out));
    buf_done(&out);
    return text;
}

static void check_refusal(const struct err_info *info)
{
    require(info->message[0] != '\0' && info->has_item, "a refusal without words or place");
    require(str_is_utf8(str_from(info->message)), "a message that is no UTF-8");
    require(str_is_utf8(str_from(info->item.message)), "an item message that is no UTF-8");
    require(str_is_utf8(str_from(info->item.received)), "a received that is no UTF-8");
}

static void check_tree(struct arena *arena, const struct filter *tree)
{
    const struct jsonval *json = NULL;
    const struct filter *again = NULL;
    struct err_info info = {0};
    struct str text = print_text(arena, tree);

    require(jsonread_parse(arena, text, &json, &info) == 0, "a printed condition is no JSON");
    require(plunk_parse(arena, json, "condition", &again, &info) == 0,
            "a printed condition is refused");
    require(filter_equal(tree, again), "a printed condition is another tree");
    require(str_eq(print_text(arena, again), text), "a second print differs");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct arena *arena;
    const struct jsonval *json = NULL;
    const struct filter *tree = NULL;
    struct err_info info = {0};

    if (!arena)
        arena = arena_new();
    arena_reset(arena);
    if (jsonread_parse(arena, (struct str){(const char *)bytes, len}, &json, &info))
        return 0;
    info = (struct err_info){0};
    if (plunk_parse(arena, json, "condition", &tree, &info))
        check_refusal(&info);
    else
        check_tree(arena, tree);
    return 0;
}
