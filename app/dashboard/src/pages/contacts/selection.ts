/* Which contacts are chosen for a bulk action: some by their ids, or all that match but some. */
import { createContext, useContext, useState } from "react";
import type { Contact } from "../../api/types";

export interface Selection {
    /** All that match are chosen; `ids` are then those that are left out. */
    isAll: boolean;
    ids: ReadonlySet<string>;
}

export const NONE: Selection = { isAll: false, ids: new Set() };

export function isChosen(selection: Selection, id: string): boolean {
    return selection.isAll !== selection.ids.has(id);
}

/** The selection with these rows chosen, or not. */
export function choose(selection: Selection, rows: Contact[], isOn: boolean): Selection {
    const ids = new Set(selection.ids);
    for (const row of rows) {
        if (isOn === selection.isAll)
            ids.delete(row.id);
        else
            ids.add(row.id);
    }
    return { ...selection, ids };
}

/** How many are chosen where `total` match. */
export function countChosen(selection: Selection, total: number): number {
    return selection.isAll ? Math.max(total - selection.ids.size, 0) : selection.ids.size;
}

interface Choosing {
    selection: Selection;
    setSelection: (next: Selection) => void;
    rows: Contact[];
}

/** For the checkboxes in the table: cells are made by the table, which knows of no selection. */
export const ChoosingContext = createContext<Choosing>({ selection: NONE, setSelection: () => undefined, rows: [] });

export function useChoosing(): Choosing {
    return useContext(ChoosingContext);
}

/** A selection that holds as long as the same contacts are asked for. */
export function useSelection(who: string): [Selection, (next: Selection) => void] {
    const [state, setState] = useState({ who, selection: NONE });
    return [state.who === who ? state.selection : NONE, (selection) => setState({ who, selection })];
}
