import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useSearchParams } from "wouter";
import { api, download, withQuery } from "../../api/client";
import type { Contact, Listed } from "../../api/types";
import { t } from "../../strings";
import { Await, Badge, Button, counted, Empty, fieldProblem, LinkButton, Page, Problem, SelectField, TextField, toast, messageOf, useSettled } from "../../ui";
import { filterWords } from "../segments/filterWords";
import { useNames } from "../segments/names";
import { live } from "../segments/segmentData";
import { AddContact } from "./AddContact";
import { BulkBar } from "./BulkBar";
import { BulkJob } from "./BulkJob";
import { useColumns } from "./columns";
import { ColumnsDialog } from "./ColumnsDialog";
import { ContactTable } from "./ContactTable";
import "./contacts.css";
import { FilterDrawer } from "./FilterDrawer";
import { useKeptFocus } from "./keptFocus";
import type { ListState, Order, PageOf, Subscription } from "./listState";
import { asCondition, changed, countRules, isNarrowed, pageOf, pageQuery, plainRules, readFilter, readState, whoQuery, writeState } from "./listState";
import { ChoosingContext, NONE, useSelection } from "./selection";

const TYPING_MS = 200;
const REFRESH_MS = 8_000;

type Change = (change: Partial<ListState>, options?: { isTyping?: boolean }) => void;

/** The list's state, which stands in the address; typing makes no steps for the browser's Back. */
function useListState(): [ListState, Change] {
    const [params, setParams] = useSearchParams();
    return [
        readState(params),
        (change, options) => setParams((before) => writeState(changed(readState(before), change)), { replace: options?.isTyping }),
    ];
}

function SearchBox({ state, onChange }: { state: ListState; onChange: Change }) {
    const [text, setText] = useState(state.search);
    const settled = useSettled(text, TYPING_MS).trim();
    const last = useRef(state.search); // what this box and the address agreed on
    useEffect(() => {
        if (settled === text.trim() && settled !== last.current) {
            last.current = settled;
            onChange({ search: settled }, { isTyping: true });
        }
    }, [text, settled, onChange]);
    useEffect(() => {
        if (state.search !== last.current) {
            last.current = state.search;
            setText(state.search); // somebody went back, or cleared it
        }
    }, [state.search]);
    return (
        <TextField label={t.contacts.search} isLabelHidden className="grow" type="search" value={text} placeholder={t.contacts.search}
                   onChange={(event) => setText(event.currentTarget.value)} />
    );
}

interface ToolbarProps {
    state: ListState;
    onChange: Change;
    onFilter: () => void;
    onColumns: () => void;
}

function Toolbar({ state, onChange, onFilter, onColumns }: ToolbarProps) {
    const rules = countRules(readFilter(state.filter) ?? null);
    return (
        <div className="row contacts-tools">
            <SearchBox state={state} onChange={onChange} />
            <SelectField label={t.contacts.subscription} isLabelHidden value={state.subscribed}
                         onChange={(event) => onChange({ subscribed: event.currentTarget.value as Subscription })}
                         choices={[
                             { value: "", label: t.contacts.everybody },
                             { value: "true", label: t.contacts.onlySubscribed },
                             { value: "false", label: t.contacts.onlyUnsubscribed },
                         ]} />
            <SelectField label={t.contacts.order} isLabelHidden value={state.order}
                         onChange={(event) => onChange({ order: event.currentTarget.value as Order })}
                         choices={[
                             { value: "newest", label: t.contacts.newest },
                             { value: "oldest", label: t.contacts.oldest },
                             { value: "email", label: t.contacts.byEmail },
                             { value: "emailDown", label: t.contacts.byEmailDown },
                         ]} />
            <Button onClick={onFilter}>{rules > 0 ? t.contacts.filterOn(rules) : t.contacts.filter}</Button>
            <Button onClick={onColumns}>{t.contacts.columns}</Button>
            {state.filter !== "" && (
                <>
                    <Button look="plain" onClick={() => onChange({ filter: "" })}>{t.contacts.clearFilter}</Button>
                    <LinkButton to={withQuery("/segments/new", { condition: JSON.stringify(asCondition(state)) })}>{t.contacts.saveAsSegment}</LinkButton>
                </>
            )}
        </div>
    );
}

/** The filter in words, where it is simple enough for a line of them. */
function FilterWords({ filter }: { filter: string }) {
    const rules = plainRules(readFilter(filter) ?? null);
    const names = useNames(rules?.map((rule) => rule.field));
    if (!rules || rules.length === 0)
        return null;
    return (
        <ul role="list" className="contacts-words" aria-label={t.contacts.filterWords}>
            {rules.map((rule, i) => <li key={i}><Badge tone="accent">{filterWords(rule, names)}</Badge></li>)}
        </ul>
    );
}

function DownloadButton({ state }: { state: ListState }) {
    const [isBusy, setBusy] = useState(false);
    async function save() {
        setBusy(true);
        try {
            const dir = state.order === "oldest" ? "asc" : undefined; // a file comes in the order of createdAt only
            await download("/contacts", { ...whoQuery(state), dir, format: "csv", spreadsheet: 1 }, t.contacts.downloadName);
        } catch (error) {
            toast(messageOf(error));
        } finally {
            setBusy(false);
        }
    }
    return <Button isBusy={isBusy} onClick={save}>{t.contacts.download}</Button>;
}

