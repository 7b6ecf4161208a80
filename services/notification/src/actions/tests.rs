//! What becomes of news that is heard twice, too early, too late, or by somebody who wants none.

use std::time::Duration;

use tradewind_db::{Db, Execution, Location, MigrateMode, Options, Work, sql};
use tradewind_kernel::{Clock, Context, Currency, Entropy, Id, Money, Principal, Timestamp};
use tradewind_notification_contract::{
    Channel, Language, Notification, NotificationState, Occasion, SetPreferences,
};

use crate::actions::forget::{ForgetEarly, ForgetPerson};
use crate::actions::learn_order::LearnOrder;
use crate::actions::notify::Notify;
use crate::actions::set_preferences::SetWishes;
use crate::domain::{Content, Known, News, Policy};
use crate::store::{self, notifications};

sql! {
    TOLD = "select partition_key from event_log order by position";
    EARLY = "select event_id from early_news order by event_id";
}

const ORDER: Id = Id::from_u128(0xa);
const ADA: Id = Id::from_u128(0xada);
const POLICY: Policy = Policy { language: Language::En, news_for: Duration::from_secs(3_600) };

struct World {
    db: Db,
    context: Context,
}

impl World {
    async fn new() -> Self {
        let (clock, entropy) = (Clock::system(), Entropy::seeded(1));
        let context = Context::begin(Principal::Anonymous, &clock, &entropy);
        let (location, execution) = (Location::Memory, Execution::Inline);
        let db = Db::open(Options { location, execution, readers: 1, clock, entropy }).unwrap();
        db.migrate(&[tradewind_events::MIGRATIONS, store::MIGRATIONS], MigrateMode::Auto).await.unwrap();
        Self { db, context }
    }

    async fn write<W: Work>(&self, work: W) -> W::Output
    where
        W::Error: std::fmt::Debug,
    {
        self.db.write(&self.context, work).await.unwrap()
    }

    fn news(&self, event: u128, occasion: Occasion) -> News {
        News::new(Id::from_u128(event), ORDER, occasion, self.db.clock().now())
    }

    async fn learn(&self, event: u128) {
        let content = Content { lines: Vec::new(), total: Money::from_minor(120, Currency::GBP) };
        let known = Known { customer: ADA, content };
        let news = self.news(event, Occasion::OrderPlaced);
        self.write(LearnOrder { news, known, policy: POLICY }).await;
    }

    async fn hear(&self, news: News) {
        self.write(Notify { news, policy: POLICY }).await;
    }

    /// The mails that were asked for, by their numbers.
    async fn asked(&self) -> Vec<u128> {
        let told: Vec<(String,)> = self.db.query(&TOLD, &[]).await.unwrap();
        let number = |(key,): (String,)| {
            let id: Id = key.strip_prefix("notification-").unwrap().parse().unwrap();
            u128::from_be_bytes(*id.as_bytes())
        };
        told.into_iter().map(number).collect()
    }

    async fn decided(&self) -> Vec<Notification> {
        notifications::page(&self.db, ADA, Id::from_u128(u128::MAX), 100).await.unwrap()
    }

    async fn early(&self) -> usize {
        self.db.query::<(Id,)>(&EARLY, &[]).await.unwrap().len()
    }
}

#[tokio::test]
async fn what_is_heard_twice_is_told_once_whatever_event_tells_of_it() {
    let world = World::new().await;
    world.learn(1).await;
    world.learn(1).await;
    world.hear(world.news(2, Occasion::OrderCompleted)).await;
    world.hear(world.news(2, Occasion::OrderCompleted)).await;
    // Another event of the same: as if its producer had told it again.
    world.hear(world.news(3, Occasion::OrderCompleted)).await;
    assert_eq!(world.asked().await, [1, 2]);
    assert_eq!(world.decided().await.len(), 2);
}

#[tokio::test]
async fn several_refunds_of_an_order_are_told_each() {
    let world = World::new().await;
    world.learn(1).await;
    for (event, part) in [(2, "first"), (3, "second"), (4, "first")] {
        let news = world.news(event, Occasion::OrderRefunded);
        world.hear(News { part: part.to_owned(), ..news }).await;
    }
    assert_eq!(world.asked().await, [1, 2, 3]);
}

#[tokio::test]
async fn news_of_an_order_that_is_not_known_yet_waits_for_it() {
    let world = World::new().await;
    world.hear(world.news(2, Occasion::OrderShipped)).await;
    world.hear(world.news(2, Occasion::OrderShipped)).await;
    assert_eq!((world.asked().await, world.early().await), (Vec::new(), 1));
    world.learn(1).await;
    assert_eq!((world.asked().await, world.early().await), (vec![1, 2], 0));
    world.learn(1).await;
    world.hear(world.news(2, Occasion::OrderShipped)).await;
    assert_eq!((world.asked().await, world.early().await), (vec![1, 2], 0));
}

#[tokio::test]
async fn news_that_waits_in_vain_is_forgotten_and_other_news_is_not() {
    let world = World::new().await;
    world.hear(world.news(2, Occasion::OrderShipped)).await;
    let before = Timestamp::from_micros(0);
    assert_eq!(world.write(ForgetEarly { before }).await, (0, false));
    assert_eq!(world.early().await, 1);
    let before = world.db.clock().now().plus(Duration::from_secs(1));
    assert_eq!(world.write(ForgetEarly { before }).await, (1, false));
    assert_eq!(world.early().await, 0);
}

#[tokio::test]
async fn wishes_hold_for_what_happens_from_then_on() {
    let world = World::new().await;
    world.learn(1).await;
    let (channels, occasions) = (vec![Channel::Mail], vec![Occasion::OrderCompleted]);
    let wishes = SetPreferences { language: Language::De, channels, occasions };
    world.write(SetWishes { customer: ADA, wishes }).await;
    world.hear(world.news(2, Occasion::OrderShipped)).await;
    world.hear(world.news(3, Occasion::OrderCompleted)).await;
    assert_eq!(world.asked().await, [1, 3]);
    let decided: Vec<_> = world.decided().await.into_iter().map(|each| (each.state, each.language)).collect();
    let expected = [
        (NotificationState::Requested, Language::De),
        (NotificationState::Unwanted, Language::De),
        (NotificationState::Requested, Language::En),
    ];
    assert_eq!(decided, expected);
    // Of whom nothing is known any more, nothing is wished.
    world.write(ForgetPerson { customer: ADA }).await;
    world.hear(world.news(4, Occasion::OrderCancelled)).await;
    assert_eq!(world.decided().await[0].language, Language::En);
}

#[tokio::test]
async fn what_happened_long_ago_is_told_nobody() {
    let world = World::new().await;
    world.learn(1).await;
    let old = world.db.clock().now().minus(Duration::from_secs(3_601));
    world.hear(News { happened_at: old, ..world.news(2, Occasion::OrderCompleted) }).await;
    assert_eq!(world.asked().await, [1]);
    assert_eq!(world.decided().await[0].state, NotificationState::Late);
}
