import { useEffect, useMemo, useRef } from "react";
import { t } from "../../strings";
import { useNames } from "../segments/names";
import { useSegments } from "../segments/segmentData";
import type { Place, Way } from "./stepLayout";
import { layOut } from "./stepLayout";
import { stepWords, triggerWords, wayWords } from "./stepWords";
import type { Step, Workflow } from "./workflowData";
import "./workflows.css";

const CARD_WIDTH = 216;
const CARD_HEIGHT = 104;
const GAP_X = 28;
const GAP_Y = 48;
const LOOP_WIDTH = 64; // room at the left for a line back up

interface Point {
    x: number;
    y: number;
}

/** A way as a path of SVG, and where its label stands. */
interface Drawn {
    path: string;
    label: Point;
}

/** From the foot of a card, through its places, to the head of the next. */
function drawDown(from: Point, via: Point[], to: Point): Drawn {
    const bottom = from.y + CARD_HEIGHT;
    let path = `M ${from.x} ${bottom}`;
    let last = { x: from.x, y: bottom };
    for (const [i, next] of [...via, to].entries()) {
        const end = i === via.length ? next.y - 4 : next.y;
        path += ` C ${last.x} ${last.y + GAP_Y / 2}, ${next.x} ${next.y - GAP_Y / 2}, ${next.x} ${end}`;
        if (i < via.length)
            path += ` V ${next.y + CARD_HEIGHT}`;
        last = { x: next.x, y: next.y + CARD_HEIGHT };
    }
    const first = via[0] ?? to;
    return { path, label: { x: (from.x + first.x) / 2, y: bottom + GAP_Y / 2 - 2 } };
}

/** From the side of a card round at the left to one above it. */
function drawUp(from: Point, to: Point, left: number): Drawn {
    const y1 = from.y + CARD_HEIGHT / 2, y2 = to.y + CARD_HEIGHT / 2;
    const x1 = from.x - CARD_WIDTH / 2, x2 = to.x - CARD_WIDTH / 2;
    return { path: `M ${x1} ${y1} H ${left + 12} Q ${left} ${y1}, ${left} ${y1 - 12} V ${y2 + 12} Q ${left} ${y2}, ${left + 12} ${y2} H ${x2 - 4}`, label: { x: left, y: (y1 + y2) / 2 } };
}

function Line({ way, drawn }: { way: Way; drawn: Drawn }) {
    const label = wayWords(way.transition);
    return (
        <g>
            <path d={drawn.path} markerEnd="url(#workflow-arrow)" />
            {label && <text x={drawn.label.x} y={drawn.label.y} dy="0.35em">{label}</text>}
        </g>
    );
}

interface CardProps {
    step: Step;
    what: string;
    leads: string;
    at: Point;
}

function StepCard({ step, what, leads, at }: CardProps) {
    return (
        <li className={`workflow-step ${step.type.toLowerCase()}`} title={[step.name, what].filter(Boolean).join(": ")}
            style={{ left: at.x - CARD_WIDTH / 2, top: at.y, width: CARD_WIDTH, height: CARD_HEIGHT }}>
            <span className="small soft">{t.workflows.types[step.type]}</span>
            {step.type === "TRIGGER" ? <strong>{what}</strong> : <><strong>{step.name}</strong><span className="small workflow-what">{what}</span></>}
            {leads && <span className="sr-only">{leads}</span>}
        </li>
    );
}

/** The steps as a picture from top to bottom; each card says to a reader where it leads. */
export function StepGraph({ workflow }: { workflow: Workflow }) {
    const { steps, transitions } = workflow;
    const segments = useSegments().data ?? [];
    const names = useNames();
    const layout = useMemo(() => layOut(steps, transitions), [steps, transitions]);
    const loops = layout.ways.filter((way) => way.isUp);
    const margin = loops.length > 0 ? LOOP_WIDTH + 14 * (loops.length - 1) : 0;
    const width = layout.columnCount * (CARD_WIDTH + GAP_X) - GAP_X + 2 * margin;
    const height = layout.rowCount * (CARD_HEIGHT + GAP_Y) - GAP_Y;
    const pointOf = (place: Place): Point => ({ x: width / 2 + place.column * (CARD_WIDTH + GAP_X), y: place.row * (CARD_HEIGHT + GAP_Y) });
    const at = new Map(layout.placed.map((item) => [item.step.id, pointOf(item)]));
    const draw = (way: Way) => {
        const from = at.get(way.transition.fromStepId)!, to = at.get(way.transition.toStepId)!;
        return way.isUp ? drawUp(from, to, 20 + 14 * loops.indexOf(way)) : drawDown(from, way.via.map(pointOf), to);
    };
    const nameOf = (id: string) => steps.find((step) => step.id === id)?.name ?? id;
    const leadsOf = (step: Step) => transitions.filter((item) => item.fromStepId === step.id)
        .map((item) => t.workflows.leads(wayWords(item), nameOf(item.toStepId))).join("; ");
    const scroller = useRef<HTMLDivElement>(null);
    useEffect(() => { // a picture wider than its box begins with the trigger, which stands in the middle
        const box = scroller.current!;
        box.scrollLeft = (box.scrollWidth - box.clientWidth) / 2;
    }, [width]);
    return (
        <div ref={scroller} className="workflow-graph" role="region" aria-label={t.workflows.steps} tabIndex={0}>
            <div className="workflow-canvas" style={{ width, height }}>
                <svg aria-hidden="true" width={width} height={height}>
                    <defs>
                        <marker id="workflow-arrow" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 L8 4 L0 8 z" /></marker>
                    </defs>
                    {layout.ways.map((way) => <Line key={way.transition.id} way={way} drawn={draw(way)} />)}
                </svg>
                <ol role="list">
                    {layout.placed.map(({ step }) => (
                        <StepCard key={step.id} step={step} at={at.get(step.id)!} leads={leadsOf(step)}
                                  what={step.type === "TRIGGER" ? triggerWords(workflow, segments) : stepWords(step, steps, names)} />
                    ))}
                </ol>
            </div>
        </div>
    );
}
