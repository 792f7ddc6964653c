import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import { useDraft } from "../../draft";
import { t } from "../../strings";
import { Await, Button, Card, Notice, Page, Time, toast } from "../../ui";
import { ConditionView } from "../segments/ConditionView";
import { useNames } from "../segments/names";
import { live } from "../segments/segmentData";
import { CampaignActions } from "./CampaignActions";
import type { Campaign } from "./campaignData";
import { campaigns, draftOf } from "./campaignData";
import { CampaignForm } from "./CampaignForm";
import { StatusBadge } from "./CampaignList";
import { CampaignResult } from "./CampaignResult";
import "./campaigns.css";

const REFRESH_MS = 5_000;

function Draft({ campaign }: { campaign: Campaign }) {
    const queries = useQueryClient();
    const draft = useDraft(`campaigns.${campaign.id}`, draftOf(campaign));
    const value = draft.isDraft ? draft.value : draftOf(campaign); // what somebody else changes is seen until one types
    const save = useMutation({
        mutationFn: () => campaigns.update(campaign.id, value),
        onSuccess: async (saved) => {
            draft.clear(draftOf(saved));
            toast(t.campaigns.saved);
            await queries.invalidateQueries({ queryKey: ["campaigns"] });
        },
    });
    return (
        <>
            {draft.isDraft && <div className="campaign-notices"><Notice tone="warn"><div className="row"><span>{t.campaigns.unsaved}</span><Button isSmall onClick={() => draft.clear(draftOf(campaign))}>{t.campaigns.discard}</Button></div></Notice></div>}
            <CampaignForm draft={value} onChange={(part) => draft.set((before) => ({ ...(draft.isDraft ? before : value), ...part }))} error={save.error}
                          submit={t.save} isSaved={!draft.isDraft} onSubmit={() => save.mutate()} isBusy={save.isPending}
                          actions={<CampaignActions campaign={campaign} isUnsaved={draft.isDraft} />} />
        </>
    );
}

function Facts({ campaign }: { campaign: Campaign }) {
    const names = useNames();
    const sender = campaign.fromName ? `${campaign.fromName} <${campaign.from}>` : campaign.from;
    return (
        <Card title={t.campaigns.letter}>
            <dl className="facts">
                <dt>{t.campaigns.subject}</dt><dd>{campaign.subject}</dd>
                <dt>{t.campaigns.from}</dt><dd>{sender}</dd>
                {campaign.replyTo && <><dt>{t.campaigns.replyTo}</dt><dd>{campaign.replyTo}</dd></>}
                <dt>{t.campaigns.type}</dt><dd>{t.campaigns.types[campaign.type]}</dd>
                <dt>{t.campaigns.audience}</dt>
                <dd>{campaign.segmentId
                    ? <Link to={`/segments/${campaign.segmentId}`}>{names.get(`segment.${campaign.segmentId}`) ?? campaign.segmentId}</Link>
                    : t.campaigns.audiences[campaign.audienceType]}{campaign.segmentVersion ? ` · ${t.campaigns.version(campaign.segmentVersion)}` : ""}</dd>
                {campaign.audienceCondition && <><dt>{t.campaigns.filter}</dt><dd><ConditionView condition={campaign.audienceCondition} names={names} /></dd></>}
                {campaign.excludeSegmentIds.length > 0 && <><dt>{t.campaigns.exclude}</dt><dd>{campaign.excludeSegmentIds.map((id) => names.get(`segment.${id}`) ?? id).join(", ")}</dd></>}
                {campaign.scheduledFor && <><dt>{t.campaigns.scheduledFor}</dt><dd><Time iso={campaign.scheduledFor} as="minute" /></dd></>}
                {campaign.resolvedAt && <><dt>{t.campaigns.resolvedAt}</dt><dd><Time iso={campaign.resolvedAt} as="minute" /></dd></>}
                {campaign.sentAt && <><dt>{t.campaigns.sentAt}</dt><dd><Time iso={campaign.sentAt} as="minute" /></dd></>}
            </dl>
            <pre className="json campaign-body" tabIndex={0} aria-label={t.campaigns.body}>{campaign.body}</pre>
        </Card>
    );
}

/** Whether it can still be changed. */
function isOpen({ status }: Campaign): boolean {
    return status === "DRAFT" || status === "SCHEDULED";
}

/** A campaign: until it is sent everything can be changed; afterwards, what became of it. */
export default function CampaignPage({ id }: { id: string }) {
    const campaign = useQuery({
        queryKey: ["campaigns", id],
        queryFn: ({ signal }) => campaigns.get(id, signal),
        refetchInterval: live(REFRESH_MS),
    });
    const found = campaign.data;
    return (
        <Page title={found?.name ?? t.shell.campaigns} beside={found && <StatusBadge status={found.status} />}
              back={<Link to="/campaigns">{t.shell.campaigns}</Link>}
              actions={found && !isOpen(found) && <CampaignActions campaign={found} isUnsaved={false} />}>
            <Await query={campaign}>
                {(data) => (
                    <>
                        <div className="campaign-notices">
                            {data.note && <Notice tone="warn">{data.note}</Notice>}
                            {data.scheduledFor && <Notice tone="accent"><p>{t.campaigns.goesOut} <Time iso={data.scheduledFor} as="minute" /> (<Time iso={data.scheduledFor} />). {t.campaigns.scheduledHint}</p></Notice>}
                        </div>
                        {isOpen(data) ? <Draft campaign={data} /> : <><CampaignResult campaign={data} /><Facts campaign={data} /></>}
                    </>
                )}
            </Await>
        </Page>
    );
}
