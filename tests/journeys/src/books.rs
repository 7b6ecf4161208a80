//! Whether the books of the services agree when everything is quiet.

use std::collections::BTreeSet;

use tradewind_db::Sql;
use tradewind_kernel::Id;

use crate::Fleet;

/// What stock has reserved, and for whom.
pub mod stock {
    tradewind_db::sql! {
        /// The counter beside the sum of what it counts.
        pub(super) RESERVED = "select product_id, reserved, cast((select coalesce(sum(quantity), 0)
                from reservation where reservation.product_id = item.product_id
                    and state in ('held', 'confirmed')) as bigint)
            from item order by product_id";
        pub(super) HOLDS = "select order_id, state from reservation where state in ('held', 'confirmed')
            group by order_id, state order by order_id, state";
    }
}

/// What customers has reserved, and for whom.
pub mod customers {
    tradewind_db::sql! {
        /// The counter beside the sum of what it counts.
        pub(super) RESERVED = "select name, reserved, cast((select coalesce(sum(amount), 0)
                from credit_reservation where credit_reservation.customer_id = account.customer_id
                    and state in ('held', 'confirmed')) as bigint)
            from account order by name";
        pub(super) HOLDS = "select order_id, state from credit_reservation
            where state in ('held', 'confirmed') order by order_id";
    }
}

/// How the orders ended.
pub mod orders {
    tradewind_db::sql! {
        pub(super) STATES = "select order_id, state from order_view order by order_id";
    }
}

impl Fleet {
    /// Makes sure that no order is undecided, that both owners hold what the open orders need, for good and
    /// nothing else, and that their counters say the same. Gives the states of the orders.
    ///
    /// # Panics
    /// When the books do not agree.
    pub async fn books(&self) -> Vec<String> {
        let ends: Vec<(Id, String)> = self.database("orders").query(&orders::STATES, &[]).await.unwrap();
        assert!(ends.iter().all(|(_, state)| state != "NEW"), "{ends:?}");
        let open: BTreeSet<Id> = ends.iter().filter(|end| end.1 == "OPEN").map(|end| end.0).collect();
        self.agree("stock", &stock::RESERVED, &stock::HOLDS, &open).await;
        self.agree("customers", &customers::RESERVED, &customers::HOLDS, &open).await;
        ends.into_iter().map(|(_, state)| state).collect()
    }

    async fn agree(&self, service: &str, reserved: &'static Sql, holds: &'static Sql, open: &BTreeSet<Id>) {
        let db = self.database(service);
        let counted: Vec<(String, i64, i64)> = db.query(reserved, &[]).await.unwrap();
        assert!(
            !counted.is_empty() && counted.iter().all(|(_, is, sum)| is == sum),
            "{service}: {counted:?}"
        );
        let holds: Vec<(Id, String)> = db.query(holds, &[]).await.unwrap();
        assert!(holds.iter().all(|(_, state)| state == "confirmed"), "{service}: {holds:?}");
        assert_eq!(holds.iter().map(|hold| hold.0).collect::<BTreeSet<_>>(), *open, "{service}");
    }
}
