// Journeys: each has visitors with browsers of their own, and a guard over all of them.

import { test as base } from '@playwright/test';

import { Guard, plain } from './guard.mjs';
import { Office } from './office.mjs';
import { WORLD } from './settings.mjs';
import { Shopper } from './shopper.mjs';

export { expect } from '@playwright/test';

let made = 0;

export const test = base.extend({
  guard: async ({}, use, info) => {
    const origins = [WORLD.shop, WORLD.mailbox].map((address) => new URL(address).origin);
    const guard = new Guard(origins, plain(info.titlePath.slice(1).join(' ')), info.project.name);
    await use(guard);
    if (info.status === info.expectedStatus) guard.conclude();
  },

  // Opens another browser, so to speak: without cookies, and for nobody yet.
  visit: async ({ browser, guard, hasTouch }, use) => {
    const contexts = [];
    await use(async (options = {}) => {
      const context = await browser.newContext(options);
      contexts.push(context);
      guard.watch(context);
      const page = await context.newPage();
      const isDark = options.colorScheme === 'dark';
      return { page, guard, touch: hasTouch, hasScripts: options.javaScriptEnabled !== false, isDark };
    });
    for (const context of contexts) await context.close();
  },

  shopper: async ({ visit }, use) => use(new Shopper(await visit())),

  // Who works for the shop, signed in with everything allowed.
  office: async ({ visit }, use) => {
    const office = new Office(await visit());
    await office.signIn(WORLD.people.Max);
    await use(office);
  },

  // The customer of the demo data whom journeys of this size have for themselves.
  customer: async ({}, use, info) => use(info.project.name === 'phone' ? WORLD.people.Grace : WORLD.people.Ada),

  // Names that nothing else in the shop has.
  unique: async ({}, use, info) => {
    await use((name) => {
      made += 1;
      return `${name} ${info.project.name} w${info.workerIndex}n${made}`;
    });
  },
});
