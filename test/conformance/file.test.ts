import '../../src/node/index.ts';
import { filePlace } from '../support/places.ts';
import { storeConformance } from './store-conformance.ts';

storeConformance(filePlace());
