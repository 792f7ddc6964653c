import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, route } from "../../api/client";
import type { Segment } from "../../api/types";
import { t } from "../../strings";
import { Await, Card, Notice, Problem } from "../../ui";
import { live, useSegment, useSegments } from "../segments/segmentData";
import type { MoveUsage, Usage, UsageNode } from "./users";
import { sourcesOf, usersOf } from "./users";
import "../../charts/charts.css";
import "./usage.css";

const NODE_PX = 58;
const GAP_PX = 8;
const LINKS_PX = 64;
const LIVE_MS = 10_000;

/* The curves from a side's nodes to the middle; they point to what uses. */
function Links({ count, isLeft }: { count: number; isLeft: boolean }) {
    const height = Math.max(count * (NODE_PX + GAP_PX) - GAP_PX, NODE_PX);
    const middle = height / 2;
    return (
        <svg className="usage-links" height={height} viewBox={`0 0 ${LINKS_PX} ${height}`} aria-hidden="true">
            {Array.from({ length: count }, (_, i) => {
                const at = i * (NODE_PX + GAP_PX) + NODE_PX / 2;
                const [from, to] = isLeft ? [at, middle] : [middle, at];
                return (
                    <g key={i}>
                        <path d={`M0 ${from} C32 ${from} 32 ${to} ${LINKS_PX - 6} ${to}`} />
                        <path className="arrow" d={`M${LINKS_PX} ${to} l-8 -4 v8 z`} />
                    </g>
                );
            })}
        </svg>
    );
}

function Side({ title, nodes, none }: { title: string; nodes: UsageNode[]; none: string }) {
    return (
        <section className="usage-side" aria-label={title}>
            <h3>{title}</h3>
            {nodes.length === 0 ? <div className="usage-list"><p className="usage-none">{none}</p></div> : (
                <ul role="list" className="usage-list">
                    {nodes.map((node) => (
                        <li key={`${node.kind}.${node.id}`} className={`usage-node ${node.kind}`} title={node.name}>
                            {node.to === null ? <span>{node.name}</span> : <Link to={node.to}>{node.name}</Link>}
                            <span className="usage-what">{t.usage.kind[node.kind]} · {node.how}</span>
                        </li>
                    ))}
                </ul>
            )}
        </section>
    );
}

/* Workflows that start when somebody enters or leaves are found by the event that this is. */
function useMove(segment: Segment | undefined, move: "entry" | "exit") {
    const name = `segment.${segment?.slug ?? ""}.${move}`;
    return useQuery({
        queryKey: ["events", name, "usage"],
        queryFn: ({ signal }) => api.get<MoveUsage>(route`/events/${name}/usage`, undefined, signal),
        enabled: segment !== undefined && segment.type === "DYNAMIC",
    });
}

/** What a segment is built from, and who uses it: a picture whose parts are lists of links. */
export default function UsageGraph({ segmentId, segmentName }: { segmentId: string; segmentName: string }) {
    const segment = useSegment(segmentId);
    const all = useSegments();
    const entry = useMove(segment.data, "entry");
    const exit = useMove(segment.data, "exit");
    const usage = useQuery({
        queryKey: ["segments", segmentId, "usage"],
        queryFn: ({ signal }) => api.get<Usage>(route`/segments/${segmentId}/usage`, undefined, signal),
        refetchInterval: live(LIVE_MS),
    });
    return (
        <Card>
            <Await query={segment}>
                {(it) => (
                    <Await query={usage}>
                        {(used) => {
                            const sources = sourcesOf(it, all.data ?? []);
                            const users = usersOf(used, entry.data, exit.data);
                            return (
                                <div className="stack">
                                    <div className="usage" role="group" aria-label={t.usage.label(segmentName)}>
                                        <Side title={t.usage.builtFrom} nodes={sources} none={t.usage.nothingBelow} />
                                        <Links count={sources.length} isLeft />
                                        <p className="usage-middle">{segmentName}</p>
                                        <Links count={users.length} isLeft={false} />
                                        <Side title={t.usage.usedBy} nodes={users} none={t.usage.nobodyAbove} />
                                    </div>
                                    {entry.error || exit.error ? <Problem error={entry.error ?? exit.error} /> : null}
                                    {users.length === 0
                                        ? <p className="soft">{t.usage.nobodyHint}</p>
                                        : <Notice tone={used.canDelete ? "neutral" : "warn"}>{used.canDelete ? t.usage.canDelete : t.usage.cannotDelete}</Notice>}
                                </div>
                            );
                        }}
                    </Await>
                )}
            </Await>
        </Card>
    );
}
