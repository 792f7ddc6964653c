#include "base/urlguard.h"

#include <string.h>

#include <arpa/inet.h>
#include <curl/urlapi.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/num.h"

#define URLGUARD_NAME_BYTES 253 /* RFC 1035, a name as text */
#define URLGUARD_LABEL_BYTES 63

/* What stands before an IPv4 address in its IPv6 form, ::ffff:a.b.c.d. */
static const uint8_t urlguard_mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* ---- addresses ----------------------------------------------------------------------------- */

struct urlguard_net {
    const char *address;
    unsigned bits;
};

/*
 * What is not global unicast: IANA's special-purpose registries of IPv4 and IPv6 (engineering.md
 * R16), as of 2024; and the address at which Azure's hosts serve their guests.
 */
static const struct urlguard_net urlguard_refused4[] = {
    {"0.0.0.0", 8},      {"10.0.0.0", 8},     {"100.64.0.0", 10}, {"127.0.0.0", 8},
    {"169.254.0.0", 16}, {"172.16.0.0", 12},  {"192.0.0.0", 24},  {"192.0.2.0", 24},
    {"192.88.99.0", 24}, {"192.168.0.0", 16}, {"198.18.0.0", 15}, {"198.51.100.0", 24},
    {"203.0.113.0", 24}, {"224.0.0.0", 4},    {"240.0.0.0", 4},   {"168.63.129.16", 32},
};
static const struct urlguard_net urlguard_global6 = {"2000::", 3};
static const struct urlguard_net urlguard_refused6[] = {
    {"2001::", 23}, {"2001:db8::", 32}, {"2002::", 16}, {"3fff::", 20}};

static bool urlguard_in(const uint8_t *address, const uint8_t *net, unsigned bits)
{
    unsigned whole = bits / 8;
    unsigned rest = bits % 8;
    return memcmp(address, net, whole) == 0 &&
           (rest == 0 || (address[whole] ^ net[whole]) >> (8 - rest) == 0);
}

static bool urlguard_in_net(int family, const uint8_t *address, const struct urlguard_net *net)
{
    uint8_t bytes[16];
    return inet_pton(family, net->address, bytes) == 1 && urlguard_in(address, bytes, net->bits);
}

static bool urlguard_is_global(const uint8_t address[16])
{
    if (memcmp(address, urlguard_mapped, sizeof(urlguard_mapped)) == 0) {
        for (size_t i = 0; i < ARRAY_LEN(urlguard_refused4); i++) {
            if (urlguard_in_net(AF_INET, address + sizeof(urlguard_mapped),
                                &urlguard_refused4[i])) {
                return false;
            }
        }
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(urlguard_refused6); i++) {
        if (urlguard_in_net(AF_INET6, address, &urlguard_refused6[i])) {
            return false;
        }
    }
    return urlguard_in_net(AF_INET6, address, &urlguard_global6);
}

/* Whether the operator opened a range around the address for this scheme. */
static bool urlguard_is_opened(const struct urlguard *guard, const uint8_t address[16],
                               bool is_http)
{
    for (unsigned i = 0; i < guard->count; i++) {
        const struct urlguard_range *range = &guard->ranges[i];
        if ((range->plain_http || !is_http) && urlguard_in(address, range->address, range->bits)) {
            return true;
        }
    }
    return false;
}

bool urlguard_allows(const struct urlguard *guard, const struct sockaddr *address, bool is_http)
{
    uint8_t bytes[16];
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof(v4));
        memcpy(bytes, urlguard_mapped, sizeof(urlguard_mapped));
        memcpy(bytes + sizeof(urlguard_mapped), &v4.sin_addr, 4);
    } else if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof(v6));
        memcpy(bytes, &v6.sin6_addr, 16);
    } else {
        return false;
    }
    return (!is_http && urlguard_is_global(bytes)) || urlguard_is_opened(guard, bytes, is_http);
}

