import { html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { apiPath, askLines, type StoreSummary, type VerifyLine } from './api.ts';
import { PlainElement } from './plain-element.ts';
import { showBytes, showCount, showCounted, showError } from './show.ts';

/** Checks all of a store, and reports. */
export class StoreVerify extends PlainElement {
  static override properties: PropertyDeclarations = {
    store: { attribute: false },
    line: { state: true },
    trouble: { state: true },
    isRunning: { state: true },
  };

  declare store: StoreSummary;
  declare line: VerifyLine | undefined;
  declare trouble: string;
  declare isRunning: boolean;
  #running: AbortController | undefined;

  constructor() {
    super();
    this.trouble = '';
    this.isRunning = false;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#running?.abort();
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has('store')) return;
    this.#running?.abort();
    this.line = undefined;
    this.trouble = '';
    this.isRunning = false;
  }

  protected override render(): TemplateResult {
    const { line, isRunning } = this;
    const { done = 0, total = 0 } = line ?? {};
    return html`
      <p>Reads every byte of the files, and checks every checksum and the order of all keys.</p>
      <p>
        ${
          isRunning
            ? html`<button type="button" @click=${() => this.#running?.abort()}>Stop</button>`
            : html`<button type="button" class="primary" @click=${this.#verify}>Verify</button>`
        }
      </p>
      ${
        isRunning
          ? html`
            <progress aria-label="Verified" max=${total || 1} value=${done}></progress>
            <p class="note">${showBytes(done)} of ${showBytes(total)}</p>
          `
          : nothing
      }
      <div role="status">${this.#outcome()}</div>
    `;
  }

  #outcome(): TemplateResult | typeof nothing {
    const { trouble, line } = this;
    if (trouble !== '') return html`<p class="trouble">${trouble}</p>`;
    const report = line?.report;
    if (report === undefined) return nothing;
    const { files, blocks, bytes, entries } = report.checked;
    const checked = [
      files === undefined ? '' : `${showCount(files)} files`,
      blocks === undefined ? '' : `${showCount(blocks)} blocks`,
      bytes === undefined ? '' : showBytes(bytes),
      entries === undefined ? '' : `${showCount(entries)} entries`,
    ].filter((text) => text !== '');
    if (report.ok) return html`<p class="good">Everything is intact: ${checked.join(', ')}.</p>`;
    return html`
      <p class="trouble">
        ${showCounted(report.problems.length, 'problem', 'problems')} among ${checked.join(', ')}.
        <code>cairn salvage</code> copies what is intact.
      </p>
      <table>
        <thead><tr><th scope="col">File</th><th scope="col">Section</th><th scope="col">Offset</th></tr></thead>
        <tbody>
          ${report.problems.map(
            ({ file, section, offset }) =>
              html`<tr><td>${file}</td><td>${section}</td><td>${showCount(offset)}</td></tr>`,
          )}
        </tbody>
      </table>
    `;
  }

  readonly #verify = async (): Promise<void> => {
    const running = new AbortController();
    this.#running = running;
    this.isRunning = true;
    this.line = undefined;
    this.trouble = '';
    const path = apiPath(['stores', this.store.name, 'verify']);
    try {
      for await (const line of askLines<VerifyLine>(path, { method: 'POST', signal: running.signal })) {
        this.line = line;
        if (line.error !== undefined) this.trouble = line.error.message;
      }
    } catch (error) {
      if (!running.signal.aborted) this.trouble = showError(error);
    }
    if (this.#running === running) this.isRunning = false;
  };
}
customElements.define('cairn-store-verify', StoreVerify);
