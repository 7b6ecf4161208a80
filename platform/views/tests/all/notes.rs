//! Notes that are written and struck out, and a view of them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tradewind_db::{
    Db, DbError, Execution, Location, MigrateMode, Migration, MigrationSet, Options, Tx, Work, params,
};
use tradewind_eventstore::{Aggregate, DomainEvent, append};
use tradewind_kernel::{Clock, Context, Entropy, Principal};
use tradewind_views::{Applying, Fact, Outline, Register, RunnerOptions, Table, Tally, View};

tradewind_db::sql! {
    ADD = "insert into note_view (note, text, struck, written_at) values ($1, $2, false, $3)";
    STRIKE = "update note_view set struck = true where note = $1";
    pub SHOWN = "select note, text, struck from note_view order by note";
    pub DAMAGE = "update note_view set text = 'damaged' where note = (select min(note) from note_view)";
    pub NEXT_TEXT = "select min(text) from note_view";
    LAST = "select coalesce(max(version), 0) from stream_event where stream = $1";
}

const SCHEMA: MigrationSet = MigrationSet {
    component: "notes",
    migrations: &[Migration {
        version: 1,
        name: "create_note_view",
        text: "create table note_view (
                note text primary key, text {json} not null, struck boolean not null, written_at bigint not null
            );
            create index note_view_struck on note_view (struck, note);",
    }],
};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Noted {
    Written(String),
    Struck,
}

impl DomainEvent for Noted {
    fn name(&self) -> &'static str {
        match self {
            Self::Written(_) => "written",
            Self::Struck => "struck",
        }
    }
}

/// The view does not need it; appending does.
#[derive(Debug, Default)]
pub struct Note;

impl Aggregate for Note {
    type Event = Noted;
    type Command = ();
    type Refusal = ();

    fn decide(&self, (): ()) -> Result<Vec<Noted>, ()> {
        Ok(Vec::new())
    }

    fn apply(self, _: &Noted) -> Self {
        self
    }
}

const OUTLINE: Outline = Outline {
    name: "note_view",
    version: 1,
    streams: "note-",
    tables: &[Table { name: "note_view", key: "note" }],
};

pub static NOTES: View<Noted> = View::new(OUTLINE, apply);

/// The same, of a program that came later.
pub static NOTES_2: View<Noted> = View::new(Outline { version: 2, ..OUTLINE }, apply_loudly);

fn apply<'a>(tx: &'a mut Tx, fact: Fact<'a, Noted>) -> Applying<'a> {
    Box::pin(async move {
        match fact.event {
            Noted::Written(text) => {
                let text = tradewind_db::Json(text);
                tx.execute(&ADD, params![fact.stream, text, fact.at]).await.map(drop)
            }
            Noted::Struck => tx.execute(&STRIKE, params![fact.stream]).await.map(drop),
        }
    })
}

fn apply_loudly<'a>(tx: &'a mut Tx, fact: Fact<'a, Noted>) -> Applying<'a> {
    Box::pin(async move {
        match fact.event {
            Noted::Written(text) => {
                let text = tradewind_db::Json(text.to_uppercase());
                tx.execute(&ADD, params![fact.stream, text, fact.at]).await.map(drop)
            }
            Noted::Struck => tx.execute(&STRIKE, params![fact.stream]).await.map(drop),
        }
    })
}

/// Writes one more event of a note: it is written, then struck out as often as one likes.
pub struct Go(pub u32);

impl Work for Go {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let stream = format!("note-{:04}", self.0);
        let (version,): (i64,) = tx.query_one(&LAST, params![stream]).await?;
        let event = if version == 0 { Noted::Written(format!("note {}", self.0)) } else { Noted::Struck };
        append::<Note>(tx, &stream, version, std::slice::from_ref(&event)).await?;
        NOTES.follow(tx, &stream, &[event]).await
    }
}

pub struct Notes {
    pub db: Db,
    pub context: Context,
    pub clock: Clock,
}

impl Notes {
    pub async fn open(location: Location, execution: Execution) -> Self {
        let (clock, entropy) = (Clock::system(), Entropy::seeded(1));
        let context = Context::begin(Principal::Anonymous, &clock, &entropy);
        let options = Options { location, execution, readers: 4, clock: clock.clone(), entropy };
        let db = Db::open(options).unwrap();
        let sets = [tradewind_eventstore::MIGRATIONS, tradewind_views::MIGRATIONS, SCHEMA];
        db.migrate(&sets, MigrateMode::Auto).await.unwrap();
        db.write(&context, Register(&NOTES)).await.unwrap();
        Self { db, context, clock }
    }

    pub fn options(&self, batch: u32) -> RunnerOptions {
        RunnerOptions {
            service: "notes",
            db: self.db.clone(),
            clock: self.clock.clone(),
            entropy: Entropy::seeded(2),
            tally: Arc::new(Tally::default()),
            batch,
            rest: 0,
        }
    }

    pub async fn go(&self, note: u32) {
        self.db.write(&self.context, Go(note)).await.unwrap();
    }

    pub async fn shown(&self) -> Vec<(String, String, bool)> {
        self.db.query(&SHOWN, &[]).await.unwrap()
    }

    pub async fn status(&self) -> tradewind_views::Status {
        tradewind_views::status(&self.db, "note_view").await.unwrap().unwrap()
    }
}
