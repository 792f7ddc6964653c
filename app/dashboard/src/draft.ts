/* What somebody has typed and not saved survives an error, a reload and a session that ends. */
import { useCallback, useEffect, useState } from "react";

const PREFIX = "muster.draft.";

function read<T>(name: string): T | undefined {
    try {
        const text = sessionStorage.getItem(PREFIX + name);
        return text === null ? undefined : (JSON.parse(text) as T);
    } catch {
        return undefined;
    }
}

/** What was typed there is given up, by somebody who does not show it. */
export function dropDraft(name: string): void {
    sessionStorage.removeItem(PREFIX + name);
}

/**
 * State that is also kept in session storage under `name`, until `clear` (when it was saved, or
 * given up). `isDraft` tells that something typed was brought back or is not saved yet.
 */
export function useDraft<T>(name: string, initial: T): {
    value: T;
    set: (next: T | ((before: T) => T)) => void;
    clear: (next?: T) => void;
    isDraft: boolean;
} {
    const [state, setState] = useState(() => {
        const kept = read<T>(name);
        return { value: kept === undefined ? initial : kept, isDraft: kept !== undefined };
    });
    useEffect(() => {
        if (state.isDraft)
            sessionStorage.setItem(PREFIX + name, JSON.stringify(state.value));
    }, [name, state]);
    const set = useCallback((next: T | ((before: T) => T)) => {
        setState((before) => ({
            value: typeof next === "function" ? (next as (value: T) => T)(before.value) : next,
            isDraft: true,
        }));
    }, []);
    const clear = useCallback((next?: T) => {
        dropDraft(name);
        setState({ value: next === undefined ? initial : next, isDraft: false });
    }, [name, initial]);
    return { ...state, set, clear };
}
