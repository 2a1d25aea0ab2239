/** The browser to drive; `npm run test:browser` names it, and installs one where it may. */
export const CHROMIUM: string = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Nothing but the pages under test: no sandbox (these pages are ours), no requests of the browser's own. */
export const CHROMIUM_FLAGS: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
