/* The cells of the list of segments. */
import { Link } from "wouter";
import type { Segment } from "../../api/types";
import { Sparkline } from "../../charts/Sparkline";
import { t } from "../../strings";
import { Badge, Menu, Time, formatNumber } from "../../ui";
import type { Counts } from "./segmentData";
import type { SegmentAction } from "./SegmentForms";

const words = t.segments;

interface CellProps {
    segment: Segment;
}

export function NameCell({ segment }: CellProps) {
    return <Link to={`/segments/${segment.id}`} className="segments-name" title={segment.description ?? segment.name}>{segment.name}</Link>;
}

export function TypeBadges({ segment }: CellProps) {
    return (
        <span className="segments-badges">
            <Badge tone={segment.type === "DYNAMIC" ? "accent" : "neutral"}>{words.types[segment.type]}</Badge>
            {segment.trackMembership && <Badge tone="good">{words.tracked}</Badge>}
        </span>
    );
}

/** The count of this moment; until it is there, the one that was stored last. */
export function CountCell({ segment, counts }: CellProps & { counts: Counts | undefined }) {
    const live = counts?.data[segment.id];
    if (live?.memberCount === null)
        return <span className="soft numeric">{words.uncounted}</span>;
    return <span className="segments-count">{formatNumber(live?.memberCount ?? segment.memberCount)}</span>;
}

export function TrendCell({ segment, points }: CellProps & { points: { count: number }[] | undefined }) {
    if (!points)
        return null;
    if (points.length === 0)
        return <span className="soft small">{words.noTrend}</span>;
    const values = points.map((point) => point.count);
    return <Sparkline label={words.trend(segment.name, values[0]!, values[values.length - 1]!)} values={values} />;
}

export function ComputedCell({ segment }: CellProps) {
    return <Time iso={segment.memberCountUpdatedAt} />;
}

interface ActionsProps extends CellProps {
    onEdit: () => void;
    onChoose: (action: SegmentAction) => void;
}

export function ActionsCell({ segment, onEdit, onChoose }: ActionsProps) {
    const items = [
        ...(segment.type === "DYNAMIC" ? [{ label: t.edit, onSelect: onEdit }] : []),
        { label: words.rename, onSelect: () => onChoose("rename") },
        { label: words.snapshot, onSelect: () => onChoose("snapshot") },
        { label: t.delete, onSelect: () => onChoose("delete"), isDanger: true },
    ];
    return <Menu label={words.menu(segment.name)} items={items} />;
}
