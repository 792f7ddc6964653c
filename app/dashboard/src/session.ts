/* The session's key, kept in this tab's session storage and nowhere else. */
import { useSyncExternalStore } from "react";

const STORED = "muster.session";

interface Session {
    key: string;
    expiresAt: string;
}

type Ended = "no" | "expired" | "signedOut";

let current: Session | null = read();
let ended: Ended = "no";
const listeners = new Set<() => void>();

function read(): Session | null {
    try {
        const stored = JSON.parse(sessionStorage.getItem(STORED) ?? "null");
        return stored && Date.parse(stored.expiresAt) > Date.now() ? stored : null;
    } catch {
        return null;
    }
}

function set(next: Session | null, why: Ended): void {
    current = next;
    ended = why;
    if (next)
        sessionStorage.setItem(STORED, JSON.stringify(next));
    else
        sessionStorage.removeItem(STORED);
    listeners.forEach((listener) => listener());
}

function subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

export const session = {
    key: (): string | null => current?.key ?? null,
    /** Why there is none. */
    ended: (): Ended => ended,
    begin: (next: Session): void => set(next, "no"),
    /** The API knows the key no more. */
    expire: (): void => {
        if (current)
            set(null, "expired");
    },
    signedOut: (): void => set(null, "signedOut"),
};

/** The key, or null while nobody is signed in. */
export function useSessionKey(): string | null {
    return useSyncExternalStore(subscribe, session.key);
}
