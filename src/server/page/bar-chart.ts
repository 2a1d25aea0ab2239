import { html, type PropertyDeclarations, type TemplateResult } from 'lit';
import uPlot from 'uplot';
import { PlainElement } from './plain-element.ts';

const HEIGHT = 180;

/** One bar. */
export interface Bar {
  readonly label: string;
  readonly value: number;
}

/** Bars, and the same as a table for those who don't see them. */
export class BarChart extends PlainElement {
  static override properties: PropertyDeclarations = {
    label: {},
    bars: { attribute: false },
    format: { attribute: false },
  };

  declare label: string;
  declare bars: readonly Bar[];
  declare format: (value: number) => string;
  #plot: uPlot | undefined;
  readonly #resized = new ResizeObserver(() => this.#resize());
  readonly #scheme = matchMedia('(prefers-color-scheme: dark)');

  constructor() {
    super();
    this.label = '';
    this.bars = [];
    this.format = String;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#resized.observe(this);
    this.#scheme.addEventListener('change', this.#draw);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
    this.#scheme.removeEventListener('change', this.#draw);
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  protected override render(): TemplateResult {
    return html`
      <figure>
        <figcaption>${this.label}</figcaption>
        <div class="plot" aria-hidden="true"></div>
        <details>
          <summary>As a table</summary>
          <table>
            <tbody>
              ${this.bars.map(({ label, value }) => html`<tr><th scope="row">${label}</th><td>${this.format(value)}</td></tr>`)}
            </tbody>
          </table>
        </details>
      </figure>
    `;
  }

  protected override updated(): void {
    this.#draw();
  }

  readonly #draw = (): void => {
    const place = this.querySelector<HTMLElement>('.plot');
    if (place === null) return;
    this.#plot?.destroy();
    const style = getComputedStyle(this);
    const color = (name: string): string => style.getPropertyValue(name).trim();
    const { bars: shown, format } = this;
    const axis = {
      stroke: color('--soft'),
      grid: { stroke: color('--line'), width: 1 },
      ticks: { show: false },
    };
    this.#plot = new uPlot(
      {
        width: Math.max(200, place.clientWidth),
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { time: false, range: [-0.6, shown.length - 0.4] },
          y: { range: (_, __, max) => [0, max === 0 ? 1 : max * 1.05] },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            values: (_, splits) => splits.map((split) => shortened(shown[split]?.label ?? '')),
            incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
          },
          { ...axis, size: 72, values: (_, splits) => splits.map(format) },
        ],
        series: [
          {},
          {
            fill: color('--stone'),
            width: 0,
            paths: bars(),
            points: { show: false },
          },
        ],
      },
      [shown.map((_, i) => i), shown.map(({ value }) => value)],
      place,
    );
  };

  #resize(): void {
    const width = this.querySelector('.plot')?.clientWidth ?? 0;
    if (width > 0 && this.#plot !== undefined && this.#plot.width !== width)
      this.#plot.setSize({ width, height: HEIGHT });
  }
}
customElements.define('cairn-bar-chart', BarChart);

function bars(): uPlot.Series.PathBuilder {
  const build = uPlot.paths.bars as uPlot.Series.BarsPathBuilderFactory;
  return build({ size: [0.7, 64] });
}

function shortened(label: string): string {
  return label.length > 10 ? `${label.slice(0, 9)}…` : label;
}
