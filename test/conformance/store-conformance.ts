import { afterAll, describe } from 'vitest';
import type { Place } from '../support/places.ts';
import { blobCases } from './blob-cases.ts';
import { copyCases } from './copy-cases.ts';
import { keyCases } from './key-cases.ts';
import { managementCases } from './management-cases.ts';
import { mergeCases } from './merge-cases.ts';
import { optionCases } from './option-cases.ts';
import { orderCases } from './order-cases.ts';
import { partitionCases } from './partition-cases.ts';
import { rangeCases } from './range-cases.ts';
import { readerCases } from './reader-cases.ts';
import { replaceCases } from './replace-cases.ts';
import { sortCases } from './sort-cases.ts';
import { storeCases } from './store-cases.ts';
import { writerCases } from './writer-cases.ts';

/** Everything that must hold for stores wherever they lie; a place gives fresh directories of a storage. */
export function storeConformance(place: Place): void {
  describe(`stores in ${place.name}`, () => {
    afterAll(() => place.cleanUp());
    describe('Store', () => storeCases(place));
    describe('Management', () => managementCases(place));
    describe('copying', () => copyCases(place));
    describe('Merging', () => mergeCases(place));
    describe('replacing', () => replaceCases(place));
    describe('options', () => optionCases(place));
    describe('writing', () => writerCases(place));
    describe('sorting', () => sortCases(place));
    // Most of these read without waiting, and none is about where the bytes lie.
    if (place.objects) return;
    describe('Partition and format', () => partitionCases(place));
    describe('partitions as Blobs', () => blobCases(place));
    describe('reading', () => readerCases(place));
    describe('ranges', () => rangeCases(place));
    describe('order', () => orderCases(place));
    describe('keys', () => keyCases(place));
  });
}
