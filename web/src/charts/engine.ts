// The one file that knows ECharts; only the parts that the charts use are bundled.

import { BarChart, LineChart, ParallelChart, ScatterChart } from "echarts/charts";
import {
  GridComponent,
  MarkLineComponent,
  ParallelComponent,
  TooltipComponent,
  VisualMapContinuousComponent,
} from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

echarts.use([
  BarChart,
  LineChart,
  ParallelChart,
  ScatterChart,
  GridComponent,
  MarkLineComponent,
  ParallelComponent,
  TooltipComponent,
  VisualMapContinuousComponent,
  CanvasRenderer,
]);

export interface ChartHandle {
  show: (option: echarts.EChartsCoreOption) => void;
  close: () => void;
}

export function openChart(element: HTMLElement): ChartHandle {
  const chart = echarts.init(element, null, { renderer: "canvas" });
  const observer = new ResizeObserver(() => chart.resize());
  observer.observe(element);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  return {
    // Only the series are replaced: an open tooltip stays while its figures change.
    show: (option) =>
      chart.setOption(
        { animation: !still, animationDuration: 200, ...option },
        { replaceMerge: ["series"] },
      ),
    close: () => {
      observer.disconnect();
      chart.dispose();
    },
  };
}