/* A literal without brackets, as 16 bytes. IPv4 is four decimal numbers and nothing else. */
static bool urlguard_read_address(struct str text, uint8_t ret[16], bool *ret_is_v6)
{
    char copy[INET6_ADDRSTRLEN];
    if (text.len >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    *ret_is_v6 = inet_pton(AF_INET6, copy, ret) == 1;
    if (*ret_is_v6) {
        return true;
    }
    memcpy(ret, urlguard_mapped, sizeof(urlguard_mapped));
    return inet_pton(AF_INET, copy, ret + sizeof(urlguard_mapped)) == 1;
}

/* ---- the operator's list ------------------------------------------------------------------- */

static struct str urlguard_without_brackets(struct str host)
{
    if (host.len >= 2 && host.at[0] == '[' && host.at[host.len - 1] == ']') {
        return (struct str){host.at + 1, host.len - 2};
    }
    return host;
}

static bool urlguard_read_range(struct str item, struct urlguard_range *ret)
{
    static const struct str http = {"http://", 7};
    static const struct str https = {"https://", 8};
    struct str bits_text;
    uint64_t bits = 0;
    bool is_v6 = false;
    ret->plain_http = str_starts(item, http);
    if (ret->plain_http || str_starts(item, https)) {
        size_t skip = ret->plain_http ? http.len : https.len;
        item = (struct str){item.at + skip, item.len - skip};
    }
    struct str address = urlguard_without_brackets(str_split(item, '/', &bits_text));
    if (!urlguard_read_address(address, ret->address, &is_v6)) {
        return false;
    }
    unsigned most = is_v6 ? 128 : 32;
    if (bits_text.at == NULL) {
        bits = most;
    } else if (!num_parse_u64(bits_text, most, &bits)) {
        return false;
    }
    ret->bits = (unsigned)bits + (128 - most);
    return true;
}

int urlguard_parse(const char *text, struct urlguard *ret, struct err_info *info)
{
    struct str rest = str_from(text);
    *ret = (struct urlguard){.count = 0};
    while (rest.at != NULL) {
        struct str item = str_trim(str_split(rest, ',', &rest));
        if (item.len == 0) {
            continue;
        }
        if (ret->count == URLGUARD_MAX_RANGES) {
            return err_set(info, ERR_INVAL, NULL, "MUSTER_WEBHOOK_ALLOW has more than %d ranges",
                           URLGUARD_MAX_RANGES);
        }
        if (!urlguard_read_range(item, &ret->ranges[ret->count])) {
            return err_set(info, ERR_INVAL, NULL,
                           "MUSTER_WEBHOOK_ALLOW: \"" STR_FMT "\" is no range such as 10.1.0.0/16"
                           " or http://127.0.0.0/8",
                           STR_ARG(item));
        }
        ret->count++;
    }
    return 0;
}

/* ---- hosts --------------------------------------------------------------------------------- */

static int urlguard_refuse(struct err_info *info, const char *why)
{
    return err_set(info, ERR_UNPROCESSABLE, NULL, "%s", why);
}

/* The authority as it was written: what stands between "://" and the path. */
static struct str urlguard_authority(struct str url)
{
    const char *at = memmem(url.at, url.len, "://", 3);
    if (at == NULL) {
        return (struct str){NULL, 0};
    }
    struct str rest = {at + 3, url.len - (size_t)(at + 3 - url.at)};
    size_t len = 0;
    while (len < rest.len && strchr("/?#\\", rest.at[len]) == NULL) {
        len++;
    }
    return (struct str){rest.at, len};
}

static struct str urlguard_without_port(struct str authority)
{
    for (size_t i = authority.len; i > 0; i--) {
        char c = authority.at[i - 1];
        if (c == ':') {
            return (struct str){authority.at, i - 1};
        }
        if (c < '0' || c > '9') {
            break;
        }
    }
    return authority;
}

static char urlguard_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool urlguard_same(struct str a, struct str b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++) {
        if (urlguard_lower(a.at[i]) != urlguard_lower(b.at[i])) {
            return false;
        }
    }
    return a.len == b.len;
}

/* A name that ends in `suffix`, or is it without its first dot. */
static bool urlguard_is_below(struct str name, const char *suffix)
{
    struct str of = str_from(suffix);
    struct str bare = {of.at + 1, of.len - 1};
    struct str end = {name.at + name.len - (name.len < of.len ? name.len : of.len),
                      name.len < of.len ? name.len : of.len};
    return urlguard_same(end, of) || urlguard_same(name, bare);
}

