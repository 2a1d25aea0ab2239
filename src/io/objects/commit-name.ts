/** The file whose presence makes a directory a store: it arrives last, and leaves first. */
export const COMMIT_NAME = 'MANIFEST.json';
