import { ObjectAnswer } from '../objects/object-answer.ts';

/** Advice for refusals, by status. */
const AZURE_ADVICE: Readonly<Record<number, string>> = {
  401: 'check the token, and the roles of whom it names',
  403: 'check the key, the shared access signature or the role, what it allows, and the clock of this machine',
};

/** The complete answer of Azure to one request. */
export class AzureAnswer extends ObjectAnswer {
  protected readonly product: string = 'Azure';
  protected readonly container: string = 'container';

  /** Such as `BlobNotFound`. */
  override get reason(): string {
    // An answer to HEAD has no body.
    return this.headers.get('x-ms-error-code') ?? this.code;
  }

  /** Whether a condition was not met: there is such a blob already, or it is another one. */
  get conditionFailed(): boolean {
    return this.reason === 'BlobAlreadyExists' || (this.status === 412 && !this.reason.startsWith('Lease'));
  }

  get lacksContainer(): boolean {
    return this.reason === 'ContainerNotFound';
  }

  // The lines after the first are for Azure's support.
  protected override get text(): string {
    return super.text.split('\n', 1)[0].trim();
  }

  protected advice(): string | undefined {
    return AZURE_ADVICE[this.status];
  }
}
