/* The columns of a table of members: address, status, the data that the segment is about, when added. */
import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Condition, Contact } from "../../api/types";
import { t } from "../../strings";
import type { ColumnDef } from "../../ui";
import { Button, StatusBadge, textAt, Time } from "../../ui";
import { filtersOf } from "../segments/filterWords";

const words = t.segments;
const MOST_FIELDS = 3; // that the filter names
const OTHER_FIELDS = 2;

/** A place in the segment; its contact is undefined until it was asked for. */
export interface MemberRow {
    number: number;
    contact: Contact | undefined;
}

/** Paths of data that the filter looks at; without a filter the first ones that a member has. */
export function fieldsToShow(condition: Condition | null, sample: Contact | undefined): string[] {
    const asked = filtersOf(condition).map((filter) => filter.field).filter((field) => field.startsWith("data."));
    const there = Object.keys(sample?.data ?? {}).map((key) => `data.${key}`);
    return asked.length > 0 ? [...new Set(asked)].slice(0, MOST_FIELDS) : there.slice(0, OTHER_FIELDS);
}

export function memberColumns(
    fields: string[], onWhy: (contact: Contact) => void, actions?: (contact: Contact) => ReactNode,
): ColumnDef<MemberRow>[] {
    const column = (id: string, header: ReactNode, cell: (contact: Contact) => ReactNode): ColumnDef<MemberRow> => ({
        id, header: () => header,
        cell: ({ row: { original: { contact } } }) => (contact ? cell(contact) : <span className="membertable-waiting" aria-hidden="true" />),
    });
    return [
        column("email", words.memberColumns.email, (contact) => <Link to={`/contacts/${contact.id}`} className="membertable-email">{contact.email}</Link>),
        column("status", words.memberColumns.status, (contact) => <StatusBadge status={contact.status} />),
        ...fields.map((field) => {
            const path = field.slice("data.".length);
            return column(field, path, (contact) => <span className="membertable-datum">{textAt(contact.data, path) || "–"}</span>);
        }),
        column("created", words.memberColumns.created, (contact) => <Time iso={contact.createdAt} />),
        column("actions", <span className="sr-only">{words.memberColumns.actions}</span>, (contact) => (
            <span className="membertable-actions">
                <Button isSmall aria-label={words.whyOf(contact.email)} onClick={() => onWhy(contact)}>{words.why}</Button>
                {actions?.(contact)}
            </span>
        )),
    ];
}
