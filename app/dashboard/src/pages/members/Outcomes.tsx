import { useMemo } from "react";
import { t } from "../../strings";
import type { ColumnDef } from "../../ui";
import { Badge, Button, DataTable } from "../../ui";
import type { Fate, Outcome } from "./standing";

const tones = { added: "good", created: "good", in: "neutral", notFound: "warn", refused: "bad" } as const;

const columns: ColumnDef<Outcome, unknown>[] = [
    { id: "email", accessorKey: "email", header: t.members.address, cell: ({ row }) => <span className="break">{row.original.email}</span> },
    {
        id: "fate", accessorFn: (row) => t.members.fate[row.fate], header: t.members.result,
        cell: ({ row }) => <Badge tone={tones[row.original.fate]}>{t.members.fate[row.original.fate]}</Badge>,
    },
];

/** What became of each address; what needs a look comes first. */
export function Outcomes({ outcomes, onDismiss }: { outcomes: Outcome[]; onDismiss: () => void }) {
    const rows = useMemo(() => {
        const order: Fate[] = ["refused", "notFound", "created", "in", "added"];
        return [...outcomes].sort((a, b) => order.indexOf(a.fate) - order.indexOf(b.fate));
    }, [outcomes]);
    const count = (...fates: Fate[]) => outcomes.filter((item) => fates.includes(item.fate)).length;
    return (
        <section className="stack" aria-label={t.members.outcome}>
            <div className="row spread">
                <p role="status">{t.members.fates(count("added"), count("created"), count("in"), count("notFound", "refused"))}</p>
                {/* The button that was pressed is gone: the focus comes here. */}
                <Button isSmall autoFocus onClick={onDismiss}>{t.members.dismiss}</Button>
            </div>
            <DataTable label={t.members.outcome} columns={columns} rows={rows} rowKey={(row) => row.email} isSortable visibleRows={6} />
        </section>
    );
}
