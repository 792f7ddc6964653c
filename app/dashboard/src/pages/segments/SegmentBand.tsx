import type { Segment } from "../../api/types";
import { Sparkline } from "../../charts/Sparkline";
import { plural, t } from "../../strings";
import { CheckField, Time, fieldProblem, formatNumber, messageOf, toast } from "../../ui";
import { ConditionView } from "./ConditionView";
import { filtersOf } from "./filterWords";
import { useNames } from "./names";
import { useChangeSegment, useTrends } from "./segmentData";

const words = t.segments;

interface BandProps {
    segment: Segment;
}

function CountNow({ segment }: BandProps) {
    const trends = useTrends([segment.id]);
    const points = trends.data?.data[segment.id] ?? [];
    const values = [...points.map((point) => point.count), segment.memberCount];
    return (
        <section className="card segments-now" aria-label={words.count(segment.name)}>
            <p aria-live="polite"><strong>{formatNumber(segment.memberCount)}</strong> {plural(segment.memberCount, "contact")}</p>
            <p className="soft small">{words.live} · <Time iso={segment.memberCountUpdatedAt} /></p>
            {points.length > 1 && <Sparkline label={words.trend(segment.name, values[0]!, segment.memberCount)} values={values} width={260} height={48} />}
        </section>
    );
}

function TrackSwitch({ segment }: BandProps) {
    const change = useChangeSegment(segment.id);
    const problem = change.error ? (fieldProblem(change.error, "trackMembership") ?? messageOf(change.error)) : null;
    return ( // not disabled meanwhile: that would take the focus from it
        <CheckField label={words.trackOn} isSwitch checked={change.isPending ? change.variables.trackMembership === true : segment.trackMembership}
                    error={problem}
                    onChange={(trackMembership) => change.isPending || change.mutate({ trackMembership }, {
                        onSuccess: () => toast(trackMembership ? words.tracksOn : words.tracksOff),
                    })} />
    );
}

/** What stands above the tabs: how many there are now, and what the segment is. */
export function SegmentBand({ segment }: BandProps) {
    const names = useNames(filtersOf(segment.condition).map((filter) => filter.field));
    return (
        <div className="segments-band">
            <CountNow segment={segment} />
            <section className="card segments-facts" aria-label={words.facts.filter}>
                {segment.description && <p>{segment.description}</p>}
                {segment.condition && <ConditionView condition={segment.condition} names={names} />}
                <p className="soft small">
                    {words.facts.created} <Time iso={segment.createdAt} as="day" /> · {words.facts.updated} <Time iso={segment.updatedAt} />
                    {segment.type === "DYNAMIC" && <> · {words.facts.version} {segment.version}</>}
                    {segment.trackMembership && <> · {words.facts.slug} <code className="break">segment.{segment.slug}.*</code></>}
                </p>
                {segment.type === "DYNAMIC" && <TrackSwitch segment={segment} />}
            </section>
        </div>
    );
}
