import './register.ts';
import { packageNotLoaded } from '../missing-package.ts';
import { registerServerPlatform } from '../server/platform.ts';
import { builtPage } from './built-page.ts';
import { DirectoryTree } from './directory-tree.ts';

export * from '../server/index.ts';

registerServerPlatform({
  async listen(fetch, where, settings) {
    const { listenOn } = await import('./http-listener.ts').catch(packageNotLoaded);
    return listenOn(fetch, where, settings);
  },
  files: async ({ storage, path }) => (storage.scheme === 'file' ? DirectoryTree.open(path) : undefined),
  page: builtPage,
});
