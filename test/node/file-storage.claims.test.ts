// First, before the library takes hold of the functions that it replaces.
import '../support/fs-hooks.ts';

import { afterEach, beforeEach } from 'vitest';
import '../../src/node/index.ts';
import { errno, setFsHook } from '../support/fs-hooks.ts';
import { filePlace } from '../support/places.ts';
import { storageConformance } from '../support/storage-conformance.ts';

// A file system without hard links keeps every promise of a storage.
beforeEach(() => setFsHook((call) => (call.operation === 'link' ? errno('ENOTSUP', 'link') : undefined)));
afterEach(() => setFsHook());

storageConformance(filePlace());
