alter table order_view add column quote_id {uuid};
alter table order_view add column discount_minor bigint not null default 0;
alter table order_view add column tax_minor bigint not null default 0;
