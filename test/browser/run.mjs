// Runs the tests that need a browser: `npm run test:browser`, with arguments for vitest behind `--`. The browser is the
// one that CHROMIUM names, or Debian's; where that is missing and may be installed, it is.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const DEBIANS = '/usr/bin/chromium';

const chromium = process.env.CHROMIUM || DEBIANS;
if (!existsSync(chromium) && chromium === DEBIANS) install();
if (!existsSync(chromium)) {
  console.error(
    `${chromium} is not there. Install Chromium (Debian: apt-get install chromium), or say where it is: ` +
      'CHROMIUM=/path/to/chromium npm run test:browser',
  );
  process.exit(2);
}

const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', '--config', 'test/browser/vitest.config.ts', ...process.argv.slice(2)],
  {
    stdio: 'inherit',
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { ...process.env, CHROMIUM: chromium },
  },
);
process.exit(status ?? 1);

/** Debian's package, for root on a Debian that has it. */
function install() {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  console.log('Installing Chromium …');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    const { status: failed } = spawnSync('apt-get', args, { stdio: 'inherit', env });
    if (failed !== 0) return;
  }
}
