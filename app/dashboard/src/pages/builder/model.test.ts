import { describe, expect, it } from "vitest";
import type { Condition, Filter, Group } from "../../api/types";
import type { GroupNode, TreeNode } from "./model";
import { changeRule, isGroup, newGroup, newRule, placeOf, treeOf, wrapRule, write } from "./model";
import { isComplete } from "./operators";
import { isCondition, unshown } from "./shown";

/** A seeded generator, so that a failure can be seen again. */
function generator(seed: number): (below: number) => number {
    let state = seed;
    return (below) => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return Math.floor((state / 2 ** 32) * below);
    };
}

const FIELDS = ["data.a", "data.b", "email", "event.login"];
const OPERATORS: Record<string, string[]> = {
    "data.a": ["equals", "notEquals", "contains", "exists", "notExists"],
    "data.b": ["in", "notIn", "isEmpty", "greaterThan"],
    email: ["equals", "notEquals"],
    "event.login": ["triggered", "notTriggered"],
};

function randomFilter(random: (below: number) => number): Filter {
    const field = FIELDS[random(FIELDS.length)]!;
    const operator = OPERATORS[field]![random(OPERATORS[field]!.length)]!;
    return { field, operator, value: random(3) };
}

function randomGroup(random: (below: number) => number, depth: number): Group {
    const group: Group = {};
    const count = random(4);
    if (count > 0)
        group.filters = Array.from({ length: count }, () => randomFilter(random));
    if (depth > 0 && (count === 0 || random(3) === 0))
        group.conditions = randomCondition(random, depth - 1);
    if (!group.filters && !group.conditions)
        group.filters = [randomFilter(random)];
    if (random(4) === 0)
        group.not = true;
    return group;
}

function randomCondition(random: (below: number) => number, depth: number): Condition {
    const groups = Array.from({ length: 1 + random(3) }, () => randomGroup(random, depth));
    return { logic: random(2) ? "AND" : "OR", groups };
}

/** A contact is, for these tests, the text of the filters' positive forms that hold for it, and which fields it has. */
type Holds = (filter: Filter) => boolean;

const NEGATIVE: Record<string, string> = { notEquals: "equals", notContains: "contains", notIn: "in", notExists: "exists" };

/** One made-up contact: each positive filter holds or not by a hash; without a value none does. */
function contact(seed: number): Holds {
    const hash = (text: string) => [...text].reduce((sum, letter) => Math.imul(sum ^ letter.charCodeAt(0), 16_777_619) >>> 0, seed) % 3;
    const has = (field: string) => hash(`has ${field}`) !== 0;
    const positive: Holds = (filter) => has(filter.field) && (filter.operator === "exists" || hash(JSON.stringify([filter.field, filter.operator, filter.value])) === 1);
    return (filter) => {
        if (filter.operator === "notExists")
            return !has(filter.field);
        const opposite = NEGATIVE[filter.operator];
        return opposite ? has(filter.field) && !positive({ ...filter, operator: opposite }) : positive(filter);
    };
}

function holdsGroup(group: Group, holds: Holds): boolean {
    const all = (group.filters ?? []).every(holds) && (!group.conditions || holdsCondition(group.conditions, holds));
    return group.not ? !all : all;
}

function holdsCondition(condition: Condition, holds: Holds): boolean {
    return condition.logic === "AND"
        ? condition.groups.every((group) => holdsGroup(group, holds))
        : condition.groups.some((group) => holdsGroup(group, holds));
}

/** The tree without the ids, to compare. */
function shape(node: TreeNode): unknown {
    if (isGroup(node))
        return { combinator: node.combinator, not: node.not, rules: node.rules.map(shape) };
    return { field: node.field, operator: node.operator, value: JSON.parse(JSON.stringify(node.value)) };
}

function rulesOf(tree: GroupNode): TreeNode[] {
    return tree.rules.flatMap((node) => (isGroup(node) ? rulesOf(node) : [node]));
}

