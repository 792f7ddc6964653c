/* Where a webhook may go: a long list of spellings that others have been fooled by. */
#include "base/urlguard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "unit.h"

static const struct urlguard closed;

static bool allows_url(const struct urlguard *guard, const char *url)
{
    struct err_info info = {.message = ""};
    int err = urlguard_check_url(guard, str_from(url), &info);
    ck_assert_msg(err == 0 || (err == ERR_UNPROCESSABLE && info.message[0] != '\0'), "%s: %d %s",
                  url, err, info.message);
    return err == 0;
}

/* ---- URLs ---------------------------------------------------------------------------------- */

static const char *const good_urls[] = {
    "https://example.com",
    "https://example.com/",
    "https://example.com/hooks/a?b=c&d=%2F",
    "https://example.com?x=y",
    "https://Example.COM/Hooks",
    "HTTPS://example.com/",
    "https://example.com:443/",
    "https://example.com:8443/x",
    "https://hooks.a-b.example.co.uk/",
    "https://_x.example.com/",
    "https://xn--bcher-kva.example/",
    "https://1.example.com/",
    "https://1password.com/",
    "https://8.8.8.8/",
    "https://8.8.8.8:8443/",
    "https://[2606:4700:4700::1111]/",
    "https://[2606:4700:4700::1111]:8443/",
    "https://[::ffff:8.8.8.8]/",
    "https://example.com/@me",
    "https://example.com/a:b",
    "https://deadbeef.example/",
    "https://a.0x7g/",
    "https://internal.example.com/",
};

START_TEST(accepts)
{
    ck_assert_msg(allows_url(&closed, good_urls[_i]), "%s", good_urls[_i]);
}
END_TEST

static const char *const bad_urls[] = {
    /* no URL, or another scheme */
    "",
    "example.com",
    "//example.com/",
    "https:",
    "https:/",
    "https://",
    "https:///",
    "https:example.com",
    "https:///example.com/",
    "https:////example.com/",
    "http://example.com/",
    "HTTP://example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "dict://example.com:443/",
    "unix:///run/x.sock",
    "javascript:alert(1)",
    "data:text/plain,x",
    "httpss://example.com/",
    " https://example.com/",
    "https://example.com/ ",
    "https://example.com/a b",
    "https://example.com/\r\nx",
    "https://example.com\t/",
    /* user names, fragments, backslashes: where parsers part */
    "https://user@example.com/",
    "https://user:pw@example.com/",
    "https://@example.com/",
    "https://:@example.com/",
    "https://example.com@127.0.0.1/",
    "https://127.0.0.1@example.com/",
    "https://example.com:443@127.0.0.1/",
    "https://a@b@127.0.0.1/",
    "https://example.com\\@127.0.0.1/",
    "https://127.0.0.1\\@example.com/",
    "https://127.0.0.1\\.example.com/",
    "https://example.com/#x",
    "https://example.com#@127.0.0.1/",
    "https://127.0.0.1#.example.com/",
    "https://127.0.0.1?.example.com/",
    /* ports */
    "https://example.com:80/",
    "https://example.com:22/",
    "https://example.com:0/",
    "https://example.com:8444/",
    "https://example.com:/",
    "https://example.com:443443/",
    "https://example.com:99999/",
    "https://example.com:0443/",
    "https://example.com:+443/",
    "https://example.com:443:443/",
    "https://8.8.8.8:8080/",
    /* IPv4, plainly */
    "https://0.0.0.0/",
    "https://0.1.2.3/",
    "https://10.0.0.1/",
    "https://10.255.255.255/",
    "https://100.64.0.1/",
    "https://100.100.100.200/",
    "https://100.127.255.255/",
    "https://127.0.0.1/",
    "https://127.0.0.1:443/",
    "https://127.255.255.254/",
    "https://169.254.169.254/latest/meta-data/",
    "https://169.254.170.2/",
    "https://168.63.129.16/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.0.0.192/",
    "https://192.0.2.1/",
    "https://192.88.99.1/",
    "https://192.168.1.1/",
    "https://198.18.0.1/",
    "https://198.19.255.255/",
    "https://198.51.100.7/",
    "https://203.0.113.7/",
    "https://224.0.0.1/",
    "https://239.255.255.250/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    /* IPv4 as inet_aton reads it; of public addresses too: one form for each */
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7F.1/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://00177.0.0.01/",
    "https://017700000001/",
    "https://127.0.0.01/",
    "https://127.0.0.0x1/",
    "https://127.0.0.256/",
    "https://1.2.3.4.5/",
    "https://134744072/",
    "https://8.8.2056/",
    "https://010.8.8.8/",
    "https://0/",
    "https://0x/",
    "https://127.0.0.1./",
    "https://8.8.8.8./",
    "https://.127.0.0.1/",
    "https://127..0.0.1/",
    "https://1e1.0x1/",
    "https://x.1/",
    /* the same, percent-encoded or in other alphabets */
    "https://%31%32%37.0.0.1/",
    "https://127%2e0%2e0%2e1/",
    "https://%6cocalhost/",
    "https://example%2ecom/",
    "https://example.com%00.evil.example/",
    "https://example.com%2f@127.0.0.1/",
    "https://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/",
    "https://\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1/",
    "https://127\xe3\x80\x82"
    "0\xe3\x80\x82"
    "0\xe3\x80\x82"
    "1/",
    "https://b\xc3\xbc"
    "cher.example/",
    /* IPv6 */
    "https://[::]/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::127.0.0.1]/",
    "https://[::8.8.8.8]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::FFFF:10.0.0.1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[::ffff:0:127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b::8.8.8.8]/",
    "https://[64:ff9b:1::1]/",
    "https://[100::1]/",
    "https://[2001::1]/",
    "https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
    "https://[2001:10::1]/",
    "https://[2001:20::1]/",
    "https://[2001:1ff::1]/",
    "https://[2001:db8::1]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:808:808::]/",
    "https://[3fff::1]/",
    "https://[3fff:fff::1]/",
    "https://[4000::1]/",
    "https://[5f00::1]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fe80::1%eth0]/",
    "https://[2606:4700:4700::1111%25eth0]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[8.8.8.8]/",
    "https://[::1/",
    "https://::1/",
    "https://[]/",
    "https://[example.com]/",
    "https://[v1.x]/",
    "https://2606:4700:4700::1111/",
    "https://[2606:4700:4700::1111]x/",
    "https://x[2606:4700:4700::1111]/",
    /* names that mean something only here */
    "https://localhost/",
    "https://LocalHost/",
    "https://localhost./",
    "https://localhost.localdomain/",
    "https://a.localhost/",
    "https://printer.local/",
    "https://intranet/",
    "https://db/",
    "https://vault.internal/",
    "https://x.corp/",
    "https://router.lan/",
    "https://router.home.arpa/",
    "https://metadata.google.internal/computeMetadata/v1/",
    "https://Metadata.Google.Internal/",
    "https://metadata.google.internal./",
    "https://metadata.goog/",
    "https://metadata/",
    "https://instance-data/",
    "https://instance-data.ec2.internal/",
    /* names that are none */
    "https://exa mple.com/",
    "https://example.com./",
    "https://.example.com/",
    "https://example..com/",
    "https://exam*ple.com/",
    "https://exam,ple.com/",
    "https://example.com;x/",
    "https://$(x).example.com/",
    "https://<x>.example.com/",
    "https://a|b.example.com/",
    "https://a'b.example.com/",
    "https://{a}.example.com/",
    "https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com/",
};

