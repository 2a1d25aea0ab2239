/** The file whose presence makes a directory a store: it is made last, and removed first. */
export const COMMIT_NAME = 'MANIFEST.json';
