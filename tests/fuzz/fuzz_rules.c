/*
 * libFuzzer: any bytes as PushMail's or MailPanda's rules; the first byte says which. What parses
 * must print, read back as the same tree and print the same again, in its own dialect and in Plunk,
 * in which it is stored. Messages of refusals must be whole text.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "filter/dialect.h"
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

static struct str print_text(struct arena *arena, enum dialect dialect, const struct filter *tree)
{
    struct notes notes = {.arena = arena};
    const struct jsonval *printed = dialect_print(arena, dialect, tree, &notes);
    struct buf out;
    struct jsonwrite writer;
    struct str text;

    require(printed != NULL, "rules cannot be said in their own dialect");
    buf_init(&out, 16 * 1024 * 1024);
    jsonwrite_init(&writer, &out);
    jsonwrite_value(&writer, printed);
    require(jsonwrite_ok(&writer), "printed rules cannot be written");
    text = str_copy(arena, buf_str(&out));
    buf_done(&out);
    return text;
}

static void check_refusal(const struct err_info *info)
{
    require(info->message[0] != '\0' && info->has_item, "a refusal without words or place");
    require(str_is_utf8(str_from(info->message)), "a message that is no UTF-8");
    require(str_is_utf8(str_from(info->item.message)), "an item message that is no UTF-8");
}

static void check_tree(struct arena *arena, enum dialect dialect, const struct filter *tree)
{
    const struct jsonval *json = NULL;
    const struct filter *again = NULL;
    struct err_info info = {0};
    struct str text = print_text(arena, dialect, tree);

    require(jsonread_parse(arena, text, &json, &info) == 0, "printed rules are no JSON");
    require(dialect_parse(arena, dialect, json, "rules", &again, &info) == 0,
            "printed rules are refused");
    require(filter_equal(tree, again), "printed rules are another tree");
    require(str_eq(print_text(arena, dialect, again), text), "a second print differs");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct arena *arena;
    enum dialect dialect = DIALECT_PUSHMAIL;
    const struct jsonval *json = NULL;
    const struct filter *tree = NULL;
    struct err_info info = {0};

    if (len == 0)
        return 0;
    if (bytes[0] == 'm')
        dialect = DIALECT_MAILPANDA;
    if (!arena)
        arena = arena_new();
    arena_reset(arena);
    if (jsonread_parse(arena, (struct str){(const char *)bytes + 1, len - 1}, &json, &info))
        return 0;
    info = (struct err_info){0};
    if (dialect_parse(arena, dialect, json, "rules", &tree, &info)) {
        check_refusal(&info);
        return 0;
    }
    check_tree(arena, dialect, tree);
    check_tree(arena, DIALECT_PLUNK, tree);
    return 0;
}
