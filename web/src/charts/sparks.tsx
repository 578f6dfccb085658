// Small bar charts as SVG: a column's histogram, a day of traffic.

interface SparkProps {
  values: number[];
  label: string;
  class?: string;
}

const height = 28;
const step = 10;

export function Spark({ values, label, class: extra }: SparkProps) {
  const top = Math.max(1, ...values);
  return (
    <svg
      class={`spark ${extra ?? ""}`}
      viewBox={`0 0 ${values.length * step} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {values.map((value, index) => {
        const size = value === 0 ? 1 : Math.max(2, (value / top) * height);
        return (
          <rect
            key={index}
            x={index * step + 1}
            y={height - size}
            width={step - 2}
            height={size}
            opacity={value === 0 ? 0.25 : 1}
          />
        );
      })}
    </svg>
  );
}
