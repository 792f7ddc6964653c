/*
 * libFuzzer: any bytes as what Amazon SNS posts, and as what SES says in it. What is read as a
 * message has its URLs at Amazon and a text to sign; what is read as a report has a message, an
 * address and a time.
 */
#include <stdio.h>
#include <stdlib.h>

#include "store/sesnotice.h"
#include "store/snsenvelope.h"
#include "json/jsonread.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    (void)fprintf(stderr, "%s\n", what);
    abort();
}

static void read_envelope(struct arena *arena, const struct jsonval *value)
{
    struct snsenvelope envelope;
    struct err_info info = {0};
    if (snsenvelope_read(arena, value, &envelope, &info) < 0) {
        require(info.item.field[0] != '\0', "a refusal without a place");
        require(str_is_utf8(str_from(info.message)), "a message that is no text");
        return;
    }
    require(str_starts(envelope.certificate_url, STR("https://sns.")), "a certificate elsewhere");
    require(snsenvelope_signed_text(arena, &envelope).len > envelope.message.len, "too short");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    AUTO(arena) arena = arena_new();
    struct str text = {(const char *)bytes, len};
    const struct jsonval *value = NULL;
    struct err_info info = {0};
    struct emailwrite_item *items;
    size_t count;
    bool understood;
    if (jsonread_parse(arena, text, &value, &info) == 0)
        read_envelope(arena, value);
    sesnotice_read(arena, text, &items, &count, &understood);
    require(understood || count == 0, "reports of nobody");
    for (size_t i = 0; i < count; i++) {
        require(items[i].email.len > 0 && items[i].email_id.len > 0, "a report of nothing");
        require(items[i].email_id.len <= EMAILEVENT_ID_CHARS, "a message's id that is too long");
        require(str_is_utf8(items[i].email), "an address that is no text");
        require(items[i].reason.at == NULL || str_is_utf8(items[i].reason), "a reason cut wrongly");
    }
    return 0;
}
