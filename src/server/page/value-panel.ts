import { html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import type { Entry } from './api.ts';
import { PlainElement } from './plain-element.ts';
import { keyText, valueKind, valueText } from './show.ts';

/** All of one entry. `close` is dispatched when it is no longer wanted. */
export class ValuePanel extends PlainElement {
  static override properties: PropertyDeclarations = {
    entry: { attribute: false },
    position: { type: Number },
    copied: { state: true },
  };

  declare entry: Entry | undefined;
  /** Of the entry in key order, if it is known. */
  declare position: number | undefined;
  declare copied: boolean;

  constructor() {
    super();
    this.copied = false;
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('entry')) this.copied = false;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { entry } = this;
    if (entry === undefined) return nothing;
    return html`
      <section class="panel" aria-label="Entry" @keydown=${this.#onKey}>
        <header>
          <h2 class="key">${keyText(entry.key)}</h2>
          <button type="button" class="quiet" aria-label="Close" @click=${this.#close}>×</button>
        </header>
        <p class="note">
          ${valueKind(entry.value)}${this.position === undefined ? '' : `, entry ${this.position.toLocaleString('en')}`}
          <button type="button" class="quiet" @click=${this.#copy}>${this.copied ? 'Copied' : 'Copy value'}</button>
        </p>
        <pre tabindex="0">${valueText(entry.value)}</pre>
      </section>
    `;
  }

  readonly #close = (): void => {
    this.dispatchEvent(new CustomEvent('close', { bubbles: true }));
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') this.#close();
  };

  readonly #copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(valueText(this.entry?.value));
    this.copied = true;
  };
}
customElements.define('cairn-value-panel', ValuePanel);
