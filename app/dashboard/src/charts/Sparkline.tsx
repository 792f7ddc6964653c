import "./charts.css";

/** A small line without axes: how a number went. `label` says it in words. */
export function Sparkline({ label, values, width = 120, height = 28 }: { label: string; values: number[]; width?: number; height?: number }) {
    const low = Math.min(...values);
    const span = Math.max(...values) - low || 1;
    const points = values.map((value, i) => {
        const x = values.length > 1 ? (i / (values.length - 1)) * (width - 4) + 2 : width / 2;
        return `${x.toFixed(1)},${(height - 3 - ((value - low) / span) * (height - 6)).toFixed(1)}`;
    });
    return (
        <svg className="sparkline" role="img" aria-label={label} width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
            {values.length === 1 ? <circle cx={width / 2} cy={height / 2} r="2" /> : <polyline points={points.join(" ")} />}
        </svg>
    );
}
