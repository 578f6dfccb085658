// The colours of the theme for a canvas, which reads no style sheet, and the parts of an ECharts
// option that all charts share.

import { tick } from "../lib/format";

export interface Palette {
  ink: string;
  muted: string;
  line: string;
  surface: string;
  series: string[];
  font: string;
}

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    ink: read("--ink"),
    muted: read("--muted"),
    line: read("--line"),
    surface: read("--surface"),
    series: [1, 2, 3, 4, 5, 6].map((number) => read(`--v${number}`)),
    font: '"Inter Variable", system-ui, sans-serif',
  };
}

export function colour(palette: Palette, series: number): string {
  return palette.series[series % palette.series.length] ?? palette.ink;
}

export function axis(palette: Palette, extra: Record<string, unknown> = {}) {
  const label = { color: palette.muted, fontSize: 11, hideOverlap: true };
  return {
    axisLabel: extra.type === "value" ? { ...label, formatter: tick } : label,
    axisLine: { lineStyle: { color: palette.line } },
    axisTick: { lineStyle: { color: palette.line } },
    splitLine: { lineStyle: { color: palette.line } },
    nameTextStyle: { color: palette.muted, fontSize: 11 },
    ...extra,
  };
}

/** Drawn on the canvas: a tooltip of HTML would bring inline styles, which the policy forbids. */
export function tooltip(palette: Palette, extra: Record<string, unknown> = {}) {
  return {
    renderMode: "richText",
    confine: true,
    backgroundColor: palette.surface,
    borderColor: palette.line,
    textStyle: { color: palette.ink, fontSize: 12, fontFamily: palette.font },
    ...extra,
  };
}

export function base(palette: Palette) {
  return {
    backgroundColor: "transparent",
    color: palette.series,
    textStyle: { fontFamily: palette.font, color: palette.ink },
  };
}
