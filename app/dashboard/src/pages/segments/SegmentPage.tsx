import { useMutation, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { Link, useLocation } from "wouter";
import { api, route } from "../../api/client";
import type { Segment } from "../../api/types";
import { t } from "../../strings";
import type { TabEntry } from "../../ui";
import { Await, Button, Card, LinkButton, Loading, Menu, Page, Tabs, messageOf, toast, useQueryParam } from "../../ui";
import { TypeBadges } from "./listCells";
import { SegmentBand } from "./SegmentBand";
import { useSegment } from "./segmentData";
import { RenameForm, SegmentDialog, focusTitle, type SegmentAction } from "./SegmentForms";
import "./segments.css";

const StaticMembers = lazy(() => import("../members/StaticMembers"));
const UsageGraph = lazy(() => import("../usage/UsageGraph"));
const MembersTab = lazy(() => import("./MembersTab"));
const HistoryTab = lazy(() => import("./HistoryTab"));
const ChangesTab = lazy(() => import("./ChangesTab"));
const VersionsTab = lazy(() => import("./VersionsTab"));
const OverlapTab = lazy(() => import("./OverlapTab"));
const WebhooksTab = lazy(() => import("./WebhooksTab"));

const words = t.segments;

/** A static segment has no filter and no record of entries: no versions, changes or webhooks. */
function tabsOf(segment: Segment): TabEntry[] {
    const isDynamic = segment.type === "DYNAMIC";
    const panels: [keyof typeof words.tabs, () => React.ReactNode, boolean][] = [
        ["members", () => (isDynamic ? <MembersTab segment={segment} /> : <StaticMembers segment={segment} />), true],
        ["history", () => <HistoryTab segment={segment} />, true],
        ["changes", () => <ChangesTab segment={segment} />, isDynamic],
        ["versions", () => <VersionsTab segment={segment} />, isDynamic],
        ["overlap", () => <OverlapTab segment={segment} />, true],
        ["usage", () => <UsageGraph segmentId={segment.id} segmentName={segment.name} />, true],
        ["webhooks", () => <WebhooksTab segment={segment} />, isDynamic],
    ];
    return panels.filter(([, , isThere]) => isThere).map(([id, panel]) => ({
        id, label: words.tabs[id], panel: () => <Suspense fallback={<Loading />}>{panel()}</Suspense>,
    }));
}

/** Notes entries and exits at once instead of at the worker's next run. */
function ComputeButton({ segment }: { segment: Segment }) {
    const queries = useQueryClient();
    const compute = useMutation({
        mutationFn: () => api.post<{ added: number; removed: number }>(route`/segments/${segment.id}/compute`),
        onSuccess: async ({ added, removed }) => {
            toast(words.computed(added, removed));
            await queries.invalidateQueries({ queryKey: ["segments"] });
        },
        onError: (error) => toast(messageOf(error)),
    });
    return <Button isBusy={compute.isPending} title={words.computeHint} onClick={() => compute.mutate()}>{words.compute}</Button>;
}

interface HeadActionsProps {
    segment: Segment;
    onRename: () => void;
}

function HeadActions({ segment, onRename }: HeadActionsProps) {
    const [action, setAction] = useState<SegmentAction | null>(null);
    const [, navigate] = useLocation();
    return (
        <>
            {segment.trackMembership && <ComputeButton segment={segment} />}
            {segment.type === "DYNAMIC" && <LinkButton to={`/segments/${segment.id}/edit`} look="primary">{t.edit}</LinkButton>}
            <Menu label={words.menu(segment.name)} items={[
                { label: words.rename, onSelect: onRename },
                { label: words.snapshot, onSelect: () => setAction("snapshot") },
                { label: t.delete, onSelect: () => setAction("delete"), isDanger: true },
            ]} />
            {action && <SegmentDialog action={action} segment={segment} onDone={() => setAction(null)} onDeleted={() => navigate("/segments")} />}
        </>
    );
}

function Shown({ segment }: { segment: Segment }) {
    const [tab, setTab] = useQueryParam("tab", "members");
    const [isRenaming, setRenaming] = useState(false);
    const tabs = tabsOf(segment);
    function stopRenaming() {
        setRenaming(false);
        focusTitle();
    }
    return (
        <Page title={segment.name} beside={<TypeBadges segment={segment} />}
              back={<Link to="/segments" className="small">{words.back}</Link>}
              actions={<HeadActions segment={segment} onRename={() => setRenaming(true)} />}>
            {isRenaming && <Card title={words.renameTitle(segment.name)}><RenameForm segment={segment} onDone={stopRenaming} /></Card>}
            <SegmentBand segment={segment} />
            <Tabs label={words.tabList(segment.name)} tabs={tabs} selected={tabs.some(({ id }) => id === tab) ? tab : "members"} onSelect={setTab} />
        </Page>
    );
}

export default function SegmentPage({ id }: { id: string }) {
    const segment = useSegment(id);
    if (segment.data)
        return <Await query={segment}>{(data) => <Shown segment={data} />}</Await>;
    return <Page title={t.shell.segments} back={<Link to="/segments" className="small">{words.back}</Link>}><Await query={segment}>{() => null}</Await></Page>;
}
