import { html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { ApiError, apiPath, askJson, type Entry, type StoreSummary } from './api.ts';
import './entry-list.ts';
import type { EntryList } from './entry-list.ts';
import { type EntrySource, openSource } from './entry-source.ts';
import { linkTo, type StoreTab } from './place.ts';
import { PlainElement } from './plain-element.ts';
import { keyText, showBytes, showCount, showCounted, showError, showSize } from './show.ts';
import './store-about.ts';
import './store-verify.ts';
import './value-panel.ts';

const TABS: readonly { readonly tab: StoreTab; readonly name: string }[] = [
  { tab: 'entries', name: 'Entries' },
  { tab: 'about', name: 'About' },
  { tab: 'verify', name: 'Verify' },
];

/** The ways to find an entry. */
type Way = 'prefix' | 'key' | 'floor' | 'ceiling' | 'position';

const WAYS: readonly { readonly way: Way; readonly name: string; readonly hint: string }[] = [
  { way: 'prefix', name: 'Begins with', hint: 'the beginning of keys' },
  { way: 'key', name: 'Exactly', hint: 'a key' },
  { way: 'floor', name: 'At or before', hint: 'a key' },
  { way: 'ceiling', name: 'At or after', hint: 'a key' },
  { way: 'position', name: 'Position', hint: 'a number; negative ones count from the end' },
];

/** A store or collection: its entries, what it is, and whether it is intact. */
export class StoreView extends PlainElement {
  static override properties: PropertyDeclarations = {
    store: { attribute: false },
    tab: {},
    source: { state: true },
    isReverse: { state: true },
    way: { state: true },
    trouble: { state: true },
    entry: { state: true },
    position: { state: true },
  };

  declare store: StoreSummary;
  declare tab: StoreTab;
  declare source: EntrySource | undefined;
  declare isReverse: boolean;
  declare way: Way;
  declare trouble: string;
  declare entry: Entry | undefined;
  declare position: number | undefined;
  #prefix = '';
  #opening: AbortController | undefined;
  #searching: AbortController | undefined;

  constructor() {
    super();
    this.tab = 'entries';
    this.isReverse = false;
    this.way = 'prefix';
    this.trouble = '';
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#opening?.abort();
    this.#searching?.abort();
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has('store')) return;
    this.#prefix = '';
    this.way = 'prefix';
    this.isReverse = false;
    this.entry = undefined;
    void this.#open();
  }

  protected override render(): TemplateResult {
    const { store } = this;
    return html`
      <header class="title">
        <h1>${store.name}</h1>
        <p class="note">${factsOf(store)}</p>
      </header>
      <nav class="tabs" aria-label="Of ${store.name}">
        ${TABS.map(
          ({ tab, name }) => html`
            <a
              href=${linkTo({ view: 'store', name: store.name, tab })}
              aria-current=${tab === this.tab ? 'page' : nothing}
              >${name}</a
            >
          `,
        )}
      </nav>
      ${this.#content()}
    `;
  }

  #content(): TemplateResult {
    if (this.tab === 'about') return html`<cairn-store-about .store=${this.store}></cairn-store-about>`;
    if (this.tab === 'verify') return html`<cairn-store-verify .store=${this.store}></cairn-store-verify>`;
    const { source, store } = this;
    const ways = store.kind === 'store' ? WAYS : WAYS.filter(({ way }) => way !== 'position');
    const { hint } = WAYS.find(({ way }) => way === this.way) as (typeof WAYS)[number];
    const isEmpty = source?.isComplete === true && source.length === 0;
    return html`
      <form class="search" role="search" @submit=${this.#onSubmit}>
        <label for="way">Find</label>
        <select id="way" name="way" @change=${this.#onWay}>
          ${ways.map(({ way, name }) => html`<option value=${way} ?selected=${way === this.way}>${name}</option>`)}
        </select>
        <input
          id="wanted"
          name="wanted"
          type="search"
          autocomplete="off"
          autocapitalize="off"
          spellcheck="false"
          aria-label=${hint}
          placeholder=${hint}
          aria-invalid=${this.trouble === '' ? nothing : 'true'}
          aria-describedby="trouble"
          @input=${this.#onInput}
        />
        <button type="submit" class="primary">Find</button>
        <button type="button" aria-pressed=${this.isReverse} @click=${this.#onReverse}>Last first</button>
      </form>
      <p id="trouble" class="trouble" role="alert">${this.trouble}</p>
      <p class="note" role="status">${this.#sizeOf(source)}</p>
      <div class="split ${this.entry === undefined ? '' : 'open'}">
        ${
          isEmpty
            ? html`<p class="empty">${this.#prefix === '' ? 'This store has no entries.' : `No key begins with “${this.#prefix}”.`}</p>`
            : html`
              <cairn-entry-list
                label="Entries of ${store.name}"
                .source=${source}
                @pick=${this.#onPick}
                @loaded=${() => this.requestUpdate()}
                @failed=${this.#onFailed}
              ></cairn-entry-list>
            `
        }
        <cairn-value-panel .entry=${this.entry} .position=${this.position} @close=${this.#onClose}></cairn-value-panel>
      </div>
    `;
  }

  #sizeOf(source: EntrySource | undefined): string {
    if (source === undefined) return 'Reading …';
    if (!source.isComplete)
      return source.length === 0 ? 'Reading …' : `the first ${showCount(source.length)} entries`;
    const count = showCounted(source.length, 'entry', 'entries');
    return this.#prefix === '' ? count : `${count} whose keys begin with “${this.#prefix}”`;
  }

  async #open(): Promise<void> {
    this.#opening?.abort();
    const opening = new AbortController();
    this.#opening = opening;
    try {
      const listing = { prefix: this.#prefix, isReverse: this.isReverse };
      const source = await openSource(this.store, listing, opening.signal);
      if (opening.signal.aborted) return;
      this.source = source;
      this.trouble = '';
    } catch (error) {
      if (!opening.signal.aborted) this.trouble = showError(error);
    }
  }

  readonly #onWay = (event: Event): void => {
    this.way = (event.target as HTMLSelectElement).value as Way;
    this.trouble = '';
    // With the focus, so that what is typed next takes the place of what was found another way.
    this.querySelector<HTMLInputElement>('#wanted')?.select();
  };

  /** A beginning is searched for as it is typed; the other ways wait for Enter. */
  readonly #onInput = (event: Event): void => {
    if (this.way !== 'prefix') return;
    this.#prefix = (event.target as HTMLInputElement).value;
    void this.#open();
  };

  readonly #onReverse = (): void => {
    this.isReverse = !this.isReverse;
    void this.#open();
  };

  readonly #onSubmit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const wanted = this.querySelector<HTMLInputElement>('#wanted')?.value ?? '';
    if (this.way === 'prefix') {
      this.#prefix = wanted;
      await this.#open();
      return;
    }
    this.#searching?.abort();
    const searching = new AbortController();
    this.#searching = searching;
    try {
      await this.#find(this.way, wanted, searching.signal);
    } catch (error) {
      if (!searching.signal.aborted) this.trouble = showError(error);
    }
  };

  async #find(way: Exclude<Way, 'prefix'>, wanted: string, signal: AbortSignal): Promise<void> {
    const { name, kind } = this.store;
    if (wanted === '') throw new ApiError(0, 'Type what is to be found.');
    const route = { key: 'entries', floor: 'floor', ceiling: 'ceiling', position: 'at' }[way];
    const entry = await askJson<Entry>(apiPath(['stores', name, route, wanted]), { signal });
    this.trouble = '';
    if (this.#prefix !== '') {
      this.#prefix = '';
      await this.#open();
    }
    this.entry = entry;
    this.position = undefined;
    if (kind !== 'store') return;
    const path = apiPath(['stores', name, 'rank', keyText(entry.key)]);
    const { rank } = await askJson<{ rank: number }>(path, { signal });
    this.position = rank;
    const length = this.source?.length ?? 0;
    this.querySelector<EntryList>('cairn-entry-list')?.show(this.isReverse ? length - 1 - rank : rank);
  }

  readonly #onPick = (event: CustomEvent<Entry>): void => {
    this.entry = event.detail;
    this.position = undefined;
  };

  readonly #onClose = (): void => {
    this.entry = undefined;
    this.querySelector<HTMLElement>('.viewport')?.focus();
  };

  readonly #onFailed = (event: CustomEvent<unknown>): void => {
    this.trouble = showError(event.detail);
  };
}
customElements.define('cairn-store-view', StoreView);

function factsOf(store: StoreSummary): string {
  const { kind, bytes, keyEncoding, valueEncoding } = store;
  return `${kind}, ${showSize(store)}, ${showBytes(bytes)}, keys ${keyEncoding}, values ${valueEncoding}`;
}
