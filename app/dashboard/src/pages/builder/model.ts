/*
 * The filter as the API writes it (Condition) and as the builder shows it (a tree of groups and
 * rules, react-querybuilder's form). Pure. Both mean the same whatever way they are turned:
 *
 *   all / any of a group         the tree's combinator
 *   a run of rules under "all"   one group of the condition; under "any" one group for each rule
 *   "or has no value"            one rule of the tree; in the condition a turned group around the
 *                                positive operator, or an OR with notExists
 */
import type { Condition, Filter, Group } from "../../api/types";
import { isNegative, oppositeOf } from "./operators";

/** What stands behind a field and an operator. */
export interface Operand {
    value?: unknown;
    unit?: string;
    window?: Filter["window"];
    where?: Filter["where"];
    /** Contacts without a value are in, too. */
    orMissing?: boolean;
}

export interface RuleNode {
    id: string;
    field: string;
    operator: string;
    value: Operand;
}

export interface GroupNode {
    id: string;
    combinator: "and" | "or";
    not: boolean;
    rules: TreeNode[];
}

export type TreeNode = RuleNode | GroupNode;

export function isGroup(node: TreeNode): node is GroupNode {
    return "rules" in node;
}

let last = 0;

/** Ids only tell the nodes of one page from each other. */
export function newId(): string {
    return `n${++last}`;
}

export function newRule(): RuleNode {
    return { id: newId(), field: "", operator: "", value: {} };
}

export function newGroup(rules: TreeNode[] = [], combinator: GroupNode["combinator"] = "and", not = false): GroupNode {
    return { id: newId(), combinator, not, rules };
}

// ---- condition → tree

function ruleOf(filter: Filter): RuleNode {
    const { field, operator, ...operand } = filter;
    return { id: newId(), field, operator, value: operand };
}

function canMiss(field: string): boolean {
    return field.startsWith("data.");
}

/** {not, filters: [data.x equals v]}: "is not v, or has no value". */
function turnedRule(group: Group): RuleNode | null {
    const [filter, ...others] = group.filters ?? [];
    if (!group.not || group.conditions || !filter || others.length || !canMiss(filter.field))
        return null;
    const opposite = oppositeOf(filter.operator);
    if (!opposite || isNegative(filter.operator) || filter.operator === "exists")
        return null;
    const rule = ruleOf({ ...filter, operator: opposite });
    rule.value.orMissing = true;
    return rule;
}

/** OR of a filter and notExists on the same field: "…, or has no value". */
function optionalRule(condition: Condition): RuleNode | null {
    const [first, second, ...others] = condition.groups;
    const isPlain = (group?: Group) => group && !group.not && !group.conditions && group.filters?.length === 1;
    if (condition.logic !== "OR" || others.length || !isPlain(first) || !isPlain(second))
        return null;
    const filter = first!.filters![0]!;
    const missing = second!.filters![0]!;
    if (missing.operator !== "notExists" || missing.field !== filter.field || !canMiss(filter.field) ||
        filter.operator === "notExists" || filter.operator === "exists")
        return null;
    const rule = ruleOf(filter);
    rule.value.orMissing = true;
    return rule;
}

function groupOf(condition: Condition, not: boolean): GroupNode {
    const combinator = condition.logic === "OR" ? "or" : "and";
    return newGroup(condition.groups.flatMap((group) => nodesOf(group, combinator)), combinator, not);
}

/** What a group of the condition becomes among the rules of its parent. */
function nodesOf(group: Group, parent: GroupNode["combinator"]): TreeNode[] {
    const turned = turnedRule(group);
    if (turned)
        return [turned];
    const filters = (group.filters ?? []).map(ruleOf);
    const nested = group.conditions ? (optionalRule(group.conditions) ?? groupOf(group.conditions, false)) : null;
    const nodes: TreeNode[] = nested ? [...filters, nested] : filters;
    if (!group.not && (parent === "and" || nodes.length === 1))
        return nodes;
    const only = nodes.length === 1 ? nodes[0]! : null;
    if (group.not && only && isGroup(only))
        return [{ ...only, not: true }];
    return [newGroup(nodes, "and", group.not === true)];
}

/** The tree that means the condition; an empty group for none. */
export function treeOf(condition: Condition | null): GroupNode {
    if (!condition)
        return newGroup();
    const root = groupOf(condition, false);
    const only = root.rules.length === 1 ? root.rules[0]! : null;
    return only && isGroup(only) && only.not && !root.not ? only : root; // the whole, turned round
}

// ---- tree → condition

/** Where the condition's parts came from: its paths ("groups.0.filters.1") → ids of the tree. */
export type Places = Map<string, string>;

