// Working for the shop: what is changed there is seen by those who buy.

import { Office } from '../support/office.mjs';
import { WORLD } from '../support/settings.mjs';
import { expect, test } from '../support/test.mjs';

test('admin receives stock', async ({ shopper, office, unique }) => {
  const [id, name] = [unique('t').replaceAll(' ', '-'), unique('Bellows')];
  await office.list({ id, name, price: '7.50', pieces: 0 });
  await shopper.open();
  await shopper.product(name);
  await expect(shopper.main.getByText('Sold out')).toBeVisible();
  await shopper.look('product sold out');

  await office.receive(id, 3);
  await expect(office.main).toContainText('3');
  await expect(async () => {
    await shopper.page.reload();
    await expect(shopper.main.getByText('Only 3 left')).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await shopper.add();
});

test('admin raises credit', async ({ shopper, office, customer }) => {
  await shopper.open();
  await shopper.toSignIn();
  await shopper.signIn(customer);
  await shopper.look('home signed in');
  // Other journeys of this size buy on account meanwhile: it only ever rises.
  const limit = `${20_000 + Math.floor(Date.now() / 1_000) % 10_000}.00`;
  await office.raiseCredit(customer.name, limit);
  await office.isAt('Change the credit limit?');
  await office.look('office confirm credit');
  await office.press(office.button('Yes, change it'));
  await office.done();
  await office.isAt('Customer');
  await shopper.press(shopper.link('Your account'));
  await shopper.isAt('Your account');
  await expect(shopper.main).toContainText(`£${limit.slice(0, 2)},${limit.slice(2)}`);
  await shopper.look('account credit');
});

test('staff may not change prices, and all of it is in the audit', async ({ visit }) => {
  const office = new Office(await visit());
  await office.signIn(WORLD.people.Sam);
  await office.part('Customers');
  await office.product('1');
  await expect(office.main.getByLabel('Price in GBP')).toHaveCount(0);
  await office.look('office product for staff');
  await office.part('Orders');
  await office.part('Audit');
  await expect(office.main.getByRole('table')).toBeVisible();
});
