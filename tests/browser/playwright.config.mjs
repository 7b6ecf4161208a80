import { defineConfig } from '@playwright/test';

import { ARTEFACTS, CHROMIUM, SIZES, WORLD } from './support/settings.mjs';

export default defineConfig({
  testDir: 'journeys',
  outputDir: `${ARTEFACTS}/failures`,
  fullyParallel: true,
  workers: Number(process.env.BROWSER_WORKERS ?? 2),
  // A test that passes at the second try has found something.
  retries: 0,
  forbidOnly: true,
  timeout: 90_000,
  expect: { timeout: 20_000 },
  reporter: [['list'], ['json', { outputFile: `${ARTEFACTS}/results.json` }]],
  use: {
    baseURL: WORLD?.shop,
    launchOptions: CHROMIUM,
    locale: 'en-GB',
    timezoneId: 'UTC',
    actionTimeout: 20_000,
    navigationTimeout: 30_000,
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
  },
  projects: Object.entries(SIZES).map(([name, use]) => ({ name, use })),
});
