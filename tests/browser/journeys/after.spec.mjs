// After an order: calling it off, and getting money back.

import { WORLD } from '../support/settings.mjs';
import { expect, test } from '../support/test.mjs';

test('cancel', async ({ shopper, customer }) => {
  await shopper.open();
  await shopper.product('Anvil');
  await shopper.add();
  await shopper.checkOut();
  await shopper.signIn(customer);
  await shopper.payOnAccount();
  await shopper.place();
  await shopper.press(shopper.button('Cancel this order'));
  await expect(shopper.page.getByRole('status')).toContainText('We are cancelling your order.');
  await shopper.orderSays('Nothing is sent, and what was paid is given back.');
  await expect(shopper.button('Cancel this order')).toHaveCount(0);
  await shopper.look('order cancelled');
});

// What a customer pays by card, and has arrived.
async function bought(shopper, name) {
  await shopper.open();
  await shopper.product('Anvil');
  await shopper.add();
  await shopper.checkOut();
  await shopper.register(name);
  await shopper.payByCard();
  await shopper.place();
  await shopper.orderSays('It is paid or invoiced, and on its way.', 45_000);
  return shopper.orderNumber();
}

test('refund', async ({ shopper, office, unique }) => {
  const number = await bought(shopper, unique('Rita'));
  await office.refund(number, '10.00');
  await expect(async () => {
    await shopper.page.reload();
    await expect(shopper.main.getByText('Given back: £10.00')).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await shopper.look('order refunded');
});

test('the mail about an order is in the mailbox', async ({ shopper, unique }) => {
  await shopper.open();
  await shopper.product('Anvil');
  await shopper.add();
  await shopper.checkOut();
  const { email } = await shopper.register(unique('Mail'));
  await shopper.payByCard();
  await shopper.place();
  const { page } = shopper;
  await page.goto(WORLD.mailbox);
  await shopper.isAt('Mailbox');
  const subject = page.getByRole('link', { name: /^We have your order/ });
  await expect(async () => {
    await page.getByLabel('To the address').fill(email);
    await shopper.press(page.getByRole('button', { name: 'Show' }));
    await expect(subject).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await shopper.look('mailbox');
  await shopper.press(subject);
  await shopper.isAt(/^We have your order/);
  await expect(shopper.main).toContainText('1 × Anvil, £45.50');
  await shopper.look('mail');
});
