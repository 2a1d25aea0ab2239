import { storeConformance } from '../conformance/store-conformance.ts';
import { schemePlace } from '../support/scheme-place.ts';

storeConformance(schemePlace('memory:'));
