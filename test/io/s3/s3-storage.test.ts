import { s3Place } from '../../support/places.ts';
import { startServer } from '../../support/s3-place.ts';
import { storageConformance } from '../../support/storage-conformance.ts';

storageConformance(s3Place('s3:', startServer));
