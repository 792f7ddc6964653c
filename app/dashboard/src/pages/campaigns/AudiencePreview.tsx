import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { t } from "../../strings";
import { counted, formatNumber, Problem, useSettled } from "../../ui";
import { live } from "../segments/segmentData";
import type { AudienceCounts, CampaignDraft } from "./campaignData";
import { countAudience, isCountable } from "./campaignData";
import "./campaigns.css";

const SETTLE_MS = 120;
const REFRESH_MS = 10_000;

const LOST = ["unsubscribed", "suppressed", "excluded"] as const;

function Bar({ label, count, of, tone }: { label: string; count: number; of: number; tone: string }) {
    return (
        <li className="campaign-bar">
            <span>{label}</span>
            <span className="campaign-track" aria-hidden="true"><span className={`campaign-fill ${tone}`} style={{ width: `${of ? (count / of) * 100 : 0}%` }} /></span>
            <span className="numeric">{formatNumber(count)}</span>
        </li>
    );
}

function Funnel({ counts }: { counts: AudienceCounts }) {
    return (
        <ul role="list" className="stack campaign-funnel">
            <Bar label={t.campaigns.matched} count={counts.matched} of={counts.matched} tone="all" />
            {LOST.map((what) => <Bar key={what} label={t.campaigns[what]} count={counts[what]} of={counts.matched} tone="lost" />)}
            <Bar label={t.campaigns.willReceive} count={counts.willReceive} of={counts.matched} tone="kept" />
        </ul>
    );
}

/** How many would get it if it were sent now, as the draft changes. */
export function AudiencePreview({ draft }: { draft: CampaignDraft }) {
    const asked = useSettled(draft, SETTLE_MS);
    const { audienceType, segmentId, audienceCondition, excludeSegmentIds, type } = asked;
    const counts = useQuery({
        queryKey: ["campaigns", "audience", audienceType, segmentId, audienceCondition, excludeSegmentIds, type],
        queryFn: ({ signal }) => countAudience(asked, signal),
        enabled: isCountable(asked),
        placeholderData: keepPreviousData,
        refetchInterval: live(REFRESH_MS),
    });
    if (!isCountable(draft))
        return <p className="soft">{t.campaigns.notCountable}</p>;
    return (
        <div className="stack">
            {counts.error ? <Problem error={counts.error} /> : null}
            {counts.data && (
                <>
                    <p role="status" className="campaign-total"><strong>{counted(counts.data.willReceive, "contact")}</strong> {t.campaigns.getIt}</p>
                    <Funnel counts={counts.data} />
                </>
            )}
        </div>
    );
}
