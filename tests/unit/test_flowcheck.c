/* How steps hang together: circles, what is not reached, branches that are missing. */
#include "flow/flowcheck.h"

#include "unit.h"

/* A graph in a few letters: each step is its name and type, each transition from, branch, to. */
struct graph {
    const char *steps;       /* "aT bD": name, then T(rigger) S(end) D(elay) W(ait) C(ondition)
                                U(pdate) X(exit) */
    const char *transitions; /* "a.b": . next, y yes, n no, e EVENT, t TIMEOUT */
    const char *code;        /* NULL: it hangs together */
    const char *message;     /* part of it */
};

#define CIRCLE "A circle must have a DELAY or a WAIT_FOR_EVENT in it, or it would never rest: "

static const struct graph graphs[] = {
    {"aT", "", NULL, NULL},
    {"aT bS", "a.b", NULL, NULL},
    {"aT bC cX dX", "a.b byc bnd", NULL, NULL},
    {"aT bW cX", "a.b bec btc", NULL, NULL},
    /* A way back is allowed where it rests. */
    {"aT bS cD", "a.b b.c c.b", NULL, NULL},
    {"aT bS cW dX", "a.b b.c ceb ctd", NULL, NULL},
    {"aT bD", "a.b b.b", NULL, NULL},
    {"aT bS", "a.b b.b", "cycle", CIRCLE "\"b\" -> \"b\""},
    {"aT bS cU", "a.b b.c c.b", "cycle", CIRCLE "\"b\" -> \"c\" -> \"b\""},
    {"aT bS cC dX", "a.b b.c cyb cnd", "cycle", CIRCLE "\"b\" -> \"c\" -> \"b\""},
    /* One circle that rests does not excuse another. */
    {"aT bC cD dS", "a.b byc c.b bnd d.b", "cycle", CIRCLE "\"b\" -> \"d\" -> \"b\""},
    {"aT bS cS dS eS fS gS hS", "a.b b.c c.d d.e e.f f.g g.h h.b", "cycle",
     CIRCLE "\"b\" -> \"c\" -> \"d\" -> \"e\" -> 2 more -> \"h\" -> \"b\""},
    {"bS", "", "invalid_value", "exactly one TRIGGER"},
    {"aT bT", "", "invalid_value", "exactly one TRIGGER"},
    {"aT bS", "", "unreachable", "to \"b\": connect"},
    {"aT bS cS dS", "a.b c.d", "unreachable", "to \"c\", \"d\": connect"},
    {"aT bS cD", "a.b c.c", "unreachable", "to \"c\": connect"},
    {"aT bC cX", "a.b byc", "missing_branch", "nowhere: no of \"b\"."},
    {"aT bC", "a.b", "missing_branch", "nowhere: yes of \"b\", no of \"b\"."},
    {"aT bW cX", "a.b bec", "missing_branch", "nowhere: TIMEOUT of \"b\"."},
};

static enum definition_type type_of(char letter)
{
    static const char letters[] = "TSDWCHUX";
    const char *at = strchr(letters, letter);
    ck_assert_ptr_nonnull(at);
    return (enum definition_type)(at - letters + DEFINITION_TRIGGER);
}

static enum definition_branch branch_of(char letter)
{
    static const char letters[] = ".ynet";
    return (enum definition_branch)(strchr(letters, letter) - letters);
}

static struct definition definition_of(const struct graph *graph)
{
    static const struct filter filter = {.kind = FILTER_LEAF};
    struct definition d = {.trigger = DEFINITION_MANUAL};
    d.steps = arena_array(unit_arena, strlen(graph->steps), sizeof(*d.steps));
    d.transitions = arena_array(unit_arena, strlen(graph->transitions), sizeof(*d.transitions));
    for (const char *at = graph->steps; *at; at += at[2] ? 3 : 2) {
        d.steps[d.step_count++] = (struct definition_step){
            .id = {at, 1}, .name = {at, 1}, .type = type_of(at[1]), .filter = &filter};
    }
    for (const char *at = graph->transitions; *at; at += at[3] ? 4 : 3) {
        d.transitions[d.transition_count++] = (struct definition_transition){
            .from = {at, 1}, .to = {at + 2, 1}, .branch = branch_of(at[1])};
    }
    return d;
}

START_TEST(judges_the_graph)
{
    const struct graph *graph = &graphs[_i];
    struct definition d = definition_of(graph);
    struct err_info info = {.message = ""};
    int err = flowcheck_all(unit_arena, &d, &info);
    if (graph->code == NULL) {
        ck_assert_msg(err == 0, "%s: %s", graph->transitions, info.message);
        return;
    }
    ck_assert_int_eq(err, ERR_UNPROCESSABLE);
    ck_assert_str_eq(info.item.code, graph->code);
    ck_assert_msg(strstr(info.message, graph->message) != NULL, "%s", info.message);
}
END_TEST

/* Six are found, five are named. */
START_TEST(names_only_the_first)
{
    struct graph graph = {"aT bS cS dS eS fS gS", "", NULL, NULL};
    struct definition d = definition_of(&graph);
    struct err_info info = {.message = ""};
    ck_assert_int_eq(flowcheck_all(unit_arena, &d, &info), ERR_UNPROCESSABLE);
    ck_assert_msg(strstr(info.message, "\"e\", \"f\" and more") != NULL, "%s", info.message);
}
END_TEST

/* A CONDITION on an opened message asks about a step that sends one. */
START_TEST(judges_opened)
{
    struct graph graph = {"aT bS cC dX", "a.b b.c cyd cnd", NULL, NULL};
    struct definition d = definition_of(&graph);
    struct err_info info = {.message = ""};
    d.steps[2].filter = NULL;
    d.steps[2].opened = STR("b");
    ck_assert_int_eq(flowcheck_all(unit_arena, &d, &info), 0);
    d.steps[2].opened = STR("d");
    ck_assert_int_eq(flowcheck_all(unit_arena, &d, &info), ERR_UNPROCESSABLE);
}
END_TEST

static const struct {
    const char *transition;
    int err;
    const char *field;
} transitions[] = {
    {"a.b", 0, NULL},
    {"cyb", 0, NULL},
    {"wtb", 0, NULL},
    {"a.a", ERR_UNPROCESSABLE, "toStepId"},
    {"x.b", ERR_UNPROCESSABLE, "fromStepId"},
    {"c.b", ERR_UNPROCESSABLE, "condition"},
    {"ceb", ERR_UNPROCESSABLE, "condition"},
    {"wyb", ERR_UNPROCESSABLE, "condition"},
    {"byc", ERR_UNPROCESSABLE, "condition"},
    {"q.b", ERR_NOT_FOUND, "fromStepId"},
    {"a.q", ERR_NOT_FOUND, "toStepId"},
};

START_TEST(judges_a_transition)
{
    struct graph graph = {"aT bS cC wW xX", transitions[_i].transition, NULL, NULL};
    struct definition d = definition_of(&graph);
    struct err_info info = {.message = ""};
    struct definition_transition one = d.transitions[0];
    d.transition_count = 0;
    ck_assert_int_eq(flowcheck_transition(unit_arena, &d, &one, &info), transitions[_i].err);
    if (transitions[_i].err != 0) {
        ck_assert_str_eq(info.item.field, transitions[_i].field);
    }
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {judges_the_graph, ARRAY_LEN(graphs)},
        {names_only_the_first, 0},
        {judges_opened, 0},
        {judges_a_transition, ARRAY_LEN(transitions)},
    };
    return UNIT_RUN("flowcheck", cases);
}
