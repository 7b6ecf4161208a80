//! Statements through the client `psql`.

use std::process::{Output, Stdio};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};

use super::{Postgres, SUPERUSER};
use crate::server::PATH;
use crate::within;

/// A connection that stays open; what it holds is let go when this is dropped.
#[derive(Debug)]
pub struct Session {
    _client: Child,
    _input: ChildStdin,
}

/// What a session says when its statements are done.
const DONE: &str = "the statements are done";

impl Postgres {
    /// Runs statements as the superuser in a session that stays open, such as one that locks a table; answers
    /// when they are done.
    ///
    /// # Panics
    /// When one fails, with what the server said.
    pub async fn session(&self, database: &str, statements: &str) -> Session {
        let mut client = spawn(self.client(SUPERUSER, self.password(), database));
        let mut input = client.stdin.take().unwrap();
        let mut lines = BufReader::new(client.stdout.take().unwrap()).lines();
        let done = async {
            let text = format!("{statements};\n\\echo {DONE}\n");
            input.write_all(text.as_bytes()).await.unwrap_or_default();
            while let Some(line) = lines.next_line().await.unwrap() {
                if line == DONE {
                    return true;
                }
            }
            false
        };
        if !within("the statements of a session", done).await {
            let output = within("psql", client.wait_with_output()).await.unwrap();
            panic!("psql on {database}: {}", said(&output.stderr));
        }
        Session { _client: client, _input: input }
    }

    /// Runs statements as the superuser through `psql`, each on its own; gives their rows, fields between bars.
    /// In place of a database's name a connection string says more, such as `dbname=postgres sslmode=require`.
    ///
    /// # Panics
    /// When one fails, with what the server said.
    pub async fn psql(&self, database: &str, statements: &str) -> String {
        let rows = self.psql_as(SUPERUSER, self.password(), database, statements).await;
        rows.unwrap_or_else(|error| panic!("psql on {database}: {error}"))
    }

    /// The same as any user.
    ///
    /// # Errors
    /// What `psql` said when it could not connect, or at the first statement that failed.
    pub async fn psql_as(
        &self,
        user: &str,
        password: &str,
        database: &str,
        statements: &str,
    ) -> Result<String, String> {
        let mut child = spawn(self.client(user, password, database));
        let mut input = child.stdin.take().unwrap();
        let run = async {
            // One that could not connect does not read.
            input.write_all(statements.as_bytes()).await.unwrap_or_default();
            drop(input);
            child.wait_with_output().await.unwrap()
        };
        let Output { status, stdout, stderr } = within("psql", run).await;
        if status.success() { Ok(said(&stdout)) } else { Err(said(&stderr)) }
    }

    /// `psql`, ready to be started: statements from standard input, nothing but rows to standard output, and the
    /// end at the first error.
    fn client(&self, user: &str, password: &str, database: &str) -> Command {
        let mut psql = Command::new(self.programs.psql());
        psql.args(["-X", "-q", "-A", "-t", "-w", "-v", "ON_ERROR_STOP=1", "-f", "-"]);
        psql.env_clear().env("PATH", PATH).env("PGPASSWORD", password).env("PGCONNECT_TIMEOUT", "10");
        psql.env("PGHOST", "127.0.0.1").env("PGPORT", self.port.number.to_string());
        psql.env("PGUSER", user).arg("-d").arg(database);
        psql.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        psql
    }
}

fn spawn(mut psql: Command) -> Child {
    psql.spawn().unwrap_or_else(|error| {
        panic!("the command psql is missing ({error}): run `apt-get install postgresql-client`")
    })
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end().to_owned()
}
