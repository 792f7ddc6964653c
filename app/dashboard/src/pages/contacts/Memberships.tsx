import { useQuery } from "@tanstack/react-query";
import { createContext, lazy, Suspense, useContext, useState } from "react";
import { Link } from "wouter";
import { api, route } from "../../api/client";
import type { Contact } from "../../api/types";
import { t } from "../../strings";
import type { ColumnDef } from "../../ui";
import { Await, Badge, Button, Card, CheckField, DataTable, Empty, LinkButton, Time, useQueryParam } from "../../ui";
import { live } from "../segments/segmentData";
import type { Named } from "./timeline";
import { usePerson } from "./usePerson";

const ExplainDrawer = lazy(() => import("../explain/ExplainDrawer"));
const REFRESH_MS = 8_000;
const ROWS_SEEN = 14;

interface Standing {
    id: string;
    name: string;
    slug: string;
    type: "DYNAMIC" | "STATIC";
    member: boolean;
    trackMembership: boolean;
    enteredAt: string | null;
}

/** The table makes the cells, so they are told here what a press on "Why?" does. */
const AskWhy = createContext<(standing: Standing) => void>(() => undefined);

function Why({ standing }: { standing: Standing }) {
    const ask = useContext(AskWhy);
    return <Button isSmall aria-label={t.contacts.whyOf(standing.name)} onClick={() => ask(standing)}>{t.contacts.why}</Button>;
}

const columns: ColumnDef<Standing>[] = [
    { id: "segment", accessorKey: "name", header: t.contacts.segment, cell: ({ row }) => <Link to={`/segments/${row.original.id}`}>{row.original.name}</Link> },
    { id: "type", header: t.contacts.type, accessorFn: (row) => t.contacts.types[row.type] },
    {
        id: "member", header: t.contacts.member, accessorFn: (row) => (row.member ? 0 : 1),
        cell: ({ row }) => (row.original.member ? <Badge tone="good">{t.contacts.isMember}</Badge> : <Badge>{t.contacts.isNoMember}</Badge>),
    },
    {
        id: "since", header: t.contacts.since, accessorFn: (row) => row.enteredAt ?? "",
        cell: ({ row }) => (row.original.member ? <Time iso={row.original.enteredAt} none={t.contacts.sinceUnknown} /> : null),
    },
    { id: "why", header: t.contacts.why, enableSorting: false, cell: ({ row }) => <Why standing={row.original} /> },
];

function Standings({ contact, standings }: { contact: Contact; standings: Standing[] }) {
    const [which, setWhich] = useQueryParam("members");
    const [asked, setAsked] = useState<Standing | null>(null);
    const rows = which === "only" ? standings.filter((item) => item.member) : standings;
    if (standings.length === 0) {
        return (
            <Empty title={t.contacts.membershipsEmpty}>
                <p>{t.contacts.membershipsEmptyHint}</p>
                <LinkButton to="/segments/new" look="primary">{t.contacts.newSegment}</LinkButton>
            </Empty>
        );
    }
    return (
        <div className="stack">
            <CheckField label={t.contacts.membersOnly} checked={which === "only"} onChange={(isOn) => setWhich(isOn ? "only" : "")} />
            <AskWhy value={setAsked}>
                {rows.length === 0
                    ? <Empty title={t.contacts.membershipsNone} />
                    : <DataTable label={t.contacts.tabSegments} columns={columns} rows={rows} rowKey={(row) => row.id} isSortable visibleRows={ROWS_SEEN} />}
            </AskWhy>
            {asked && (
                <Suspense fallback={null}>
                    <ExplainDrawer segmentId={asked.id} segmentName={asked.name} contactId={contact.id} email={contact.email} onClose={() => setAsked(null)} />
                </Suspense>
            )}
        </div>
    );
}

function Chips({ title, items }: { title: string; items: Named[] }) {
    return (
        <>
            <dt>{title}</dt>
            <dd className="buttons">{items.map((item) => <Badge key={item.id}>{item.name}</Badge>)}</dd>
        </>
    );
}

/** What else the contact is in, where it is in any. */
function Labels({ contactId }: { contactId: string }) {
    const person = usePerson(contactId);
    const sets = (["tags", "lists", "campaigns", "sequences"] as const).filter((name) => (person.data?.[name].length ?? 0) > 0);
    if (sets.length === 0)
        return null;
    return (
        <Card title={t.contacts.labels}>
            <dl className="facts">{sets.map((name) => <Chips key={name} title={t.contacts[name]} items={person.data![name]} />)}</dl>
        </Card>
    );
}

export function Memberships({ contact }: { contact: Contact }) {
    const standings = useQuery({
        queryKey: ["contacts", contact.id, "segments"],
        queryFn: ({ signal }) => api.get<{ at: string; data: Standing[] }>(route`/contacts/${contact.id}/segments`, undefined, signal),
        refetchInterval: live(REFRESH_MS),
    });
    return (
        <div className="stack">
            <Await query={standings}>{(answer) => <Standings contact={contact} standings={answer.data} />}</Await>
            <Labels contactId={contact.id} />
        </div>
    );
}
