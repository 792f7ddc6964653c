import { useQueries } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { api, route } from "../../api/client";
import type { Contact, Paged, Segment } from "../../api/types";
import { t } from "../../strings";
import { DataTable, Empty, LinkButton, Loading, Pager, Problem, usePageParam } from "../../ui";
import { live } from "../segments/segmentData";
import { CsvButton } from "./CsvButton";
import { fieldsToShow, memberColumns, type MemberRow } from "./memberColumns";
import "./memberTable.css";

const ExplainDrawer = lazy(() => import("../explain/ExplainDrawer"));

const words = t.segments;
const BLOCK = 100; // what one request brings, the API's most
const BLOCKS = 10; // of a page of the table
const LIVE_MS = 10_000;

interface MemberTableProps {
    segment: Segment;
    /** More to do with a member, in the last column. */
    actions?: (contact: Contact) => ReactNode;
}

/** The blocks that are seen, and always the first of the page, which says how many there are. */
function useBlocks(segment: Segment, page: number, seen: number[]) {
    const first = (page - 1) * BLOCKS;
    const numbers = [...new Set([first, ...seen.map((block) => first + block)])].sort((a, b) => a - b);
    const results = useQueries({
        queries: numbers.map((block) => ({
            queryKey: ["segments", segment.id, "members", block],
            queryFn: ({ signal }: { signal: AbortSignal }) =>
                api.get<Paged<Contact>>(route`/segments/${segment.id}/contacts`, { page: block + 1, pageSize: BLOCK }, signal),
            refetchInterval: live(LIVE_MS),
        })),
    });
    return { results, blocks: new Map(numbers.map((block, i) => [block - first, results[i]!.data])) };
}

function rowsOf(blocks: Map<number, Paged<Contact> | undefined>, page: number, total: number): MemberRow[] {
    const start = (page - 1) * BLOCK * BLOCKS;
    const count = Math.max(0, Math.min(BLOCK * BLOCKS, total - start));
    return Array.from({ length: count }, (_, i) => ({ number: start + i + 1, contact: blocks.get(Math.floor(i / BLOCK))?.data[i % BLOCK] }));
}

function NoMembers({ segment }: { segment: Segment }) {
    return (
        <Empty title={words.noMembers}>
            {segment.type === "DYNAMIC" && (
                <>
                    <p>{words.noMembersHint}</p>
                    <LinkButton to={`/segments/${segment.id}/edit`}>{words.noMembersEdit}</LinkButton>
                </>
            )}
        </Empty>
    );
}

/**
 * Everybody in a segment: a thousand to a page, of which only what is seen is drawn and asked for;
 * any page can be gone to. A press on "Why?" opens the explanation.
 */
export default function MemberTable({ segment, actions }: MemberTableProps) {
    const [page, setPage] = usePageParam();
    const [seen, setSeen] = useState<number[]>([]);
    const [asked, setAsked] = useState<Contact | null>(null);
    const { results, blocks } = useBlocks(segment, page, seen);
    const head = results.find((result) => result.data)?.data;
    const known = useRef<Paged<Contact>>(undefined); // the table and its pager stay while another page is asked for
    known.current = head ?? known.current;
    const total = known.current?.total ?? 0;
    const rows = rowsOf(blocks, page, total);
    const pageCount = Math.ceil(total / (BLOCK * BLOCKS));
    useEffect(() => {
        if (total > 0 && page > pageCount)
            setPage(pageCount); // members have left meanwhile, or the address was typed
    });
    const sample = known.current?.data[0];
    const fields = useMemo(() => fieldsToShow(segment.condition, sample), [segment.condition, sample]);
    const columns = useMemo(() => memberColumns(fields, setAsked, actions), [fields, actions]);
    const onShown = useCallback((shown: MemberRow[]) => {
        setSeen([...new Set(shown.map((row) => Math.floor(((row.number - 1) % (BLOCK * BLOCKS)) / BLOCK)))]);
    }, []);
    const failed = results.find((result) => result.error);
    if (!known.current)
        return failed ? <Problem error={failed.error} onRetry={() => failed.refetch()} /> : <Loading />;
    return (
        <div className="membertable">
            {failed && <Problem error={failed.error} onRetry={() => failed.refetch()} />}
            <div className="membertable-tools">
                <p role="status">{words.memberTotal(total)}{rows.length > 0 && total > BLOCK * BLOCKS
                    ? <span className="soft"> · {words.rows(rows[0]!.number, rows[rows.length - 1]!.number)}</span> : null}</p>
                {total > 0 && <CsvButton segment={segment} />}
            </div>
            {total === 0
                ? <NoMembers segment={segment} />
                : <DataTable key={page} label={words.memberTable(segment.name)} columns={columns} rows={rows} visibleRows={14}
                             rowKey={(row) => String(row.number)} onShown={onShown} />}
            <Pager page={page} pageCount={pageCount} onPage={setPage} />
            {asked && (
                <Suspense fallback={null}>
                    <ExplainDrawer segmentId={segment.id} segmentName={segment.name} contactId={asked.id} email={asked.email}
                                   onClose={() => setAsked(null)} />
                </Suspense>
            )}
        </div>
    );
}
