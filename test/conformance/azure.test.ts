import '../../src/node/index.ts';
import { startFake } from '../support/azure-fake.ts';
import { azurePlace } from '../support/places.ts';
import { storeConformance } from './store-conformance.ts';

storeConformance(azurePlace('az:', startFake));
