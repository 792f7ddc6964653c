import type { ColumnDef as AnyColumnDef, SortingState } from "@tanstack/react-table";
import {
    createSortedRowModel, rowSortingFeature, sortFn_alphanumeric, sortFn_basic, sortFn_datetime, sortFn_text, tableFeatures, useTable,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import type { ReactNode } from "react";
import { useEffect, useRef, useState } from "react";

// Only what is named here comes into the bundle.
const features = tableFeatures({
    rowSortingFeature,
    sortedRowModel: createSortedRowModel(),
    sortFns: { alphanumeric: sortFn_alphanumeric, basic: sortFn_basic, datetime: sortFn_datetime, text: sortFn_text },
});

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- TanStack's own default
export type ColumnDef<T extends object, Value = any> = AnyColumnDef<typeof features, T, Value>;

interface TableProps<T extends object> {
    label: string;
    columns: ColumnDef<T>[];
    rows: T[];
    rowKey: (row: T) => string;
    /** Rows are sorted here, on a press on a head; leave out where the server gives the order. */
    isSortable?: boolean;
    /** Only what is seen is drawn: for many rows. Height in rows. */
    visibleRows?: number;
    /** Is told which rows are drawn, whenever these are others: for what is asked for only when it is seen. */
    onShown?: (rows: T[]) => void;
}

const ROW_HEIGHT_PX = 44;

/**
 * What a column gives for a cell or a head. It is called, not made a component of (as flexRender does): that would be
 * mounted anew whenever the columns are, and open menus and the focus would be lost.
 */
function rendered<P>(part: ReactNode | ((props: P) => ReactNode), props: P): ReactNode {
    return typeof part === "function" ? part(props) : part;
}

/** A table with heads. Where there are more rows than `visibleRows`, it scrolls, and draws what is seen. */
export function DataTable<T extends object>({ label, columns, rows, rowKey, isSortable = false, visibleRows, onShown }: TableProps<T>) {
    const [sorting, setSorting] = useState<SortingState>([]);
    const table = useTable({
        features, data: rows, columns, getRowId: rowKey, state: { sorting }, onSortingChange: setSorting, enableSorting: isSortable,
    });
    const scroller = useRef<HTMLDivElement>(null);
    const model = table.getRowModel().rows;
    const isVirtual = visibleRows !== undefined && model.length > visibleRows;
    const virtual = useVirtualizer({
        count: isVirtual ? model.length : 0, getScrollElement: () => scroller.current, estimateSize: () => ROW_HEIGHT_PX, overscan: 8,
    });
    const items = virtual.getVirtualItems();
    const shown = isVirtual ? items.map((item) => model[item.index]!) : model;
    const above = isVirtual ? (items[0]?.start ?? 0) : 0;
    const below = isVirtual ? virtual.getTotalSize() - (items[items.length - 1]?.end ?? 0) : 0;
    const shownKeys = shown.map((row) => row.id).join();
    useEffect(() => {
        onShown?.(shown.map((row) => row.original));
    }, [shownKeys]); // eslint-disable-line react-hooks/exhaustive-deps -- the rows' keys say all about them
    return (
        <div ref={scroller} className={`table-scroll ${isVirtual ? "virtual" : ""}`} role="region" aria-label={label} tabIndex={0}
             style={isVirtual ? { maxHeight: (visibleRows + 1) * ROW_HEIGHT_PX } : undefined}>
            <table className="table" aria-rowcount={isVirtual ? model.length + 1 : undefined}>
                <thead>
                    {table.getHeaderGroups().map((group) => (
                        <tr key={group.id}>
                            {group.headers.map((head) => {
                                const order = head.column.getIsSorted();
                                const text = rendered(head.column.columnDef.header, head.getContext());
                                return (
                                    <th key={head.id} scope="col" aria-sort={order === "asc" ? "ascending" : order === "desc" ? "descending" : undefined}>
                                        {head.column.getCanSort()
                                            ? <button type="button" className="sort" onClick={head.column.getToggleSortingHandler()}>{text}<span aria-hidden="true">{order === "asc" ? " ▲" : order === "desc" ? " ▼" : ""}</span></button>
                                            : text}
                                    </th>
                                );
                            })}
                        </tr>
                    ))}
                </thead>
                <tbody>
                    {above > 0 && <tr aria-hidden="true"><td colSpan={columns.length} style={{ height: above }} /></tr>}
                    {shown.map((row) => (
                        <tr key={row.id} aria-rowindex={isVirtual ? row.index + 2 : undefined}>
                            {row.getAllCells().map((cell) => <td key={cell.id}>{rendered(cell.column.columnDef.cell, cell.getContext())}</td>)}
                        </tr>
                    ))}
                    {below > 0 && <tr aria-hidden="true"><td colSpan={columns.length} style={{ height: below }} /></tr>}
                </tbody>
            </table>
        </div>
    );
}
