//! How much the databases hold: what a refused request must not change.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tradewind_db::sql;
use tradewind_fleet::services;

use crate::Fleet;

/// Rows, and the sum of what can change in them, by service and table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows(BTreeMap<(String, String), (i64, i64)>);

impl Rows {
    /// The same with `more` kept answers of a service.
    #[must_use]
    pub fn with_answers(mut self, service: &str, more: i64) -> Self {
        let table = (service.to_owned(), "idempotency".to_owned());
        self.0.get_mut(&table).expect("every service keeps answers").0 += more;
        self
    }

    /// How many rows a table of a service holds.
    ///
    /// # Panics
    /// When there is no such table.
    #[must_use]
    pub fn of(&self, service: &str, table: &str) -> i64 {
        self.0[&(service.to_owned(), table.to_owned())].0
    }

    /// The tables that hold something else in `later`.
    #[must_use]
    pub fn changes(&self, later: &Self) -> Vec<String> {
        let tables = self.0.keys().chain(later.0.keys()).collect::<BTreeSet<_>>();
        let changed = tables.into_iter().filter(|table| self.0.get(*table) != later.0.get(*table));
        let shown = |table: &(String, String)| {
            format!("{}.{}: {:?} became {:?}", table.0, table.1, self.0.get(table), later.0.get(table))
        };
        changed.map(shown).collect()
    }
}

sql! {
    /// Every table, to find one that is not counted.
    TABLES = {
        postgres: "select tablename from pg_tables where schemaname = current_schema() order by tablename",
        sqlite: "select name from pragma_table_list where schema = 'main' and type = 'table'
            and name not like 'sqlite_%' order by name",
    };
    /// What a relay writes down is no effect of what the test did: it begins when it has found the broker. Nor is whose
    /// turn it is at a subscription: of one whose events are passed over, that is written down some time later.
    PLATFORM = "select 'schema_migration', count(*), 0 from schema_migration
        union all select 'lease', count(*), 0 from lease
            where name not like 'relay/%' and name not like 'subscription/%'
        union all select 'event_relay', 0, 0
        union all select 'event_log', count(*), 0 from event_log
        union all select 'event_key', count(*), cast(coalesce(sum(sequence), 0) as bigint) from event_key
        union all select 'event_cursor', count(*), 0 from event_cursor
        union all select 'event_horizon', count(*), 0 from event_horizon
        union all select 'event_subscriber', count(*), 0 from event_subscriber
            where subscriber not like 'relay-%'
        union all select 'event_attempt', count(*), 0 from event_attempt
        union all select 'parked_key', count(*), 0 from parked_key
        union all select 'dead_letters', count(*), 0 from dead_letters
        union all select 'letter_audit', count(*), 0 from letter_audit
        union all select 'idempotency', count(*), 0 from idempotency";
}

/// What accounts holds.
pub mod accounts {
    tradewind_db::sql! {
        pub(super) OWN = "select 'account', count(*), cast(coalesce(sum(length(roles)), 0) as bigint) from account
            union all select 'person_key', count(*), 0 from person_key
            union all select 'client', count(*), 0 from client
            union all select 'session', count(*), 0 from session
            union all select 'refresh_token', count(*), 0 from refresh_token
            union all select 'signing_key', 0, 0
            union all select 'attempt', count(*), cast(coalesce(sum(count), 0) as bigint) from attempt
            union all select 'audit_record', count(*), 0 from audit_record
            union all select 'audit_head', count(*), cast(coalesce(sum(records), 0) as bigint) from audit_head";
    }
}

/// What the back office holds.
pub mod backoffice {
    tradewind_db::sql! {
        pub(super) OWN = "select 'page_session', count(*), 0 from page_session";
    }
}