function one(filter: Filter): Condition {
    return { logic: "AND", groups: [{ filters: [filter] }] };
}

describe("condition and tree", () => {
    it("mean the same for random conditions, both ways", () => {
        const random = generator(7);
        for (let i = 0; i < 400; i++) {
            const condition = randomCondition(random, 3);
            const tree = treeOf(condition);
            const again = write(tree).condition!;
            for (let seed = 1; seed <= 12; seed++)
                expect(holdsCondition(again, contact(seed)), JSON.stringify(condition)).toBe(holdsCondition(condition, contact(seed)));
            const passed = (count: number): Condition => (count ? write(treeOf(passed(count - 1))).condition! : again);
            expect(passed(6)).toEqual(passed(5)); // groups around one thing fall away, then nothing changes any more
        }
    });

    it("keep every form of a filter", () => {
        const filters: Filter[] = [
            { field: "email", operator: "endsWith", value: "@firm.example" },
            { field: "subscribed", operator: "equals", value: true },
            { field: "status", operator: "in", value: ["bounced", "complained"] },
            { field: "createdAt", operator: "between", value: ["2026-03-01", "2026-03-31T23:59:59.999Z"] },
            { field: "data.seats", operator: "between", value: [5, 50] },
            { field: "data.plan", operator: "exists" },
            { field: "data.trialEndsAt", operator: "withinNext", value: 3, unit: "days" },
            { field: "data.birthday", operator: "anniversaryWithinNext", value: 7 },
            { field: "event.purchase", operator: "countAtLeast", value: 3, window: { value: 30, unit: "days" },
              where: [{ property: "total", operator: "greaterThanOrEqual", value: 100 }, { property: "at", operator: "within", value: 2, unit: "weeks" }] },
            { field: "email.clicked", operator: "countEquals", value: 0 },
            { field: "segment.0f8fad5b-d9cb-469f-a165-70867728950e", operator: "memberOfSegment" },
            { field: "tag.5", operator: "notHas" },
            { field: "purchase", operator: "triggered" },
        ];
        for (const filter of filters) {
            expect(isCondition(one(filter))).toBe(true);
            expect(write(treeOf(one(filter))).condition).toEqual(one(filter));
        }
        const all: Condition = { logic: "AND", groups: [{ filters }] };
        expect(write(treeOf(all)).condition).toEqual(all);
    });

    it("say \"or has no value\" as one rule, with a turned group or an OR", () => {
        const turned: Condition = { logic: "AND", groups: [{ not: true, filters: [{ field: "data.plan", operator: "equals", value: "free" }] }] };
        expect(shape(treeOf(turned))).toEqual({
            combinator: "and", not: false, rules: [{ field: "data.plan", operator: "notEquals", value: { value: "free", orMissing: true } }],
        });
        expect(write(treeOf(turned)).condition).toEqual(turned);
        const optional: Condition = { logic: "AND", groups: [{ conditions: { logic: "OR", groups: [
            { filters: [{ field: "data.seats", operator: "lessThan", value: 5 }] },
            { filters: [{ field: "data.seats", operator: "notExists" }] } ] } }] };
        expect(shape(treeOf(optional))).toEqual({
            combinator: "and", not: false, rules: [{ field: "data.seats", operator: "lessThan", value: { value: 5, orMissing: true } }],
        });
        expect(write(treeOf(optional)).condition).toEqual(optional);
    });

    it("keep NOT on a group of several rules, on a nested group and on the whole", () => {
        const filters = [{ field: "data.a", operator: "equals", value: 1 }, { field: "data.b", operator: "equals", value: 2 }];
        const several: Condition = { logic: "AND", groups: [{ filters: [filters[0]!] }, { not: true, filters }] };
        expect(write(treeOf(several)).condition).toEqual(several);
        const nested: Condition = { logic: "AND", groups: [{ not: true, conditions: { logic: "OR", groups: filters.map((filter) => ({ filters: [filter] })) } }] };
        expect(shape(treeOf(nested))).toMatchObject({ combinator: "or", not: true });
        expect(write(treeOf(nested)).condition).toEqual(nested);
    });

    it("keep the groups that somebody made, also those around one rule", () => {
        const rule = () => ({ ...newRule(), field: "data.plan", operator: "exists" });
        const tree = newGroup([rule(), newGroup([rule()], "or"), newGroup([rule(), rule()]), newGroup([newGroup([rule()])], "or", true)]);
        expect(shape(treeOf(write(tree).condition))).toEqual(shape(tree));
        const any = newGroup([newGroup([rule(), rule()]), newGroup([rule()]), rule()], "or");
        expect(shape(treeOf(write(any).condition))).toEqual(shape(any));
        const turned = newGroup([rule(), rule()], "or", true);
        expect(shape(treeOf(write(turned).condition))).toEqual(shape(turned));
    });

    it("leave out empty groups and unwanted rules; nothing left is no condition", () => {
        const rule = { ...newRule(), field: "data.plan", operator: "equals", value: { value: "pro" } };
        const tree = newGroup([newRule(), newGroup(), newGroup([newRule()]), rule]);
        expect(write(tree, isComplete).condition).toEqual(one({ field: "data.plan", operator: "equals", value: "pro" }));
        expect(write(newGroup([newGroup()])).condition).toBeNull();
        expect(write(newGroup([newRule()]), isComplete).condition).toBeNull();
    });
});

