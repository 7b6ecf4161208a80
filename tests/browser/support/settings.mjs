// Settings of a run, and what it was told.

import { tmpdir } from 'node:os';

// How Chromium is started: as Debian has it, without a sandbox for root, and without calls of its own.
export const CHROMIUM = {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    '--no-default-browser-check',
  ],
};

// The two sizes in which everything is tried.
export const SIZES = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 1 },
};

// Where the fleet is and who can sign in there, as `main.mjs` hands it on.
export const WORLD = JSON.parse(process.env.TRADEWIND_BROWSER_WORLD ?? 'null');

export const ARTEFACTS = process.env.TRADEWIND_BROWSER_ARTEFACTS ?? `${tmpdir()}/tradewind-browser`;
