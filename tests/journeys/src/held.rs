//! Holding a service back, so that what happens meanwhile happens every time.

use std::sync::{Mutex, mpsc};

use tokio::sync::oneshot;
use tradewind_db::{DbError, Tx, Work, sql};
use tradewind_kernel::{Context, Principal};
use tradewind_testkit::postgres::Session;
use tradewind_testkit::within;

use crate::Fleet;

/// A service that cannot write until this is dropped.
#[derive(Debug)]
#[expect(dead_code, reason = "dropping it lets go")]
pub struct Held(Hold);

#[derive(Debug)]
#[expect(dead_code, reason = "dropping it lets go")]
enum Hold {
    /// The only writer waits in a transaction.
    Writer(mpsc::Sender<()>),
    /// Every table is locked.
    Tables(Box<Session>),
}

/// Locks all tables of a database at once against everything but reading.
const LOCK: &str = "begin;
    select format('lock table %s in exclusive mode', string_agg(format('%I', tablename), ', ' order by tablename))
        from pg_tables where schemaname = current_schema() \\gexec
    ";

struct Gate {
    reached: Mutex<Option<oneshot::Sender<()>>>,
    opened: Mutex<mpsc::Receiver<()>>,
}

impl Work for Gate {
    type Output = ();
    type Error = DbError;

    async fn run(&self, _: &mut Tx) -> Result<(), DbError> {
        if let Some(reached) = self.reached.lock().unwrap().take() {
            reached.send(()).unwrap_or_default();
        }
        // Ends when the sender is dropped.
        self.opened.lock().unwrap().recv().unwrap_or_default();
        Ok(())
    }
}

sql! {
    STOP_WRITING = {
        postgres: "set session characteristics as transaction read only",
        sqlite: "pragma query_only = 1",
    };
    WRITE_AGAIN = {
        postgres: "set session characteristics as transaction read write",
        sqlite: "pragma query_only = 0",
    };
}

impl Fleet {
    /// Keeps a service of a simulated shop from writing: every transaction fails until [`Fleet::let_go`]. It
    /// reads and answers, but handles no event, takes no command and sweeps nothing.
    pub async fn hold_back(&self, service: &str) {
        assert!(self.is_simulated(), "with files, reading connections are not the writing one");
        let none: Vec<(i64,)> = self.database(service).query(&STOP_WRITING, &[]).await.unwrap();
        assert!(none.is_empty());
    }

    /// Lets a service that was held back write again; it goes on when it tries again.
    pub async fn let_go(&self, service: &str) {
        let none: Vec<(i64,)> = self.database(service).query(&WRITE_AGAIN, &[]).await.unwrap();
        assert!(none.is_empty());
    }

    /// Keeps a service from writing: it reads and answers, but handles no event and takes no command.
    pub async fn hold(&self, service: &str) -> Held {
        if let Some(databases) = &self.databases {
            let (server, database) = databases.of(service);
            return Held(Hold::Tables(Box::new(server.session(&database, LOCK).await)));
        }
        let (open, opened) = mpsc::channel();
        let (reaching, reached) = oneshot::channel();
        let gate = Gate { reached: Mutex::new(Some(reaching)), opened: Mutex::new(opened) };
        let principal = Principal::Service("test".to_owned());
        let context = Context::begin(principal, self.running.clock(), self.running.entropy());
        let db = self.database(service).clone();
        drop(tokio::spawn(async move { db.write(&context, gate).await }));
        within("the gate is reached", reached).await.unwrap();
        Held(Hold::Writer(open))
    }
}