describe("places", () => {
    it("find the rule that a path of the API is about", () => {
        const random = generator(11);
        for (let i = 0; i < 100; i++) {
            const tree = treeOf(randomCondition(random, 3));
            const { condition, places } = write(tree);
            const visit = (part: Condition, path: string) => part.groups.forEach((group, g) => {
                group.filters?.forEach((filter, f) => {
                    const id = placeOf(places, `condition.${path}groups.${g}.filters.${f}.where.0`, "condition");
                    const rule = rulesOf(tree).find((node) => node.id === id);
                    expect(rule, JSON.stringify(condition)).toMatchObject({ field: filter.field });
                });
                if (group.conditions)
                    visit(group.conditions, `${path}groups.${g}.conditions.`);
            });
            visit(condition!, "");
        }
    });

    it("are those of the whole for the root, and none for other fields", () => {
        const tree = treeOf(one({ field: "email", operator: "equals", value: "a" }));
        const { places } = write(tree);
        expect(placeOf(places, "condition", "condition")).toBe(tree.id);
        expect(placeOf(places, "name", "condition")).toBeNull();
    });
});

describe("changes", () => {
    it("touch one rule, and put one into a group", () => {
        const tree = newGroup([newRule(), newGroup([newRule()], "or")]);
        const inner = (tree.rules[1] as GroupNode).rules[0]!;
        expect(changeRule(tree, inner.id, { field: "email" }).rules[1]).toMatchObject({ rules: [{ field: "email" }] });
        expect(wrapRule(tree, tree.rules[0]!.id).rules[0]).toMatchObject({ combinator: "or", rules: [{ id: tree.rules[0]!.id }] });
    });
});

describe("what the builder shows", () => {
    it("not what it would lose, nor what nobody could read", () => {
        expect(unshown(null)).toBeNull();
        expect(unshown(one({ field: "email", operator: "equals", value: "a" }))).toBeNull();
        expect(unshown({ logic: "AND", groups: [{ filters: [], note: "mine" }] })).toBe("form");
        expect(unshown([])).toBe("form");
        let deep: Condition = one({ field: "email", operator: "equals", value: "a" });
        for (let i = 0; i < 12; i++)
            deep = { logic: i % 2 ? "AND" : "OR", groups: [{ conditions: deep }, { filters: [{ field: "data.x", operator: "exists" }] }] };
        expect(unshown(deep)).toBe("deep");
        const filters = Array.from({ length: 400 }, () => ({ field: "data.x", operator: "exists" }));
        expect(unshown({ logic: "AND", groups: [{ filters }] })).toBe("long");
    });
});