/// What the catalogue holds. Sums are taken of remainders: those of money may be too large.
pub mod catalogue {
    tradewind_db::sql! {
        pub(super) OWN = "select 'product', count(*),
                cast(coalesce(sum(price_minor % 1000003), 0) as bigint) from product
            union all select 'category', count(*), cast(coalesce(sum(length(cast(names as text))), 0) as bigint)
                from category
            union all select 'product_detail', count(*),
                cast(coalesce(sum(length(cast(details as text))), 0) as bigint) from product_detail
            union all select 'listed_price', count(*),
                cast(coalesce(sum(price_minor % 1000003), 0) as bigint) from listed_price
            union all select 'stock_level', count(*), cast(coalesce(sum(amount), 0) as bigint) from stock_level
            union all select 'product_import', count(*),
                cast(coalesce(sum(position), 0) as bigint) from product_import
            union all select 'catalogue_revision', count(*), 0 from catalogue_revision
            union all select 'product_page', count(*), cast(coalesce(sum(form), 0) as bigint) from product_page
            union all select 'page_price', count(*),
                cast(coalesce(sum(price_minor % 1000003), 0) as bigint) from page_price
            union all select 'page_category', count(*), 0 from page_category
            union all select 'page_attribute', count(*), 0 from page_attribute
            union all select 'attribute_label', count(*), 0 from attribute_label
            union all select 'search_word', count(*), 0 from search_word
            union all select 'audit_record', count(*), 0 from audit_record
            union all select 'audit_head', count(*), cast(coalesce(sum(records), 0) as bigint) from audit_head";
    }
}

/// What stock holds.
pub mod stock {
    tradewind_db::sql! {
        pub(super) OWN = "select 'item', count(*),
                cast(coalesce(sum((received + on_hand + reserved) % 1000003), 0) as bigint) from item
            union all select 'receipt', count(*), 0 from receipt
            union all select 'reservation', count(*), 0 from reservation
                where state in ('held', 'confirmed')
            union all select 'audit_record', count(*), 0 from audit_record
            union all select 'audit_head', count(*), cast(coalesce(sum(records), 0) as bigint) from audit_head";
    }
}

/// What customers holds.
pub mod customers {
    tradewind_db::sql! {
        pub(super) OWN = "select 'account', count(*),
                cast(coalesce(sum((credit_limit / 10 + reserved) % 1000003), 0) as bigint) from account
            union all select 'credit_reservation', count(*), 0 from credit_reservation
                where state in ('held', 'confirmed')
            union all select 'audit_record', count(*), 0 from audit_record
            union all select 'audit_head', count(*), cast(coalesce(sum(records), 0) as bigint) from audit_head";
    }
}

/// What orders holds.
pub mod orders {
    tradewind_db::sql! {
        pub(super) OWN = "select 'stream_event', count(*), 0 from stream_event
            union all select 'stream_snapshot', count(*),
                cast(coalesce(sum(version), 0) as bigint) from stream_snapshot
            union all select 'view_state', count(*), cast(coalesce(sum(version), 0) as bigint) from view_state
            union all select 'order_view', count(*),
                cast(coalesce(sum(length(state)), 0) as bigint) from order_view
            union all select 'product_view', count(*),
                cast(coalesce(sum(price_minor % 1000003), 0) as bigint) from product_view
            union all select 'customer_view', count(*), 0 from customer_view
            union all select 'saga_instance', count(*), 0 from saga_instance
            union all select 'saga_history', 0, 0
            union all select 'audit_record', count(*), 0 from audit_record
            union all select 'audit_head', count(*), cast(coalesce(sum(records), 0) as bigint) from audit_head";
        /// What a mistake of somebody with a database client does.
        pub DAMAGE_VIEW = "update order_view set state = 'REJECTED', reason = 'damaged'";
    }
}

