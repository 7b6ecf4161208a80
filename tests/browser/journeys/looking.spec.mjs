// Looking around: what there is, what it costs, and whether it can be had.

import { expect, test } from '../support/test.mjs';

test('browse', async ({ shopper }) => {
  await shopper.open();
  await shopper.press(shopper.link('Browse the products'));
  await shopper.isAt('All products');
  await shopper.look('products');
  const onlyAvailable = shopper.main.getByLabel('Only what is in stock');
  if (!(await onlyAvailable.isVisible())) await shopper.press(shopper.main.getByText('Filter and sort'));
  await onlyAvailable.check();
  await shopper.main.getByLabel('Sort by').selectOption('Price, highest first');
  await shopper.press(shopper.button('Show these'));
  const names = shopper.main.getByRole('heading', { level: 3 });
  await expect(names.filter({ hasText: 'Multitool' })).toBeVisible();
  await shopper.look('products filtered');
  const shown = await names.allInnerTexts();
  expect(shown).not.toContain('Cogs');
  expect(shown.indexOf('Multitool')).toBeLessThan(shown.indexOf('Anvil'));
  expect(shown.indexOf('Anvil')).toBeLessThan(shown.indexOf('Widget'));

  await shopper.press(shopper.link('Anvil', shopper.main));
  await shopper.isAt('Anvil');
  await expect(shopper.main.getByText('£45.50')).toBeVisible();
  await expect(shopper.main.getByText('In stock')).toBeVisible();
  await expect(shopper.main.getByText('Large Anvils')).toBeVisible();
  const picture = shopper.main.getByRole('img', { name: 'Anvil' });
  await expect(picture).toBeVisible();
  await expect.poll(() => picture.evaluate((image) => image.naturalWidth)).toBeGreaterThan(0);
  await shopper.look('product');
});

test('what is sold out says so and cannot be ordered', async ({ shopper }) => {
  await shopper.open();
  await shopper.product('Cogs');
  await expect(shopper.main.getByText('Sold out')).toBeVisible();
  await expect(shopper.main.getByText('There are none left at the moment.')).toBeVisible();
  await expect(shopper.button('Add to cart')).toHaveCount(0);
  await shopper.look('product sold out');
});

test('search', async ({ shopper }) => {
  await shopper.open();
  await shopper.search('sprocket');
  await expect(shopper.link('Sprocket', shopper.main)).toBeVisible();
  await shopper.search('sproket');
  await expect(shopper.main.getByRole('status')).toContainText('We looked for “sprocket”.');
  await expect(shopper.link('Sprocket', shopper.main)).toBeVisible();
  await shopper.look('results corrected');
  await shopper.search('zeppelin');
  await expect(shopper.main.getByRole('status')).toContainText('Nothing fits.');
  await shopper.look('results none');
  await shopper.press(shopper.link('All products', shopper.main));
  await shopper.isAt('All products');
});

test('change language and currency', async ({ shopper }) => {
  await shopper.open();
  await shopper.product('Anvil');
  await shopper.add();
  const choice = shopper.page.getByRole('contentinfo');
  await choice.getByRole('combobox', { name: 'Language' }).selectOption('Deutsch');
  await choice.getByRole('combobox', { name: 'Currency' }).selectOption('EUR');
  await shopper.press(choice.getByRole('button', { name: 'Apply' }));
  await shopper.isAt('Warenkorb');
  await expect(shopper.page.getByRole('status')).toContainText('Ihre Wahl wurde übernommen.');
  await expect(shopper.page).toHaveTitle('Warenkorb · Tradewind');
  await shopper.look('cart in German');
  // The cart is counted in what was chosen, too.
  await expect(shopper.main.getByText(/53,00\s*€/).first()).toBeVisible();
  await shopper.press(shopper.link('Alle Produkte'));
  await shopper.isAt('Alle Produkte');
  await expect(shopper.main.getByText(/53,00\s*€/)).toBeVisible();
  await shopper.look('products in German');
  await choice.getByRole('combobox', { name: 'Sprache' }).selectOption('English');
  await choice.getByRole('combobox', { name: 'Währung' }).selectOption('GBP');
  await shopper.press(choice.getByRole('button', { name: 'Übernehmen' }));
  await shopper.isAt('All products');
  await expect(shopper.main.getByText('£45.50')).toBeVisible();
});

test('a page that is not there says so', async ({ shopper }) => {
  await shopper.page.goto('/shop/nowhere');
  await shopper.isAt('There is no such page');
  await shopper.look('not found');
  await shopper.press(shopper.link('Go to the home page'));
  await shopper.isAt('Good things, honestly counted');
  await shopper.look('home');
});