/* Names that mean something only inside a host or a network. */
static bool urlguard_is_inside(struct str name)
{
    static const char *const suffixes[] = {".localhost", ".local",     ".internal", ".localdomain",
                                           ".intranet",  ".home.arpa", ".corp",     ".lan"};
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        if (urlguard_is_below(name, suffixes[i])) {
            return true;
        }
    }
    return memchr(name.at, '.', name.len) == NULL;
}

/* Where clouds tell their guests secrets. */
static bool urlguard_is_metadata(struct str name)
{
    static const char *const hosts[] = {".metadata.google.internal",   ".metadata.goog",
                                        ".instance-data.ec2.internal", ".instance-data",
                                        ".metadata.azure.internal",    ".metadata.packet.net"};
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        if (urlguard_is_below(name, hosts[i])) {
            return true;
        }
    }
    return false;
}

static bool urlguard_is_label(struct str label)
{
    for (size_t i = 0; i < label.len; i++) {
        char c = urlguard_lower(label.at[i]);
        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_') {
            return false;
        }
    }
    return label.len > 0 && label.len <= URLGUARD_LABEL_BYTES;
}

/* A last label of digits, or 0x and so on, is how inet_aton spells addresses. */
static bool urlguard_is_number(struct str label)
{
    size_t from = 0;
    bool is_hex = label.len >= 2 && label.at[0] == '0' && urlguard_lower(label.at[1]) == 'x';
    for (size_t i = is_hex ? 2 : from; i < label.len; i++) {
        char c = urlguard_lower(label.at[i]);
        if ((c < '0' || c > '9') && !(is_hex && c >= 'a' && c <= 'f')) {
            return false;
        }
    }
    return true;
}

static int urlguard_check_name(const struct urlguard *guard, struct str name, struct err_info *info)
{
    struct str rest = name;
    struct str last = name;
    bool opened = false;
    if (name.len == 0 || name.len > URLGUARD_NAME_BYTES) {
        return urlguard_refuse(info, "The URL's host must be a name of 1 to 253 characters");
    }
    while (rest.at != NULL) {
        last = str_split(rest, '.', &rest);
        if (!urlguard_is_label(last)) {
            return urlguard_refuse(info, "The URL's host must be a plain name of letters, digits,"
                                         " hyphens and dots (international names as xn--…), or an"
                                         " address");
        }
    }
    if (urlguard_is_number(last)) {
        return urlguard_refuse(info, "An IPv4 address must be written as four decimal numbers");
    }
    for (unsigned i = 0; i < guard->count; i++) {
        opened = opened || !guard->ranges[i].plain_http;
    }
    if (urlguard_is_metadata(name) || (urlguard_is_inside(name) && !opened)) {
        return urlguard_refuse(info, "The URL's host must be public: this name belongs to a private"
                                     " network");
    }
    return 0;
}

/* ---- URLs ---------------------------------------------------------------------------------- */

/* What libcurl made of the URL. */
struct urlguard_parts {
    CURLU *handle;
    char *scheme;
    char *host;
    char *port;
};

static void urlguard_parts_done(struct urlguard_parts *parts)
{
    curl_free(parts->scheme);
    curl_free(parts->host);
    curl_free(parts->port);
    curl_url_cleanup(parts->handle);
}

/* Characters that parsers read in different ways, or that no URL has. */
static int urlguard_check_text(struct str url, struct err_info *info)
{
    if (url.len == 0 || url.len > URLGUARD_URL_BYTES) {
        return err_set(info, ERR_UNPROCESSABLE, NULL, "A URL has 1 to %d characters",
                       URLGUARD_URL_BYTES);
    }
    for (size_t i = 0; i < url.len; i++) {
        unsigned char c = (unsigned char)url.at[i];
        if (c <= 0x20 || c >= 0x7f || c == '\\') {
            return urlguard_refuse(info, "A URL must not contain spaces, control characters,"
                                         " backslashes or letters outside ASCII: use xn--… in the"
                                         " host and %XX behind it");
        }
    }
    struct str authority = urlguard_authority(url);
    if (memchr(url.at, '#', url.len) != NULL) {
        return urlguard_refuse(info, "The URL must not have a fragment (#…)");
    }
    if (authority.at != NULL && memchr(authority.at, '@', authority.len) != NULL) {
        return urlguard_refuse(info, "The URL must not contain a user name or a password");
    }
    return 0;
}

