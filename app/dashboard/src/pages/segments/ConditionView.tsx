import type { Condition, Group } from "../../api/types";
import { t } from "../../strings";
import { filterWords, type Names } from "./filterWords";

const kinds = t.segments.explain.kinds;

interface ConditionProps {
    condition: Condition;
    names: Names;
}

function GroupParts({ group, names }: { group: Group; names: Names }) {
    return (
        <>
            {(group.filters ?? []).map((filter, i) => <li key={i}>{filterWords(filter, names)}</li>)}
            {group.conditions && <li><Parts condition={group.conditions} names={names} /></li>}
        </>
    );
}

function Parts({ condition, names }: ConditionProps) {
    const isPlain = condition.groups.length === 1 && !condition.groups[0]!.not;
    if (isPlain)
        return <ul><GroupParts group={condition.groups[0]!} names={names} /></ul>;
    return (
        <>
            <span className="soft">{condition.logic === "AND" ? kinds.all : kinds.any}</span>
            <ul>
                {condition.groups.map((group, i) => {
                    const isSingle = !group.not && (group.filters?.length ?? 0) + (group.conditions ? 1 : 0) === 1;
                    if (isSingle)
                        return <GroupParts key={i} group={group} names={names} />;
                    return <li key={i}><span className="soft">{group.not ? kinds.not : kinds.all}</span><ul><GroupParts group={group} names={names} /></ul></li>;
                })}
            </ul>
        </>
    );
}

/** A whole filter in words, as a list of lists. */
export function ConditionView(props: ConditionProps) {
    return <div className="segments-filter"><Parts {...props} /></div>;
}
