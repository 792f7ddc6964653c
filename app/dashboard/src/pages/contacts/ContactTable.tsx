import { useEffect, useMemo, useRef } from "react";
import { Link } from "wouter";
import type { Contact } from "../../api/types";
import { t } from "../../strings";
import type { ColumnDef } from "../../ui";
import { DataTable, StatusBadge, textAt, Time } from "../../ui";
import { choose, isChosen, useChoosing } from "./selection";

function PageBox() {
    const { selection, setSelection, rows } = useChoosing();
    const box = useRef<HTMLInputElement>(null);
    const count = rows.filter((row) => isChosen(selection, row.id)).length;
    useEffect(() => {
        box.current!.indeterminate = count > 0 && count < rows.length;
    }, [count, rows.length]);
    return (
        <label className="contacts-box">
            <input ref={box} type="checkbox" className="checkbox" aria-label={t.contacts.choosePage}
                   checked={rows.length > 0 && count === rows.length}
                   onChange={(event) => setSelection(choose(selection, rows, event.currentTarget.checked))} />
        </label>
    );
}

function RowBox({ contact }: { contact: Contact }) {
    const { selection, setSelection } = useChoosing();
    return (
        <label className="contacts-box">
            <input type="checkbox" className="checkbox" aria-label={t.contacts.choose(contact.email)}
                   checked={isChosen(selection, contact.id)}
                   onChange={(event) => setSelection(choose(selection, [contact], event.currentTarget.checked))} />
        </label>
    );
}

const before: ColumnDef<Contact>[] = [
    { id: "choose", header: () => <PageBox />, cell: ({ row }) => <RowBox contact={row.original} /> },
    {
        id: "email", header: t.contacts.email,
        cell: ({ row }) => <Link to={`/contacts/${row.original.id}`} className="contacts-email">{row.original.email}</Link>,
    },
    { id: "state", header: t.contacts.state, cell: ({ row }) => <StatusBadge status={row.original.status} /> },
];

const after: ColumnDef<Contact>[] = [
    { id: "created", header: t.contacts.created, cell: ({ row }) => <span className="contacts-when"><Time iso={row.original.createdAt} /></span> },
];

function fieldColumn(path: string): ColumnDef<Contact> {
    return {
        id: `data.${path}`, header: path,
        cell: ({ row }) => {
            const text = textAt(row.original.data, path);
            return <span className="contacts-value" title={text}>{text}</span>;
        },
    };
}

/** `paths`: the fields of the data that have a column. */
export function ContactTable({ rows, paths }: { rows: Contact[]; paths: string[] }) {
    const key = paths.join("\n");
    const columns = useMemo(() => [...before, ...key.split("\n").filter(Boolean).map(fieldColumn), ...after], [key]);
    return <DataTable label={t.contacts.title} columns={columns} rows={rows} rowKey={(row) => row.id} />;
}
