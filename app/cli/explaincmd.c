/* muster explain: why a contact is in a segment, for the eye. */
#include <inttypes.h>
#include <stdio.h>

#include "audience/audience.h"
#include "audience/datum.h"
#include "base/timeutil.h"
#include "cli/commands.h"
#include "filter/plunkleaf.h"
#include "store/email.h"
#include "json/jsonwrite.h"

#define TEXT_BYTES (256 * 1024)
#define INDENT 4

struct printing {
    struct cli *cli;
    const struct reasons *reasons;
    const struct forecast_node **shown; /* trees of segments, each once */
    size_t shown_count, shown_room;
};

static void print_node(struct printing *p, const struct forecast_node *node, int depth);

/* ---- one line ------------------------------------------------------------------------------ */

/* As JSON: control characters of data must not reach a terminal. */
static void print_json(const struct jsonval *value)
{
    struct buf text;
    struct jsonwrite w;
    buf_init(&text, TEXT_BYTES);
    jsonwrite_init(&w, &text);
    jsonwrite_value(&w, value);
    printf("%.*s", (int)text.len, jsonwrite_ok(&w) ? text.at : "");
    buf_done(&text);
}

static void print_text(struct str text)
{
    struct jsonval value = jsonval_of_str(text);
    print_json(&value);
}

static void print_when(const char *before, int64_t ms)
{
    char text[25];
    timeutil_format(ms, text);
    printf("%s%s", before, text);
}

static void print_flip(const struct forecast_node *node)
{
    if (node->flips_ms != FORECAST_NEVER)
        print_when(node->result ? "; until " : "; from ", node->flips_ms);
    putchar('\n');
}

/* The instant of a member, without its quotes. */
static void print_member(const struct jsonval *actual, const char *before, const char *name)
{
    const struct jsonval *value = jsonval_get(actual, name);
    if (value && value->type == JSONVAL_STRING)
        printf("%s" STR_FMT, before, STR_ARG(value->string));
}

static void print_actual(struct printing *p, const struct forecast_node *leaf)
{
    struct jsonval actual;
    datum_of(p->reasons, p->cli->arena, leaf, &actual);
    const struct jsonval *count = jsonval_get(&actual, "count");
    const struct jsonval *member = jsonval_get(&actual, "member");
    fputs(" -- ", stdout);
    if (leaf->filter->leaf.column == FILTER_EVENT && count) {
        printf("%.0f counted", count->number);
        print_member(&actual, ", first ", "first");
        print_member(&actual, ", last ", "last");
    } else if (leaf->filter->leaf.column >= FILTER_SEGMENT && member) {
        fputs(member->boolean ? "in it" : "not in it", stdout);
        print_member(&actual, " since ", "enteredAt");
    } else if (actual.type == JSONVAL_NULL) {
        fputs("there is none", stdout);
    } else {
        fputs("is ", stdout);
        print_json(&actual);
    }
    if (leaf->mixed)
        fputs(" (compared as text: the key holds several types)", stdout);
}

static void print_words(const struct jsonval *words);

/* Conditions on what occurrences hold. */
static void print_where(const struct jsonval *where)
{
    for (size_t i = 0; i < where->count; i++) {
        fputs(i ? " and " : "where ", stdout);
        print_words(&where->items[i]);
    }
}

static void print_words(const struct jsonval *words)
{
    for (size_t i = 0; i < words->count; i++) {
        const struct jsonval *item = &words->items[i];
        bool bare = item->type == JSONVAL_STRING && (i < 2 || str_eq_c(words->names[i], "unit"));
        if (i)
            putchar(' ');
        if (str_eq_c(words->names[i], "where"))
            print_where(item);
        else if (item->type == JSONVAL_OBJECT) { /* the window of a count */
            fputs("in ", stdout);
            print_words(item);
        } else if (bare)
            printf(STR_FMT, STR_ARG(item->string));
        else
            print_json(item);
    }
}

/* A segment is told by its name. */
static void print_leaf_words(struct printing *p, const struct forecast_node *leaf)
{
    const struct segname *segment =
        leaf->filter->leaf.column == FILTER_SEGMENT ? reasons_segment(p->reasons, leaf) : NULL;
    struct jsonval words;
    if (segment) {
        fputs(leaf->filter->leaf.negated ? "not in the segment " : "in the segment ", stdout);
        print_text(segment->name);
        return;
    }
    plunkleaf_print(p->cli->arena, &leaf->filter->leaf, &words);
    print_words(&words);
}

