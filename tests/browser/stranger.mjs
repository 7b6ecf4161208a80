// A stranger's path: `stranger` calls this. Nothing here knows an address, a page or a port; all of it is read.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { chromium, expect } from '@playwright/test';

import { startFleet } from './support/fleet.mjs';
import { CHROMIUM, SIZES } from './support/settings.mjs';

const { values } = parseArgs({
  options: { program: { type: 'string' }, artefacts: { type: 'string' }, phone: { type: 'boolean' } },
});

const repository = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(`${tmpdir()}/tradewind-stranger-`);
let fleet;
let browser;
let shots = 0;

const tell = (text) => console.log(`stranger: ${text}`);

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => finish(1));
try {
  fleet = await start();
  browser = await chromium.launch(CHROMIUM);
  const page = await (await browser.newContext(values.phone ? SIZES.phone : SIZES.desktop)).newPage();
  page.setDefaultTimeout(20_000);
  const [shop, mailbox, ada] = [printed('the shop'), printed('mails of the shop'), fleet.people.Ada];
  const bought = await buy(page, shop, ada);
  await arrive(page);
  await read(page, mailbox, ada, bought);
  tell(`it took ${Math.round(performance.now() / 1_000)} s; screenshots: ${values.artefacts}`);
  await finish(0);
} catch (error) {
  console.error(`stranger: ${error.message}`);
  await finish(1);
}

async function finish(code) {
  await browser?.close();
  await fleet?.stop();
  rmSync(folder, { recursive: true, force: true });
  process.exit(code);
}

// The first command of the first block of commands in the README.
function firstCommand() {
  const block = /```bash\n([\s\S]*?)```/.exec(readFileSync(`${repository}/README.md`, 'utf8'));
  const command = block?.[1].split('\n')[0].replace(/\s+#.*$/, '').trim();
  if (!command) throw new Error('README.md has no first command');
  return command;
}

async function start() {
  const command = firstCommand();
  tell(`README.md says: ${command}`);
  const heard = (line) => line.startsWith('ready in ') && tell(`the terminal says: ${line}`);
  if (values.program) {
    const words = ['--port', '0', '--data', `${folder}/shop`];
    tell(`instead runs ${values.program} up ${words.join(' ')}`);
    return startFleet({ command: values.program, words: ['up', ...words], cwd: folder, deadline: 120_000, heard });
  }
  execFileSync('git', ['clone', '--quiet', repository, `${folder}/clone`]);
  return startFleet({ command: 'bash', words: ['-c', command], cwd: `${folder}/clone`, deadline: 3_600_000, heard });
}

// An address that the start printed behind a name.
function printed(name) {
  const line = fleet.lines.find((each) => each.trim().startsWith(`${name}: http`));
  if (!line) throw new Error(`the start does not say where "${name}" is`);
  return line.trim().slice(name.length + 2);
}

async function shot(page, name) {
  shots += 1;
  await page.screenshot({ path: `${values.artefacts}/${String(shots).padStart(2, '0')}-${name}.png`, fullPage: true });
}

function press(locator) {
  return values.phone ? locator.tap() : locator.click();
}

async function buy(page, shop, { email, password }) {
  tell(`opens ${shop}`);
  await page.goto(shop);
  await shot(page, 'home');
  await press(page.getByRole('link', { name: 'Browse the products' }));
  await page.getByRole('heading', { level: 1, name: 'All products' }).waitFor();
  const card = await payable(page.getByRole('main').getByRole('listitem'));
  const name = await card.getByRole('heading').innerText();
  await press(card.getByRole('link'));
  await page.getByRole('heading', { level: 1, name }).waitFor();
  await shot(page, 'product');
  await press(page.getByRole('button', { name: 'Add to cart' }));
  await press(page.getByRole('dialog').getByRole('link', { name: 'Check out' }));
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(password);
  await press(page.getByRole('main').getByRole('button', { name: 'Sign in' }));
  await page.getByRole('radio', { name: 'On account' }).check();
  await press(page.getByRole('button', { name: 'Continue' }));
  await page.getByRole('heading', { name: 'Review your order' }).waitFor();
  await shot(page, 'review');
  await press(page.getByRole('button', { name: 'Place order' }));
  await expect(page.getByText('Thank you. We have your order.')).toBeVisible();
  tell(`has ordered one ${name}`);
  return name;
}

// The first thing that can be had and that Ada can owe, taxes included.
async function payable(cards) {
  const line = fleet.lines.find((each) => /Ada may owe/.test(each)) ?? '';
  const limit = Number(/([\d.]+) GBP/.exec(line)?.[1]);
  for (const card of await cards.all()) {
    const text = await card.innerText();
    const price = Number(/£([\d.]+)/.exec(text)?.[1]);
    if (/In stock|Only \d+ left/.test(text) && price * 1.25 <= limit) return card;
  }
  throw new Error(`nothing can be had for ${limit} GBP`);
}

// The page is looked at until the parcel was delivered: it follows the order by itself, and the parcel when it is
// opened again.
async function arrive(page) {
  const order = page.url();
  await expect(page.getByText('It is paid or invoiced, and on its way.')).toBeVisible({ timeout: 60_000 });
  tell('sees that the order is completed');
  await expect(async () => {
    await page.goto(order);
    await expect(page.getByText(/^Delivered/)).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 240_000, intervals: [2_000] });
  await shot(page, 'delivered');
  tell('sees that the parcel was delivered');
}

async function read(page, mailbox, { email }, bought) {
  tell(`opens ${mailbox}`);
  await page.goto(mailbox);
  await page.getByLabel('To the address').fill(email);
  await press(page.getByRole('button', { name: 'Show' }));
  await page.getByRole('heading', { level: 1, name: 'Mailbox of one address' }).waitFor();
  await shot(page, 'mailbox');
  const mails = page.getByRole('link', { name: /order/i });
  const subjects = await mails.allInnerTexts();
  tell(`finds ${subjects.length} mails: ${subjects.join('; ')}`);
  await press(page.getByRole('link', { name: /We have your order/ }));
  await expect(page.getByRole('main')).toContainText(`1 × ${bought}`);
  await shot(page, 'mail');
  tell('has read the mail');
}
