/** What uPlot's charts share: style sheet, colours for the canvas, and size. */

import type uPlot from "uplot";
import plotSheet from "uplot/dist/uPlot.min.css";

let sheet: CSSStyleSheet | null = null;

function adopt(root: Node): void {
  if (!(root instanceof Document || root instanceof ShadowRoot)) return;
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(plotSheet);
  }
  if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}

/** Return a role's colour as the canvas needs it, resolved by the browser. */
export function colour(host: HTMLElement, role: string): string {
  const probe = document.createElement("i");
  probe.hidden = true;
  probe.style.color = `var(${role})`;
  host.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

const pixels = (host: HTMLElement, token: string): number =>
  Number.parseFloat(getComputedStyle(host).getPropertyValue(token)) || 0;

interface Looks {
  readonly small: number;
  readonly gap: number;
  readonly axis: uPlot.Axis;
}

/** Return the look of labels and axes. */
export function looksOf(host: HTMLElement): Looks {
  const [small, gap] = [pixels(host, "--wl-t-xs"), pixels(host, "--wl-2")];
  const font = `${small}px ${getComputedStyle(host).fontFamily}`;
  return { small, gap, axis: { stroke: colour(host, "--wl-subtle"), font, gap, ticks: { show: false } } };
}

export interface Pointing {
  /** The index under the pointer or the arrow keys; null for none. */
  readonly onPoint: (index: number | null) => void;
  /** A piece of the x axis was selected by dragging; without it selecting is off. */
  readonly onSelect?: ((from: number, to: number) => void) | undefined;
}

/** Return the options that all charts share: size, no legend, pointer and selection. */
export function plotOptions(host: HTMLElement, { onPoint, onSelect }: Pointing) {
  let pointed: number | null = null;
  return {
    width: host.clientWidth,
    height: host.clientHeight,
    legend: { show: false },
    cursor: {
      x: false,
      y: false,
      points: { show: false },
      drag: { x: onSelect !== undefined, y: false, setScale: false },
    },
    hooks: {
      setSelect: [
        (self: uPlot) => {
          const { left, width } = self.select;
          if (width > 0) onSelect?.(self.posToVal(left, "x"), self.posToVal(left + width, "x"));
        },
      ],
      setCursor: [
        (self: uPlot) => {
          const index = self.cursor.idx ?? null;
          if (index === pointed) return;
          pointed = index;
          onPoint(index);
        },
      ],
    },
  };
}

/** Plot in the host; follow its size and the theme until stopped. */
export function keepPlotted(host: HTMLElement, make: () => uPlot) {
  adopt(host.getRootNode());
  let plot = make();
  const again = (): void => {
    plot.destroy();
    plot = make();
  };
  const sized = new ResizeObserver(() => {
    const { clientWidth: width, clientHeight: height } = host;
    if (width > 0 && (plot.width !== width || plot.height !== height)) plot.setSize({ width, height });
  });
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const themed = new MutationObserver(again);
  sized.observe(host);
  dark.addEventListener("change", again);
  themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  return {
    get plot() {
      return plot;
    },
    /** Redraws after a change of what it is made of. */
    again,
    stop() {
      sized.disconnect();
      themed.disconnect();
      dark.removeEventListener("change", again);
      plot.destroy();
    },
  };
}
