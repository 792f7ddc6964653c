import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link } from "wouter";
import { api } from "../../api/client";
import { t } from "../../strings";
import { Await, Badge, Button, Card, Confirm, LinkButton, Page, Time, formatBytes, useQueryParam } from "../../ui";
import type { ImportKind } from "./columns";
import "./imports.css";
import { JobReport } from "./JobParts";
import type { ImportJob as Job, JobState } from "./jobs";
import { isOver, jobPath, useImportJob } from "./jobs";
import { useStaticSegments } from "./OptionFields";

const TONES: Record<JobState, "neutral" | "good" | "bad" | "accent" | "warn"> = {
    waiting: "neutral", active: "accent", completed: "good", failed: "bad", cancelled: "warn",
};

function Cancel({ job, kind }: { job: Job; kind: ImportKind }) {
    const queries = useQueryClient();
    const cancel = useMutation({
        mutationFn: () => api.post<Job>(`${jobPath(kind, job.id)}/cancel`),
        onSettled: () => queries.invalidateQueries({ queryKey: ["imports", kind, job.id] }),
    });
    return (
        <Confirm title={t.imports.cancelTitle} submit={t.imports.cancel} onConfirm={() => cancel.mutateAsync()}
                 trigger={(open) => <Button onClick={open}>{t.imports.cancel}</Button>}>
            <p>{t.imports.cancelHint}</p>
        </Confirm>
    );
}

/** Where to go when it is over. */
function Onward({ segmentId, kind }: { segmentId: string | undefined; kind: ImportKind }) {
    return (
        <div className="buttons">
            {segmentId && <LinkButton look="primary" to={`/segments/${segmentId}`}>{t.imports.seeSegment}</LinkButton>}
            <LinkButton look={segmentId ? "secondary" : "primary"} to={`/${kind}`}>{kind === "events" ? t.imports.seeEvents : t.imports.seeContacts}</LinkButton>
            <LinkButton to={`/contacts/import${kind === "events" ? "?kind=events" : ""}`}>{t.imports.another}</LinkButton>
        </div>
    );
}

function Details({ job, kind }: { job: Job; kind: ImportKind }) {
    const segments = useStaticSegments();
    const modes: Record<string, string> = kind === "events" ? t.imports.eventModes : t.imports.modes;
    const segment = segments.data?.find((item) => item.id === job.data.segmentId);
    return (
        <Card title={t.imports.details}>
            <dl className="facts">
                <dt>{t.imports.taken}</dt><dd>{modes[job.data.mode]}</dd>
                {segment && <><dt>{t.imports.intoSegment}</dt><dd><Link to={`/segments/${segment.id}`}>{segment.name}</Link></dd></>}
                {job.data.tag && <><dt>{t.imports.tagged}</dt><dd>{job.data.tag}</dd></>}
                <dt>{t.imports.size}</dt><dd>{formatBytes(job.bytes)}</dd>
                <dt>{t.imports.started}</dt><dd><Time iso={job.startedAt} as="minute" none={t.imports.notYet} /></dd>
                <dt>{t.imports.finished}</dt><dd><Time iso={job.finishedAt} as="minute" none={t.imports.notYet} /></dd>
            </dl>
        </Card>
    );
}

/* What an import changes is shown elsewhere: as soon as it is over that is asked for again. */
function useFreshLists(job: Job | undefined) {
    const queries = useQueryClient();
    const isDone = job !== undefined && isOver(job) && !job.data.dryRun;
    useEffect(() => {
        for (const resource of isDone ? ["contacts", "segments", "events", "tags"] : [])
            void queries.invalidateQueries({ queryKey: [resource] });
    }, [isDone, queries]);
}

/** One import: its progress, what became of the rows, which were refused. */
export default function ImportJob({ jobId }: { jobId: string }) {
    const [chosen] = useQueryParam("kind", "contacts");
    const kind: ImportKind = chosen === "events" ? "events" : "contacts";
    const query = useImportJob(kind, jobId);
    const job = query.data;
    useFreshLists(job);
    return (
        <Page title={job?.data.dryRun ? t.imports.checkTitle[kind] : t.imports.jobTitle[kind]}
              back={<Link to={`/contacts/import${kind === "events" ? "?kind=events" : ""}`}>{t.imports.title[kind]}</Link>}
              beside={job && <Badge tone={TONES[job.state]}>{t.imports.states[job.state]}</Badge>}
              actions={job && !isOver(job) && <Cancel job={job} kind={kind} />}>
            <Await query={query}>
                {(found) => (
                    <>
                        <Card title={t.imports.result}>
                            <div className="stack">
                                <JobReport job={found} kind={kind} />
                                {isOver(found) ? <Onward segmentId={found.data.segmentId} kind={kind} /> : <p className="soft">{t.imports.keepGoing}</p>}
                            </div>
                        </Card>
                        <Details job={found} kind={kind} />
                    </>
                )}
            </Await>
        </Page>
    );
}