/// What payments holds. How far its processes are is not counted: they go on by themselves.
pub mod payments {
    tradewind_db::sql! {
        pub(super) OWN = "select 'stream_event', count(*), 0 from stream_event
            union all select 'stream_snapshot', 0, 0
            union all select 'payment_view', count(*),
                cast(coalesce(sum(length(state)), 0) as bigint) from payment_view
            union all select 'ledger_entry', count(*), 0 from ledger_entry
            union all select 'provider_callback', count(*), 0 from provider_callback
            union all select 'discrepancy', count(*), 0 from discrepancy
            union all select 'refund_request', count(*),
                cast(coalesce(sum(length(state) + length(coalesce(note, ''))), 0) as bigint) from refund_request
            union all select 'erased_customer', count(*), 0 from erased_customer
            union all select 'saga_instance', count(*), 0 from saga_instance
            union all select 'saga_history', 0, 0
            union all select 'audit_record', count(*), 0 from audit_record
            union all select 'audit_head', count(*), cast(coalesce(sum(records), 0) as bigint) from audit_head";
        pub(super) UNDER_WAY = "select count(*) from saga_instance where saga = 'refund' and ended_at is null";
    }
}

/// What the provider holds.
pub mod provider {
    tradewind_db::sql! {
        pub(super) OWN = "select 'card', count(*), 0 from card
            union all select 'charge', count(*),
                cast(coalesce(sum((amount / 10 + captured + refunded + length(state)) % 1000003), 0) as bigint)
                from charge
            union all select 'refund', count(*), 0 from refund
            union all select 'movement', count(*), 0 from movement
            union all select 'callback', count(*), 0 from callback";
    }
}

/// What shipping holds.
pub mod shipping {
    tradewind_db::sql! {
        pub(super) OWN = "select 'shipment', count(*),
                cast(coalesce(sum(length(state)), 0) as bigint) from shipment
            union all select 'shipment_line', count(*),
                cast(coalesce(sum(quantity), 0) as bigint) from shipment_line
            union all select 'shipment_step', count(*), 0 from shipment_step";
        /// The sealed names on parcels.
        pub KEPT = "select recipient from shipment where recipient is not null order by order_id";
    }
}

/// What the shop's pages hold.
pub mod shopfront {
    tradewind_db::sql! {
        pub(super) OWN = "select 'page_session', count(*), cast(coalesce(sum(revision), 0) as bigint) from page_session";
    }
}

/// What webhooks holds. How far deliveries are is not counted: they go on by themselves.
pub mod webhooks {
    tradewind_db::sql! {
        pub(super) OWN = "select 'endpoint', count(*), cast(coalesce(sum(length(state)), 0) as bigint) from endpoint
            union all select 'endpoint_type', count(*), 0 from endpoint_type
            union all select 'endpoint_start', count(*), 0 from endpoint_start
            union all select 'endpoint_secret', count(*), 0 from endpoint_secret
            union all select 'event_count', count(*), 0 from event_count
            union all select 'event', count(*), 0 from event
            union all select 'delivery', count(*), cast(coalesce(sum(replays), 0) as bigint) from delivery
            union all select 'lane', 0, 0";
        pub(super) SEALED = "select sealed from endpoint_secret";
    }
}

/// What storage holds.
pub mod storage {
    tradewind_db::sql! {
        pub(super) OWN = "select 'blob', count(*), cast(coalesce(sum(size + length(state)), 0) as bigint) from blob
            union all select 'stored_object', count(*),
                cast(coalesce(sum(size + length(name) + length(etag)), 0) as bigint) from stored_object
            union all select 'storage_usage', count(*), cast(coalesce(sum(objects + bytes), 0) as bigint)
                from storage_usage";
        /// How many blobs there are, those that no object names included.
        pub BLOBS = "select count(*) from blob";
    }
}

/// What notification holds.
pub mod notification {
    tradewind_db::sql! {
        pub(super) OWN = "select 'preference', count(*),
                cast(coalesce(sum(length(cast(content as text))), 0) as bigint) from preference
            union all select 'known_order', count(*), 0 from known_order
            union all select 'early_news', count(*), 0 from early_news
            union all select 'notification', count(*), 0 from notification";
        /// Lets it hear again what it has heard.
        pub REWIND = "update event_cursor set position = 0 where subscription in ('orders', 'notification')";
    }
}

