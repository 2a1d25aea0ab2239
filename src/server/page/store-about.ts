import { html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { apiPath, askJson, type Entry, type StoreDescription, type StoreSummary } from './api.ts';
import './bar-chart.ts';
import { groupsOf } from './key-groups.ts';
import { PlainElement } from './plain-element.ts';
import { keyText, showBytes, showCount, showError } from './show.ts';

const SAMPLE = 1000;

/** What a store says of itself: facts, partitions, and how its keys are spread. */
export class StoreAbout extends PlainElement {
  static override properties: PropertyDeclarations = {
    store: { attribute: false },
    description: { state: true },
    sample: { state: true },
    trouble: { state: true },
  };

  declare store: StoreSummary;
  declare description: StoreDescription | undefined;
  declare sample: readonly Entry[] | undefined;
  declare trouble: string;
  #loading: AbortController | undefined;

  constructor() {
    super();
    this.trouble = '';
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#loading?.abort();
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has('store')) return;
    this.description = undefined;
    this.sample = undefined;
    this.trouble = '';
    void this.#load();
  }

  async #load(): Promise<void> {
    this.#loading?.abort();
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    const { name, kind } = this.store;
    try {
      this.description = await askJson<StoreDescription>(apiPath(['stores', name]), { signal });
      if (kind !== 'store') return;
      const path = apiPath(['stores', name, 'sample'], { n: SAMPLE });
      this.sample = (await askJson<{ entries: readonly Entry[] }>(path, { signal })).entries;
    } catch (error) {
      if (!signal.aborted) this.trouble = showError(error);
    }
  }

  protected override render(): TemplateResult {
    const { description, trouble } = this;
    const alert = html`<p class="trouble" role="alert">${trouble}</p>`;
    if (description === undefined)
      return trouble === '' ? html`<p class="note" role="status">Reading …</p>` : alert;
    const metadata = description.metadata ?? {};
    const facts: readonly (readonly [string, unknown])[] = [
      ['Kind', description.kind],
      ['Entries', description.count === undefined ? undefined : showCount(description.count)],
      ['Version', description.version],
      ['Size', showBytes(description.bytes)],
      ['Keys', description.keyEncoding],
      ['Values', description.valueEncoding],
      ['Compression', description.compression],
      ['First key', description.firstKey === null ? undefined : optionalKey(description.firstKey)],
      ['Last key', description.lastKey === null ? undefined : optionalKey(description.lastKey)],
      ['Id', description.id],
      ['Metadata', Object.keys(metadata).length === 0 ? undefined : JSON.stringify(metadata)],
    ];
    return html`
      <dl class="facts">
        ${facts.map(([name, fact]) =>
          fact === undefined ? nothing : html`<div><dt>${name}</dt><dd>${fact}</dd></div>`,
        )}
      </dl>
      ${this.#partitions(description)} ${this.#spread()} ${trouble === '' ? nothing : alert}
    `;
  }

  #partitions({ partitions }: StoreDescription): TemplateResult | typeof nothing {
    if (partitions === undefined || partitions.length === 0) return nothing;
    const bars = partitions.map(({ bytes, firstKey }) => ({ label: keyText(firstKey), value: bytes }));
    return html`<cairn-bar-chart label="Partitions, by their first keys" .bars=${bars} .format=${showBytes}></cairn-bar-chart>`;
  }

  #spread(): TemplateResult | typeof nothing {
    const { sample } = this;
    if (sample === undefined || sample.length < 2) return nothing;
    const bars = groupsOf(sample.map(({ key }) => keyText(key)));
    const percent = (value: number): string => `${value} %`;
    return html`
      <cairn-bar-chart
        label="Where the keys are, by how they begin (${showCount(sample.length)} of them)"
        .bars=${bars}
        .format=${percent}
      ></cairn-bar-chart>
    `;
  }
}
customElements.define('cairn-store-about', StoreAbout);

function optionalKey(key: unknown): string | undefined {
  return key === undefined ? undefined : keyText(key);
}