function Steps({ page, onChange }: { page: PageOf<Contact>; onChange: Change }) {
    const [first, last] = [page.rows[0], page.rows[page.rows.length - 1]];
    if (!page.hasPrevious && !page.hasNext)
        return null;
    return (
        <nav className="pager" aria-label={t.pages}>
            <Button isSmall disabled={!page.hasPrevious} onClick={() => onChange({ before: "", after: "" })}>{t.contacts.firstPage}</Button>
            <Button isSmall disabled={!page.hasPrevious || !first} onClick={() => onChange({ before: first!.id, after: "" })}>{t.previous}</Button>
            <Button isSmall disabled={!page.hasNext || !last} onClick={() => onChange({ before: "", after: last!.id })}>{t.next}</Button>
        </nav>
    );
}

function Nobody({ state, onChange, onAdd }: { state: ListState; onChange: Change; onAdd: () => void }) {
    if (state.after || state.before) // what the address points at is gone
        return <Empty title={t.contacts.nobodyTitle}><Button onClick={() => onChange({ after: "", before: "" })}>{t.contacts.firstPage}</Button></Empty>;
    if (isNarrowed(state)) {
        return (
            <Empty title={t.contacts.nobodyTitle}>
                <p>{t.contacts.nobodyHint}</p>
                <Button onClick={() => onChange({ search: "", subscribed: "", filter: "" })}>{t.contacts.showEverybody}</Button>
            </Empty>
        );
    }
    return (
        <Empty title={t.contacts.emptyTitle}>
            <p>{t.contacts.emptyHint}</p>
            <div className="buttons">
                <LinkButton to="/contacts/import" look="primary">{t.contacts.importFile}</LinkButton>
                <Button onClick={onAdd}>{t.contacts.add}</Button>
            </div>
        </Empty>
    );
}

function usePage(state: ListState, isStill: boolean) {
    const query = pageQuery(state);
    const isBroken = readFilter(state.filter) === undefined;
    const page = useQuery({
        queryKey: ["contacts", "page", query],
        queryFn: ({ signal }) => api.get<Listed<Contact>>("/contacts", query, signal),
        placeholderData: keepPreviousData,
        refetchInterval: isStill ? false : live(REFRESH_MS), // not while somebody chooses: rows would move under the pointer
    });
    const who = whoQuery(state);
    // Pages behind the first tell no total, and the total is what moves while one looks.
    const total = useQuery({
        queryKey: ["contacts", "total", who],
        queryFn: async ({ signal }) => (await api.get<Listed<Contact>>("/contacts", { ...who, limit: 1 }, signal)).total,
        refetchInterval: live(REFRESH_MS), enabled: !isBroken, placeholderData: keepPreviousData,
    });
    return { page, total };
}

export default function ContactList() {
    const [state, onChange] = useListState();
    const [open, setOpen] = useState<"filter" | "add" | "columns" | null>(null);
    const [selection, setSelection] = useSelection(JSON.stringify(whoQuery(state)));
    const columns = useColumns();
    const { page, total } = usePage(state, selection.isAll || selection.ids.size > 0);
    const kept = useKeptFocus();
    const isWrongFilter = fieldProblem(page.error, "filter") !== null;
    return (
        <Page title={t.contacts.title}
              beside={total.data !== undefined && <span className="soft" aria-live="polite">{counted(total.data, "contact")}</span>}
              actions={<>
                  <DownloadButton state={state} />
                  <LinkButton to="/contacts/import">{t.contacts.importFile}</LinkButton>
                  <Button look="primary" onClick={() => setOpen("add")}>{t.contacts.add}</Button>
              </>}>
            <div {...kept}>
                <Toolbar state={state} onChange={onChange} onFilter={() => setOpen("filter")} onColumns={() => setOpen("columns")} />
                {state.filter !== "" && <FilterWords filter={state.filter} />}
                {state.job && <BulkJob jobId={state.job} onClose={() => onChange({ job: "" }, { isTyping: true })} />}
                <BulkBar state={state} selection={selection} setSelection={setSelection} total={total.data ?? 0}
                         onJob={(job) => {
                             setSelection(NONE);
                             onChange({ job }, { isTyping: true });
                         }} />
                {isWrongFilter && <div className="contacts-wrong"><Problem error={page.error} /><p>{t.contacts.wrongFilter}</p></div>}
                {!isWrongFilter && (
                    <Await query={page}>
                        {(answer) => {
                            const shown = pageOf(state, answer);
                            if (shown.rows.length === 0)
                                return <Nobody state={state} onChange={onChange} onAdd={() => setOpen("add")} />;
                            return (
                                <ChoosingContext value={{ selection, setSelection, rows: shown.rows }}>
                                    <div className={page.isPlaceholderData ? "contacts-stale" : ""}><ContactTable rows={shown.rows} paths={columns.shown} /></div>
                                    <Steps page={shown} onChange={onChange} />
                                </ChoosingContext>
                            );
                        }}
                    </Await>
                )}
            </div>
            {open === "columns" && <ColumnsDialog known={columns.known} shown={columns.shown} onChoose={columns.choose} onClose={() => setOpen(null)} />}
            {open === "add" && <AddContact onClose={() => setOpen(null)} />}
            {open === "filter" && <FilterDrawer applied={state.filter} error={page.error} onApply={(filter) => onChange({ filter })} onClose={() => setOpen(null)} />}
        </Page>
    );
}
