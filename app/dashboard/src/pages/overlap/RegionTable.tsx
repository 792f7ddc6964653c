import { useState } from "react";
import { t } from "../../strings";
import { Button, CheckField, formatNumber } from "../../ui";
import type { Named, Region } from "./regions";
import { LETTERS, regionWords } from "./regions";

const SHOWN = 24;

interface RegionTableProps {
    regions: Region[];
    named: Named[];
    total: number;
    chosen: number;
    onChoose: (mask: number) => void;
}

/* A row's dots, joined from the first to the last segment of the region. */
function Dots({ mask, named }: { mask: number; named: Named[] }) {
    const first = 31 - Math.clz32(mask & -mask);
    const last = 31 - Math.clz32(mask);
    return named.map(({ id }, i) => {
        const isIn = (mask & (1 << i)) !== 0;
        const link = first < last && i >= first && i <= last ? `linked ${i === first ? "first" : i === last ? "last" : ""}` : "";
        return (
            <td key={id} className={`upset-set upset-cell ${link} overlap-${i}`}>
                <span className={`upset-dot ${isIn ? "in" : ""}`} aria-hidden="true" />
                <span className="sr-only">{isIn ? t.overlap.isIn : t.overlap.isOut}</span>
            </td>
        );
    });
}

/** The regions as rows of dots and bars (an UpSet plot that lies on its side): a picture that is a table. */
export function RegionTable({ regions, named, total, chosen, onChoose }: RegionTableProps) {
    const [isWhole, setWhole] = useState(false);
    const [isEmptyShown, setEmptyShown] = useState(false);
    const letters = named.map((_, i) => LETTERS[i]!);
    const counted = isEmptyShown ? regions : regions.filter((region) => region.count > 0);
    const shown = isWhole ? counted : counted.slice(0, SHOWN);
    const most = Math.max(regions[0]?.count ?? 0, 1);
    return (
        <div className="stack">
            <div className="table-scroll" role="region" aria-label={t.overlap.regions} tabIndex={0}>
                <table className="table upset">
                    <thead>
                        <tr>
                            <th scope="col">{t.overlap.contacts}</th>
                            {named.map(({ id, name }, i) => (
                                <th key={id} scope="col" className={`upset-set overlap-${i}`} title={name}><abbr title={name}>{LETTERS[i]}</abbr></th>
                            ))}
                            <th scope="col" className="upset-share">{t.overlap.share}</th>
                        </tr>
                    </thead>
                    <tbody>
                        {shown.map(({ mask, count }) => (
                            <tr key={mask} className={mask === chosen ? "chosen" : ""} onClick={() => onChoose(mask)}>
                                <td>
                                    <button type="button" className="upset-choose" aria-pressed={mask === chosen}
                                            aria-label={`${regionWords(mask, letters)}: ${formatNumber(count)}`}>
                                        {formatNumber(count)}
                                    </button>
                                </td>
                                <Dots mask={mask} named={named} />
                                <td className="upset-share">
                                    <span className="upset-percent">{t.overlap.percent(count / Math.max(total, 1))}</span>
                                    <span className="upset-track"><span className="upset-bar" style={{ width: `${(count / most) * 100}%` }} /></span>
                                </td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            </div>
            <div className="row spread">
                <CheckField label={t.overlap.showEmpty} checked={isEmptyShown} onChange={setEmptyShown} />
                {shown.length < counted.length && <Button isSmall onClick={() => setWhole(true)}>{t.overlap.showAll(counted.length)}</Button>}
            </div>
        </div>
    );
}
