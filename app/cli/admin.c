/* Projects and keys. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/timeutil.h"
#include "cli/commands.h"
#include "store/apikey.h"
#include "store/hostmem.h"
#include "store/keyscope.h"
#include "store/project.h"
#include "store/publiclink.h"

/* A number after an option; absent: 0. */
static int account_option(int *argc, char **argv, uint32_t *ret, struct err_info *info)
{
    uint64_t number = 0;
    const char *text = cli_option(argc, argv, "--account");
    if (text && (!num_parse_u64(str_from(text), UINT32_MAX, &number) || number == 0))
        return err_set(info, ERR_INVAL, NULL, "--account takes the number of an account");
    *ret = (uint32_t)number;
    return 0;
}

int admin_project_create(struct cli *cli, int argc, char **argv, struct err_info *info)
{
    struct project project;
    char uuid[37];
    uint32_t account_id = 0;
    int err = account_option(&argc, argv, &account_id, info);
    if (err < 0 || argc != 1)
        return ERR_INVAL;
    err = project_create(cli->db, str_from(argv[0]), account_id, &project, info);
    if (err < 0)
        return err;
    uuid_format(&project.uuid, uuid);
    printf("%" PRIu32 " %s %" PRIu32 "\n", project.project_id, uuid, project.account_id);
    return 0;
}

int admin_project_list(struct cli *cli, int argc, char **argv, struct err_info *info)
{
    struct project *list = NULL;
    size_t count = 0;
    (void)argv;
    if (argc != 0)
        return ERR_INVAL;
    int err = project_list(cli->db, cli->arena, &list, &count, info);
    if (err < 0)
        return err;
    printf("%-8s %-36s %-8s %-5s %-24s %s\n", "project", "uuid", "account", "site", "created",
           "name");
    for (size_t i = 0; i < count; i++) {
        char uuid[37], created[25];
        uuid_format(&list[i].uuid, uuid);
        timeutil_format(list[i].created_ms, created);
        printf("%-8" PRIu32 " %-36s %-8" PRIu32 " %-5" PRIu32 " %s " STR_FMT "\n",
               list[i].project_id, uuid, list[i].account_id, list[i].site_index, created,
               STR_ARG(list[i].name));
    }
    return 0;
}

int admin_project_public_ids(struct cli *cli, int argc, char **argv, struct err_info *info)
{
    struct project project;
    if (argc != 2 || (strcmp(argv[1], "on") != 0 && strcmp(argv[1], "off") != 0))
        return ERR_INVAL;
    int err = project_find(cli->db, cli->arena, str_from(argv[0]), &project, info);
    if (err < 0)
        return err;
    return publiclink_allow_bare_ids(cli->db, project.project_id, strcmp(argv[1], "on") == 0, info);
}

/* Who does it: whoever is on the server. */
static const struct audit_actor admin_actor = {.program = {"muster", 6}};

static const struct {
    const char *word;
    enum apikey_kind kind;
    bool all_sites;
} key_words[] = {
    {"secret", APIKEY_SECRET, false},
    {"public", APIKEY_PUBLIC, false},
    {"site", APIKEY_ACCOUNT, false},
    {"account", APIKEY_ACCOUNT, true},
};

/* The words of --scopes. A public key may only track, and takes none. */
static int read_scopes(const char *text, struct apikey_new *key, struct err_info *info)
{
    key->scopes = key->kind == APIKEY_PUBLIC ? KEYSCOPE_WRITE : KEYSCOPE_ALL;
    if (!text)
        return 0;
    if (key->kind == APIKEY_PUBLIC)
        return err_set(info, ERR_INVAL, NULL, "a public key takes no --scopes: it may only track");
    if (!keyscope_parse(str_from(text), &key->scopes))
        return err_set(info, ERR_INVAL, NULL,
                       "--scopes takes read, write, admin or *, with commas "
                       "in between");
    return 0;
}

int admin_key_create(struct cli *cli, int argc, char **argv, struct err_info *info)
{
    struct project project;
    char text[APIKEY_TEXT_MAX];
    const char *name = cli_option(&argc, argv, "--name");
    const char *scopes = cli_option(&argc, argv, "--scopes");
    if (argc != 2)
        return ERR_INVAL;
    for (size_t i = 0; i < ARRAY_LEN(key_words); i++) {
        if (strcmp(argv[1], key_words[i].word) != 0)
            continue;
        struct apikey_new key = {.kind = key_words[i].kind,
                                 .name = str_from(name ? name : "made by muster key create")};
        int err = read_scopes(scopes, &key, info);
        if (err == 0)
            err = project_find(cli->db, cli->arena, str_from(argv[0]), &project, info);
        if (err < 0)
            return err;
        key.account_id = project.account_id;
        key.project_id = key_words[i].all_sites ? 0 : project.project_id;
        err = apikey_create(cli->db, &key, &admin_actor, text, info);
        if (err == 0)
            printf("%s\n", text);
        return err;
    }
    return ERR_INVAL;
}

static void print_when(int64_t ms, const char *never)
{
    char text[25];
    if (ms)
        timeutil_format(ms, text);
    printf(" %-24s", ms ? text : never);
}

int admin_key_list(struct cli *cli, int argc, char **argv, struct err_info *info)
{
    struct apikey *list = NULL;
    size_t count = 0;
    uint32_t account_id = 0;
    int err = account_option(&argc, argv, &account_id, info);
    if (err < 0 || argc != 0)
        return ERR_INVAL;
    err = apikey_list(cli->db, cli->arena, account_id, &list, &count, info);
    if (err < 0)
        return err;
    printf("%-12s %-8s %-8s %-8s %-16s %-24s %-24s %-24s %s\n", "key", "kind", "account", "project",
           "scopes", "created", "used", "revoked", "name");
    for (size_t i = 0; i < count; i++) {
        printf(STR_FMT " %-8s %-8" PRIu32 " ", STR_ARG(list[i].key_id),
               apikey_kind_name(list[i].kind), list[i].account_id);
        if (list[i].project_id)
            printf("%-8" PRIu32, list[i].project_id);
        else
            printf("%-8s", "all");
        char scopes[KEYSCOPE_TEXT_MAX];
        keyscope_print(list[i].scopes, ",", scopes);
        printf(" %-16s", scopes);
        print_when(list[i].created_ms, "-");
        print_when(list[i].last_used_ms, "never");
        print_when(list[i].revoked_ms, "-");
        printf(" " STR_FMT "\n", STR_ARG(list[i].name));
    }
    return 0;
}

/* The processes of this host believe a key for a second unless they are told. Where the file is not
 * ours or not there, that second is what it takes. */
static void tell_host(const char *path)
{
    struct hostmem *memory = NULL;
    struct err_info ignored = {0};
    if (access(path, F_OK) != 0 || hostmem_open(path, &memory, &ignored) < 0)
        return;
    hostmem_revoked(memory);
    hostmem_close(memory);
}

int admin_key_revoke(struct cli *cli, int argc, char **argv, struct err_info *info)
{
    if (argc != 1)
        return ERR_INVAL;
    int err = apikey_revoke(cli->db, str_from(argv[0]), &admin_actor, "key.revoked", info);
    if (err == 0)
        tell_host(cli->config->host_memory);
    return err;
}
