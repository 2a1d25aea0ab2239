// A process that uses a collection of a bucket or a container, which its variables describe.
import '../../src/io/s3/index.ts';
import '../../src/io/azure/index.ts';
import '../fault/collection-child.ts';
