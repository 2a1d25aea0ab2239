import { startFake } from '../../support/azure-fake.ts';
import { azurePlace } from '../../support/places.ts';
import { storageConformance } from '../../support/storage-conformance.ts';

storageConformance(azurePlace('az:', startFake));
