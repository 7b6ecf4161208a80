// With less than usual: no scripts, no mouse, no time and no trust.

import { laxness } from '../support/guard.mjs';
import { WORLD } from '../support/settings.mjs';
import { DECLINED_CARD, Shopper } from '../support/shopper.mjs';
import { expect, test } from '../support/test.mjs';

test('browse and buy without scripts', async ({ visit, unique }) => {
  const shopper = new Shopper(await visit({ javaScriptEnabled: false }));
  await shopper.open();
  await shopper.products();
  await shopper.product('Anvil');
  await shopper.add();
  await expect(shopper.page.getByRole('status')).toContainText('It is in your cart.');
  await shopper.checkOut();
  await shopper.register(unique('Theo'));
  await shopper.payByCard();
  await shopper.place();
  // The page loads itself again until the order is over.
  await shopper.orderSays('It is paid or invoiced, and on its way.', 45_000);
  await shopper.look('order completed');
});

test('browse and buy in the dark', async ({ visit, unique }) => {
  const shopper = new Shopper(await visit({ colorScheme: 'dark' }));
  await shopper.open();
  await shopper.products();
  await shopper.product('Cogs');
  await shopper.product('Anvil');
  await shopper.add();
  await shopper.checkOut();
  await shopper.register(unique('Nyx'));
  await shopper.payByCard(DECLINED_CARD);
  await shopper.place();
  await shopper.orderSays('The card was declined. Nothing was charged.');
  await shopper.look('order declined');
});

test('browse and buy by keyboard alone', async ({ visit, customer }) => {
  const shopper = new Shopper(await visit());
  const { page } = shopper;
  // Goes on by Tab until it stands on what is wanted, and sees where it stands.
  const reach = async (locator) => {
    const isThere = () => locator.evaluate((element) => element === document.activeElement);
    for (let step = 0; step < 60 && !(await isThere()); step += 1) await page.keyboard.press('Tab');
    expect(await isThere(), `${locator} can be reached by keyboard`).toBe(true);
    const outline = await locator.evaluate((element) => getComputedStyle(element).outlineStyle);
    expect(outline, `${locator} shows that it has the focus`).not.toBe('none');
  };
  const enter = async (locator) => {
    await reach(locator);
    await page.keyboard.press('Enter');
  };
  await shopper.open();
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to the content' });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press('Enter');
  await expect(shopper.main).toBeFocused();
  await enter(shopper.link('Browse the products'));
  await shopper.isAt('All products');
  await shopper.look('products');
  await enter(shopper.link('Anvil', shopper.main));
  await shopper.isAt('Anvil');
  await shopper.look('product');
  await reach(shopper.main.getByLabel('Quantity'));
  await page.keyboard.press('ArrowUp');
  await enter(shopper.button('Add to cart'));
  await expect(shopper.drawer).toContainText('It is in your cart.');
  // The drawer closes by Escape, and gives the focus back to the cart.
  await page.keyboard.press('Escape');
  await expect(shopper.drawer).toBeHidden();
  await expect(shopper.link('Cart (2)')).toBeFocused();
  await page.keyboard.press('Enter');
  await enter(shopper.link('Check out', shopper.drawer));
  await shopper.isAt('Sign in');
  await shopper.look('sign in');
  await reach(shopper.main.getByLabel('E-mail address'));
  await page.keyboard.type(customer.email);
  await reach(shopper.main.getByLabel('Password'));
  await page.keyboard.type(customer.password);
  await page.keyboard.press('Enter');
  await shopper.isAt('Check out');
  await shopper.look('check out');
  await reach(shopper.main.getByRole('radio', { name: 'On account' }));
  await page.keyboard.press('Space');
  await enter(shopper.button('Continue'));
  await shopper.isReviewing();
  await enter(shopper.button('Place order'));
  await shopper.isAt('Your order');
  await shopper.orderSays('The goods are reserved and are about to be sent.');
  await shopper.look('order confirmed');
});

test('the first page is under 100 KB', async ({ visit }) => {
  const shopper = new Shopper(await visit());
  const session = await shopper.page.context().newCDPSession(shopper.page);
  await session.send('Network.enable');
  let bytes = 0;
  session.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  await shopper.page.goto('/', { waitUntil: 'networkidle' });
  await shopper.look('home');
  console.log(`first page: ${(bytes / 1_000).toFixed(1)} KB transferred`);
  expect(bytes).toBeGreaterThan(1_000);
  expect(bytes).toBeLessThan(100_000);
});

test('strict content policy on every page', async ({ request }) => {
  const pages = ['/', '/shop', '/shop/products', '/shop/products/1', '/shop/cart', '/shop/sign-in', '/shop/register',
    '/shop/nowhere', '/admin/sign-in', '/api/provider/v1/card-form', WORLD.mailbox];
  for (const page of pages) {
    const answer = await request.get(page);
    expect(laxness(answer.headers()['content-security-policy'], page), page).toBe('');
    const body = await answer.text();
    const [own, foreign] = [/<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=/, /(?:src|href|action)="(?:https?:)?\/\//];
    expect(body, `${page} has no code or style of its own`).not.toMatch(own);
    expect(body, `${page} loads nothing from elsewhere`).not.toMatch(foreign);
  }
});
