import '../../src/node/index.ts';
import { storageConformance } from '../io/storage-conformance.ts';
import { filePlace } from '../support/places.ts';

storageConformance(filePlace());
