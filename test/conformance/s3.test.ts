import '../../src/node/index.ts';
import { s3Place } from '../support/places.ts';
import { startServer } from '../support/s3-place.ts';
import { storeConformance } from './store-conformance.ts';

storeConformance(s3Place('s3:', startServer));
