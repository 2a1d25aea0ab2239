import { html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import type { Entry } from './api.ts';
import type { EntrySource } from './entry-source.ts';
import { PlainElement } from './plain-element.ts';
import { keyText, valuePreview } from './show.ts';

const ROW_HEIGHT = 36;
/** Browsers draw no element that is much higher; longer lists scroll by more than a pixel a pixel. */
const MAX_HEIGHT = 8_000_000;
/** Rows that are drawn beyond those in sight. */
const MARGIN_ROWS = 8;

/**
 * A list of any number of entries, of which only those in sight are elements. `pick` is dispatched with an entry, `mark`
 * with one by the space bar, `loaded` after rows were loaded, `failed` with what kept rows from loading.
 */
export class EntryList extends PlainElement {
  static override properties: PropertyDeclarations = {
    source: { attribute: false },
    cells: { attribute: false },
    label: {},
    firstRow: { state: true },
    current: { state: true },
  };

  declare source: EntrySource | undefined;
  /** Draws the cells of a row; undefined stands for an entry that is not there yet. */
  declare cells: (entry: Entry | undefined) => TemplateResult;
  declare label: string;
  declare firstRow: number;
  /** The row that the keys move, or −1. */
  declare current: number;
  #rowsInSight = 20;
  #loading = new AbortController();
  readonly #resized = new ResizeObserver(() => this.#measure());

  constructor() {
    super();
    this.label = 'Entries';
    this.cells = keyAndValue;
    this.firstRow = 0;
    this.current = -1;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#resized.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
    this.#loading.abort();
  }

  /** Moves to a row, and makes it the current one. */
  show(row: number): void {
    this.current = row;
    this.#scrollTo(row - Math.floor(this.#rowsInSight / 3));
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has('source')) return;
    this.#loading.abort();
    this.#loading = new AbortController();
    this.firstRow = 0;
    this.current = -1;
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    this.#place();
    if (changed.has('source')) {
      const viewport = this.#viewport;
      if (viewport !== null) viewport.scrollTop = 0;
    }
    void this.#load();
  }

  protected override render(): TemplateResult {
    const { source, firstRow, current } = this;
    const length = source?.length ?? 0;
    const from = Math.max(0, firstRow - MARGIN_ROWS);
    const to = Math.min(length, firstRow + this.#rowsInSight + MARGIN_ROWS);
    const rows: TemplateResult[] = [];
    for (let row = from; row < to; row++) rows.push(this.#row(row, source?.row(row)));
    return html`
      <div
        class="viewport"
        role="grid"
        aria-label=${this.label}
        aria-rowcount=${source?.isComplete === false ? -1 : length}
        aria-activedescendant=${current >= from && current < to ? `row-${current}` : nothing}
        tabindex="0"
        @scroll=${this.#onScroll}
        @keydown=${this.#onKey}
      >
        <div class="spacer" role="presentation">
          <div class="rows" role="rowgroup">${rows}</div>
        </div>
      </div>
    `;
  }

  #row(row: number, entry: Entry | undefined): TemplateResult {
    return html`
      <div
        class="entry ${row === this.current ? 'current' : ''}"
        id="row-${row}"
        role="row"
        aria-rowindex=${row + 1}
        aria-selected=${row === this.current}
        @click=${() => this.#pick(row)}
      >
        ${this.cells(entry)}
      </div>
    `;
  }

  /** Sets what depends on the number of rows. By properties, because the server's policy allows no style in HTML. */
  #place(): void {
    const spacer = this.querySelector<HTMLElement>('.spacer');
    const rows = this.querySelector<HTMLElement>('.rows');
    if (spacer === null || rows === null) return;
    spacer.style.height = `${Math.min((this.source?.length ?? 0) * ROW_HEIGHT, MAX_HEIGHT)}px`;
    rows.style.transform = `translateY(${this.#topOf(Math.max(0, this.firstRow - MARGIN_ROWS))}px)`;
  }

  get #viewport(): HTMLElement | null {
    return this.querySelector<HTMLElement>('.viewport');
  }

  /** How many rows a pixel of the scroll bar moves, as a factor of what it says. */
  get #scale(): number {
    const height = (this.source?.length ?? 0) * ROW_HEIGHT;
    if (height <= MAX_HEIGHT) return 1;
    const inSight = this.#viewport?.clientHeight ?? 0;
    return (height - inSight) / (MAX_HEIGHT - inSight);
  }

  #topOf(row: number): number {
    if (this.#scale === 1) return row * ROW_HEIGHT;
    // The first row in sight is at the top of what is seen, whatever the scroll bar says.
    return (this.#viewport?.scrollTop ?? 0) - (this.firstRow - row) * ROW_HEIGHT;
  }

  readonly #onScroll = (): void => {
    const top = this.#viewport?.scrollTop ?? 0;
    this.firstRow = Math.floor((top * this.#scale) / ROW_HEIGHT);
    this.requestUpdate();
  };

  #scrollTo(row: number): void {
    const viewport = this.#viewport;
    if (viewport === null) return;
    const first = Math.max(0, Math.min(row, (this.source?.length ?? 0) - this.#rowsInSight + 1));
    viewport.scrollTop = (first * ROW_HEIGHT) / this.#scale;
    this.firstRow = first;
    this.requestUpdate();
  }

  #measure(): void {
    const height = this.#viewport?.clientHeight ?? 0;
    const rows = Math.max(1, Math.ceil(height / ROW_HEIGHT));
    if (rows === this.#rowsInSight) return;
    this.#rowsInSight = rows;
    this.requestUpdate();
  }

  async #load(): Promise<void> {
    const { source } = this;
    if (source === undefined) return;
    const { signal } = this.#loading;
    const from = Math.max(0, this.firstRow - MARGIN_ROWS);
    try {
      const changed = await source.load(from, this.firstRow + this.#rowsInSight + MARGIN_ROWS, signal);
      if (!changed || source !== this.source) return;
      this.requestUpdate();
      this.dispatchEvent(new CustomEvent('loaded', { bubbles: true }));
    } catch (error) {
      if (!signal.aborted) this.dispatchEvent(new CustomEvent('failed', { detail: error, bubbles: true }));
    }
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    const length = this.source?.length ?? 0;
    const page = Math.max(1, this.#rowsInSight - 2);
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: this.current + 1,
      ArrowUp: Math.max(0, this.current - 1),
      PageDown: this.current + page,
      PageUp: this.current - page,
      Home: 0,
      End: length - 1,
    };
    if (event.key === 'Enter' && this.current >= 0) {
      event.preventDefault();
      this.#pick(this.current);
      return;
    }
    if (event.key === ' ' && this.current >= 0) {
      event.preventDefault();
      this.#dispatch('mark', this.current);
      return;
    }
    const wanted = moves[event.key];
    if (wanted === undefined || length === 0) return;
    event.preventDefault();
    const row = Math.max(0, Math.min(length - 1, wanted));
    this.current = row;
    if (row < this.firstRow) this.#scrollTo(row);
    else if (row > this.firstRow + this.#rowsInSight - 3) this.#scrollTo(row - this.#rowsInSight + 3);
  };

  #pick(row: number): void {
    this.current = row;
    this.#dispatch('pick', row);
  }

  #dispatch(name: 'pick' | 'mark', row: number): void {
    const detail = this.source?.row(row);
    if (detail !== undefined) this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }
}
customElements.define('cairn-entry-list', EntryList);

function keyAndValue(entry: Entry | undefined): TemplateResult {
  const key = entry === undefined ? '…' : keyText(entry.key);
  return html`
    <span class="key" role="gridcell" title=${key}>${key}</span>
    <span class="value" role="gridcell">${entry === undefined ? '' : valuePreview(entry.value)}</span>
  `;
}
