/* What the rules and groups of a builder share: the tree, changes to it, and what is known of its parts. */
import type { FocusEvent } from "react";
import { createContext, useContext } from "react";
import type { Operand, RuleNode } from "./model";

export interface Remark {
    tone: "bad" | "warn";
    text: string;
}

export interface Editing {
    change: (id: string, change: Partial<RuleNode>) => void;
    wrap: (id: string) => void;
    /** The control of a node that has the focus after the next change. */
    focusNext: (id: string, selector: string) => void;
    remarks: ReadonlyMap<string, Remark[]>;
    say: (text: string) => void;
}

export const EditContext = createContext<Editing>({
    change: () => undefined, wrap: () => undefined, focusNext: () => undefined, remarks: new Map(), say: () => undefined,
});

export function useEditing(): Editing {
    return useContext(EditContext);
}

/** "2.1": the place of a node, as people count. */
export function numberOf(path: number[]): string {
    return path.map((index) => index + 1).join(".");
}

/** The place behind a node, in the same group. */
export function nextTo(path: number[]): number[] {
    return [...path.slice(0, -1), path[path.length - 1]! + 1];
}

/** An operand without members that say nothing, so that the filter has none either. */
export function tidy(operand: Operand): Operand {
    const { value, unit, window, where, orMissing } = operand;
    return {
        ...(value === undefined ? {} : { value }), ...(unit ? { unit } : {}), ...(window ? { window } : {}),
        ...(where?.length ? { where } : {}), ...(orMissing ? { orMissing } : {}),
    };
}

/** Whether the focus leaves a box for good: its list of suggestions, which lies elsewhere in the page, is a part of it. */
export function isLeft(event: FocusEvent): boolean {
    const next = event.relatedTarget;
    return !event.currentTarget.contains(next) && !next?.closest("[role=listbox]");
}
