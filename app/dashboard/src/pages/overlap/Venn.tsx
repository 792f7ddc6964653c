import type { MouseEvent } from "react";
import { useId, useMemo } from "react";
import { t } from "../../strings";
import { Notice, formatNumber } from "../../ui";
import type { Circle, Picture } from "./geometry";
import { vennPicture } from "./geometry";
import type { Named, Region } from "./regions";
import { LETTERS, countsByMask } from "./regions";

const WIDTH = 360;
const MARGIN = 24; // for the letters
const TRUE_ENOUGH = 0.03;

interface Scaled extends Picture {
    height: number;
}

function scaled({ circles, places, error }: Picture): Scaled {
    const left = Math.min(...circles.map((c) => c.x - c.r));
    const top = Math.min(...circles.map((c) => c.y - c.r));
    const width = Math.max(...circles.map((c) => c.x + c.r)) - left;
    const height = Math.max(...circles.map((c) => c.y + c.r)) - top;
    const scale = (WIDTH - 2 * MARGIN) / Math.max(width, height);
    const across = MARGIN + (WIDTH - 2 * MARGIN - width * scale) / 2;
    const place = <T extends { x: number; y: number }>(at: T): T => ({ ...at, x: across + (at.x - left) * scale, y: MARGIN + (at.y - top) * scale });
    return {
        circles: circles.map((c) => ({ ...place(c), r: c.r * scale })),
        places: places.map((at) => at && place(at)),
        error, height: height * scale + 2 * MARGIN,
    };
}

/* A circle's letter stands at its edge, on the side that is away from the others. */
function letterPlace(circle: Circle, circles: Circle[]): { x: number; y: number } {
    const others = circles.filter((other) => other !== circle);
    const dx = others.reduce((sum, other) => sum + circle.x - other.x, 0);
    const dy = others.reduce((sum, other) => sum + circle.y - other.y, 0);
    const length = Math.hypot(dx, dy);
    const far = circle.r + 12;
    return length < 1 ? { x: circle.x, y: circle.y - far } : { x: circle.x + (dx / length) * far, y: circle.y + (dy / length) * far };
}

function maskAt(event: MouseEvent<SVGSVGElement>, circles: Circle[]): number {
    const box = event.currentTarget.getBoundingClientRect();
    const scale = WIDTH / box.width;
    const x = (event.clientX - box.left) * scale;
    const y = (event.clientY - box.top) * scale;
    return circles.reduce((mask, c, i) => (Math.hypot(x - c.x, y - c.y) <= c.r ? mask | (1 << i) : mask), 0);
}

/* Fills just one region: inside the circles of the mask, outside the others. */
function RegionFill({ circles, mask, id, height }: { circles: Circle[]; mask: number; id: string; height: number }) {
    const inside = circles.map((_, i) => i).filter((i) => mask & (1 << i));
    const fill = <rect className="venn-chosen" width={WIDTH} height={height} mask={`url(#${id}-out)`} />;
    return (
        <>
            <defs>
                {circles.map((c, i) => <clipPath key={i} id={`${id}-${i}`}><circle cx={c.x} cy={c.y} r={c.r} /></clipPath>)}
                <mask id={`${id}-out`}>
                    <rect width={WIDTH} height={height} fill="white" />
                    {circles.map((c, i) => (mask & (1 << i) ? null : <circle key={i} cx={c.x} cy={c.y} r={c.r} fill="black" />))}
                </mask>
            </defs>
            {inside.reduce((content, i) => <g clipPath={`url(#${id}-${i})`}>{content}</g>, fill)}
        </>
    );
}

interface VennProps {
    regions: Region[];
    named: Named[];
    chosen: number;
    onChoose: (mask: number) => void;
}

/** Two or three circles. A press on a region chooses it, as its row in the table does for the keyboard. */
export function Venn({ regions, named, chosen, onChoose }: VennProps) {
    const id = useId();
    const counts = countsByMask(regions, named.length);
    const key = counts.join();
    const picture = useMemo(() => scaled(vennPicture(key.split(",").map(Number))), [key]);
    const { circles, places, height } = picture;
    const choose = (event: MouseEvent<SVGSVGElement>) => {
        const mask = maskAt(event, circles);
        if (mask > 0)
            onChoose(mask);
    };
    return (
        <div className="stack">
            <svg className="venn" role="img" aria-label={t.overlap.vennLabel(named.map((item) => item.name).join(", "))}
                 viewBox={`0 0 ${WIDTH} ${height.toFixed(0)}`} onClick={choose}>
                {circles.map((c, i) => <circle key={i} className={`venn-circle overlap-${i}`} cx={c.x} cy={c.y} r={c.r} />)}
                {chosen > 0 && <RegionFill circles={circles} mask={chosen} id={id} height={height} />}
                {circles.map((c, i) => {
                    const at = letterPlace(c, circles);
                    return <text key={i} className="venn-letter" x={at.x} y={at.y}>{LETTERS[i]}</text>;
                })}
                {places.map((at, mask) => at && counts[mask]! > 0
                    && <text key={mask} className="venn-number" x={at.x} y={at.y}>{formatNumber(counts[mask]!)}</text>)}
            </svg>
            {picture.error > TRUE_ENOUGH && <Notice>{t.overlap.inexact}</Notice>}
        </div>
    );
}
