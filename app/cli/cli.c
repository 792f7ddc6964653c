#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "cli/commands.h"

struct command {
    const char *group; /* first word */
    const char *name;  /* second word; NULL: there is none */
    const char *usage; /* arguments */
    const char *help;
    cli_command *run;
};

static const struct command commands[] = {
    {"migrate", NULL, "", "Applies the migrations that the database lacks.", doctor_migrate},
    {"doctor", NULL, "",
     "Checks the database and this host, and says what is wrong. Exit status 1 when something "
     "would give wrong answers or lose data.",
     doctor_run},
    {"project", "create", "NAME [--account ACCOUNT]",
     "Makes a project, in a new account or a given one. Prints number, UUID and account.",
     admin_project_create},
    {"project", "list", "", "Lists the projects.", admin_project_list},
    {"project", "public-ids", "PROJECT on|off",
     "Whether a contact's id alone opens its public pages, as Plunk's links do (plunkPublicIds). "
     "Off unless it is switched on: who learns an id could then change that subscription.",
     admin_project_public_ids},
    {"key", "create", "PROJECT secret|public|site|account [--name NAME] [--scopes SCOPES]",
     "Makes an API key and prints it, this once. secret: sk_, public: pk_ (may only track), "
     "site: pm_live_ for this project, account: pm_live_ for all projects of its account. "
     "--scopes: "
     "what it may do, of read, write (which includes reading), admin (keys and the audit) and *, "
     "with commas in between; * when it is not given.",
     admin_key_create},
    {"key", "list", "[--account ACCOUNT]", "Lists the keys without their secrets.", admin_key_list},
    {"key", "revoke", "KEY-ID", "Ends a key, at once and for good.", admin_key_revoke},
    {"login-link", NULL, "[--project PROJECT] [--url BASE] [--scopes SCOPES] [--name NAME]",
     "Prints a link with which somebody signs in to the dashboard, once, within 15 minutes. BASE "
     "is "
     "where this server is reached, such as https://muster.example: MUSTER_PUBLIC_URL, else "
     "http://localhost. SCOPES as for key create: what the session of twelve hours may do. NAME is "
     "what it is called in the lists of keys and acts.",
     signin_link},
    {"import", "contacts",
     "FILE [--project PROJECT] [--mode upsert|create|update] [--dry-run] [--segment ID] "
     "[--tag NAME] [--columns JSON] [--keep-created] [--keep-quotes]",
     "Imports contacts from a CSV file; - reads standard input. Columns: email, subscribed, and "
     "any "
     "others, which become data (a.b nests). --mode create leaves out contacts that are there, "
     "update those that are not. --segment: they become members of that static segment. "
     "--tag: they get that tag, which is made when it is not there. "
     "--columns: what columns are that the file calls otherwise, as "
     "{\"E-Mail\": \"email\", \"City\": \"address.city\", \"Note\": null}; null leaves one out. "
     "--keep-created: the column createdAt holds for new contacts. --keep-quotes: a ' before = + - "
     "@ belongs to the value. Exit status 1 when the file could not be imported; rows that are "
     "refused are listed and do not count as that.",
     importcmd_contacts},
    {"import", "events",
     "FILE [--project PROJECT] [--format csv|ndjson] [--mode upsert|update] [--dry-run] "
     "[--segment ID] [--tag NAME] [--columns JSON] [--keep-quotes]",
     "Imports events from a CSV file with the columns email, event, timestamp and any others, "
     "which "
     "become data of the event, or from NDJSON with a body of /v1/track in each line. Unknown "
     "addresses become contacts, unless --mode is update. Else as import contacts.",
     importcmd_events},
    {"explain", NULL, "SEGMENT EMAIL [--project PROJECT] [--at INSTANT]",
     "Says why a contact is in a segment, or is not: each part of the filter with its answer, the "
     "datum that decided, and when the answer changes with the clock alone. SEGMENT is an id, or a "
     "slug or name that no other segment has. --at: as it will be then, if nothing else happens.",
     explaincmd_run},
    {"reindex", NULL, "[PROJECT]",
     "Rebuilds the columns of a project, or of all, from the rows. Answers stay exact meanwhile.",
     columns_reindex},
    {"verify", NULL, "PROJECT",
     "Compares the columns with the rows, bit for bit. Exit status 1 when they differ.",
     columns_verify},
};

