import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { Link, useSearchParams } from "wouter";
import { api } from "../../api/client";
import type { Segment } from "../../api/types";
import { t } from "../../strings";
import { Await, Card, Empty, LinkButton, Notice, Page, Toggle, formatNumber } from "../../ui";
import { live, useSegments } from "../segments/segmentData";
import { RegionPanel } from "./RegionPanel";
import { RegionTable } from "./RegionTable";
import { SegmentPicks } from "./SegmentPicks";
import { Venn } from "./Venn";
import type { Named, Overlap } from "./regions";
import { regionsOf } from "./regions";
import "../../charts/charts.css";
import "./overlap.css";

const MAX = 10;
const LIVE_MS = 10_000;

type Picture = "venn" | "upset";

interface Chosen {
    ids: string[];
    mask: number;
    picture: Picture;
}

function readChosen(params: URLSearchParams): Chosen {
    const ids = [...new Set((params.get("ids") ?? "").split(",").filter(Boolean))].slice(0, MAX);
    const mask = Number(params.get("region")) || 0;
    return { ids, mask: mask > 0 && mask < 1 << ids.length ? mask : 0, picture: params.get("picture") === "upset" || ids.length > 3 ? "upset" : "venn" };
}

function writeChosen({ ids, mask, picture }: Chosen): URLSearchParams {
    const params = new URLSearchParams();
    if (ids.length > 0)
        params.set("ids", ids.join(","));
    if (mask > 0)
        params.set("region", String(mask));
    if (picture === "upset" && ids.length <= 3)
        params.set("picture", picture);
    return params;
}

interface OverlapViewProps extends Chosen {
    overlap: Overlap;
    named: Named[];
    onRegion: (mask: number) => void;
    onPicture: (picture: Picture) => void;
}

function OverlapView({ overlap, named, ids, mask, picture, onRegion, onPicture }: OverlapViewProps) {
    const regions = regionsOf(overlap, ids);
    const opened = useRef(mask); // a link's region is not scrolled to, one that is pressed is
    const canDraw = ids.length <= 3 && overlap.total > 0;
    const isVenn = canDraw && picture === "venn";
    return (
        <>
            <div className={isVenn ? "overlap-columns" : undefined}>
                {isVenn && (
                    <Card title={t.overlap.picture}>
                        <Venn regions={regions} named={named} chosen={mask} onChoose={onRegion} />
                    </Card>
                )}
                <Card title={t.overlap.regions}
                      actions={<span aria-live="polite" className="soft">{t.overlap.total}: {formatNumber(overlap.total)}</span>}>
                    <div className="stack">
                        {canDraw && (
                            <Toggle<Picture> legend={t.overlap.showAs} value={picture} onChange={onPicture}
                                             choices={[{ value: "venn", label: t.overlap.venn }, { value: "upset", label: t.overlap.upset }]} />
                        )}
                        <RegionTable regions={regions} named={named} total={overlap.total} chosen={mask} onChoose={onRegion} />
                    </div>
                </Card>
            </div>
            {mask > 0 ? <RegionPanel key={mask} mask={mask} named={named} isPressed={mask !== opened.current}
                                     count={regions.find((region) => region.mask === mask)?.count ?? 0} />
                : <Notice>{t.overlap.chooseRegion}</Notice>}
        </>
    );
}

/** How two to ten segments share their members: circles, rows, and who is in a region. */
export default function OverlapPage() {
    const [params, setParams] = useSearchParams();
    const chosen = readChosen(params);
    const { ids } = chosen;
    const set = (change: Partial<Chosen>) => setParams(writeChosen({ ...chosen, ...change }), { replace: true });
    const segments = useSegments();
    const overlap = useQuery({
        queryKey: ["segments", "overlap", ids],
        queryFn: ({ signal }) => api.post<Overlap>("/segments/overlap", { segmentIds: ids }, { signal }),
        enabled: ids.length >= 2,
        refetchInterval: live(LIVE_MS),
        placeholderData: keepPreviousData,
    });
    const named = (all: Segment[]) => ids.map((id) => ({ id, name: all.find((segment) => segment.id === id)?.name ?? id }));
    // While another choice is asked for, the numbers of the one before belong to other segments.
    const isCurrent = overlap.data?.sizes.length === ids.length && overlap.data.sizes.every((size) => ids.includes(size.id));
    return (
        <Page title={t.overlap.title} back={<Link to="/segments">{t.shell.segments}</Link>}>
            <Await query={segments}>
                {(all) => (
                    <>
                        <Card>
                            <SegmentPicks all={all} named={named(all)} sizes={isCurrent ? overlap.data!.sizes : []} isFull={ids.length >= MAX}
                                          onChange={(next) => set({ ids: next, mask: 0, picture: chosen.ids.length > 3 ? "venn" : chosen.picture })} />
                        </Card>
                        {ids.length < 2
                            ? <Empty title={t.overlap.empty}>
                                <p>{t.overlap.emptyHint}</p>
                                {all.length < 2 && <LinkButton to="/segments/new">{t.overlap.makeOne}</LinkButton>}
                              </Empty>
                            : <Await query={{ ...overlap, data: isCurrent ? overlap.data : undefined }}>
                                {(data) => <OverlapView overlap={data} named={named(all)} {...chosen}
                                                        onRegion={(mask) => set({ mask })} onPicture={(picture) => set({ picture })} />}
                              </Await>}
                    </>
                )}
            </Await>
        </Page>
    );
}
