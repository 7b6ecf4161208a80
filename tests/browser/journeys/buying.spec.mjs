// Buying: on account, by card, and what can come in between.

import { DECLINED_CARD, Shopper } from '../support/shopper.mjs';
import { expect, test } from '../support/test.mjs';

test('buy on account', async ({ shopper, customer }) => {
  await shopper.open();
  await shopper.product('Anvil');
  await shopper.add();
  await shopper.checkOut();
  await shopper.signIn(customer);
  await shopper.payOnAccount();
  await expect(shopper.main.getByText('£54.60')).toBeVisible();
  await shopper.place();
  await shopper.orderSays('The goods are reserved and are about to be sent.');
  await expect(shopper.main).toContainText('Payment: On account');
  const number = await shopper.orderNumber();
  await shopper.look('order confirmed');
  await shopper.press(shopper.link('Your orders'));
  await shopper.isAt('Your orders');
  await shopper.look('orders');
  await shopper.press(shopper.main.getByRole('link', { name: /^Order of / }).first());
  await shopper.isAt('Your order');
  expect(await shopper.orderNumber()).toBe(number);
});

test('buy by card', async ({ shopper, unique }) => {
  await shopper.open();
  await shopper.product('Anvil');
  await shopper.add(2);
  await shopper.checkOut();
  await shopper.register(unique('Carl'));
  await shopper.payByCard();
  await expect(shopper.main.getByText('£109.20')).toBeVisible();
  await shopper.place();
  await shopper.orderSays('The goods are reserved and are about to be sent.');
  await expect(shopper.main).toContainText('Payment: By card');
  await shopper.look('order confirmed');
});

test('card declined', async ({ shopper, unique }) => {
  await shopper.open();
  await shopper.product('Anvil');
  await shopper.add();
  await shopper.checkOut();
  await shopper.register(unique('Dora'));
  await shopper.payByCard(DECLINED_CARD);
  await shopper.place();
  await shopper.orderSays('The card was declined. Nothing was charged.');
  await expect(shopper.main.getByText('Not accepted')).toBeVisible();
  await shopper.look('order declined');
});

test('sold out while in the cart', async ({ shopper, office, visit, unique }) => {
  const [id, name] = [unique('t').replaceAll(' ', '-'), unique('Last Piece')];
  await office.list({ id, name, price: '3.00', pieces: 1 });
  await shopper.open();
  await shopper.product(name);
  await expect(shopper.main.getByText('Only 1 left')).toBeVisible();
  await shopper.add();

  // Somebody else is quicker.
  const other = new Shopper(await visit());
  await other.open();
  await other.product(name);
  await other.add();
  await other.checkOut();
  await other.register(unique('Quinn'));
  await other.payByCard();
  await other.place();
  await other.orderSays('The goods are reserved and are about to be sent.');

  // The cart says it; and who orders all the same is told why it came to nothing.
  await expect(async () => {
    await shopper.page.reload();
    await expect(shopper.main.getByText('Sold out')).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await shopper.look('cart sold out');
  await shopper.checkOut();
  await shopper.register(unique('Sally'));
  await shopper.payByCard();
  await shopper.place();
  await shopper.orderSays('Something was sold out before we could reserve it.');
  await shopper.look('order sold out');
});

test('price changed before payment', async ({ shopper, office, unique }) => {
  const [id, name] = [unique('t').replaceAll(' ', '-'), unique('Lathe')];
  await office.list({ id, name, price: '10.00', pieces: 50 });
  await shopper.open();
  await shopper.product(name);
  await shopper.add();
  await shopper.checkOut();
  await shopper.register(unique('Petra'));
  await shopper.payByCard();
  await expect(shopper.main.getByText('£12.00')).toBeVisible();

  await office.reprice(id, '11.00');
  await shopper.press(shopper.button('Place order'));
  await expect(shopper.main.getByRole('alert')).toContainText('The price has changed since you looked.');
  await expect(shopper.main.getByText('£13.20')).toBeVisible();
  await shopper.look('review price changed');
  await shopper.place();
  await shopper.orderSays('The goods are reserved and are about to be sent.');
  await expect(shopper.main.getByText('£13.20')).toBeVisible();
});

test('order page follows the order live from new to completed', async ({ shopper, customer }) => {
  await shopper.open();
  await shopper.product('Anvil');
  await shopper.add();
  await shopper.checkOut();
  await shopper.signIn(customer);
  await shopper.payOnAccount();
  await shopper.place();
  const loads = () => shopper.page.evaluate(() => performance.timeOrigin);
  const loaded = await loads();
  const says = {
    NEW: 'We are reserving the goods and the payment.',
    OPEN: 'The goods are reserved and are about to be sent.',
    COMPLETED: 'It is paid or invoiced, and on its way.',
  };
  const seen = [];
  const look = async () => {
    const text = await shopper.main.innerText();
    const state = Object.keys(says).find((each) => text.includes(says[each]));
    if (seen.at(-1) !== state) seen.push(state);
    return state;
  };
  await expect.poll(look, { timeout: 45_000, intervals: [100] }).toBe('COMPLETED');
  // Whether it was still new when the page came is a matter of milliseconds.
  expect(seen.slice(-2)).toEqual(['OPEN', 'COMPLETED']);
  expect(['NEW', 'OPEN']).toContain(seen[0]);
  expect(await loads(), 'nobody loaded the page again').toBe(loaded);
  await shopper.look('order completed');
});