START_TEST(refuses)
{
    ck_assert_msg(!allows_url(&closed, bad_urls[_i]), "%s", bad_urls[_i]);
}
END_TEST

START_TEST(the_longest)
{
    char *url = arena_alloc(unit_arena, 3000);
    memset(url, 'x', 2100);
    memcpy(url, "https://example.com/", 20);
    ck_assert_int_eq(urlguard_check_url(&closed, (struct str){url, 2048}, NULL), 0);
    ck_assert_int_eq(urlguard_check_url(&closed, (struct str){url, 2049}, NULL), ERR_UNPROCESSABLE);
    memcpy(url, "https://e\0ample.com/", 20);
    ck_assert_int_eq(urlguard_check_url(&closed, (struct str){url, 40}, NULL), ERR_UNPROCESSABLE);
}
END_TEST

static const struct {
    const char *url;
    const char *words;
} reasons[] = {
    {"http://example.com/", "https://"},          {"https://example.com:80/", "443 or 8443"},
    {"https://a:b@example.com/", "user name"},    {"https://example.com/#a", "fragment"},
    {"https://10.0.0.1/", "private or reserved"}, {"https://localhost/", "private network"},
    {"https://127.1/", "four decimal numbers"},   {"nonsense", "not a URL"},
};

START_TEST(says_why)
{
    struct err_info info = {.message = ""};
    ck_assert_int_eq(urlguard_check_url(&closed, str_from(reasons[_i].url), &info),
                     ERR_UNPROCESSABLE);
    ck_assert_msg(strstr(info.message, reasons[_i].words) != NULL, "%s: %s", reasons[_i].url,
                  info.message);
}
END_TEST

/* ---- what the operator opened -------------------------------------------------------------- */

