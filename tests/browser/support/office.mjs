// Somebody who works for the shop, in the back office.

import { expect } from '@playwright/test';

export class Office {
  constructor({ page, guard, touch }) {
    Object.assign(this, { page, guard, touch });
    this.main = page.getByRole('main');
  }

  press(locator) {
    return this.touch ? locator.tap() : locator.click();
  }

  look(name) {
    return this.guard.look(this.page, name);
  }

  button(name) {
    return this.main.getByRole('button', { name, exact: true });
  }

  async isAt(heading) {
    await expect(this.page.getByRole('heading', { level: 1, name: heading })).toBeVisible();
  }

  async signIn({ email, password }) {
    await this.page.goto('/admin');
    await this.isAt('Sign in');
    await this.look('office sign in');
    await this.main.getByLabel('E-mail address').fill(email);
    await this.main.getByLabel('Password').fill(password);
    await this.press(this.button('Sign in'));
    await this.isAt('Back office');
    await this.look('office');
  }

  async part(name) {
    await this.press(this.page.getByRole('navigation', { name: 'Back office' }).getByRole('link', { name }));
    await this.isAt(name);
    await this.look(`office ${name}`);
  }

  // What was changed is shown with its record.
  async done() {
    await expect(this.page.getByRole('status')).toContainText('It was done, and this is recorded of it.');
    await this.look('office changed');
    await this.press(this.main.getByRole('link', { name: 'Go on' }));
  }

  // A product that only one journey knows, with so many pieces of it.
  async list({ id, name, price, pieces }) {
    await this.part('Products');
    await this.main.getByLabel('Number of the product').fill(id);
    await this.main.getByLabel('Stock keeping unit').fill(id);
    await this.main.getByLabel('Name', { exact: true }).fill(name);
    await this.main.getByLabel('Price', { exact: true }).fill(price);
    await this.press(this.button('List the product'));
    await this.done();
    if (pieces > 0) await this.receive(id, pieces);
  }

  async product(id) {
    await this.part('Products');
    await this.press(this.main.getByRole('link', { name: id, exact: true }));
    await this.isAt(new RegExp(`^Product ${id}:`));
    await this.look('office product');
  }

  async receive(id, pieces) {
    await this.product(id);
    await this.main.getByLabel('Quantity').fill(String(pieces));
    await this.press(this.button('Take in'));
    await this.isAt('Take goods in?');
    await this.look('office confirm');
    await this.press(this.button('Yes, take in'));
    await this.done();
    await this.isAt(new RegExp(`^Product ${id}:`));
  }

  async reprice(id, price) {
    await this.product(id);
    await this.main.getByLabel('Price in GBP').fill(price);
    await this.press(this.button('Change'));
    await this.done();
  }

  async order(number) {
    await this.part('Orders');
    await this.press(this.main.getByRole('link', { name: number, exact: true }));
    await this.isAt(`Order ${number}`);
    await this.look('office order');
  }

  async refund(number, amount) {
    await this.order(number);
    await this.main.getByLabel('Amount in GBP').fill(amount);
    await this.press(this.button('Give back'));
    const confirm = this.main.getByRole('button', { name: /^Yes/ });
    await expect(confirm).toBeVisible();
    await this.look('office confirm refund');
    await this.press(confirm);
    await this.done();
  }

  async raiseCredit(name, limit) {
    await this.part('Customers');
    // The cell and not a text of the row: the number of a customer has letters too, such as those of Ada.
    const row = this.main.getByRole('row').filter({ has: this.page.getByRole('cell', { name, exact: true }) });
    await this.press(row.getByRole('link'));
    await this.isAt('Customer');
    await this.look('office customer');
    await this.main.getByLabel('Credit limit in GBP').fill(limit);
    await this.press(this.button('Change'));
  }
}
