import { html, type TemplateResult } from 'lit';

/** The question whether to delete, and a button for each answer. */
export function confirmDeletion(
  { what, keep }: { readonly what: string; readonly keep: string },
  onAnswer: (isDeleted: boolean) => void,
): TemplateResult {
  return html`
    <div class="row" role="group" aria-label="Confirm">
      <span>Delete ${what}?</span>
      <button type="button" class="danger" @click=${() => onAnswer(true)}>Delete</button>
      <button type="button" @click=${() => onAnswer(false)}>${keep}</button>
    </div>
  `;
}
