// What must not happen on any page of any journey: it is watched for, and told when the journey ends.

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

import { expect } from '@playwright/test';

import { ARTEFACTS } from './settings.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// What was looked at already by this worker: the same page in the same state is examined once for each size.
const examined = new Set();

export class Guard {
  #faults = [];
  #navigations = new Map();
  #visited = new Set();
  #looked = new Set();
  #shots = 0;

  constructor(origins, folder, size) {
    this.origins = origins;
    this.folder = `${ARTEFACTS}/screenshots/${size}/${folder}`;
    this.size = size;
  }

  // Watches all that the pages of a context ask for, say and show.
  watch(context) {
    context.on('request', (request) => this.#asked(request));
    context.on('response', (response) => this.#answered(response));
    context.on('console', (message) => this.#said(message));
    context.on('weberror', (failed) => this.#faults.push(`a script failed: ${failed.error().message}`));
    context.on('page', (page) => {
      page.on('framenavigated', (frame) => {
        if (frame === page.mainFrame() && frame.url().startsWith('http')) this.#visited.add(kind(frame.url()));
      });
    });
  }

  #asked(request) {
    const { protocol, origin } = new URL(request.url());
    if (protocol.startsWith('http') && !this.origins.includes(origin)) {
      this.#faults.push(`another site was asked: ${request.url()}`);
    }
  }

  #answered(response) {
    const request = response.request();
    const [status, url] = [response.status(), response.url()];
    if (status >= 500) this.#faults.push(`${url} answered ${status}`);
    if (request.resourceType() !== 'document') {
      if (status >= 400) this.#faults.push(`${url} answered ${status}`);
      return;
    }
    this.#navigations.set(url, status);
    const unfit = laxness(response.headers()['content-security-policy'], url);
    if (unfit) this.#faults.push(`${url}: ${unfit}`);
  }

  #said(message) {
    if (message.type() !== 'error') return;
    // The sandbox of a mail, which keeps the test's own script out as well.
    if (message.text().startsWith('Blocked script execution') && /\/mails\/\d+\/html/.test(message.text())) return;
    // A page that says what is wrong has a status that says so as well, and a browser tells of that.
    const status = this.#navigations.get(message.location().url);
    const isOfPage = message.text().startsWith('Failed to load resource') && status >= 400 && status < 500;
    if (!isOfPage) this.#faults.push(`the console says: ${message.text()} (${message.location().url})`);
  }

  // Takes a picture of a page, and has axe look at it. `hasScripts` is false where no script can run.
  async look(page, name, { hasScripts = true } = {}) {
    this.#looked.add(kind(page.url()));
    const key = `${name} ${kind(page.url())} ${hasScripts}`;
    if (examined.has(key)) return;
    examined.add(key);
    this.#shots += 1;
    const number = String(this.#shots).padStart(2, '0');
    await page.screenshot({ path: `${this.folder}/${number}-${plain(name)}.png`, fullPage: true });
    if (!hasScripts) return;
    await page.evaluate(AXE);
    const { violations, width } = await page.evaluate(async () => {
      const options = { resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } };
      const found = await globalThis.axe.run(document, options);
      const { scrollWidth, clientWidth } = document.documentElement;
      return { violations: found.violations, width: scrollWidth - clientWidth };
    });
    for (const { id, impact, help, nodes } of violations) {
      if (impact === 'serious' || impact === 'critical') {
        const where = nodes.slice(0, 3).map((node) => node.target.join(' '));
        this.#faults.push(`axe on ${name} (${kind(page.url())}): ${impact}: ${id}: ${help}: ${where.join('; ')}`);
      }
    }
    if (width > 0) this.#faults.push(`${name} (${kind(page.url())}) is ${width} pixels wider than the screen`);
  }

  // To be called at the end: nothing was wrong, and no page was passed by unseen.
  conclude() {
    expect(this.#faults, 'what must not happen on any page').toEqual([]);
    const unseen = [...this.#visited].filter((each) => !this.#looked.has(each));
    expect(unseen, 'pages that were visited and not looked at').toEqual([]);
  }
}

// Which kind of page an address is of: ids and what is asked for make no other one.
function kind(url) {
  const path = new URL(url).pathname;
  const shorter = path.replace(/^(\/(?:shop|admin)\/\w+|\/mails)\/[^/]+$/, '$1/*');
  return shorter.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '*').replace(/^\/admin\/changed\/.*/, '/admin/changed/*');
}

// What a policy allows that it should not; nothing is loaded but from the shop itself, and no code within a page runs.
export function laxness(policy, url = '') {
  if (!policy) return 'has no Content-Security-Policy';
  const directives = policy.split(';').map((each) => each.trim().split(/\s+/));
  const values = new Map(directives.map(([name, ...sources]) => [name, sources]));
  if (values.get('default-src')?.join() !== "'none'") return 'the policy allows things by default';
  for (const name of ['base-uri', 'form-action', 'frame-ancestors']) {
    if (!values.has(name)) return `the policy does not say ${name}`;
  }
  // A mail brings its own style, and can do nothing at all.
  const isMail = url.endsWith('/html') && values.has('sandbox') && !values.has('script-src');
  for (const [name, sources] of values) {
    const fine = (source) => ["'none'", "'self'"].includes(source) || (isMail && name === 'style-src');
    const lax = name === 'sandbox' ? [] : sources.filter((source) => !fine(source));
    if (lax.length > 0) return `the policy allows ${name} ${lax.join(' ')}`;
  }
  return '';
}

export function plain(text) {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
}
