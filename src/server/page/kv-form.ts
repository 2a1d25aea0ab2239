import { html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import {
  ApiError,
  apiPath,
  ask,
  askJson,
  digitsOf,
  KV_TYPES,
  type KvEntry,
  type KvRevision,
  type KvType,
} from './api.ts';
import { confirmDeletion } from './confirm-deletion.ts';
import { PlainElement } from './plain-element.ts';
import { showError, valuePreview } from './show.ts';

/** How long values last, by ISO durations. */
const LIFETIMES: readonly (readonly [duration: string, name: string])[] = [
  ['', 'for ever'],
  ['PT5M', '5 minutes'],
  ['PT1H', '1 hour'],
  ['P1D', '1 day'],
  ['P7D', '7 days'],
  ['P30D', '30 days'],
];

const KEEP = 'keep';
const CUSTOM = 'custom';

const HINTS: Readonly<Record<KvType, string>> = {
  STRING: '',
  NUMBER: '123.45',
  BOOLEAN: '',
  DATETIME: '2026-01-31T09:00:00Z',
  DATE: '2026-01-31',
  DURATION: 'P1DT12H',
  JSON: '{"name": "value"}',
};

/** The field that an error is about. */
type Field = 'key' | 'value' | 'ttl' | 'form';

/**
 * The form of a key: a new one, or one that is there, with its earlier values. `saved`, `deleted` and `close` are dispatched.
 */
export class KvForm extends PlainElement {
  static override properties: PropertyDeclarations = {
    namespace: {},
    entry: { attribute: false },
    isReadOnly: { attribute: false },
    type: { state: true },
    lifetime: { state: true },
    trouble: { state: true },
    revisions: { state: true },
    isAsking: { state: true },
  };

  declare namespace: string;
  /** The key that is edited; undefined for a new one. */
  declare entry: KvEntry | undefined;
  declare isReadOnly: boolean;
  declare type: KvType;
  declare lifetime: string;
  declare trouble: { readonly field: Field; readonly text: string } | undefined;
  declare revisions: readonly KvRevision[] | undefined;
  /** Whether a deletion waits for a second word. */
  declare isAsking: boolean;

  constructor() {
    super();
    this.isReadOnly = false;
    this.type = 'STRING';
    this.lifetime = '';
    this.isAsking = false;
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has('entry')) return;
    this.type = this.entry?.type ?? 'STRING';
    // The value that is saved lasts as long as the one before would have, unless something else is chosen.
    this.lifetime = this.entry?.expirationDate === undefined ? '' : KEEP;
    this.trouble = undefined;
    this.revisions = undefined;
    this.isAsking = false;
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has('entry')) return;
    const { entry } = this;
    for (const [id, text] of [
      ['kv-key', entry?.key ?? ''],
      ['kv-value', entry === undefined ? '' : editedText(entry)],
      ['kv-description', entry?.description ?? ''],
    ]) {
      const field = this.querySelector<HTMLInputElement | HTMLTextAreaElement>(`#${id}`);
      if (field !== null) field.value = text;
    }
    this.querySelector<HTMLElement>(entry === undefined ? '#kv-key' : '#kv-value')?.focus();
  }

  protected override render(): TemplateResult {
    const { entry, type, trouble, isReadOnly } = this;
    const isWrong = (field: Field): unknown => (trouble?.field === field ? 'true' : nothing);
    return html`
      <form class="panel" aria-label=${entry === undefined ? 'New key' : `Key ${entry.key}`} @submit=${this.#save} @keydown=${this.#onKey}>
        <header>
          <h2>${entry === undefined ? 'New key' : entry.key}</h2>
          <button type="button" class="quiet" aria-label="Close" @click=${this.#close}>×</button>
        </header>
        <label for="kv-key" ?hidden=${entry !== undefined}>Key</label>
        <input id="kv-key" required ?hidden=${entry !== undefined} autocomplete="off" autocapitalize="off" spellcheck="false"
          aria-invalid=${isWrong('key')} aria-describedby="kv-trouble" />
        <label for="kv-type">Type</label>
        <select id="kv-type" ?disabled=${isReadOnly} @change=${this.#onType}>
          ${KV_TYPES.map((name) => html`<option ?selected=${name === type}>${name}</option>`)}
        </select>
        <label for="kv-value">Value</label>
        <textarea id="kv-value" rows=${type === 'JSON' || type === 'STRING' ? 8 : 1} spellcheck="false" placeholder=${HINTS[type]}
          ?readonly=${isReadOnly} aria-invalid=${isWrong('value')} aria-describedby="kv-trouble" @input=${this.#onValue}></textarea>
        <label for="kv-lifetime">Expires</label>
        <select id="kv-lifetime" ?disabled=${isReadOnly} @change=${this.#onLifetime}>
          ${
            entry?.expirationDate === undefined
              ? nothing
              : html`<option value=${KEEP} ?selected=${this.lifetime === KEEP}>as before: ${shortDate(entry.expirationDate)}</option>`
          }
          ${LIFETIMES.map(
            ([duration, name]) =>
              html`<option value=${duration} ?selected=${this.lifetime === duration}>${duration === '' ? 'never' : `after ${name}`}</option>`,
          )}
          <option value=${CUSTOM} ?selected=${this.lifetime === CUSTOM}>after another time</option>
        </select>
        ${
          this.lifetime === CUSTOM
            ? html`
              <label for="kv-ttl">Time, as an ISO duration</label>
              <input id="kv-ttl" required placeholder="P1DT12H" aria-invalid=${isWrong('ttl')} aria-describedby="kv-trouble" />
            `
            : nothing
        }
        <label for="kv-description">Description</label>
        <input id="kv-description" ?readonly=${isReadOnly} autocomplete="off" />
        <p id="kv-trouble" class="trouble" role="alert">${trouble?.text ?? ''}</p>
        ${isReadOnly ? html`<p class="note">This server only reads.</p>` : this.#buttons()}
        ${entry === undefined ? nothing : this.#about(entry)}
      </form>
    `;
  }

  #buttons(): TemplateResult {
    if (this.isAsking) return confirmDeletion({ what: 'this key', keep: 'Keep it' }, this.#onAnswer);
    return html`
      <div class="row">
        <button type="submit" class="primary">Save</button>
        ${
          this.entry === undefined
            ? nothing
            : html`<button type="button" @click=${() => {
                this.isAsking = true;
              }}>Delete …</button>`
        }
      </div>
    `;
  }

  #about(entry: KvEntry): TemplateResult {
    return html`
      <p class="note">Revision ${entry.revision}, changed ${shortDate(entry.updateDate)}, made ${shortDate(entry.creationDate)}</p>
      ${
        this.revisions === undefined
          ? html`<button type="button" class="quiet" @click=${this.#loadHistory}>Earlier values</button>`
          : html`
            <table>
              <caption class="note">Values that are kept</caption>
              <tbody>
                ${this.revisions.map(
                  ({ revision, updateDate, type, value }) => html`
                    <tr><th scope="row">${revision}</th><td>${shortDate(updateDate)}</td><td>${type}</td><td>${valuePreview(value)}</td></tr>
                  `,
                )}
              </tbody>
            </table>
          `
      }
    `;
  }

  readonly #onType = (event: Event): void => {
    this.type = (event.target as HTMLSelectElement).value as KvType;
    this.#onValue();
  };

  readonly #onLifetime = (event: Event): void => {
    this.lifetime = (event.target as HTMLSelectElement).value;
  };

  /** JSON is checked as it is typed. */
  readonly #onValue = (): void => {
    const text = this.#text('kv-value');
    if (this.trouble?.field === 'value') this.trouble = undefined;
    if (this.type !== 'JSON' || text === '') return;
    try {
      JSON.parse(text);
    } catch (error) {
      this.trouble = { field: 'value', text: `This is no JSON: ${(error as Error).message}` };
    }
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') this.#close();
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void this.#save(event);
  };

  readonly #close = (): void => {
    this.dispatchEvent(new CustomEvent('close', { bubbles: true }));
  };

  readonly #save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (this.isReadOnly) return;
    const { entry, type } = this;
    const key = entry?.key ?? this.#text('kv-key').trim();
    if (key === '') {
      this.trouble = { field: 'key', text: 'Give the key a name.' };
      return;
    }
    this.#onValue();
    if (this.trouble?.field === 'value') return;
    const headers: Record<string, string> = { 'content-type': 'text/plain; charset=utf-8' };
    const ttl = this.#ttl();
    if (ttl !== '') headers.ttl = ttl;
    const description = this.#text('kv-description');
    if (description !== '') headers.description = headerText(description);
    if (entry !== undefined) headers['if-match'] = `"${entry.revision}"`;
    const query = { type, overwrite: entry === undefined ? false : undefined };
    try {
      await ask(apiPath(['namespaces', this.namespace, 'entries', key], query), {
        method: 'PUT',
        headers,
        body: this.#text('kv-value'),
      });
      this.dispatchEvent(new CustomEvent('saved', { detail: key, bubbles: true }));
    } catch (error) {
      this.trouble = troubleOf(error);
    }
  };

  /** The time that the value lasts; of one that keeps its end, what is left of it. */
  #ttl(): string {
    if (this.lifetime === CUSTOM) return this.#text('kv-ttl').trim();
    if (this.lifetime !== KEEP) return this.lifetime;
    const left = Date.parse(this.entry?.expirationDate ?? '') - Date.now();
    return `PT${Math.max(1, Math.round(left / 1000))}S`;
  }

  readonly #onAnswer = (isDeleted: boolean): void => {
    if (isDeleted) void this.#delete();
    else this.isAsking = false;
  };

  async #delete(): Promise<void> {
    const key = this.entry?.key ?? '';
    try {
      await ask(apiPath(['namespaces', this.namespace, 'entries', key]), { method: 'DELETE' });
      this.dispatchEvent(new CustomEvent('deleted', { detail: key, bubbles: true }));
    } catch (error) {
      this.trouble = troubleOf(error);
    }
  }

  readonly #loadHistory = async (): Promise<void> => {
    try {
      const path = apiPath(['namespaces', this.namespace, 'entries', this.entry?.key ?? '', 'history']);
      this.revisions = await askJson<readonly KvRevision[]>(path);
    } catch (error) {
      this.trouble = troubleOf(error);
    }
  };

  #text(id: string): string {
    return this.querySelector<HTMLInputElement | HTMLTextAreaElement>(`#${id}`)?.value ?? '';
  }
}
customElements.define('cairn-kv-form', KvForm);

/** A value as it is edited: JSON as JSON, all else without quotes. */
function editedText({ type, value }: KvEntry): string {
  return type === 'JSON' ? JSON.stringify(value, undefined, 2) : (digitsOf(value) ?? String(value));
}

function troubleOf(error: unknown): { readonly field: Field; readonly text: string } {
  const text = showError(error);
  if (!(error instanceof ApiError)) return { field: 'form', text };
  if (error.status === 409)
    return { field: 'key', text: 'There is such a key already: choose another name, or edit that one.' };
  if (error.status === 412)
    return { field: 'form', text: 'The key was changed by others meanwhile: close this and open it again.' };
  if (/ttl|duration/i.test(text)) return { field: 'ttl', text };
  return { field: /key/i.test(text) ? 'key' : 'value', text };
}

/** Headers have characters of one byte: these are the bytes of UTF-8. */
function headerText(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

/** `2026-01-31 09:00` */
export function shortDate(text: string): string {
  return text.slice(0, 16).replace('T', '\u00a0');
}
