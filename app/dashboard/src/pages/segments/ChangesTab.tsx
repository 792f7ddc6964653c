import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link } from "wouter";
import { api, route } from "../../api/client";
import type { Segment } from "../../api/types";
import { t } from "../../strings";
import type { ColumnDef } from "../../ui";
import { Await, Button, DataTable, Empty, Problem, Time, formatNumber, toast, useQueryParam } from "../../ui";
import { live, useChangeSegment } from "./segmentData";

const words = t.segments;
const PAGE = 50;
const LIVE_MS = 5_000;

interface Change {
    sequence: number;
    type: "entry" | "exit";
    contactId: string | null;
    email: string | null;
    at: string;
    cause: { kind: string; eventId?: string };
    version?: number;
}

interface Page {
    last: number; // of the whole feed
    until: number; // of this page
    rows: Change[]; // newest first
}

function columnsOf(): ColumnDef<Change>[] {
    const heads = words.changeColumns;
    return [
        { id: "sequence", header: heads.sequence, cell: ({ row }) => <span className="numeric">{formatNumber(row.original.sequence)}</span> },
        {
            id: "what", header: heads.what,
            cell: ({ row: { original } }) => <span className={`segments-${original.type}`}>{original.type === "entry" ? words.entry : words.exit}</span>,
        },
        {
            id: "contact", header: heads.contact,
            cell: ({ row: { original } }) => (original.contactId && original.email
                ? <Link to={`/contacts/${original.contactId}`}>{original.email}</Link>
                : <span className="soft">{words.gone}</span>),
        },
        { id: "cause", header: heads.cause, cell: ({ row }) => words.causes[row.original.cause.kind] ?? row.original.cause.kind },
        { id: "at", header: heads.at, cell: ({ row }) => <Time iso={row.original.at} as="minute" /> },
        { id: "version", header: heads.version, cell: ({ row }) => row.original.version ?? "–" },
    ];
}

/** The page that ends with change number `until`; 0: the newest, which is asked for again and again. */
function useFeed(id: string, until: number) {
    const path = route`/segments/${id}/changes`;
    return useQuery({
        queryKey: ["segments", id, "changes", until],
        queryFn: async ({ signal }): Promise<Page> => {
            const read = async (before: number, limit: number) => (await api.get<{ data: Change[] }>(path, { before, limit }, signal)).data;
            const newest = await read(Number.MAX_SAFE_INTEGER, until > 0 ? 1 : PAGE);
            const last = newest[0]?.sequence ?? 0;
            if (until === 0)
                return { last, until: last, rows: newest };
            const end = Math.min(until, last);
            return { last, until: end, rows: await read(end + 1, PAGE) };
        },
        refetchInterval: until === 0 ? live(LIVE_MS) : false,
        placeholderData: keepPreviousData,
    });
}

function Untracked({ segment }: { segment: Segment }) {
    const change = useChangeSegment(segment.id);
    return (
        <Empty title={words.changesUntracked}>
            <p className="segments-prose">{words.changesUntrackedHint}</p>
            <Button look="primary" isBusy={change.isPending}
                    onClick={() => change.mutate({ trackMembership: true }, { onSuccess: () => toast(words.tracksOn) })}>
                {words.startTracking}
            </Button>
            {change.error && <Problem error={change.error} />}
        </Empty>
    );
}

function Feed({ page, onUntil }: { page: Page; onUntil: (sequence: number) => void }) {
    const columns = useMemo(columnsOf, []);
    const first = Math.max(1, page.until - PAGE + 1);
    const newer = page.until + PAGE;
    const isNewest = page.until >= page.last;
    return (
        <>
            <p className="soft">{words.changesHint}</p>
            <DataTable label={words.tabs.changes} columns={columns} rows={page.rows} visibleRows={14} rowKey={(row) => String(row.sequence)} />
            <div className="pager">
                <Button isSmall disabled={isNewest} onClick={() => onUntil(0)}>{words.changesNewest}</Button>
                <Button isSmall disabled={isNewest} onClick={() => onUntil(newer >= page.last ? 0 : newer)}>{words.changesNewer}</Button>
                <Button isSmall disabled={first <= 1} onClick={() => onUntil(first - 1)}>{words.changesOlder}</Button>
                <span className="soft" role="status" aria-live={isNewest ? "off" : "polite"}>{words.changesFrom(first, page.until, page.last)}</span>
            </div>
        </>
    );
}

/** Who entered and who left: newest first, live, any page by its numbers. */
export default function ChangesTab({ segment }: { segment: Segment }) {
    const [untilText, setUntil] = useQueryParam("until", "0");
    const feed = useFeed(segment.id, Math.max(0, Math.floor(Number(untilText)) || 0));
    return (
        <Await query={feed}>
            {(page) => {
                if (page.last > 0)
                    return <Feed page={page} onUntil={(sequence) => setUntil(String(sequence))} />;
                return segment.trackMembership ? <Empty title={words.noChanges}><p>{words.noChangesHint}</p></Empty> : <Untracked segment={segment} />;
            }}
        </Await>
    );
}
