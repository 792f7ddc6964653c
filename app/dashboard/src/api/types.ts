/* The shapes of the API that more than one page needs (see /openapi.json, which tests hold to the server). */

export interface Filter {
    field: string;
    operator: string;
    value?: unknown;
    unit?: string;
    window?: { value: number; unit: string };
    where?: Where[];
}

/** A condition on an occurrence's own data. */
export interface Where {
    property: string;
    operator: string;
    value?: unknown;
    unit?: string;
}

export interface Group {
    filters?: Filter[];
    conditions?: Condition | null;
    not?: boolean;
}

/** A filter as the Plunk dialect writes it, which holds everything the engine knows. */
export interface Condition {
    logic: "AND" | "OR";
    groups: Group[];
}

export type Dialect = "plunk" | "pushmail" | "mailpanda";

export interface Segment {
    id: string;
    name: string;
    description: string | null;
    slug: string;
    type: "DYNAMIC" | "STATIC";
    condition: Condition | null;
    dialect: Dialect;
    version: number;
    trackMembership: boolean;
    memberCount: number;
    memberCountUpdatedAt: string | null;
    createdAt: string;
    updatedAt: string;
}

export type ContactStatus = "subscribed" | "unsubscribed" | "bounced" | "complained";

export interface Contact {
    id: string;
    email: string;
    subscribed: boolean;
    status: ContactStatus;
    data: Record<string, unknown> | null;
    createdAt: string;
    updatedAt: string;
    subscribedAt?: string | null;
}

/** Lists by number of page. */
export interface Paged<T> {
    data: T[];
    total: number;
    page: number;
    pageSize: number;
    totalPages: number;
}

/** Lists by cursor; `total` is 0 behind the first page. */
export interface Listed<T> {
    data: T[];
    cursor?: string;
    hasMore: boolean;
    total: number;
}
