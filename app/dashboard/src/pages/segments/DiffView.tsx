import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, route } from "../../api/client";
import type { Condition, Contact, Segment } from "../../api/types";
import { t } from "../../strings";
import { Await, Card } from "../../ui";
import type { Diff } from "./segmentData";

const words = t.segments;
const SAMPLE = 5;

function Who({ title, count, sample, className }: { title: string; count: number; sample: Contact[]; className: string }) {
    return (
        <div>
            <p className={className}>{title}</p>
            <ul role="list">
                {sample.map((contact) => <li key={contact.id}><Link to={`/contacts/${contact.id}`}>{contact.email}</Link></li>)}
                {count > sample.length && <li className="soft">{words.diffMore(count - sample.length)}</li>}
            </ul>
        </div>
    );
}

/** Who would enter and who would leave if the segment had this filter. */
export function DiffView({ segment, condition }: { segment: Segment; condition: Condition }) {
    const diff = useQuery({
        queryKey: ["segments", segment.id, "diff", condition],
        queryFn: ({ signal }) => api.post<Diff>(route`/segments/${segment.id}/diff`, { condition, limit: SAMPLE }, { signal }),
    });
    return (
        <div aria-live="polite">
            <Await query={diff}>
                {({ entering, leaving, staying, sample }) => (
                    <Card title={words.diffTitle}>
                        <div className="segments-diff">
                            <Who title={words.entering(entering)} count={entering} sample={sample.entering} className="segments-entry" />
                            <Who title={words.leaving(leaving)} count={leaving} sample={sample.leaving} className="segments-exit" />
                            <p className="soft">{words.staying(staying)}</p>
                        </div>
                    </Card>
                )}
            </Await>
        </div>
    );
}