/* ---- the tree ------------------------------------------------------------------------------ */

static bool is_shown(struct printing *p, const struct forecast_node *tree)
{
    for (size_t i = 0; i < p->shown_count; i++) {
        if (p->shown[i] == tree)
            return true;
    }
    p->shown = arena_grow(p->cli->arena, p->shown, p->shown_count, &p->shown_room,
                          sizeof(const struct forecast_node *));
    p->shown[p->shown_count++] = tree;
    return false;
}

static void print_node(struct printing *p, const struct forecast_node *node, int depth)
{
    static const char *const groups[] = {"all of", "any of", "not"};
    printf("%*s%-3s  ", depth * INDENT, "", node->result ? "yes" : "no");
    if (node->filter->kind == FILTER_LEAF) {
        print_leaf_words(p, node);
        print_actual(p, node);
    } else
        fputs(groups[node->filter->kind], stdout);
    print_flip(node);
    for (size_t i = 0; i < node->child_count; i++)
        print_node(p, node->children[i], depth + 1);
    if (node->inside && !is_shown(p, node->inside))
        print_node(p, node->inside, depth + 1);
}

static void print_all(struct cli *cli, const struct reasons *reasons)
{
    struct printing p = {.cli = cli, .reasons = reasons};
    print_text(reasons->contact.email);
    fputs(reasons->tree->result ? " is in " : " is not in ", stdout);
    print_text(reasons->segment.name);
    print_when(" at ", reasons->at_ms);
    print_flip(reasons->tree);
    putchar('\n');
    print_node(&p, reasons->tree, 0);
}

/* ---- arguments ----------------------------------------------------------------------------- */

static bool is_called(const struct segment *segment, struct str text)
{
    return str_eq(segment->slug, text) || str_eq(segment->name, text);
}

/* By id; else the only segment with that slug or name. */
static int find_segment(struct cli *cli, uint32_t project_id, struct str text, struct uuid *ret,
                        struct err_info *info)
{
    struct segment *list;
    size_t count, found = 0;
    if (uuid_parse(text, ret))
        return 0;
    int err = segment_list(cli->db, cli->arena, project_id, SEGMENT_PLUNK, &list, &count, info);
    for (size_t i = 0; !err && i < count; i++) {
        if (!is_called(&list[i], text))
            continue;
        *ret = list[i].uuid;
        found++;
    }
    if (err || found == 1)
        return err;
    return found ? err_set(info, ERR_INVAL, NULL,
                           "%zu segments are called \"" STR_FMT "\"; give the id of one", found,
                           STR_ARG(text))
                 : err_set(info, ERR_NOT_FOUND, NULL, "No segment is called \"" STR_FMT "\"",
                           STR_ARG(text));
}

static int read_at(const char *text, int64_t *ret, struct err_info *info)
{
    *ret = AUDIENCE_AT_NOW;
    if (!text || timeutil_parse(str_from(text), ret) >= TIMEUTIL_DAY)
        return 0;
    return err_set(info, ERR_INVAL, NULL, "--at is an instant such as 2026-01-31T12:00:00Z");
}

int explaincmd_run(struct cli *cli, int argc, char **argv, struct err_info *info)
{
    const char *project_name = cli_option(&argc, argv, "--project");
    const char *at = cli_option(&argc, argv, "--at");
    struct reasons_query query = {0};
    struct reasons reasons;
    struct project project;
    if (argc != 2)
        return ERR_INVAL;
    int err = read_at(at, &query.at_ms, info);
    if (!err && !email_normalise(cli->arena, str_from(argv[1]), &query.email))
        err = err_set(info, ERR_INVAL, NULL, "\"%s\" is no address", argv[1]);
    if (!err)
        err = cli_project(cli, project_name, &project, info);
    if (err)
        return err;
    query.project_id = project.project_id;
    err = find_segment(cli, project.project_id, str_from(argv[0]), &query.segment, info);
    if (!err)
        err = reasons_find(cli->db, cli->arena, &query, &reasons, info);
    if (!err)
        print_all(cli, &reasons);
    return err;
}
