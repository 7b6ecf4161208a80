//! What a PostgreSQL server can do by itself, and what it says of itself.

use std::process::{Command, Stdio};
use std::time::Duration;

use tradewind_testkit::Postgres;

use crate::meters;

/// The database that the server's own benchmark fills.
const DATABASE: &str = "pgbench";

/// 1,000,000 rows.
const SCALE: &str = "10";

/// Fills the database of the benchmark.
pub(crate) async fn prepare_benchmark(server: &Postgres) -> Result<(), String> {
    server.psql("postgres", &format!("create database {DATABASE}")).await;
    pgbench(server, &["-i", "-q", "-s", SCALE]).map(drop)
}

/// Transactions per second of `pgbench -N`: one update by key, one insert, one read, and a commit.
pub(crate) fn simple_updates(server: &Postgres, clients: u32, how_long: Duration) -> Result<f64, String> {
    let (clients, seconds) = (clients.to_string(), how_long.as_secs().to_string());
    let said = pgbench(server, &["-N", "-M", "prepared", "-c", &clients, "-j", "2", "-T", &seconds])?;
    transactions_per_second(&said).ok_or_else(|| format!("pgbench said no tps:\n{said}"))
}

fn pgbench(server: &Postgres, arguments: &[&str]) -> Result<String, String> {
    let program = server.program("pgbench");
    let (host, port) = server.host_port().split_once(':').map(own).unwrap_or_default();
    let mut command = Command::new(&program);
    command.env("PGPASSWORD", server.password()).args(["-h", &host, "-p", &port, "-U", server.superuser()]);
    let output = command.args(arguments).arg(DATABASE).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("{}: {error}", program.display()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("pgbench: {}", String::from_utf8_lossy(&output.stderr)))
}

fn own((host, port): (&str, &str)) -> (String, String) {
    (host.to_owned(), port.to_owned())
}

/// `tps = 1234.5 (without initial connection time)`
fn transactions_per_second(said: &str) -> Option<f64> {
    let value = said.lines().find_map(|line| line.strip_prefix("tps = "))?;
    value.split_whitespace().next()?.parse().ok()
}

/// Transactions that ended so far in the databases of the fleet, by the server's count; those of connections
/// that did nothing for ten seconds are all in it.
pub(crate) async fn transactions(server: &Postgres) -> Result<f64, String> {
    let count =
        "select sum(xact_commit + xact_rollback) from pg_stat_database where datname like 'tradewind%'";
    let said = server.psql("postgres", count).await;
    said.parse().map_err(|_| format!("the server counts {said:?} transactions"))
}

/// Connections that are open to databases of the fleet.
pub(crate) async fn connections(server: &Postgres) -> Result<f64, String> {
    let count = "select count(*) from pg_stat_activity where datname like 'tradewind%'";
    let said = server.psql("postgres", count).await;
    said.parse().map_err(|_| format!("the server counts {said:?} connections"))
}

/// Ends what the server does by itself in between: a count of its transactions shall be those of the fleet.
pub(crate) async fn stop_vacuuming(server: &Postgres) {
    server.psql("postgres", "alter system set autovacuum = off; select pg_reload_conf()").await;
}

/// Processor time of all processes of the server so far, in seconds, those that have ended included.
pub(crate) fn processor_seconds(server: &Postgres) -> Result<f64, String> {
    meters::family_seconds(server.id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_read_from_what_pgbench_says() {
        let said = "transaction type: <builtin: simple update>\nlatency average = 9.1 ms\n\
                    initial connection time = 40.1 ms\ntps = 3514.210417 (without initial connection time)\n";
        assert_eq!(transactions_per_second(said), Some(3_514.210_417));
        assert_eq!(transactions_per_second("tps is missing"), None);
    }
}