static struct urlguard opened(const char *text)
{
    struct urlguard guard;
    struct err_info info = {.message = ""};
    ck_assert_msg(urlguard_parse(text, &guard, &info) == 0, "%s", info.message);
    return guard;
}

static const struct {
    const char *allow;
    const char *url;
    bool allowed;
} ranges[] = {
    {"http://127.0.0.0/8", "http://127.0.0.1/", true},
    {"http://127.0.0.0/8", "http://127.0.0.1:18080/hook", true},
    {"http://127.0.0.0/8", "http://127.255.0.1:1/", true},
    {"http://127.0.0.0/8", "https://127.0.0.1:18080/", true},
    {"http://127.0.0.0/8", "http://128.0.0.1/", false},
    {"http://127.0.0.0/8", "http://8.8.8.8/", false},
    {"http://127.0.0.0/8", "http://example.com/", false},
    {"http://127.0.0.0/8", "http://localhost/", false},
    {"http://127.0.0.0/8", "https://localhost/", false},
    {"http://127.0.0.0/8", "http://127.1/", false},
    {"http://127.0.0.0/8", "http://[::1]/", false},
    {"http://127.0.0.0/8", "http://[::ffff:127.0.0.1]/", true},
    {"http://127.0.0.0/8", "http://user@127.0.0.1/", false},
    {"http://127.0.0.0/8", "ftp://127.0.0.1/", false},
    {"http://127.0.0.0/8", "https://10.0.0.1/", false},
    {"10.1.0.0/16", "https://10.1.2.3/", true},
    {"10.1.0.0/16", "https://10.1.2.3:8443/", true},
    {"10.1.0.0/16", "https://10.1.2.3:9000/", false},
    {"10.1.0.0/16", "http://10.1.2.3/", false},
    {"10.1.0.0/16", "https://10.2.2.3/", false},
    {"10.1.0.0/16", "https://hooks.internal/", true},
    {"10.1.0.0/16", "https://hooks/", true},
    {"10.1.0.0/16", "https://metadata.google.internal/", false},
    {"https://10.1.0.0/16", "https://10.1.2.3/", true},
    {"https://10.1.0.0/16", "http://10.1.2.3/", false},
    {"10.1.2.3", "https://10.1.2.3/", true},
    {"10.1.2.3", "https://10.1.2.4/", false},
    {"10.1.2.4/30", "https://10.1.2.7/", true},
    {"10.1.2.4/30", "https://10.1.2.8/", false},
    {"0.0.0.0/0", "https://10.9.9.9/", true},
    {"0.0.0.0/0", "https://[::1]/", false},
    {"fd00::/8", "https://[fd12::1]/", true},
    {"fd00::/8", "https://[fe80::1]/", false},
    {"http://[::1]", "http://[::1]:81/", true},
    {"::1/128", "https://[::1]/", true},
    {" 10.0.0.0/8 , http://127.0.0.1/32 ,", "http://127.0.0.1:5000/", true},
    {" 10.0.0.0/8 , http://127.0.0.1/32 ,", "https://10.0.0.5/", true},
    {"", "http://127.0.0.1/", false},
    {NULL, "http://127.0.0.1/", false},
};

START_TEST(opens_ranges)
{
    struct urlguard guard = opened(ranges[_i].allow);
    ck_assert_msg(allows_url(&guard, ranges[_i].url) == ranges[_i].allowed, "%s and %s",
                  ranges[_i].allow != NULL ? ranges[_i].allow : "nothing", ranges[_i].url);
}
END_TEST

static const char *const bad_ranges[] = {
    "127.0.0.0/33", "127.0.0.0/",
    "127.0.0.0/-1", "127.0.0.0/8/8",
    "127.1/8",      "example.com",
    "http://",      "ftp://10.0.0.0/8",
    "::/129",       "10.0.0.0/8;10.1.0.0/8",
    "10.0.0.0/8 x", "http://localhost",
    "256.0.0.0/8",  "[10.0.0.1",
};

START_TEST(refuses_ranges)
{
    struct urlguard guard;
    struct err_info info = {.message = ""};
    ck_assert_msg(urlguard_parse(bad_ranges[_i], &guard, &info) == ERR_INVAL, "%s", bad_ranges[_i]);
    ck_assert_ptr_nonnull(strstr(info.message, "MUSTER_WEBHOOK_ALLOW"));
}
END_TEST

START_TEST(so_many_ranges)
{
    char text[URLGUARD_MAX_RANGES * 10 + 20] = "";
    struct urlguard guard;
    for (int i = 0; i < URLGUARD_MAX_RANGES; i++) {
        strcat(text, "10.0.0.1,");
    }
    ck_assert_int_eq(urlguard_parse(text, &guard, NULL), 0);
    strcat(text, "10.0.0.1");
    ck_assert_int_eq(urlguard_parse(text, &guard, NULL), ERR_INVAL);
}
END_TEST

