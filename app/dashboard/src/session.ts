/* The session's key, kept in this tab's session storage and nowhere else. */
import { useSyncExternalStore } from "react";

const STORED = "muster.session";

interface Session {
    key: string;
    expiresAt: string;
    /** Whose data it is: what was typed belongs to this project. */
    projectId?: string;
}

type Ended = "no" | "expired" | "signedOut";

/* A session that has ended leaves its project here, without its key. */
const found = stored();
let current: Session | null = isLive(found) && !isSignInLink() ? found : null;
let ended: Ended = found && !current && !isSignInLink() ? "expired" : "no";
const listeners = new Set<() => void>();

function stored(): Partial<Session> | null {
    try {
        return JSON.parse(sessionStorage.getItem(STORED) ?? "null") as Partial<Session> | null;
    } catch {
        return null;
    }
}

function isLive(session: Partial<Session> | null): session is Session {
    return typeof session?.key === "string" && Date.parse(session.expiresAt ?? "") > Date.now();
}

/** The address brings a token (see SignIn): it takes the place of the session that was there. */
export function isSignInLink(): boolean {
    return location.hash.startsWith("#login=");
}

/** What was typed and not saved, and all else that this tab kept of a project. */
function forget(): void {
    for (const name of Object.keys(sessionStorage)) {
        if (name.startsWith("muster."))
            sessionStorage.removeItem(name);
    }
}

function set(next: Session | null, why: Ended): void {
    current = next;
    ended = why;
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
    begin: (next: Session): void => {
        const before = stored()?.projectId;
        if (before !== undefined && before !== next.projectId)
            forget();
        sessionStorage.setItem(STORED, JSON.stringify(next));
        set(next, "no");
    },
    /** The API knows this key no more; an answer to an older key says nothing about the present one. */
    expire: (key: string | null): void => {
        if (!current || current.key !== key)
            return;
        sessionStorage.setItem(STORED, JSON.stringify({ projectId: current.projectId }));
        set(null, "expired");
    },
    signedOut: (): void => {
        forget();
        set(null, "signedOut");
    },
};

/** The key, or null while nobody is signed in. */
export function useSessionKey(): string | null {
    return useSyncExternalStore(subscribe, session.key);
}
