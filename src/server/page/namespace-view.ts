import { html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { apiPath, ask, askJson, type Entry, type KvEntry, type KvSummary } from './api.ts';
import { confirmDeletion } from './confirm-deletion.ts';
import './entry-list.ts';
import type { EntrySource } from './entry-source.ts';
import './kv-form.ts';
import { shortDate } from './kv-form.ts';
import { kvSource } from './kv-source.ts';
import { PlainElement } from './plain-element.ts';
import { showCount, showCounted, showError } from './show.ts';

/** A namespace: its keys, those that it inherits, and a form for one of them. */
export class NamespaceView extends PlainElement {
  static override properties: PropertyDeclarations = {
    name: {},
    isReadOnly: { attribute: false },
    source: { state: true },
    marked: { state: true },
    entry: { state: true },
    isFormOpen: { state: true },
    inherited: { state: true },
    trouble: { state: true },
    note: { state: true },
    isAsking: { state: true },
  };

  declare name: string;
  declare isReadOnly: boolean;
  declare source: EntrySource | undefined;
  /** The keys that are chosen. */
  declare marked: ReadonlySet<string>;
  declare entry: KvEntry | undefined;
  declare isFormOpen: boolean;
  declare inherited: readonly KvSummary[];
  declare trouble: string;
  declare note: string;
  /** Whether a deletion waits for a second word. */
  declare isAsking: boolean;
  #prefix = '';
  #loading = new AbortController();

  constructor() {
    super();
    this.isReadOnly = false;
    this.marked = new Set();
    this.isFormOpen = false;
    this.inherited = [];
    this.trouble = '';
    this.note = '';
    this.isAsking = false;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#loading.abort();
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has('name')) return;
    this.#prefix = '';
    this.entry = undefined;
    this.isFormOpen = false;
    this.note = '';
    this.#reload();
    void this.#loadInherited();
  }

  protected override render(): TemplateResult {
    const { source, marked } = this;
    const isEmpty = source?.isComplete === true && source.length === 0;
    return html`
      <header class="title row">
        <h1>${this.name}</h1>
        ${this.isReadOnly ? nothing : html`<button type="button" class="primary" @click=${this.#new}>New key</button>`}
      </header>
      <div class="search" role="search">
        <label for="kv-prefix">Keys that begin with</label>
        <input id="kv-prefix" type="search" autocomplete="off" autocapitalize="off" spellcheck="false" @input=${this.#onPrefix} />
        ${this.#deletion()}
      </div>
      <p class="trouble" role="alert">${this.trouble}</p>
      <p class="note" role="status">${this.#sizeOf(source)} ${this.note}</p>
      <div class="split ${this.isFormOpen ? 'open' : ''}">
        ${
          isEmpty
            ? this.#empty()
            : html`
              <cairn-entry-list
                label="Keys of ${this.name}"
                class="keys"
                .source=${source}
                .cells=${(entry: Entry | undefined) => this.#cells(entry, marked)}
                @pick=${this.#onPick}
                @mark=${(event: CustomEvent<Entry>) => this.#mark(String(event.detail.key))}
                @loaded=${() => this.requestUpdate()}
                @failed=${(event: CustomEvent<unknown>) => this.#failed(event.detail)}
              ></cairn-entry-list>
            `
        }
        ${
          this.isFormOpen
            ? html`
              <cairn-kv-form
                .namespace=${this.name}
                .entry=${this.entry}
                .isReadOnly=${this.isReadOnly}
                @saved=${this.#onSaved}
                @deleted=${this.#onDeleted}
                @close=${this.#onClose}
              ></cairn-kv-form>
            `
            : nothing
        }
      </div>
      ${this.#inheritedKeys()}
    `;
  }

  #cells(entry: Entry | undefined, marked: ReadonlySet<string>): TemplateResult {
    if (entry === undefined) return html`<span role="gridcell">…</span>`;
    const { key, type, updateDate, expirationDate, description } = entry.value as KvSummary;
    return html`
      <span role="gridcell">
        <input
          type="checkbox"
          tabindex="-1"
          aria-label="Choose ${key}"
          .checked=${marked.has(key)}
          ?disabled=${this.isReadOnly}
          @click=${(event: Event) => event.stopPropagation()}
          @change=${() => this.#mark(key)}
        />
      </span>
      <span class="key" role="gridcell" title=${key}>${key}</span>
      <span class="type" role="gridcell">${type}</span>
      <span class="value wide" role="gridcell">${description ?? ''}</span>
      <span class="value" role="gridcell">${shortDate(updateDate)}${expirationDate === undefined ? '' : `, until ${shortDate(expirationDate)}`}</span>
    `;
  }

  #deletion(): TemplateResult | typeof nothing {
    const count = this.marked.size;
    if (count === 0) return nothing;
    const keys = showCounted(count, 'key', 'keys');
    if (!this.isAsking)
      return html`<button type="button" @click=${() => {
        this.isAsking = true;
      }}>Delete ${keys} …</button>`;
    return confirmDeletion({ what: keys, keep: 'Keep' }, this.#onAnswer);
  }

  #empty(): TemplateResult {
    if (this.#prefix !== '') return html`<p class="empty">No key begins with “${this.#prefix}”.</p>`;
    return html`
      <section class="empty">
        <p>This namespace has no keys yet. Make one here, or by:</p>
        <pre tabindex="0">cairn kv set ${this.name} cursor 42</pre>
      </section>
    `;
  }

  #inheritedKeys(): TemplateResult | typeof nothing {
    if (this.inherited.length === 0) return nothing;
    return html`
      <details class="inherited">
        <summary>${showCount(this.inherited.length)} inherited</summary>
        <ul>
          ${this.inherited.map(
            ({ namespace, key, type }) =>
              html`<li>${key} <span class="note">${type}, of <a href="#/namespace/${encodeURIComponent(namespace)}">${namespace}</a></span></li>`,
          )}
        </ul>
      </details>
    `;
  }

  #sizeOf(source: EntrySource | undefined): string {
    if (source === undefined || (!source.isComplete && source.length === 0)) return 'Reading …';
    const count = showCounted(source.length, 'key', 'keys');
    return source.isComplete ? count : `the first ${count}`;
  }

  #reload(): void {
    this.source = kvSource(this.name, this.#prefix);
    this.marked = new Set();
    this.isAsking = false;
    this.trouble = '';
  }

  async #loadInherited(): Promise<void> {
    try {
      const path = apiPath(['namespaces', this.name, 'kv', 'inheritance']);
      this.inherited = await askJson<readonly KvSummary[]>(path, { signal: this.#loading.signal });
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    if (!this.#loading.signal.aborted) this.trouble = showError(error);
  }

  #mark(key: string): void {
    const marked = new Set(this.marked);
    if (!marked.delete(key)) marked.add(key);
    this.marked = marked;
    this.isAsking = false;
  }

  readonly #new = (): void => {
    this.entry = undefined;
    this.isFormOpen = true;
  };

  readonly #onPrefix = (event: Event): void => {
    this.#prefix = (event.target as HTMLInputElement).value;
    this.#reload();
  };

  readonly #onPick = async (event: CustomEvent<Entry>): Promise<void> => {
    try {
      const path = apiPath(['namespaces', this.name, 'entries', String(event.detail.key)]);
      this.entry = await askJson<KvEntry>(path);
      this.isFormOpen = true;
      this.trouble = '';
    } catch (error) {
      this.#failed(error);
    }
  };

  readonly #onSaved = (event: CustomEvent<string>): void => {
    this.note = `Saved “${event.detail}”.`;
    this.#onClose();
    this.#reload();
    this.dispatchEvent(new CustomEvent('changed', { bubbles: true }));
  };

  readonly #onDeleted = (event: CustomEvent<string>): void => {
    this.note = `Deleted “${event.detail}”.`;
    this.#onClose();
    this.#reload();
  };

  readonly #onClose = (): void => {
    this.isFormOpen = false;
    this.entry = undefined;
    this.querySelector<HTMLElement>('.viewport')?.focus();
  };

  readonly #onAnswer = (isDeleted: boolean): void => {
    if (isDeleted) void this.#deleteMarked();
    else this.isAsking = false;
  };

  async #deleteMarked(): Promise<void> {
    try {
      const answer = await ask(apiPath(['namespaces', this.name, 'kv']), {
        method: 'DELETE',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ keys: [...this.marked] }),
      });
      const { keys } = (await answer.json()) as { keys: readonly string[] };
      this.note = `Deleted ${showCounted(keys.length, 'key', 'keys')}.`;
      this.#reload();
    } catch (error) {
      this.#failed(error);
    }
  }
}
customElements.define('cairn-namespace-view', NamespaceView);
