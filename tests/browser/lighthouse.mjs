// What Lighthouse says of the first pages, for phone and desktop: a line for each figure, with its target.

import { createServer } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';

import { chromium } from '@playwright/test';
import lighthouse, { desktopConfig } from 'lighthouse';

import { ARTEFACTS, CHROMIUM, WORLD } from './support/settings.mjs';

const TARGET = 95;
const PARTS = ['performance', 'accessibility', 'best-practices'];
const PAGES = { home: '/', products: '/shop/products', product: '/shop/products/3', cart: '/shop/cart' };
const CONFIGS = { phone: undefined, desktop: desktopConfig };

const profile = mkdtempSync(`${tmpdir()}/tradewind-lighthouse-`);
const port = await freePort();
const args = [...CHROMIUM.args, `--remote-debugging-port=${port}`];
const browser = await chromium.launchPersistentContext(profile, { ...CHROMIUM, args, locale: 'en-GB' });
let missed = 0;
try {
  await fill(await browser.newPage());
  for (const [size, config] of Object.entries(CONFIGS)) {
    for (const [name, path] of Object.entries(PAGES)) await judge(`${size}.${name}`, `${WORLD.shop}${path}`, config);
  }
} finally {
  await browser.close();
  rmSync(profile, { recursive: true, force: true });
}
process.exit(missed > 0 ? 1 : 0);

// Something is in the cart: an empty one shows little.
async function fill(page) {
  await page.goto(`${WORLD.shop}${PAGES.product}`);
  await page.getByRole('button', { name: 'Add to cart' }).click();
  await page.getByRole('dialog').getByText('It is in your cart.').waitFor();
  await page.close();
}

async function judge(name, url, config) {
  // What is in the cart stays there.
  const flags = { port, output: 'html', onlyCategories: PARTS, disableStorageReset: true, logLevel: 'error' };
  const { lhr, report } = await record(url, flags, config);
  writeFileSync(`${ARTEFACTS}/lighthouse-${name}.html`, report);
  for (const part of PARTS) {
    const value = Math.round((lhr.categories[part].score ?? 0) * 100);
    const met = value >= TARGET;
    if (!met) missed += 1;
    const label = `lighthouse.${name}.${part}`.padEnd(40);
    console.log(`${label} ${String(value).padStart(12)}   ${`>= ${TARGET}`.padEnd(12)} ${met ? 'PASS' : 'FAIL'}`);
    if (!met) for (const line of reasons(lhr, part)) console.log(`  ${line}`);
  }
}

// A page that could not be recorded was not measured, and is recorded again: Lighthouse asks for that itself.
async function record(url, flags, config, tries = 3) {
  const result = await lighthouse(url, flags, config);
  const { runtimeError } = result.lhr;
  if (!runtimeError) return result;
  console.error(`lighthouse: ${url}: ${runtimeError.code}`);
  return tries > 1 ? record(url, flags, config, tries - 1) : result;
}

function reasons(lhr, part) {
  const refs = lhr.categories[part].auditRefs.filter(({ weight }) => weight > 0);
  const audits = refs.map(({ id }) => lhr.audits[id]).filter(({ score }) => score !== null && score < 0.9);
  return audits.map(({ title, displayValue = '' }) => `${title} ${displayValue}`.trim());
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
