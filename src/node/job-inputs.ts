import { registerInputKinds } from '../batch/input-kinds.ts';
import { packageNotLoaded } from '../missing-package.ts';

/** Lets jobs read collections and files. Their code is loaded when a job names one. */
export function registerJobInputs(): void {
  registerInputKinds({
    async splitCollection(uri, wish) {
      const { splitCollection } = await import('./collection-input.ts').catch(packageNotLoaded);
      return splitCollection(uri, wish);
    },
    async splitFiles(input, wish) {
      const { splitFiles } = await import('./file-input.ts').catch(packageNotLoaded);
      return splitFiles(input, wish);
    },
    async open(split, options) {
      if (split.kind === 'file') {
        const { openFileSplit } = await import('./file-input.ts').catch(packageNotLoaded);
        return openFileSplit(split, options);
      }
      const { openCollectionSplit } = await import('./collection-input.ts').catch(packageNotLoaded);
      return openCollectionSplit(split, options);
    },
  });
}
