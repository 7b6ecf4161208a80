//! What attempts leave behind: when they end, when they end twice, and when nobody says how they ended.

use std::time::Duration;

use tradewind_db::{Db, Execution, Location, MigrateMode, Options, Work, sql};
use tradewind_kernel::{Clock, Context, Entropy, Id, Principal, Timestamp};
use tradewind_mail_contract::{Arrived, Delivery, DeliveryState};

use crate::actions::attempt::{Claim, End, Ending};
use crate::actions::forget::{Forget, ForgetPerson};
use crate::actions::retry::Retry;
use crate::actions::send_test::SendTest;
use crate::domain::Tongue;
use crate::store::mailbox::{self, Arrival};
use crate::store::mails::{self, Due, Said};
use crate::store::{self, log};

sql! {
    WORDS = "select count(*) from mail where content is not null";
}

const MAIL: Id = Id::from_u128(1);
const SAM: Id = Id::from_u128(0x5a);
const HOLD: Duration = Duration::from_secs(60);

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
        db.migrate(&[store::MIGRATIONS], MigrateMode::Auto).await.unwrap();
        Self { db, context }
    }

    /// A world with a mail that waits.
    async fn with_mail() -> Self {
        let world = Self::new().await;
        world.ask(MAIL).await;
        world
    }

    async fn write<W: Work>(&self, work: W) -> Result<W::Output, W::Error> {
        self.db.write(&self.context, work).await
    }

    async fn ask(&self, id: Id) {
        self.write(SendTest { id, recipient: SAM, tongue: Tongue::English }).await.unwrap();
    }

    async fn due(&self) -> Vec<Due> {
        mails::due(&self.db, 10).await.unwrap()
    }

    /// Claims a mail as the courier does; gives until when it is ours.
    async fn claim(&self, due: Due) -> Option<Timestamp> {
        self.write(Claim { due, hold: HOLD }).await.unwrap().map(|(_, until)| until)
    }

    async fn end(&self, until: Timestamp, ending: Ending, said: Said) {
        self.write(End { id: MAIL, until, ending, said }).await.unwrap();
    }

    async fn mail(&self) -> Delivery {
        log::find(&self.db, MAIL).await.unwrap().unwrap()
    }

    /// Whether it is still written down what the mail says.
    async fn has_words(&self) -> bool {
        let (count,): (i64,) = self.db.query_optional(&WORDS, &[]).await.unwrap().unwrap();
        count > 0
    }

    async fn mailbox(&self) -> Vec<Arrived> {
        mailbox::page(&self.db, None, i64::MAX, 100).await.unwrap()
    }
}

fn arrives(mail: Id, most: u32) -> Ending {
    Ending::Arrives(Box::new(Arrival {
        mail,
        recipient: SAM,
        name: "Sam".to_owned(),
        address: "sam@example.com".to_owned(),
        subject: "A test mail".to_owned(),
        language: "en",
        text: "text".to_owned(),
        html: "html".to_owned(),
        most,
    }))
}

fn nothing() -> Said {
    Said::default()
}

#[tokio::test]
async fn a_mail_is_one_attempt_s_at_a_time_and_arrives_once() {
    let world = World::with_mail().await;
    // Asked for again it is the same.
    world.ask(MAIL).await;
    let due = world.due().await;
    assert_eq!(due.len(), 1);
    let until = world.claim(due[0]).await.unwrap();
    assert_eq!(world.claim(due[0]).await, None, "somebody has it");
    world.end(until, arrives(MAIL, 9), nothing()).await;
    world.end(until, arrives(MAIL, 9), nothing()).await;
    assert_eq!(world.mailbox().await.len(), 1);
    let mail = world.mail().await;
    assert_eq!((mail.state, mail.attempts, mail.unknown), (DeliveryState::Sent, 1, 0));
    assert!(!world.has_words().await, "what it said is not needed any more");
    assert!(world.due().await.is_empty());
}

#[tokio::test]
async fn an_attempt_whose_end_nobody_wrote_down_counts_as_unknown() {
    let world = World::with_mail().await;
    let first = world.claim(world.due().await[0]).await.unwrap();
    // The process ended here; when its time is over, the mail is due again.
    let again = world.due().await[0];
    assert_eq!(again.at, first);
    let second = world.claim(again).await.unwrap();
    assert_eq!((world.mail().await.attempts, world.mail().await.unknown), (2, 1));
    // What the first says now of its pause changes nothing, for the mail is the second's.
    world.end(first, Ending::Again(Duration::ZERO), nothing()).await;
    assert_eq!(world.due().await[0].at, second);
    // But when it says that it was sent, it was.
    world.end(first, Ending::Sent, nothing()).await;
    assert_eq!(world.mail().await.state, DeliveryState::Sent);
}

