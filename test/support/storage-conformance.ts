import { afterAll, describe, it } from 'vitest';
import { storageConformance as storageCases } from '../../src/io/conformance/index.ts';
import type { Place } from './places.ts';

/** Everything that a storage promises. */
export function storageConformance(place: Place): void {
  describe(`the storage of ${place.name}`, () => {
    afterAll(() => place.cleanUp());
    for (const { name, run } of storageCases({ root: () => place.root(), objects: place.objects ?? false }))
      it(name, run);
  });
}
