import { useMemo, useState } from "react";
import { Link } from "wouter";
import { t } from "../../strings";
import type { ColumnDef } from "../../ui";
import { Await, Badge, Button, DataTable, Dialog, Empty, formatNumber, Json, SelectField, Time, useQueryParam } from "../../ui";
import type { Happening, HappeningKind, Person } from "./timeline";
import { HAPPENING_KINDS, happeningsOf } from "./timeline";
import { usePerson } from "./usePerson";

const ROWS_SEEN = 14;
const TONES = { event: "accent", email: "neutral", segment: "good", message: "neutral", flow: "warn" } as const;

function shortOf(details: Record<string, unknown>): string {
    return Object.entries(details)
        .filter(([, value]) => value !== null)
        .map(([name, value]) => `${name}: ${typeof value === "object" ? JSON.stringify(value) : String(value)}`)
        .join(" · ");
}

function Details({ happening }: { happening: Happening }) {
    const [isOpen, setOpen] = useState(false);
    const text = happening.details ? shortOf(happening.details) : "";
    if (!happening.details || text === "")
        return null;
    return (
        <>
            <Button isSmall look="plain" className="contacts-details" onClick={() => setOpen(true)} title={t.contacts.timelineDetails}>
                <span>{text}</span>
            </Button>
            {isOpen && <Dialog title={happening.title} isOpen onClose={() => setOpen(false)}><Json value={happening.details} /></Dialog>}
        </>
    );
}

const columns: ColumnDef<Happening>[] = [
    { id: "when", header: t.contacts.timelineWhen, cell: ({ row }) => <Time iso={row.original.at} as="minute" /> },
    { id: "kind", header: t.contacts.type, cell: ({ row }) => <Badge tone={TONES[row.original.kind]}>{t.contacts.timelineKindOne[row.original.kind]}</Badge> },
    {
        id: "what", header: t.contacts.timelineWhat,
        cell: ({ row: { original } }) => (original.to ? <Link to={original.to}>{original.title}</Link> : <span>{original.title}</span>),
    },
    { id: "details", header: t.contacts.timelineDetails, cell: ({ row }) => <Details happening={row.original} /> },
];

function Rows({ person }: { person: Person }) {
    const [kind, setKind] = useQueryParam("kind");
    const all = useMemo(() => happeningsOf(person), [person]);
    const rows = useMemo(() => (kind ? all.filter((item) => item.kind === kind) : all), [all, kind]);
    if (all.length === 0)
        return <Empty title={t.contacts.timelineEmpty}><p>{t.contacts.timelineEmptyHint}</p></Empty>;
    const choices = HAPPENING_KINDS.filter((name) => all.some((item) => item.kind === name));
    return (
        <div className="stack">
            <div className="row spread">
                <SelectField label={t.contacts.timelineKind} value={kind} onChange={(event) => setKind(event.currentTarget.value as HappeningKind | "")}
                             choices={[{ value: "", label: t.contacts.timelineAll },
                                       ...choices.map((name) => ({ value: name, label: t.contacts.timelineKinds[name] }))]} />
                <p className="soft" aria-live="polite">{t.contacts.timelineCount(formatNumber(rows.length))}</p>
            </div>
            <DataTable label={t.contacts.tabTimeline} columns={columns} rows={rows} rowKey={(row) => row.id} visibleRows={ROWS_SEEN} />
        </div>
    );
}

export function Timeline({ contactId }: { contactId: string }) {
    const person = usePerson(contactId);
    return <Await query={person}>{(data) => <Rows person={data} />}</Await>;
}
