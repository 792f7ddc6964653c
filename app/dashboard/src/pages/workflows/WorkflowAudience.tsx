import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import type { Condition, Segment } from "../../api/types";
import { t } from "../../strings";
import { Await, counted } from "../../ui";
import { live, useCounts, useSegments } from "../segments/segmentData";
import type { WorkflowSummary } from "./workflowData";
import { audienceOf, preview } from "./workflowData";

const REFRESH_MS = 10_000;

function Counted({ condition, text }: { condition: Condition; text: string }) {
    const found = useQuery({
        queryKey: ["segments", "preview", condition],
        queryFn: ({ signal }) => preview(condition, signal),
        refetchInterval: live(REFRESH_MS),
    });
    return (
        <Await query={found}>
            {({ count, sample }) => (
                <div className="stack">
                    <p role="status"><strong>{counted(count, "contact")}</strong> {text}</p>
                    {sample.length > 0 && (
                        <ul role="list" className="workflow-sample">
                            {sample.map((contact) => <li key={contact.id}><Link to={`/contacts/${contact.id}`} className="break">{contact.email}</Link></li>)}
                            {count > sample.length && <li className="soft">…</li>}
                        </ul>
                    )}
                </div>
            )}
        </Await>
    );
}

function OfSegment({ segment, isEntry }: { segment: Segment; isEntry: boolean }) {
    const count = useCounts([segment.id]).data?.data[segment.id]?.memberCount ?? segment.memberCount;
    return (
        <p role="status">
            {isEntry ? t.workflows.audienceEntry : t.workflows.audienceExit} <Link to={`/segments/${segment.id}`}>{segment.name}</Link>
            {" · "}{t.workflows.inItNow(counted(count, "contact"))}
        </p>
    );
}

/** Who enters, as far as it can be told beforehand. */
export function WorkflowAudience({ workflow }: { workflow: WorkflowSummary }) {
    const segments = useSegments();
    const audience = audienceOf(workflow, segments.data ?? []);
    switch (audience.kind) {
        case "manual": return <p>{t.workflows.audienceManual}</p>;
        case "everybody": return <p>{t.workflows.audienceAll}</p>;
        case "condition": return <Counted condition={audience.condition} text={t.workflows.audienceSchedule} />;
        case "event": return <Counted condition={audience.condition} text={t.workflows.audienceEvent(audience.eventName)} />;
        case "segment":
            return <OfSegment segment={audience.segment} isEntry={audience.isEntry} />;
    }
}