#[tokio::test]
async fn what_a_server_said_is_kept_and_what_it_did_not_say_is_counted() {
    let world = World::with_mail().await;
    let until = world.claim(world.due().await[0]).await.unwrap();
    let said = Said { code: None, text: Some("lost".to_owned()), is_unsure: true };
    world.end(until, Ending::Again(Duration::from_secs(5)), said).await;
    let mail = world.mail().await;
    assert_eq!((mail.state, mail.unknown, mail.answer.as_deref()), (DeliveryState::Waiting, 1, Some("lost")));
    assert!(mail.due_at.unwrap() > world.db.clock().now());
    let until = world.claim(world.due().await[0]).await.unwrap();
    assert_eq!(world.mail().await.unknown, 1, "that attempt's end was written down");
    let said = Said { code: Some(550), text: Some("no".to_owned()), is_unsure: false };
    world.end(until, Ending::Failed, said).await;
    let mail = world.mail().await;
    assert_eq!((mail.state, mail.code, mail.due_at), (DeliveryState::Failed, Some(550), None));
}

#[tokio::test]
async fn staff_try_again_what_was_given_up_and_nothing_that_was_sent() {
    let world = World::with_mail().await;
    let retry = |id| Retry { id };
    assert_eq!(world.write(retry(Id::from_u128(9))).await.unwrap_err().code(), "not-found");
    let until = world.claim(world.due().await[0]).await.unwrap();
    world.end(until, Ending::Failed, nothing()).await;
    assert!(world.due().await.is_empty());
    world.write(retry(MAIL)).await.unwrap();
    let until = world.claim(world.due().await[0]).await.unwrap();
    // One that waits for long is tried now.
    world.end(until, Ending::Again(Duration::from_secs(1_000)), nothing()).await;
    world.write(retry(MAIL)).await.unwrap();
    assert!(world.due().await[0].at <= world.db.clock().now());
    let until = world.claim(world.due().await[0]).await.unwrap();
    // One that is under way is nobody else's.
    world.write(retry(MAIL)).await.unwrap();
    assert_eq!(world.due().await[0].at, until);
    world.end(until, Ending::Sent, nothing()).await;
    assert_eq!(world.write(retry(MAIL)).await.unwrap_err().code(), "conflict");
}

#[tokio::test]
async fn the_oldest_mails_make_room_and_old_ones_are_forgotten() {
    let world = World::new().await;
    for number in 1..=5 {
        let id = Id::from_u128(number);
        world.ask(id).await;
        let until = world.claim(world.due().await[0]).await.unwrap();
        let end = End { id, until, ending: arrives(id, 3), said: nothing() };
        world.write(end).await.unwrap();
    }
    let numbers: Vec<i64> = world.mailbox().await.iter().map(|mail| mail.number).collect();
    assert_eq!(numbers, [5, 4, 3]);
    let (before, later) = (Timestamp::from_micros(0), world.db.clock().now().plus(HOLD));
    assert!(!world.write(Forget { before, arrived_before: before }).await.unwrap());
    assert_eq!(world.mailbox().await.len(), 3);
    world.write(Forget { before, arrived_before: later }).await.unwrap();
    assert!(world.mailbox().await.is_empty());
    world.ask(Id::from_u128(6)).await;
    world.write(Forget { before: later, arrived_before: later }).await.unwrap();
    let left = log::page(&world.db, Id::from_u128(u128::MAX), 10).await.unwrap();
    assert_eq!(left.len(), 1, "what waits is not forgotten: {left:?}");
}

#[tokio::test]
async fn who_is_erased_gets_nothing_more_and_leaves_nothing_to_read() {
    let world = World::new().await;
    let earlier = Id::from_u128(7);
    world.ask(earlier).await;
    let until = world.claim(world.due().await[0]).await.unwrap();
    world.write(End { id: earlier, until, ending: arrives(earlier, 9), said: nothing() }).await.unwrap();
    assert_eq!(world.mailbox().await.len(), 1);
    world.ask(MAIL).await;
    let until = world.claim(world.due().await[0]).await.unwrap();
    world.write(ForgetPerson { person: SAM }).await.unwrap();
    // The attempt that was under way arrives nowhere.
    world.end(until, arrives(MAIL, 9), nothing()).await;
    assert!(world.mailbox().await.is_empty());
    assert_eq!(world.mail().await.state, DeliveryState::NoRecipient);
    assert!(!world.has_words().await);
    assert_eq!(world.write(Retry { id: MAIL }).await.unwrap_err().code(), "conflict");
}
