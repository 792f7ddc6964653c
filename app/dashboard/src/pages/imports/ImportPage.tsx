import { useEffect, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { t } from "../../strings";
import { Card, Page, Time, Toggle, fieldProblem, isUnplaced, useQueryParam } from "../../ui";
import type { TypeCounts } from "./cells";
import { useImportChoice } from "./choice";
import { ColumnList } from "./ColumnList";
import type { ImportKind } from "./columns";
import { columnProblems } from "./columns";
import { FilePicker } from "./FilePicker";
import "./imports.css";
import type { ImportJob } from "./jobs";
import { jobLink, recentImports, rememberImport, useImportJob } from "./jobs";
import { OptionFields } from "./OptionFields";
import { useImportRun } from "./run";
import { StartCard } from "./StartCard";

/** The types by header that a check found; none while it runs, and for NDJSON. */
function checkedTypes(job: ImportJob | undefined): Record<string, TypeCounts> {
    return Object.fromEntries((job?.columns ?? []).map((column) => [column.name, column.types]));
}

/** The words about one column: the API's answer, or why the check failed, when they name it. */
function columnError(problem: unknown, job: ImportJob | undefined, header: string): string | null {
    const words = [fieldProblem(problem, "columns"), job?.failedReason ?? null];
    return words.find((text) => text?.includes(`"${header}"`)) ?? null;
}

function Recent() {
    const [recent] = useState(recentImports);
    if (recent.length === 0)
        return null;
    return (
        <Card title={t.imports.recent}>
            <ul role="list" className="stack">
                {recent.map((item) => (
                    <li key={item.id} className="row">
                        <Link to={jobLink(item.kind, item.id)} className="break">{item.name}</Link>
                        <span className="soft">{t.imports[item.kind]} · <Time iso={item.at} /></span>
                    </li>
                ))}
            </ul>
        </Card>
    );
}

/* A check of before a reload is asked for again by its id. */
function ImportForm({ kind }: { kind: ImportKind }) {
    const [, go] = useLocation();
    const isHere = useRef(false); // nobody is taken from another page when the upload ends
    useEffect(() => {
        isHere.current = true;
        return () => {
            isHere.current = false;
        };
    }, []);
    const { choice, change, setTarget, choose, done, file, preview, isUnreadable } = useImportChoice(kind);
    const check = useImportJob(kind, choice.check?.jobId ?? null);
    const run = useImportRun({
        kind, file, preview, choice,
        onStarted: (jobId, isDryRun, of) => {
            if (isDryRun)
                return change({ check: { jobId, of } });
            rememberImport({ kind, id: jobId, name: file!.name, at: new Date().toISOString() });
            done();
            if (isHere.current)
                go(jobLink(kind, jobId));
        },
    });
    const isLines = preview?.format === "ndjson";
    const problems = preview && !isLines ? columnProblems(preview.headers, choice.targets, kind) : [];
    const canStart = file !== null && file.size > 0 && preview !== null && problems.length === 0 && preview.isDelimiterKnown;
    const job = choice.check ? check.data : undefined;
    const errorOf = (header: string) => columnError(run.error, job, header);
    const isColumnShown = preview?.headers.some((header) => errorOf(header) !== null) ?? false;
    const isPlaced = isColumnShown || !isUnplaced(run.error, ["mode", "segmentId", "tag"]);
    return (
        <>
            <FilePicker {...{ kind, file, choice, preview, isUnreadable }} onFile={choose} onEncoding={(encoding) => change({ encoding })} />
            {file && preview && file.size > 0 && (
                <ColumnList {...{ kind, preview, problems, errorOf }} targets={choice.targets} checked={checkedTypes(job)} onTarget={setTarget} />
            )}
            <OptionFields kind={kind} choice={choice} problem={run.error} onChange={change} />
            <StartCard {...{ kind, choice, canStart, run, check }} hasFile={file !== null} problem={isPlaced ? null : run.error} />
        </>
    );
}

/** Contacts or events from a file: what its columns become, a check, the import. */
export default function ImportPage() {
    const [chosen, setKind] = useQueryParam("kind", "contacts");
    const kind: ImportKind = chosen === "events" ? "events" : "contacts";
    return (
        <Page title={t.imports.title[kind]} back={<Link to="/contacts">{t.imports.back}</Link>}>
            <div className="imports-kind">
                <Toggle legend={t.imports.holds} value={kind} onChange={setKind}
                        choices={[{ value: "contacts", label: t.imports.contacts }, { value: "events", label: t.imports.events }]} />
            </div>
            <ImportForm key={kind} kind={kind} />
            <Recent />
        </Page>
    );
}
