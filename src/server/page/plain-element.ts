import { LitElement } from 'lit';

/** An element whose content is part of the page: one style sheet and one tree of labels serve all of it. */
export class PlainElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }
}
