//! Opening connections with the settings on which the rest relies.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, Executor as _, PgConnection};
use tradewind_kernel::Clock;

use crate::driver::postgres::failure;
use crate::{ConnectCause, DbError};

/// How long opening a connection may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// The oldest engine that is still maintained: 14.
const OLDEST_ENGINE: u32 = 140_000;

/// A statement and a lock are waited for, but not forever; a transaction that its owner forgot is ended. The
/// second of the two limits is the shorter one, so that waiting for a lock is a conflict and is tried again.
const SESSION: &str = "set statement_timeout = '30s'; set lock_timeout = '5s';
    set idle_in_transaction_session_timeout = '60s'; set client_min_messages = 'warning'";

/// Opens a connection to `server`.
pub(crate) async fn connect(
    options: &PgConnectOptions,
    server: &str,
    clock: &Clock,
) -> Result<PgConnection, DbError> {
    let failed = |cause, message: String| DbError::Connect { database: server.to_owned(), cause, message };
    let opening = async {
        let mut connection = PgConnection::connect_with(options).await?;
        let version = connection.server_version_num().unwrap_or_default();
        if version >= OLDEST_ENGINE {
            connection.execute(SESSION).await?;
        }
        Ok((connection, version))
    };
    let opened = clock.timeout(CONNECT_LIMIT, opening).await;
    let opened = opened.map_err(|_| {
        let message = format!("no answer within {} s", CONNECT_LIMIT.as_secs());
        failed(ConnectCause::Unreachable, message)
    })?;
    let (connection, version) = opened.map_err(|error| {
        let (cause, message) = failure::connecting(&error);
        failed(cause, message)
    })?;
    if version < OLDEST_ENGINE {
        let message = format!(
            "the server is version {}; {} or newer is needed",
            version / 10_000,
            OLDEST_ENGINE / 10_000
        );
        return Err(failed(ConnectCause::Version, message));
    }
    Ok(connection)
}