export interface Written {
    condition: Condition | null;
    places: Places;
}

class Writer {
    readonly places: Places = new Map();
    private readonly isWanted: (rule: RuleNode) => boolean;

    constructor(isWanted: (rule: RuleNode) => boolean) {
        this.isWanted = isWanted;
    }

    isThere(node: TreeNode): boolean {
        return isGroup(node) ? node.rules.some((rule) => this.isThere(rule)) : this.isWanted(node);
    }

    private filter(rule: RuleNode, path: string): Filter {
        this.places.set(path, rule.id);
        const { orMissing: _, ...operand } = rule.value;
        return { field: rule.field, operator: rule.operator, ...operand };
    }

    /** A rule that also takes those without a value, as a group. */
    private optional(rule: RuleNode, path: string): Group {
        this.places.set(path, rule.id);
        const filter = this.filter(rule, `${path}.filters.0`);
        const opposite = oppositeOf(rule.operator);
        if (opposite && isNegative(rule.operator))
            return { not: true, filters: [{ ...filter, operator: opposite }] };
        this.places.delete(`${path}.filters.0`);
        return { conditions: { logic: "OR", groups: [{ filters: [filter] }, { filters: [{ field: rule.field, operator: "notExists" }] }] } };
    }

    private rules(rules: RuleNode[], path: string): Group {
        return { filters: rules.map((rule, i) => this.filter(rule, `${path}.filters.${i}`)) };
    }

    /** A group among the rules of another one, in a form that reads back as a group there. */
    group(node: GroupNode, path: string, parent: GroupNode["combinator"]): Group {
        this.places.set(path, node.id);
        const rules = node.rules.filter((rule) => this.isThere(rule));
        const plain = rules.filter((rule): rule is RuleNode => !isGroup(rule) && !rule.value.orMissing);
        const isFlat = plain.length === rules.length && node.combinator === "and" && (node.not || (parent === "or" && plain.length > 1));
        const group = isFlat ? this.rules(plain, path) : { conditions: this.condition(node, `${path}.conditions`) };
        return node.not ? { not: true, ...group } : group;
    }

    condition(node: GroupNode, path: string): Condition {
        this.places.set(path, node.id);
        const groups: Group[] = [];
        const at = () => `${path ? `${path}.` : ""}groups.${groups.length}`;
        let run: RuleNode[] = [];
        const endRun = () => {
            if (run.length)
                groups.push(this.rules(run, at()));
            run = [];
        };
        for (const rule of node.rules.filter((child) => this.isThere(child))) {
            if (!isGroup(rule) && !rule.value.orMissing) {
                run.push(rule);
                if (node.combinator === "or")
                    endRun();
                continue;
            }
            endRun();
            groups.push(isGroup(rule) ? this.group(rule, at(), node.combinator) : this.optional(rule, at()));
        }
        endRun();
        return { logic: node.combinator === "or" ? "OR" : "AND", groups };
    }
}

/** The condition that means the tree, of those rules that are wanted; null when there is none. */
export function write(tree: GroupNode, isWanted: (rule: RuleNode) => boolean = () => true): Written {
    const writer = new Writer(isWanted);
    writer.places.set("", tree.id); // also of none: "a filter is needed" is said there
    if (!writer.isThere(tree))
        return { condition: null, places: writer.places };
    const condition = tree.not
        ? { logic: "AND" as const, groups: [writer.group(tree, "groups.0", "and")] }
        : writer.condition(tree, "");
    return { condition, places: writer.places };
}

/** Whose part of the condition a path is, such as "condition.groups.0.filters.1.where.0". */
export function placeOf(places: Places, path: string, root: string): string | null {
    if (path !== root && !path.startsWith(`${root}.`))
        return null;
    let rest = path.slice(root.length + 1);
    for (;;) {
        const id = places.get(rest);
        if (id !== undefined)
            return id;
        if (rest === "")
            return null;
        rest = rest.slice(0, Math.max(rest.lastIndexOf("."), 0));
    }
}

/** The tree with one rule changed. */
export function changeRule(tree: GroupNode, id: string, change: Partial<RuleNode>): GroupNode {
    return {
        ...tree,
        rules: tree.rules.map((node) => {
            if (isGroup(node))
                return changeRule(node, id, change);
            return node.id === id ? { ...node, ...change } : node;
        }),
    };
}

/** The tree with one rule in a group of its own. */
export function wrapRule(tree: GroupNode, id: string): GroupNode {
    return {
        ...tree,
        rules: tree.rules.map((node) => {
            if (isGroup(node))
                return wrapRule(node, id);
            return node.id === id ? newGroup([node], tree.combinator === "and" ? "or" : "and") : node;
        }),
    };
}
