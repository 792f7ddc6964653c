/* Tags, lists, campaigns and sequences with their names. */
import { useQuery } from "@tanstack/react-query";
import { api } from "../../api/client";

const FRESH_MS = 60_000;
const PAGE = 100;
const MOST_PAGES = 20;

interface Named {
    id: string | number;
    name: string;
}

/** All pages of a list of the PushMail dialect, which has the tags and lists. */
async function listed(path: string, name: string, signal: AbortSignal): Promise<Named[]> {
    const all: Named[] = [];
    for (let page = 1; page <= MOST_PAGES; page++) {
        const { data } = await api.get<{ data: { [key: string]: unknown; pagination: { totalPages: number } } }>(path, { page, limit: PAGE }, signal);
        all.push(...(data[name] as Named[]));
        if (page >= data.pagination.totalPages)
            break;
    }
    return all;
}

async function campaigns(signal: AbortSignal): Promise<Named[]> {
    const all: Named[] = [];
    for (let page = 1; page <= MOST_PAGES; page++) {
        const answer = await api.get<{ data: Named[]; totalPages: number }>("/campaigns", { page, pageSize: PAGE }, signal);
        all.push(...answer.data);
        if (page >= answer.totalPages)
            break;
    }
    return all;
}

export function useNamed(kind: "tag" | "list" | "campaign" | "sequence", isEnabled = true) {
    return useQuery({
        queryKey: [`${kind}s`, "names"],
        queryFn: ({ signal }) => (kind === "campaign" ? campaigns(signal) : listed(`/api/v1/${kind}s`, `${kind}s`, signal)),
        staleTime: FRESH_MS, enabled: isEnabled,
    });
}
