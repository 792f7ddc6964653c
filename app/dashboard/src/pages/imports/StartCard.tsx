import { t } from "../../strings";
import { Await, Button, Card, Notice, Problem, Progress, counted, formatBytes } from "../../ui";
import type { ImportChoice } from "./choice";
import { fingerprint } from "./choice";
import type { ImportKind } from "./columns";
import { JobReport } from "./JobParts";
import type { ImportJob } from "./jobs";
import { isOver } from "./jobs";
import type { ImportRun } from "./run";

function Sending({ run }: { run: ImportRun }) {
    const { sent, total } = run.progress;
    const words = total === 0 ? t.imports.rewriting
        : sent < total ? t.imports.uploading(formatBytes(sent), formatBytes(total)) : t.imports.uploaded;
    return (
        <div className="stack imports-progress">
            <Progress label={t.imports.progress} value={sent} max={total} />
            <div className="row spread">
                <p role="status" aria-live={sent > 0 && sent < total ? "off" : "polite"}>{words}</p>
                <Button isSmall onClick={run.stop}>{t.imports.stop}</Button>
            </div>
        </div>
    );
}

interface Props {
    kind: ImportKind;
    choice: ImportChoice;
    canStart: boolean;
    hasFile: boolean;
    run: ImportRun;
    check: { data: ImportJob | undefined; error: unknown; refetch: () => unknown };
    /** What the API said about no field that is shown. */
    problem: unknown;
}

/** The check of the whole file, and the import: the check first, but it can be left out. */
export function StartCard({ kind, choice, canStart, hasFile, run, check, problem }: Props) {
    const isFresh = choice.check !== null && choice.check.of === fingerprint(choice);
    const job = choice.check ? check.data : undefined;
    const isPassed = isFresh && job?.state === "completed";
    const isBlocked = !canStart || (isFresh && job !== undefined && !isOver(job));
    return (
        <Card title={t.imports.check}>
            <div className="stack">
                <p className="soft">{hasFile ? t.imports.checkHint : t.imports.needsFile}</p>
                {choice.check && (
                    <>
                        {!isFresh && <Notice tone="warn">{t.imports.stale}</Notice>}
                        <Await query={check}>{(found) => <JobReport job={found} kind={kind} />}</Await>
                    </>
                )}
                {run.isBusy && <Sending run={run} />}
                {run.isUnreadable && <Notice tone="bad">{t.imports.unreadable}</Notice>}
                {problem ? <Problem error={problem} /> : null}
                <div className="buttons">
                    <Button look={isPassed ? "secondary" : "primary"} disabled={isBlocked} isBusy={run.isBusy} onClick={() => run.start(true)}>
                        {choice.check ? t.imports.checkAgain : t.imports.checkNow}
                    </Button>
                    <Button look={isPassed ? "primary" : "secondary"} disabled={isBlocked} isBusy={run.isBusy} onClick={() => run.start(false)}>
                        {isPassed ? t.imports.importRows(counted(job!.rows - job!.rejected - job!.skipped, "row")) : t.imports.importNow}
                    </Button>
                </div>
            </div>
        </Card>
    );
}
