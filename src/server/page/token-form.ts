import { html, type PropertyDeclarations, type TemplateResult } from 'lit';
import { ask } from './api.ts';
import { PlainElement } from './plain-element.ts';
import { showError } from './show.ts';

/** Asks for the server's token, and trades it for a session. `admitted` is dispatched then. */
export class TokenForm extends PlainElement {
  static override properties: PropertyDeclarations = { trouble: { state: true } };

  declare trouble: string;

  constructor() {
    super();
    this.trouble = '';
  }

  protected override render(): TemplateResult {
    return html`
      <form class="token" @submit=${this.#onSubmit}>
        <h1>This server asks for its token</h1>
        <p class="note">It is what <code>cairn serve</code> was started with: <code>--token</code> or <code>CAIRN_TOKEN</code>.</p>
        <label for="token">Token</label>
        <input id="token" name="token" type="password" required autocomplete="current-password" autofocus aria-describedby="wrong" />
        <p id="wrong" class="trouble" role="alert">${this.trouble}</p>
        <button type="submit" class="primary">Continue</button>
      </form>
    `;
  }

  readonly #onSubmit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const token = this.querySelector<HTMLInputElement>('#token')?.value ?? '';
    try {
      await ask('/session', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token }),
      });
      this.dispatchEvent(new CustomEvent('admitted'));
    } catch (error) {
      this.trouble = showError(error);
      this.querySelector<HTMLInputElement>('#token')?.select();
    }
  };
}
customElements.define('cairn-token-form', TokenForm);
