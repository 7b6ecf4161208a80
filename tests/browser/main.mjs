// Starts a fleet, has the journeys run against it, and Lighthouse look at it, and ends it. `run` calls this.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { startFleet } from './support/fleet.mjs';

const { values, positionals } = parseArgs({
  options: { program: { type: 'string' }, artefacts: { type: 'string' }, short: { type: 'boolean' } },
  allowPositionals: true,
});

// Quicker than on a laptop, so that nobody waits: when an order is out of reach of a cancellation, how passwords are
// hashed, and how many attempts come from one address, which all journeys share.
const SETTINGS = [
  'orders.cancellation_window=8s',
  'accounts.hashing.memory_kib=64',
  'accounts.hashing.passes=1',
  'accounts.lockout.after_from_address=10000',
];

const data = mkdtempSync(`${tmpdir()}/tradewind-browser-`);
let fleet;
let status = 1;
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => finish(1));
try {
  for (const left of ['screenshots', 'failures', 'results.json']) {
    rmSync(`${values.artefacts}/${left}`, { recursive: true, force: true });
  }
  mkdirSync(values.artefacts, { recursive: true });
  const words = ['up', '--port', '0', '--data', `${data}/shop`, ...SETTINGS.flatMap((each) => ['--set', each])];
  fleet = await startFleet({ command: values.program, words, cwd: data, deadline: 120_000 });
  console.log(`the shop runs at ${fleet.shop}, its data below ${data}`);
  for (const name of ['Ada', 'Grace']) await raiseCredit(fleet, name, '10000.00');
  status = await journeys();
  if (!values.short && positionals.length === 0) status = (await node('lighthouse.mjs')) || status;
  console.log(`screenshots and results: ${values.artefacts}`);
} catch (error) {
  console.error(`run: ${error.message}`);
} finally {
  await finish(status);
}

async function finish(code) {
  await fleet?.stop();
  rmSync(data, { recursive: true, force: true });
  process.exit(code);
}

// Journeys buy more than the demo data lends: set up by the API, as this is nobody's journey.
async function raiseCredit({ shop, people }, name, amount) {
  const token = await sign(shop, people.Max);
  const { customerId } = await ask(`${shop}/api/customers/v1/me`, await sign(shop, people[name]));
  await ask(`${shop}/api/customers/v1/admin/customers/${customerId}/credit-limit`, token, {
    method: 'PUT',
    body: JSON.stringify({ limit: { amount, currency: 'GBP' } }),
    headers: { 'content-type': 'application/json', 'idempotency-key': `raise-${name}` },
  });
}

async function sign(shop, { email, password }) {
  const body = new URLSearchParams({ grant_type: 'password', username: email, password });
  const answer = await fetch(`${shop}/api/identity/v1/token`, { method: 'POST', body });
  if (!answer.ok) throw new Error(`${email} cannot sign in: ${answer.status}`);
  return (await answer.json()).access_token;
}

async function ask(address, token, { headers, ...rest } = {}) {
  const answer = await fetch(address, { headers: { ...headers, authorization: `Bearer ${token}` }, ...rest });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}: ${text}`);
  return text ? JSON.parse(text) : {};
}

function journeys() {
  const cli = fileURLToPath(new URL('node_modules/@playwright/test/cli.js', import.meta.url));
  return node(cli, 'test', ...positionals);
}

// Runs a program of node's with what it has to know.
function node(...words) {
  const { shop, mailbox, people } = fleet;
  const env = {
    ...process.env,
    TRADEWIND_BROWSER_WORLD: JSON.stringify({ shop, mailbox, people }),
    TRADEWIND_BROWSER_ARTEFACTS: values.artefacts,
  };
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  const child = spawn(process.execPath, words, { stdio: 'inherit', env, cwd });
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}
