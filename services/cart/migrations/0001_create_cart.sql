create table cart (
    cart_id {uuid} primary key,
    owner_id {uuid},
    state text not null check (state in ('open', 'merged', 'completed')),
    country text not null,
    currency text not null,
    lines {json} not null,
    coupon text,
    revision bigint not null,
    merged_into {uuid},
    quote_id {uuid},
    order_id {uuid} unique,
    position bigint,
    changed_at bigint not null,
    expires_at bigint not null,
    check (state <> 'completed' or (owner_id is not null and quote_id is not null and order_id is not null))
);
create index cart_expiring on cart (expires_at) where state <> 'completed';
create index cart_owner on cart (owner_id, cart_id) where state = 'open';
create table quote (
    quote_id {uuid} primary key,
    cart_id {uuid} not null,
    revision bigint not null,
    lines {json} not null,
    currency text not null,
    subtotal_minor bigint not null check (subtotal_minor >= 0),
    discount_rate bigint not null,
    discount_minor bigint not null check (discount_minor >= 0 and discount_minor <= subtotal_minor),
    coupon text,
    country text not null,
    tax_rate bigint not null,
    tax_minor bigint not null check (tax_minor >= 0),
    total_minor bigint not null check (total_minor = subtotal_minor - discount_minor + tax_minor),
    fingerprint text not null,
    made_at bigint not null,
    expires_at bigint not null,
    is_taken bigint not null
);
create index quote_cart on quote (cart_id, made_at);
create index quote_expiring on quote (expires_at) where is_taken = 0;
create table coupon (
    code text primary key,
    discount bigint not null,
    redemption_limit bigint,
    redeemed bigint not null check (redeemed >= 0),
    valid_from bigint,
    valid_until bigint,
    changed_at bigint not null,
    check (redemption_limit is null or redeemed <= redemption_limit)
);
create table coupon_redemption (
    order_id {uuid} primary key,
    code text not null references coupon (code),
    state text not null check (state in ('held', 'consumed', 'returned')),
    changed_at bigint not null
);
create table promotion (
    name text primary key,
    discount bigint not null,
    valid_from bigint,
    valid_until bigint,
    changed_at bigint not null
);
create table tax_rate (
    country text primary key,
    rate bigint not null,
    changed_at bigint not null
);
insert into tax_rate (country, rate, changed_at) values
    ('AT', 2000, 0), ('CH', 810, 0), ('DE', 1900, 0), ('ES', 2100, 0), ('FR', 2000, 0), ('GB', 2000, 0),
    ('IE', 2300, 0), ('IT', 2200, 0), ('NL', 2100, 0), ('US', 0, 0);
create table cart_product (
    product_id text primary key,
    name text not null,
    prices {json} not null
);
