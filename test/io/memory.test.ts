import '../../src/node/index.ts';
import { MemoryStorage } from '../../src/io/memory.ts';
import { FaultyStorage } from '../support/faulty-storage.ts';
import { schemePlace } from '../support/places.ts';
import { storageConformance } from '../support/storage-conformance.ts';

storageConformance(schemePlace('memory:'));

// The storage of the fault tests must be a storage, too.
new FaultyStorage(new MemoryStorage()).register();
storageConformance(schemePlace('faulty:'));