/* ---- addresses at the time of connecting --------------------------------------------------- */

static bool allows(const struct urlguard *guard, const char *address, bool is_http)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(443)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(443)};
    const void *at = &v4;
    if (inet_pton(AF_INET, address, &v4.sin_addr) != 1) {
        ck_assert_int_eq(inet_pton(AF_INET6, address, &v6.sin6_addr), 1);
        at = &v6;
    }
    return urlguard_allows(guard, at, is_http);
}

static const struct {
    const char *address;
    bool allowed;
} addresses[] = {
    {"8.8.8.8", true},
    {"1.0.0.1", true},
    {"9.255.255.255", true},
    {"11.0.0.0", true},
    {"100.63.255.255", true},
    {"100.128.0.0", true},
    {"126.255.255.255", true},
    {"128.0.0.0", true},
    {"169.253.255.255", true},
    {"169.255.0.0", true},
    {"172.15.255.255", true},
    {"172.32.0.0", true},
    {"192.0.1.0", true},
    {"192.167.255.255", true},
    {"192.169.0.0", true},
    {"198.17.255.255", true},
    {"198.20.0.0", true},
    {"223.255.255.255", true},
    {"168.63.129.15", true},
    {"2606:4700::1", true},
    {"2400::1", true},
    {"2001:200::1", true},
    {"2003::1", true},
    {"3ffe::1", true},
    {"::ffff:8.8.8.8", true},
    {"0.0.0.0", false},
    {"10.0.0.0", false},
    {"10.255.255.255", false},
    {"100.64.0.0", false},
    {"100.127.255.255", false},
    {"127.0.0.1", false},
    {"169.254.169.254", false},
    {"172.16.0.0", false},
    {"172.31.255.255", false},
    {"192.0.0.1", false},
    {"192.0.2.1", false},
    {"192.88.99.1", false},
    {"192.168.0.1", false},
    {"198.18.0.0", false},
    {"198.19.255.255", false},
    {"198.51.100.1", false},
    {"203.0.113.1", false},
    {"224.0.0.1", false},
    {"255.255.255.255", false},
    {"168.63.129.16", false},
    {"::", false},
    {"::1", false},
    {"::7f00:1", false},
    {"::ffff:127.0.0.1", false},
    {"::ffff:10.1.2.3", false},
    {"64:ff9b::808:808", false},
    {"2001::1", false},
    {"2001:1ff:ffff::", false},
    {"2001:db8::1", false},
    {"2002:808:808::1", false},
    {"3fff::1", false},
    {"3fff:fff:ffff::", false},
    {"4000::1", false},
    {"1fff::1", false},
    {"fc00::1", false},
    {"fdff::1", false},
    {"fe80::1", false},
    {"ff02::1", false},
};

START_TEST(judges_addresses)
{
    ck_assert_msg(allows(&closed, addresses[_i].address, false) == addresses[_i].allowed, "%s",
                  addresses[_i].address);
    ck_assert_msg(!allows(&closed, addresses[_i].address, true), "http to %s",
                  addresses[_i].address);
}
END_TEST

START_TEST(judges_opened_addresses)
{
    struct urlguard guard = opened("http://127.0.0.0/8,10.0.0.0/8");
    ck_assert(allows(&guard, "127.0.0.1", true));
    ck_assert(allows(&guard, "127.0.0.1", false));
    ck_assert(allows(&guard, "::ffff:127.0.0.1", true));
    ck_assert(allows(&guard, "10.0.0.1", false));
    ck_assert(!allows(&guard, "10.0.0.1", true));
    ck_assert(!allows(&guard, "8.8.8.8", true));
    ck_assert(!allows(&guard, "::1", true));
    ck_assert(!allows(&guard, "192.168.0.1", false));
}
END_TEST

START_TEST(other_families_are_refused)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct urlguard guard = opened("http://0.0.0.0/0,http://::/0");
    ck_assert(!urlguard_allows(&guard, (const struct sockaddr *)&local, true));
    ck_assert(!urlguard_allows(&guard, (const struct sockaddr *)&local, false));
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {accepts, ARRAY_LEN(good_urls)},
        {refuses, ARRAY_LEN(bad_urls)},
        {the_longest, 0},
        {says_why, ARRAY_LEN(reasons)},
        {opens_ranges, ARRAY_LEN(ranges)},
        {refuses_ranges, ARRAY_LEN(bad_ranges)},
        {so_many_ranges, 0},
        {judges_addresses, ARRAY_LEN(addresses)},
        {judges_opened_addresses, 0},
        {other_families_are_refused, 0},
    };
    return UNIT_RUN("urlguard", cases);
}
