import { lazy, Suspense } from "react";
import { t } from "../../strings";
import { ChipButton, fieldProblem, Loading, SelectField, Toggle } from "../../ui";
import { useSegments } from "../segments/segmentData";
import type { CampaignDraft } from "./campaignData";

const FilterBuilder = lazy(() => import("../builder/FilterBuilder"));

const EXCLUDED_MAX = 10;

interface AudienceFieldsProps {
    draft: CampaignDraft;
    onChange: (part: Partial<CampaignDraft>) => void;
    error: unknown;
    onUnfinished: (isUnfinished: boolean) => void;
}

function Excluded({ draft, onChange, error }: Omit<AudienceFieldsProps, "onUnfinished">) {
    const segments = useSegments().data ?? [];
    const { excludeSegmentIds } = draft;
    const nameOf = (id: string) => segments.find((segment) => segment.id === id)?.name ?? id;
    const rest = segments.filter((segment) => !excludeSegmentIds.includes(segment.id));
    return (
        <div className="stack">
            <SelectField label={t.campaigns.exclude} hint={t.campaigns.excludeHint} value="" error={fieldProblem(error, "excludeSegmentIds")}
                         disabled={excludeSegmentIds.length >= EXCLUDED_MAX}
                         choices={[{ value: "", label: t.campaigns.chooseSegment }, ...rest.map((segment) => ({ value: segment.id, label: segment.name }))]}
                         onChange={(event) => event.currentTarget.value && onChange({ excludeSegmentIds: [...excludeSegmentIds, event.currentTarget.value] })} />
            {excludeSegmentIds.length > 0 && (
                <ul role="list" className="row">
                    {excludeSegmentIds.map((id) => (
                        <li key={id} className="chip">
                            {nameOf(id)}
                            <ChipButton label={t.campaigns.dontExclude(nameOf(id))} onRemove={() => onChange({ excludeSegmentIds: excludeSegmentIds.filter((item) => item !== id) })} />
                        </li>
                    ))}
                </ul>
            )}
        </div>
    );
}

/** Whom a campaign goes to: everybody, a segment or a filter, less the excluded segments. */
export function AudienceFields({ draft, onChange, error, onUnfinished }: AudienceFieldsProps) {
    const segments = useSegments().data ?? [];
    return (
        <div className="stack">
            <Toggle legend={t.campaigns.goesTo} value={draft.audienceType} onChange={(audienceType) => onChange({ audienceType })}
                    choices={(["ALL", "SEGMENT", "FILTERED"] as const).map((value) => ({ value, label: t.campaigns.audiences[value] }))} />
            {draft.audienceType === "SEGMENT" && (
                <SelectField label={t.campaigns.segment} value={draft.segmentId} error={fieldProblem(error, "segmentId")}
                             choices={[{ value: "", label: t.campaigns.chooseSegment }, ...segments.map((segment) => ({ value: segment.id, label: segment.name }))]}
                             onChange={(event) => onChange({ segmentId: event.currentTarget.value })} />
            )}
            {draft.audienceType === "FILTERED" && (
                <Suspense fallback={<Loading />}>
                    <FilterBuilder value={draft.audienceCondition} onChange={(audienceCondition) => onChange({ audienceCondition })}
                                   error={error} errorPath="audienceCondition" isCompact onUnfinished={onUnfinished} />
                </Suspense>
            )}
            <Excluded draft={draft} onChange={onChange} error={error} />
        </div>
    );
}
