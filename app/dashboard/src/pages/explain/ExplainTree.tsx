import { Link } from "wouter";
import { t } from "../../strings";
import { Time } from "../../ui";
import { valueWords, type Names } from "../segments/filterWords";
import { foundOf, isInstant, nodeWords, type ExplainNode } from "./explainWords";

const words = t.segments.explain;

function When({ label, iso }: { label: string; iso: string | undefined }) {
    return iso ? <>{", "}{label} <Time iso={iso} /></> : null;
}

/** The datum that decided. */
function Actual({ node }: { node: ExplainNode }) {
    const found = foundOf(node);
    if (found?.count !== undefined) {
        return (
            <>
                {words.happened(found.count)}
                <When label={words.first} iso={found.count > 1 ? found.first : undefined} />
                <When label={words.last} iso={found.last} />
                <When label={words.decides} iso={found.decides} />
            </>
        );
    }
    if (found) {
        return (
            <>
                {found.member ? words.yes : words.no}<When label={words.since} iso={found.enteredAt} />
                {node.segment && <> · <Link to={`/segments/${node.segment.id}`}>{words.openSegment}</Link></>}
            </>
        );
    }
    if (node.actual === null || node.actual === undefined)
        return <em>{words.nothing}</em>;
    return isInstant(node.actual) ? <Time iso={node.actual} as="minute" /> : <>{valueWords(node.actual)}</>;
}

/** A part of the filter with its result, what decided it, and when the clock changes it. */
function Node({ node, names }: { node: ExplainNode; names: Names }) {
    const isLeaf = node.kind === "leaf" || node.kind === "segment";
    const isValue = foundOf(node) === null && node.actual !== null && node.actual !== undefined;
    return (
        <li className={`explain-node ${node.result ? "good" : "bad"}`}>
            <p className="explain-line">
                <span className="explain-sign" aria-hidden="true">{node.result ? "✓" : "✕"}</span>
                <span>
                    <span className={isLeaf ? undefined : "explain-group"}>{nodeWords(node, names)}</span>
                    <span className="sr-only"> {node.result ? words.holds : words.holdsNot}</span>
                </span>
            </p>
            {isLeaf && (
                <p className="explain-actual">
                    {isValue && <>{words.actual} </>}<span className={isValue ? "explain-datum" : undefined}><Actual node={node} /></span>
                </p>
            )}
            {isLeaf && node.flipsAt && (
                <p className="explain-flip">
                    {node.result ? words.holdsUntil : words.holdsFrom} <Time iso={node.flipsAt} as="minute" /> (<Time iso={node.flipsAt} />)
                </p>
            )}
            {node.mixed && <p className="explain-flip">{words.mixed}</p>}
            {node.children && <ExplainNodes nodes={node.children} names={names} />}
            {node.segment && node.tree && (
                <details className="explain-inside">
                    <summary>{words.inside(node.segment.name)}</summary>
                    <ExplainNodes nodes={[node.tree]} names={names} />
                </details>
            )}
        </li>
    );
}

export function ExplainNodes({ nodes, names }: { nodes: ExplainNode[]; names: Names }) {
    return <ul role="list" className="explain-nodes">{nodes.map((node, i) => <Node key={`${node.path}.${node.kind}.${i}`} node={node} names={names} />)}</ul>;
}
