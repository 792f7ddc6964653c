/* What GET /keys and GET /audit answer. */
export const SCOPES = ["read", "write", "admin"] as const;

export type Scope = (typeof SCOPES)[number] | "*";

export interface Key {
    id: string;
    name: string;
    kind: "secret" | "public" | "site" | "session";
    prefix: string;
    scopes: Scope[];
    createdAt: string;
    lastUsedAt: string | null;
    expiresAt: string | null;
    current?: boolean;
}

export interface AuditEntry {
    id: string;
    at: string;
    actor: { keyId: string | null; name: string };
    action: string;
    object: { type: string; id: string };
    summary: Record<string, unknown> | null;
}
