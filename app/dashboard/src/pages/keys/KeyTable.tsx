import { useQueryClient } from "@tanstack/react-query";
import { api, route } from "../../api/client";
import { session } from "../../session";
import { t } from "../../strings";
import type { ColumnDef } from "../../ui";
import { Badge, Button, Confirm, DataTable, Time, toast } from "../../ui";
import type { Key } from "./keyData";

function Revoke({ item }: { item: Key }) {
    const queries = useQueryClient();
    const name = item.name || t.keys.unnamed;
    async function revoke() {
        await api.delete(route`/keys/${item.id}`);
        if (item.current) {
            session.signedOut();
            return;
        }
        toast(t.keys.revoked(name));
        await queries.invalidateQueries({ queryKey: ["keys"] });
    }
    return (
        <Confirm title={t.keys.revokeTitle(name)} submit={t.keys.revoke} onConfirm={revoke}
                 trigger={(open) => <Button isSmall aria-label={t.keys.revokeLabel(name)} onClick={open}>{t.keys.revoke}</Button>}>
            <p>{item.current ? t.keys.revokeOwn : t.keys.revokeText}</p>
        </Confirm>
    );
}

/* A public key's one scope is wider than what the server lets it do. */
function mayWords({ kind, scopes }: Key): string {
    return kind === "public" ? t.keys.trackOnly : scopes.map((scope) => t.keys.scopeNames[scope]).join(", ");
}

const columns: ColumnDef<Key, unknown>[] = [
    {
        header: t.keys.name,
        cell: ({ row: { original: key } }) => (
            <div className="row cell">
                <span className="break">{key.name || t.keys.unnamed}</span>
                {key.current && <Badge tone="accent">{t.keys.current}</Badge>}
            </div>
        ),
    },
    { header: t.keys.kind, cell: ({ row }) => t.keys.kinds[row.original.kind] },
    { header: t.keys.begins, cell: ({ row }) => <code>{row.original.prefix}…</code> },
    { header: t.keys.scopes, cell: ({ row }) => mayWords(row.original) },
    { header: t.keys.created, cell: ({ row }) => <Time iso={row.original.createdAt} /> },
    { header: t.keys.lastUsed, cell: ({ row }) => <Time iso={row.original.lastUsedAt} /> },
    { header: t.keys.expires, cell: ({ row }) => <Time iso={row.original.expiresAt} none={t.never} /> },
    { id: "revoke", header: () => <span className="sr-only">{t.keys.revoke}</span>, cell: ({ row }) => <Revoke item={row.original} /> },
];

export function KeyTable({ label, keys }: { label: string; keys: Key[] }) {
    if (keys.length === 0)
        return <p className="soft">{t.keys.noKeys}</p>;
    return <DataTable label={label} columns={columns} rows={keys} rowKey={(key) => key.id} visibleRows={20} />;
}
