import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { t } from "../../strings";
import type { ColumnDef } from "../../ui";
import { Await, Badge, DataTable, Empty, formatNumber, LinkButton, Page, Pager, SelectField, TextField, Time, usePageParam, useQueryParam, useSettled } from "../../ui";
import { useNames } from "../segments/names";
import { live } from "../segments/segmentData";
import type { Campaign, CampaignStatus } from "./campaignData";
import { campaigns, STATUSES } from "./campaignData";
import "./campaigns.css";

const REFRESH_MS = 10_000;
const TONES = { DRAFT: "neutral", SCHEDULED: "accent", SENDING: "warn", SENT: "good", CANCELLED: "bad" } as const;

export function StatusBadge({ status }: { status: CampaignStatus }) {
    return <Badge tone={TONES[status]}>{t.campaigns.statuses[status]}</Badge>;
}

function Audience({ campaign }: { campaign: Campaign }) {
    const names = useNames();
    if (campaign.audienceType !== "SEGMENT")
        return <>{t.campaigns.audiences[campaign.audienceType]}</>;
    return <Link to={`/segments/${campaign.segmentId}`}>{names.get(`segment.${campaign.segmentId}`) ?? t.campaigns.audiences.SEGMENT}</Link>;
}

/** What happened last, or will happen, and when. */
function When({ campaign }: { campaign: Campaign }) {
    const { sentAt, scheduledFor, updatedAt } = campaign;
    const what = sentAt ? t.campaigns.whens.sent : scheduledFor ? t.campaigns.whens.scheduled : t.campaigns.whens.changed;
    return <span className="campaign-when"><span className="soft">{what}</span> <Time iso={sentAt ?? scheduledFor ?? updatedAt} /></span>;
}

function numbers(header: string, countOf: (campaign: Campaign) => number | null): ColumnDef<Campaign, unknown> {
    return {
        id: header,
        header: () => <div className="numeric">{header}</div>,
        cell: ({ row }) => {
            const count = countOf(row.original);
            return <div className="numeric">{count === null ? "–" : formatNumber(count)}</div>;
        },
    };
}

const columns: ColumnDef<Campaign, unknown>[] = [
    {
        header: t.campaigns.name,
        cell: ({ row: { original: campaign } }) => <div className="cell"><Link to={`/campaigns/${campaign.id}`} className="break">{campaign.name}</Link><div className="small soft break">{campaign.subject}</div></div>,
    },
    { header: t.campaigns.status, cell: ({ row }) => <StatusBadge status={row.original.status} /> },
    { header: t.campaigns.audience, cell: ({ row }) => <Audience campaign={row.original} /> },
    numbers(t.campaigns.recipients, (campaign) => (campaign.resolvedAt ? campaign.totalRecipients : null)),
    numbers(t.campaigns.opened, (campaign) => (campaign.sentCount ? campaign.openedCount : null)),
    numbers(t.campaigns.clicked, (campaign) => (campaign.sentCount ? campaign.clickedCount : null)),
    { header: t.campaigns.when, cell: ({ row }) => <When campaign={row.original} /> },
];

function Filters(props: { search: string; onSearch: (text: string) => void; status: string; onStatus: (status: string) => void }) {
    return (
        <div className="row campaign-filters">
            <TextField className="grow" label={t.campaigns.searchLabel} type="search" value={props.search} onChange={(event) => props.onSearch(event.currentTarget.value)} />
            <SelectField label={t.campaigns.status} value={props.status} onChange={(event) => props.onStatus(event.currentTarget.value)}
                         choices={[{ value: "", label: t.campaigns.anyStatus }, ...STATUSES.map((value) => ({ value, label: t.campaigns.statuses[value] }))]} />
        </div>
    );
}

/** All campaigns, the last changed first. */
export default function CampaignList() {
    const [search, setSearch] = useQueryParam("search", "", "page");
    const [status, setStatus] = useQueryParam("status", "", "page");
    const [page, setPage] = usePageParam();
    const query = { search: useSettled(search, 150), status, page, pageSize: 20 };
    const list = useQuery({
        queryKey: ["campaigns", query],
        queryFn: ({ signal }) => campaigns.list(query, signal),
        placeholderData: keepPreviousData,
        refetchInterval: live(REFRESH_MS),
    });
    const isFiltered = search !== "" || status !== "";
    return (
        <Page title={t.shell.campaigns} actions={<LinkButton to="/campaigns/new" look="primary">{t.campaigns.create}</LinkButton>}>
            <Filters search={search} onSearch={setSearch} status={status} onStatus={setStatus} />
            <Await query={list}>
                {(found) => found.total === 0
                    ? <Empty title={isFiltered ? t.nothingFound : t.campaigns.noneTitle}>{isFiltered ? <p>{t.campaigns.noneLike}</p> : <><p>{t.campaigns.noneHint}</p><LinkButton to="/campaigns/new">{t.campaigns.create}</LinkButton></>}</Empty>
                    : (
                        <>
                            <DataTable label={t.shell.campaigns} columns={columns} rows={found.data} rowKey={(campaign) => campaign.id} />
                            <Pager page={found.page} pageCount={found.totalPages} onPage={setPage} />
                        </>
                    )}
            </Await>
        </Page>
    );
}
