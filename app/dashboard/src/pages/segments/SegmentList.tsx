import { useMemo, useState } from "react";
import { useLocation } from "wouter";
import type { Segment } from "../../api/types";
import { t } from "../../strings";
import type { ColumnDef } from "../../ui";
import { Await, Button, DataTable, Empty, LinkButton, Page, SelectField, TextField, useQueryParam } from "../../ui";
import { ActionsCell, ComputedCell, CountCell, NameCell, TrendCell, TypeBadges } from "./listCells";
import { useCounts, useSegments, useTrends } from "./segmentData";
import { SegmentDialog, focusTitle, type SegmentAction } from "./SegmentForms";
import "./segments.css";

const words = t.segments;
const ROW_PX = 44;
const AROUND_PX = 330; // what stands above and below the table

type Order = keyof typeof words.sorts;

const orders: Record<Order, (a: Segment, b: Segment) => number> = {
    newest: () => 0, // as the API lists them
    name: (a, b) => a.name.localeCompare(b.name),
    size: (a, b) => b.memberCount - a.memberCount,
};

/** As many rows as fit, so that a long list scrolls in itself and draws only what is seen. */
function rowsThatFit(): number {
    return Math.max(8, Math.floor((window.innerHeight - AROUND_PX) / ROW_PX));
}

function Table({ segments }: { segments: Segment[] }) {
    const [shown, setShown] = useState<string[]>([]);
    const [chosen, setChosen] = useState<{ action: SegmentAction; segment: Segment } | null>(null);
    const [, navigate] = useLocation();
    const counts = useCounts(shown);
    const trends = useTrends(shown);
    const columns = useMemo<ColumnDef<Segment>[]>(() => [
        { id: "name", header: words.columns.name, cell: ({ row }) => <NameCell segment={row.original} /> },
        { id: "type", header: words.columns.type, cell: ({ row }) => <TypeBadges segment={row.original} /> },
        { id: "count", header: words.columns.count, cell: ({ row }) => <CountCell segment={row.original} counts={counts.data} /> },
        { id: "trend", header: words.columns.trend, cell: ({ row }) => <TrendCell segment={row.original} points={trends.data?.data[row.original.id]} /> },
        { id: "computed", header: words.columns.computed, cell: ({ row }) => <ComputedCell segment={row.original} /> },
        {
            id: "actions", header: () => <span className="sr-only">{words.columns.actions}</span>,
            cell: ({ row: { original: segment } }) => (
                <ActionsCell segment={segment} onEdit={() => navigate(`/segments/${segment.id}/edit`)}
                             onChoose={(action) => setChosen({ action, segment })} />
            ),
        },
    ], [counts.data, trends.data, navigate]);
    return (
        <div className="segments-list">
            <DataTable label={words.title} columns={columns} rows={segments} rowKey={(segment) => segment.id} visibleRows={rowsThatFit()}
                       onShown={(rows) => setShown(rows.map((segment) => segment.id).slice(0, 100))} />
            {chosen && <SegmentDialog {...chosen} onDone={() => setChosen(null)} onDeleted={focusTitle} />}
        </div>
    );
}

function Found({ segments }: { segments: Segment[] }) {
    const [search, setSearch] = useQueryParam("search");
    const [order, setOrder] = useQueryParam("order", "newest");
    const found = useMemo(() => {
        const part = search.trim().toLowerCase();
        const compare = orders[order as Order] ?? orders.newest;
        return segments.filter((segment) => segment.name.toLowerCase().includes(part)).sort(compare);
    }, [segments, search, order]);
    return (
        <>
            <div className="segments-tools">
                <TextField label={words.searchLabel} type="search" value={search} onChange={(event) => setSearch(event.currentTarget.value)} />
                <SelectField label={words.sortLabel} value={order} onChange={(event) => setOrder(event.currentTarget.value)}
                             choices={Object.entries(words.sorts).map(([value, label]) => ({ value, label }))} />
                <p className="soft" role="status">{words.shown(found.length)}</p>
            </div>
            {found.length > 0
                ? <Table segments={found} />
                : <Empty title={words.noneMatch(search)}><Button onClick={() => setSearch("")}>{words.showAll}</Button></Empty>}
        </>
    );
}

function FirstSegment() {
    return (
        <Empty title={words.empty}>
            <p className="segments-prose">{words.emptyHint}</p>
            <div className="buttons">
                <LinkButton to="/segments/new" look="primary">{words.create}</LinkButton>
                <LinkButton to="/contacts/import">{words.emptyImport}</LinkButton>
            </div>
        </Empty>
    );
}

export default function SegmentList() {
    const segments = useSegments();
    return (
        <Page title={words.title} actions={<LinkButton to="/segments/new" look="primary">{words.create}</LinkButton>}>
            <Await query={segments}>{(all) => (all.length === 0 ? <FirstSegment /> : <Found segments={all} />)}</Await>
        </Page>
    );
}
