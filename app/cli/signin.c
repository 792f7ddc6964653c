/* The link that opens the dashboard. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "store/keyscope.h"
#include "store/logintoken.h"

#define NAME_BYTES 200

/* Where the dashboard is, without the slash at the end. */
static int read_base(const struct cli *cli, const char *option, struct str *ret,
                     struct err_info *info)
{
    const char *configured = cli->config->public_url[0] ? cli->config->public_url : NULL;
    struct str base = str_from(option ? option : configured ? configured : "http://localhost");
    if (!str_starts(base, STR("http://")) && !str_starts(base, STR("https://")))
        return err_set(info, ERR_INVAL, NULL, "%s must begin with http:// or https://",
                       option ? "--url" : "MUSTER_PUBLIC_URL");
    while (base.at[base.len - 1] == '/')
        base.len--;
    *ret = base;
    return 0;
}

int signin_link(struct cli *cli, int argc, char **argv, struct err_info *info)
{
    struct project project;
    struct str base = STR("");
    unsigned scopes = KEYSCOPE_ALL;
    const char *token = NULL;
    const char *project_name = cli_option(&argc, argv, "--project");
    const char *url = cli_option(&argc, argv, "--url");
    const char *words = cli_option(&argc, argv, "--scopes");
    const char *option = cli_option(&argc, argv, "--name");
    struct str name = str_trim(str_from(option ? option : "sign-in link"));
    if (argc != 0)
        return ERR_INVAL;
    if (words && !keyscope_parse(str_from(words), &scopes))
        return err_set(info, ERR_INVAL, NULL,
                       "--scopes takes read, write, admin or *, with commas in between");
    if (name.len == 0 || name.len > NAME_BYTES || !str_is_utf8(name))
        return err_set(info, ERR_INVAL, NULL, "--name takes 1 to %d bytes of text", NAME_BYTES);
    int err = read_base(cli, url, &base, info);
    if (err == 0)
        err = cli_project(cli, project_name, &project, info);
    if (err == 0)
        err =
            logintoken_create(cli->db, cli->arena, project.project_id, name, scopes, &token, info);
    if (err == 0)
        printf(STR_FMT "/app/#login=%s\n", STR_ARG(base), token);
    return err;
}
