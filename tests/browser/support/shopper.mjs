// Somebody who buys: finds everything by what stands on the page, as people and screen readers do.

import { expect } from '@playwright/test';

export const GOOD_CARD = '4242 4242 4242 4242';
export const DECLINED_CARD = '4000 0000 0000 9995';

export class Shopper {
  constructor({ page, guard, touch, hasScripts, isDark }) {
    Object.assign(this, { page, guard, touch, hasScripts, isDark });
    this.main = page.getByRole('main');
    this.drawer = page.getByRole('dialog', { name: 'Cart' });
  }

  // With a finger on a phone, with a mouse elsewhere.
  press(locator) {
    return this.touch ? locator.tap() : locator.click();
  }

  look(name) {
    return this.guard.look(this.page, this.isDark ? `${name} in the dark` : name, { hasScripts: this.hasScripts });
  }

  link(name, within = this.page) {
    return within.getByRole('link', { name, exact: true });
  }

  button(name, within = this.main) {
    return within.getByRole('button', { name, exact: true });
  }

  async isAt(heading) {
    await expect(this.page.getByRole('heading', { level: 1, name: heading })).toBeVisible();
  }

  async open() {
    await this.page.goto('/');
    await this.isAt('Good things, honestly counted');
    await this.look('home');
  }

  async products() {
    await this.press(this.link('All products'));
    await this.isAt('All products');
    await this.look('products');
  }

  async search(words) {
    await this.page.getByRole('searchbox', { name: 'Search products' }).fill(words);
    await this.press(this.button('Search', this.page.getByRole('search')));
    await this.isAt(`Results for “${words}”`);
    await this.look('results');
  }

  async product(name) {
    await this.search(name);
    await this.press(this.link(name, this.main));
    await this.isAt(name);
    await this.look('product');
  }

  // Puts what is shown into the cart, and leaves the drawer that opens by its link to the cart.
  async add(quantity = 1) {
    await this.main.getByLabel('Quantity').fill(String(quantity));
    await this.press(this.button('Add to cart'));
    if (this.hasScripts) {
      await expect(this.drawer).toContainText('It is in your cart.');
      await this.look('drawer');
      await this.press(this.link('See and change the cart', this.drawer));
    }
    await this.isAt('Cart');
    await this.look('cart');
  }

  async checkOut() {
    await this.press(this.link('Check out', this.main));
  }

  async toSignIn() {
    await this.press(this.link('Sign in', this.page.getByRole('navigation', { name: 'Shop' })));
    await this.isAt('Sign in');
  }

  async signIn({ email, password }) {
    await this.isAt('Sign in');
    await this.look('sign in');
    await this.main.getByLabel('E-mail address').fill(email);
    await this.main.getByLabel('Password').fill(password);
    await this.press(this.button('Sign in'));
    await expect(this.page.getByRole('status')).toContainText('You are signed in.');
  }

  async signOut() {
    await this.press(this.link('Your account'));
    await this.isAt('Your account');
    await this.look('account');
    await this.press(this.button('Sign out'));
    await expect(this.page.getByRole('status')).toContainText('You are signed out.');
  }

  // From the page where one signs in.
  async register(name) {
    const email = `${name.toLowerCase().replace(/\W+/g, '-')}@example.com`;
    const person = { name, email, password: 'a few plain words' };
    await this.isAt('Sign in');
    await this.look('sign in');
    await this.press(this.link('Create account', this.main));
    await this.isAt('Create account');
    await this.look('register');
    await this.main.getByLabel('Name').fill(person.name);
    await this.main.getByLabel('E-mail address').fill(person.email);
    await this.main.getByLabel('Password').fill(person.password);
    await this.press(this.button('Create account'));
    await expect(this.page.getByRole('status')).toContainText('Welcome. Your account is ready.');
    return person;
  }

  async pay(way) {
    await this.isAt('Check out');
    await this.look('check out');
    await this.main.getByRole('radio', { name: way }).check();
    await this.press(this.button('Continue'));
  }

  async payOnAccount() {
    await this.pay('On account');
    await this.isReviewing();
  }

  async payByCard(number = GOOD_CARD) {
    await this.pay('By card');
    await this.isAt('Pay by card');
    await this.look('card');
    await this.page.getByLabel('Card number').fill(number);
    await this.page.getByLabel('Valid until').fill('12/30');
    await this.page.getByLabel('Security code').fill('123');
    await this.press(this.button('Use this card'));
    await this.isReviewing();
    await expect(this.main).toContainText(`ending ${number.slice(-4)}`);
  }

  async isReviewing() {
    await this.isAt('Review your order');
    await this.look('review');
  }

  async place() {
    await this.press(this.button('Place order'));
    await this.isAt('Your order');
    await expect(this.page.getByRole('status')).toContainText('Thank you. We have your order.');
    await this.look('order placed');
  }

  // Waits until the page of an order says so; it follows by itself.
  async orderSays(text, within = 20_000) {
    await expect(this.main.getByText(text).first()).toBeVisible({ timeout: within });
  }

  orderNumber() {
    return this.main.getByText(/^Number /).innerText().then((text) => text.replace('Number ', '').trim());
  }
}
