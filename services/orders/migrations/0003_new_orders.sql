create index order_view_new on order_view (placed_at, order_id) where state = 'NEW';
