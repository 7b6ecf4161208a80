// Being somebody: accounts, and what was in the cart before.

import { expect, test } from '../support/test.mjs';

test('register', async ({ shopper, unique }) => {
  await shopper.open();
  await shopper.toSignIn();
  const person = await shopper.register(unique('Nora'));
  await shopper.look('home signed in');
  await shopper.press(shopper.link('Your account'));
  await shopper.isAt('Your account');
  await expect(shopper.main).toContainText(person.name);
  await expect(shopper.main).toContainText(person.email);
  await shopper.look('account');
  await shopper.signOut();
  await shopper.look('home');

  // The address is taken now, and a password that is too short is not taken.
  await shopper.toSignIn();
  await shopper.press(shopper.link('Create account', shopper.main));
  await shopper.isAt('Create account');
  await shopper.main.getByLabel('Name').fill(person.name);
  await shopper.main.getByLabel('E-mail address').fill(person.email);
  await shopper.main.getByLabel('Password').fill(person.password);
  await shopper.press(shopper.button('Create account'));
  await expect(shopper.main.getByRole('alert')).toContainText('There is an account with this e-mail address.');
  await shopper.look('register taken');
});

test('sign in with a wrong password', async ({ shopper, unique }) => {
  await shopper.open();
  await shopper.toSignIn();
  await shopper.main.getByLabel('E-mail address').fill(`${unique('nobody').replaceAll(' ', '-')}@example.com`);
  await shopper.main.getByLabel('Password').fill('not the password');
  await shopper.press(shopper.button('Sign in'));
  await expect(shopper.main.getByRole('alert')).toContainText('The e-mail address or the password is not right.');
  await shopper.look('sign in refused');
});

test('sign in and merge carts', async ({ shopper, unique }) => {
  await shopper.open();
  await shopper.toSignIn();
  const person = await shopper.register(unique('Mona'));
  await shopper.product('Sprocket');
  await shopper.add();
  await shopper.signOut();
  await shopper.look('home');
  await expect(shopper.link('Cart')).toBeVisible();

  await shopper.product('Anvil');
  await shopper.add(2);
  await shopper.checkOut();
  await shopper.signIn(person);
  await shopper.look('check out');
  await shopper.page.goto('/shop/cart');
  await shopper.isAt('Cart');
  await expect(shopper.main.getByLabel('Quantity of Sprocket')).toHaveValue('1');
  await expect(shopper.main.getByLabel('Quantity of Anvil')).toHaveValue('2');
  await shopper.look('cart merged');

  // And taken out again.
  await shopper.press(shopper.button('Remove Sprocket'));
  await expect(shopper.page.getByRole('status')).toContainText('It was taken out of your cart.');
  await shopper.press(shopper.button('Remove Anvil'));
  await expect(shopper.main.getByText('There is nothing in your cart.')).toBeVisible();
  await shopper.look('cart empty');
});
