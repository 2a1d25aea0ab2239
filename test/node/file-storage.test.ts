import '../../src/node/index.ts';
import { filePlace } from '../support/places.ts';
import { storageConformance } from '../support/storage-conformance.ts';

storageConformance(filePlace());
