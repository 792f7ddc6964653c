/* Where the steps of a workflow stand in its picture; pure. */
import type { Step, Transition } from "./workflowData";

/** A place in the picture: the row from the top, the column from the middle, counted in cards. */
export interface Place {
    row: number;
    column: number;
}

interface Placed extends Place {
    step: Step;
}

/** A line between two steps, and the places between them that it goes through. */
export interface Way {
    transition: Transition;
    via: Place[];
    /** It leads back up: a loop. */
    isUp: boolean;
}

interface Layout {
    placed: Placed[];
    ways: Way[];
    rowCount: number;
    columnCount: number;
}

interface Cell extends Place {
    id: string;
    above: string[]; // the cells that lead here
}

/* What happens stands left of what does not. */
function rank({ condition, priority }: Transition): number {
    const isSecond = condition !== null && ("branch" in condition ? condition.branch === "no" : condition.waitOutcome === "TIMEOUT");
    return (isSecond ? 1_000 : 0) + priority;
}

/** The steps so that each stands behind those that lead to it, but for loops. */
function inOrder(steps: Step[], transitions: Transition[]): string[] {
    const order: string[] = [];
    const seen = new Set<string>();
    const visit = (id: string) => {
        if (seen.has(id))
            return;
        seen.add(id);
        transitions.filter((item) => item.fromStepId === id).sort((a, b) => rank(b) - rank(a)).forEach((item) => visit(item.toStepId));
        order.unshift(id);
    };
    steps.filter((step) => step.type === "TRIGGER").forEach((step) => visit(step.id));
    steps.forEach((step) => visit(step.id));
    return order;
}

/** The longest way down to each step; what no trigger leads to stands below the rest. */
function findRows(steps: Step[], transitions: Transition[]): Map<string, number> {
    const order = inOrder(steps, transitions);
    const place = new Map(order.map((id, i) => [id, i]));
    const triggers = new Set(steps.filter((step) => step.type === "TRIGGER").map((step) => step.id));
    const rows = new Map<string, number>();
    const descend = (first: number, isFirst: (id: string) => boolean) => {
        for (const id of order) {
            if (!rows.has(id) && isFirst(id))
                rows.set(id, first);
            const row = rows.get(id);
            const further = transitions.filter((item) => item.fromStepId === id && place.get(item.toStepId)! > place.get(id)!);
            if (row !== undefined)
                further.forEach(({ toStepId }) => rows.set(toStepId, Math.max(rows.get(toStepId) ?? 0, row + 1)));
        }
    };
    descend(0, (id) => triggers.has(id));
    descend(1 + Math.max(-1, ...rows.values()), () => true);
    return new Map(order.map((id) => [id, rows.get(id)!]));
}

/** Gives the cells of each row their columns: below the middle of what leads to them. */
function findColumns(cells: Cell[]): void {
    const at = new Map(cells.map((cell) => [cell.id, cell]));
    const wish = ({ above }: Cell) => above.reduce((sum, id) => sum + at.get(id)!.column, 0) / Math.max(above.length, 1);
    for (let row = 0; row <= Math.max(...cells.map((cell) => cell.row)); row++) {
        const inRow = cells.filter((cell) => cell.row === row);
        inRow.map((cell) => ({ cell, wish: wish(cell) })).sort((a, b) => a.wish - b.wish)
            .forEach(({ cell }, i) => { cell.column = i - (inRow.length - 1) / 2; });
    }
}

/**
 * The steps in rows by their longest way from the trigger, so that every line but that of a loop goes
 * down; a line over several rows has a place of its own in each, so that it crosses no step.
 */
export function layOut(steps: Step[], transitions: Transition[]): Layout {
    const rows = findRows(steps, transitions);
    const cells: Cell[] = [...rows].map(([id, row]) => ({ id, row, column: 0, above: [] }));
    const at = new Map(cells.map((cell) => [cell.id, cell]));
    const ways = transitions.filter((item) => at.has(item.fromStepId) && at.has(item.toStepId)).map((transition): Way => {
        const from = at.get(transition.fromStepId)!, to = at.get(transition.toStepId)!;
        const via: Cell[] = [];
        for (let row = from.row + 1; row < to.row; row++)
            via.push({ id: `${transition.id}.${row}`, row, column: 0, above: [via.at(-1)?.id ?? from.id] });
        cells.push(...via);
        if (to.row > from.row)
            to.above.push(via.at(-1)?.id ?? from.id);
        return { transition, via, isUp: to.row <= from.row };
    });
    if (cells.length > 0)
        findColumns(cells);
    const columnCount = Math.max(0, ...cells.map((cell) => cell.column)) * 2 + 1;
    return {
        placed: steps.map((step) => ({ step, row: at.get(step.id)!.row, column: at.get(step.id)!.column })).sort((a, b) => a.row - b.row || a.column - b.column),
        ways, columnCount, rowCount: Math.max(0, ...cells.map((cell) => cell.row + 1)),
    };
}
