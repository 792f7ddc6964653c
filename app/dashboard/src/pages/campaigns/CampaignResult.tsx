import { useQuery } from "@tanstack/react-query";
import { t } from "../../strings";
import { Await, Card, formatNumber, Progress } from "../../ui";
import { live } from "../segments/segmentData";
import type { Campaign, CampaignStats } from "./campaignData";
import { campaigns } from "./campaignData";
import "./campaigns.css";

const REFRESH_MS = 5_000;

const percent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });

/** A count, and how many of a hundred that are (the API says of what). */
function Tile({ label, count, rate }: { label: string; count: number; rate?: number }) {
    return (
        <div className="campaign-tile">
            <dt>{label}</dt>
            <dd>{formatNumber(count)}{rate ? <span className="soft small"> {percent.format(rate / 100)}</span> : null}</dd>
        </div>
    );
}

function Messages({ messages, total }: { messages: CampaignStats["messages"]; total: number }) {
    const done = messages.sent + messages.dropped;
    return (
        <div className="stack">
            <Progress label={t.campaigns.handedOut} value={done} max={total} />
            <p>{t.campaigns.progress(done, total, messages.waiting + messages.claimed)}</p>
            {Object.keys(messages.droppedFor).length > 0 && (
                <p className="soft">{t.campaigns.droppedFor}: {Object.entries(messages.droppedFor).map(([why, count]) => `${why} ${formatNumber(count)}`).join(", ")}</p>
            )}
        </div>
    );
}

/** What became of the messages, as the senders report it. */
export function CampaignResult({ campaign }: { campaign: Campaign }) {
    const stats = useQuery({
        queryKey: ["campaigns", campaign.id, "stats"],
        queryFn: ({ signal }) => campaigns.stats(campaign.id, signal),
        refetchInterval: live(REFRESH_MS),
    });
    return (
        <Card title={t.campaigns.result}>
            <Await query={stats}>
                {(data) => (
                    <div className="stack">
                        <Messages messages={data.messages} total={data.totalRecipients} />
                        <dl className="campaign-tiles">
                            <Tile label={t.campaigns.recipients} count={data.totalRecipients} />
                            <Tile label={t.campaigns.sent} count={data.sentCount} />
                            <Tile label={t.campaigns.delivered} count={data.deliveredCount} rate={data.deliveryRate} />
                            <Tile label={t.campaigns.opened} count={data.openedCount} rate={data.openRate} />
                            <Tile label={t.campaigns.clicked} count={data.clickedCount} rate={data.clickRate} />
                            <Tile label={t.campaigns.bounced} count={data.bouncedCount} rate={data.bounceRate} />
                            <Tile label={t.campaigns.complained} count={data.complainedCount} rate={data.complaintRate} />
                            <Tile label={t.campaigns.unsubscribedAfter} count={data.unsubscribedCount} rate={data.unsubscribeRate} />
                        </dl>
                        {data.sentCount > 0 && <p className="small soft">{t.campaigns.ratesHint}</p>}
                    </div>
                )}
            </Await>
        </Card>
    );
}