/// What mail holds. How far mails are is not counted, nor what has arrived: they go on by themselves.
pub mod mail {
    tradewind_db::sql! {
        pub(super) OWN = "select 'mail', count(*), 0 from mail
            union all select 'mailbox_count', count(*), 0 from mailbox_count
            union all select 'mailbox_mail', 0, 0";
    }
}

/// What cart holds.
pub mod cart {
    tradewind_db::sql! {
        pub(super) OWN = "select 'cart', count(*), cast(coalesce(sum(revision + length(state)), 0) as bigint) from cart
            union all select 'quote', count(*), cast(coalesce(sum(is_taken), 0) as bigint) from quote
            union all select 'coupon', count(*),
                cast(coalesce(sum(redeemed + discount + coalesce(redemption_limit, 0)), 0) as bigint) from coupon
            union all select 'coupon_redemption', count(*),
                cast(coalesce(sum(length(state)), 0) as bigint) from coupon_redemption
            union all select 'promotion', count(*), cast(coalesce(sum(discount), 0) as bigint) from promotion
            union all select 'tax_rate', count(*), cast(coalesce(sum(rate), 0) as bigint) from tax_rate
            union all select 'cart_product', count(*), 0 from cart_product
            union all select 'audit_record', count(*), 0 from audit_record
            union all select 'audit_head', count(*), cast(coalesce(sum(records), 0) as bigint) from audit_head";
    }
}

impl Fleet {
    /// How much every table of every service holds.
    pub async fn rows(&self) -> Rows {
        let mut rows = BTreeMap::new();
        for service in services() {
            let name = &service.description().name;
            let counted = self.counted(name).await;
            rows.extend(counted.into_iter().map(|(table, rows, sum)| ((name.clone(), table), (rows, sum))));
        }
        Rows(rows)
    }

    /// The secrets of the endpoints of other systems, as they are kept.
    pub async fn sealed_secrets(&self) -> Vec<Vec<u8>> {
        let found: Vec<(Vec<u8>,)> = self.database("webhooks").query(&webhooks::SEALED, &[]).await.unwrap();
        found.into_iter().map(|(sealed,)| sealed).collect()
    }

    /// Waits until nothing is on its way back to a card.
    pub async fn refunds_rest(&self) {
        loop {
            let found: Vec<(i64,)> =
                self.database("payments").query(&payments::UNDER_WAY, &[]).await.unwrap();
            if found == [(0,)] {
                return;
            }
            self.clock().sleep(Duration::from_millis(20)).await;
        }
    }

    async fn counted(&self, service: &str) -> Vec<(String, i64, i64)> {
        let own = match service {
            "accounts" => Some(&accounts::OWN),
            "backoffice" => Some(&backoffice::OWN),
            "catalogue" => Some(&catalogue::OWN),
            "stock" => Some(&stock::OWN),
            "customers" => Some(&customers::OWN),
            "orders" => Some(&orders::OWN),
            "payments" => Some(&payments::OWN),
            "provider" => Some(&provider::OWN),
            "shipping" => Some(&shipping::OWN),
            "shopfront" => Some(&shopfront::OWN),
            "webhooks" => Some(&webhooks::OWN),
            "storage" => Some(&storage::OWN),
            "cart" => Some(&cart::OWN),
            "notification" => Some(&notification::OWN),
            "mail" => Some(&mail::OWN),
            _ => None,
        };
        let db = self.database(service);
        let mut counted = Vec::new();
        for sql in [Some(&PLATFORM), own].into_iter().flatten() {
            let found: Vec<(String, i64, i64)> = db.query(sql, &[]).await.unwrap();
            counted.extend(found);
        }
        counted.sort();
        let tables: Vec<(String,)> = db.query(&TABLES, &[]).await.unwrap();
        let complete = tables.iter().map(|(table,)| table).eq(counted.iter().map(|(table, ..)| table));
        assert!(complete, "{service} has a table that is not counted, or one is no longer there: {tables:?}");
        counted
    }
}
