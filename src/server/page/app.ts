import { html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { apiPath, askJson, bootstrap, type StoreSummary } from './api.ts';
import './namespace-view.ts';
import { linkTo, type Place, placeOf } from './place.ts';
import { PlainElement } from './plain-element.ts';
import { showBytes, showCount, showError, showSize } from './show.ts';
import './store-view.ts';
import './token-form.ts';

/** The page: what there is at the left, what was chosen of it beside that. */
export class App extends PlainElement {
  static override properties: PropertyDeclarations = {
    place: { state: true },
    stores: { state: true },
    namespaces: { state: true },
    filter: { state: true },
    trouble: { state: true },
    isMenuOpen: { state: true },
  };

  declare place: Place;
  /** Undefined until the token has been shown. */
  declare stores: readonly StoreSummary[] | undefined;
  declare namespaces: readonly string[];
  declare filter: string;
  declare trouble: string;
  declare isMenuOpen: boolean;
  readonly #isReadOnly: boolean;

  constructor() {
    super();
    this.place = placeOf(location.hash);
    const { stores, namespaces, isReadOnly } = bootstrap();
    this.stores = stores;
    this.namespaces = namespaces ?? [];
    this.#isReadOnly = isReadOnly;
    this.filter = '';
    this.trouble = '';
    this.isMenuOpen = false;
    if (stores !== undefined && namespaces === undefined) void this.#reloadNamespaces();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('hashchange', this.#onHash);
    addEventListener('keydown', this.#onKey);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('hashchange', this.#onHash);
    removeEventListener('keydown', this.#onKey);
  }

  protected override render(): TemplateResult {
    const { stores } = this;
    if (stores === undefined)
      return html`<main class="alone"><cairn-token-form @admitted=${this.#reload}></cairn-token-form></main>`;
    const words = this.filter.toLowerCase();
    const shown = stores.filter(({ name }) => name.toLowerCase().includes(words));
    const namespaces = this.namespaces.filter((name) => name.toLowerCase().includes(words));
    return html`
      <a class="skip" href="#content" @click=${this.#skip}>Skip to the content</a>
      <header class="bar">
        <a class="brand" href="#/">cairn</a>
        <button
          type="button"
          class="menu"
          aria-expanded=${this.isMenuOpen}
          aria-controls="tree"
          @click=${() => {
            this.isMenuOpen = !this.isMenuOpen;
          }}
        >
          Contents
        </button>
      </header>
      <aside id="tree" class=${this.isMenuOpen ? 'open' : ''}>
        <input
          id="filter"
          type="search"
          aria-label="Filter by name"
          placeholder="Filter: / to begin, Enter to go"
          autocomplete="off"
          spellcheck="false"
          .value=${this.filter}
          @input=${(event: Event) => {
            this.filter = (event.target as HTMLInputElement).value;
          }}
          @keydown=${(event: KeyboardEvent) => {
            if (event.key === 'Enter') this.querySelector<HTMLElement>('#tree li a')?.click();
          }}
        />
        <nav aria-label="Namespaces">
          <h2>Namespaces <span class="note">${showCount(namespaces.length)}</span></h2>
          <ul>
            ${namespaces.map((name) => this.#namespaceLink(name))}
          </ul>
          ${
            this.#isReadOnly
              ? nothing
              : html`
                <form class="new" @submit=${this.#onNew}>
                  <input id="new" aria-label="A new namespace" placeholder="New namespace" autocomplete="off" autocapitalize="off" spellcheck="false" />
                  <button type="submit" aria-label="Go to the new namespace">+</button>
                </form>
              `
          }
        </nav>
        <nav aria-label="Stores">
          <h2>Stores <span class="note">${showCount(shown.length)}</span></h2>
          <ul>
            ${shown.map((store) => this.#link(store))}
          </ul>
          <button type="button" class="quiet" @click=${this.#reload}>Refresh</button>
        </nav>
      </aside>
      <main id="content" tabindex="-1">
        <p class="trouble" role="alert">${this.trouble}</p>
        ${this.#content(stores)}
      </main>
    `;
  }

  #link(store: StoreSummary): TemplateResult {
    const { name, bytes } = store;
    const { place } = this;
    const isCurrent = place.view === 'store' && place.name === name;
    return html`
      <li>
        <a
          href=${linkTo({ view: 'store', name, tab: 'entries' })}
          aria-current=${isCurrent ? 'page' : nothing}
          @click=${() => {
            this.isMenuOpen = false;
          }}
        >
          <span class="name">${name}</span>
          <span class="note">${showSize(store)}, ${showBytes(bytes)}</span>
        </a>
      </li>
    `;
  }

  /** A namespace under those that it inherits from. */
  #namespaceLink(name: string): TemplateResult {
    const { place } = this;
    const isCurrent = place.view === 'namespace' && place.name === name;
    const depth = Math.min(4, name.split('.').length - 1);
    return html`
      <li class="depth-${depth}">
        <a
          href=${linkTo({ view: 'namespace', name })}
          aria-current=${isCurrent ? 'page' : nothing}
          @click=${() => {
            this.isMenuOpen = false;
          }}
          ><span class="name">${name}</span></a
        >
      </li>
    `;
  }

  #content(stores: readonly StoreSummary[]): TemplateResult {
    const { place } = this;
    if (place.view === 'store') {
      const store = stores.find(({ name }) => name === place.name);
      if (store !== undefined)
        return html`<cairn-store-view .store=${store} .tab=${place.tab}></cairn-store-view>`;
      return html`<p class="empty">There is no store “${place.name}” here. <a href="#/">See what there is.</a></p>`;
    }
    if (place.view === 'namespace')
      return html`
        <cairn-namespace-view
          .name=${place.name}
          .isReadOnly=${this.#isReadOnly}
          @changed=${this.#reloadNamespaces}
        ></cairn-namespace-view>
      `;
    if (stores.length === 0 && this.namespaces.length === 0) return welcome();
    return html`
      <header class="title"><h1>What is here</h1></header>
      <ul class="cards">
        ${this.namespaces.map((name) => this.#namespaceLink(name))} ${stores.map((store) => this.#link(store))}
      </ul>
    `;
  }

  readonly #onHash = (): void => {
    if (!location.hash.startsWith('#/')) return;
    this.place = placeOf(location.hash);
  };

  /** `/` goes to the filter, as on other pages of lists. */
  readonly #onKey = (event: KeyboardEvent): void => {
    const { target } = event;
    const isTyping = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
    if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.isMenuOpen = true;
    this.querySelector<HTMLInputElement>('#filter')?.focus();
  };

  readonly #skip = (event: Event): void => {
    event.preventDefault();
    this.querySelector<HTMLElement>('#content')?.focus();
  };

  readonly #onNew = (event: SubmitEvent): void => {
    event.preventDefault();
    const field = this.querySelector<HTMLInputElement>('#new');
    const name = field?.value.trim() ?? '';
    if (field === null || name === '') return;
    field.value = '';
    this.isMenuOpen = false;
    location.hash = linkTo({ view: 'namespace', name });
  };

  readonly #reloadNamespaces = async (): Promise<void> => {
    try {
      const path = apiPath(['namespaces']);
      this.namespaces = (await askJson<{ namespaces: readonly string[] }>(path)).namespaces;
    } catch (error) {
      this.trouble = showError(error);
    }
  };

  readonly #reload = async (): Promise<void> => {
    try {
      const { stores } = await askJson<{ stores: readonly StoreSummary[] }>(apiPath(['stores']));
      this.stores = stores;
      this.trouble = '';
      await this.#reloadNamespaces();
    } catch (error) {
      this.trouble = showError(error);
    }
  };
}
customElements.define('cairn-app', App);

function welcome(): TemplateResult {
  return html`
    <section class="empty">
      <h1>Nothing is here yet</h1>
      <p>A store in the directory that is served appears on this page. To make one:</p>
      <pre tabindex="0">printf 'apple\\t1.20\\npear\\t0.90\\n' | cairn import fruit</pre>
      <p>A namespace keeps values by keys. To begin one, name it at the left, or:</p>
      <pre tabindex="0">cairn kv set company.team cursor 42 --root .</pre>
    </section>
  `;
}