static void print_usage(FILE *to, const struct command *c)
{
    fprintf(to, "usage: muster %s%s%s%s%s\n", c->group, c->name ? " " : "", c->name ? c->name : "",
            c->usage[0] ? " " : "", c->usage);
}

static void print_help(FILE *to)
{
    fputs("usage: muster COMMAND …; muster COMMAND --help tells more\n\n", to);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        const struct command *c = &commands[i];
        size_t sentence = strcspn(c->help, ".") + 1;
        fprintf(to, "  %s%s%s%s%s\n      %.*s\n", c->group, c->name ? " " : "",
                c->name ? c->name : "", c->usage[0] ? " " : "", c->usage, (int)sentence, c->help);
    }
    fputs(
        "\nPROJECT is a number or a UUID. The database is named by MUSTER_DB_SOCKET (or _HOST and "
        "_PORT), _NAME, _USER, _PASSWORD; muster(1) tells of all settings.\n",
        to);
}

/* The commands of which this is the first word; false: there are none. */
static bool print_group(const char *group)
{
    bool any = false;
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (!commands[i].name || strcmp(commands[i].group, group) != 0)
            continue;
        print_usage(stdout, &commands[i]);
        any = true;
    }
    return any;
}

static bool asks_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* The command of the first words; *ret_words says how many they were. */
static const struct command *find_command(int argc, char **argv, int *ret_words)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        const struct command *c = &commands[i];
        *ret_words = c->name ? 2 : 1;
        if (argc >= *ret_words && strcmp(argv[0], c->group) == 0 &&
            (!c->name || strcmp(argv[1], c->name) == 0))
            return c;
    }
    return NULL;
}

const char *cli_option(int *argc, char **argv, const char *name)
{
    size_t len = strlen(name);
    for (int i = 0; i < *argc; i++) {
        const char *value = NULL;
        int words = 1;
        if (strncmp(argv[i], name, len) == 0 && argv[i][len] == '=')
            value = argv[i] + len + 1;
        else if (strcmp(argv[i], name) == 0 && i + 1 < *argc)
            value = argv[i + (words = 2) - 1];
        if (!value)
            continue;
        for (int k = i; k + words < *argc; k++)
            argv[k] = argv[k + words];
        *argc -= words;
        return value;
    }
    return NULL;
}

int cli_project(struct cli *cli, const char *name, struct project *ret, struct err_info *info)
{
    struct project *list;
    size_t count;
    if (name)
        return project_find(cli->db, cli->arena, str_from(name), ret, info);
    int err = project_list(cli->db, cli->arena, &list, &count, info);
    if (!err && count != 1)
        err = err_set(info, ERR_INVAL, NULL,
                      "--project says which of the %zu projects (muster project list)", count);
    if (!err)
        *ret = list[0];
    return err;
}

int cli_run(struct cli *cli, int argc, char **argv)
{
    int words = 0;
    struct err_info info = {0};
    if (argc < 1 || asks_help(argv[0])) {
        print_help(argc < 1 ? stderr : stdout);
        return argc < 1 ? 2 : 0;
    }
    const struct command *command = find_command(argc, argv, &words);
    if (!command && argc == 2 && asks_help(argv[1]) && print_group(argv[0]))
        return 0;
    if (!command) {
        fprintf(stderr, "muster: there is no command \"%s%s%s\"; see muster --help\n", argv[0],
                argc > 1 ? " " : "", argc > 1 ? argv[1] : "");
        return 2;
    }
    if (argc > words && asks_help(argv[words])) {
        print_usage(stdout, command);
        printf("%s\n", command->help);
        return 0;
    }
    int err = command->run(cli, argc - words, argv + words, &info);
    if (err == ERR_INVAL && info.message[0] == '\0') {
        print_usage(stderr, command);
        return 2;
    }
    if (err < 0)
        fprintf(stderr, "muster: %s\n", info.message[0] ? info.message : err_name(err));
    return err < 0 ? 1 : 0;
}