static int urlguard_split(struct str url, struct urlguard_parts *parts, struct err_info *info)
{
    char text[URLGUARD_URL_BYTES + 1];
    memcpy(text, url.at, url.len);
    text[url.len] = '\0';
    parts->handle = curl_url();
    if (parts->handle == NULL ||
        curl_url_set(parts->handle, CURLUPART_URL, text,
                     CURLU_NON_SUPPORT_SCHEME | CURLU_DISALLOW_USER) != CURLUE_OK ||
        curl_url_get(parts->handle, CURLUPART_SCHEME, &parts->scheme, 0) != CURLUE_OK ||
        curl_url_get(parts->handle, CURLUPART_HOST, &parts->host, 0) != CURLUE_OK) {
        return urlguard_refuse(info, "This is not a URL such as https://example.com/hooks");
    }
    if (curl_url_get(parts->handle, CURLUPART_PORT, &parts->port, CURLU_DEFAULT_PORT) !=
        CURLUE_OK) {
        parts->port = NULL;
    }
    return 0;
}

static int urlguard_check_scheme(const struct urlguard_parts *parts, bool plain_http,
                                 struct err_info *info)
{
    bool is_https = strcmp(parts->scheme, "https") == 0;
    if (plain_http && (is_https || strcmp(parts->scheme, "http") == 0)) {
        return 0;
    }
    if (!is_https) {
        return urlguard_refuse(info, "The URL must begin with https://");
    }
    if (parts->port == NULL ||
        (strcmp(parts->port, "443") != 0 && strcmp(parts->port, "8443") != 0)) {
        return urlguard_refuse(info, "The URL's port must be 443 or 8443");
    }
    return 0;
}

/* `plain_http`: the host is a literal for which the operator opened http and every port. */
static int urlguard_check_host(const struct urlguard *guard, struct str host, bool *ret_plain_http,
                               struct err_info *info)
{
    uint8_t address[16];
    bool is_v6 = false;
    bool in_brackets = host.len > 0 && host.at[0] == '[';
    bool is_literal = urlguard_read_address(urlguard_without_brackets(host), address, &is_v6);
    *ret_plain_http = false;
    if (!is_literal && !in_brackets) {
        return urlguard_check_name(guard, host, info);
    }
    if (!is_literal || is_v6 != in_brackets) {
        return urlguard_refuse(info, "The URL's host is no valid address");
    }
    *ret_plain_http = urlguard_is_opened(guard, address, true);
    if (!urlguard_is_global(address) && !urlguard_is_opened(guard, address, false)) {
        return urlguard_refuse(info, "The URL's host must be public: this address is private or"
                                     " reserved");
    }
    return 0;
}

static int urlguard_check_parts(const struct urlguard *guard, struct str url,
                                const struct urlguard_parts *parts, struct err_info *info)
{
    struct str authority = urlguard_authority(url);
    struct str written = urlguard_without_port(authority);
    struct str port = {authority.at + written.len, authority.len - written.len};
    bool plain_http = false;
    int err = urlguard_check_host(guard, written, &plain_http, info);
    if (err == 0 && port.len > 0 &&
        (parts->port == NULL || port.at[0] != ':' ||
         !str_eq_c((struct str){port.at + 1, port.len - 1}, parts->port))) {
        err = urlguard_refuse(info, "The URL's port must be a plain number");
    }
    if (err == 0 && !urlguard_same(written, str_from(parts->host))) {
        err = urlguard_refuse(info, "The URL's host must be written in its plain form");
    }
    return err < 0 ? err : urlguard_check_scheme(parts, plain_http, info);
}

int urlguard_check_url(const struct urlguard *guard, struct str url, struct err_info *info)
{
    struct urlguard_parts parts = {.handle = NULL};
    int err = urlguard_check_text(url, info);
    if (err < 0) {
        return err;
    }
    err = urlguard_split(url, &parts, info);
    if (err == 0) {
        err = urlguard_check_parts(guard, url, &parts, info);
    }
    urlguard_parts_done(&parts);
    return err;
}
