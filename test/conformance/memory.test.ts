import '../../src/node/index.ts';
import { schemePlace } from '../support/places.ts';
import { storeConformance } from './store-conformance.ts';

storeConformance(schemePlace('memory:'));
