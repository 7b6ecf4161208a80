//! Where a served database is and who opens it.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tradewind_kernel::Secret;
use url::Url;

/// The usual port of the engine.
const PORT: u16 = 5432;

/// Connections to one database, when nothing is said.
const CONNECTIONS: u32 = 4;

/// The parameters that an address may have, as libpq names them.
const PARAMETERS: [&str; 4] = ["sslmode", "sslrootcert", "sslcert", "sslkey"];

/// How far the server is trusted; the modes of libpq.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tls {
    Disable,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// Where a PostgreSQL database is, who opens it, and with how many connections.
///
/// An address is `postgres://role:password@host:port/database?sslmode=…&sslrootcert=FILE`. Without `sslmode` the
/// server has to prove who it is (`verify-full`), unless it is on this machine (`prefer`). The environment
/// variables of libpq are not read.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresOptions {
    host: String,
    port: u16,
    role: String,
    password: Option<String>,
    database: String,
    tls: Tls,
    root_certificate: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    connections: u32,
}

impl PostgresOptions {
    /// Reads an address.
    ///
    /// # Errors
    /// What is wrong with it, without the password.
    pub fn parse(address: &str) -> Result<Self, String> {
        let url = Url::parse(address).map_err(|error| format!("it is no address: {error}"))?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(format!("it begins with `{}:`, and `postgres://` is understood", url.scheme()));
        }
        let Some(host) = url.host_str().map(|host| host.trim_matches(['[', ']']).to_owned()) else {
            return Err("it names no host: postgres://HOST:PORT".to_owned());
        };
        let is_near = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let mut options = Self {
            host,
            port: url.port().unwrap_or(PORT),
            role: decoded(url.username())?,
            password: url.password().map(decoded).transpose()?,
            database: decoded(url.path().trim_start_matches('/'))?,
            tls: if is_near { Tls::Prefer } else { Tls::VerifyFull },
            root_certificate: None,
            certificate: None,
            key: None,
            connections: CONNECTIONS,
        };
        for (name, value) in url.query_pairs() {
            options.set(&name, &value)?;
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "sslmode" => {
                self.tls = match value {
                    "disable" => Tls::Disable,
                    "prefer" => Tls::Prefer,
                    "require" => Tls::Require,
                    "verify-ca" => Tls::VerifyCa,
                    "verify-full" => Tls::VerifyFull,
                    other => {
                        let known = "disable, prefer, require, verify-ca or verify-full";
                        return Err(format!("sslmode is {known}, not `{other}`"));
                    }
                }
            }
            "sslrootcert" => self.root_certificate = Some(value.into()),
            "sslcert" => self.certificate = Some(value.into()),
            "sslkey" => self.key = Some(value.into()),
            other => {
                return Err(format!(
                    "the parameter `{other}` is not known; there are {}",
                    PARAMETERS.join(", ")
                ));
            }
        }
        Ok(())
    }

    /// The same server for another database.
    #[must_use]
    pub fn database(mut self, name: &str) -> Self {
        name.clone_into(&mut self.database);
        self
    }

    /// The same server for another role.
    #[must_use]
    pub fn role(mut self, name: &str) -> Self {
        name.clone_into(&mut self.role);
        self
    }

    /// The password of the role.
    #[must_use]
    pub fn password(mut self, password: &Secret) -> Self {
        self.password = Some(password.expose().to_owned());
        self
    }

    /// The greatest number of connections, 4 when nothing is said; two more are for wake-ups and
    /// for exports.
    #[must_use]
    pub fn connections(mut self, connections: u32) -> Self {
        self.connections = connections.max(1);
        self
    }

    /// Whether the address names a role.
    #[must_use]
    pub fn has_role(&self) -> bool {
        !self.role.is_empty()
    }

    /// Whether the address names a database.
    #[must_use]
    pub fn has_database(&self) -> bool {
        !self.database.is_empty()
    }

    /// Whether there is a password.
    #[must_use]
    pub fn has_password(&self) -> bool {
        self.password.is_some()
    }

    /// The server: `host:port`.
    #[must_use]
    pub fn server(&self) -> String {
        if self.host.contains(':') {
            return format!("[{}]:{}", self.host, self.port);
        }
        format!("{}:{}", self.host, self.port)
    }

    /// The role that opens the database.
    #[must_use]
    pub fn role_name(&self) -> &str {
        &self.role
    }

    /// The database.
    #[must_use]
    pub fn database_name(&self) -> &str {
        &self.database
    }

    /// Connections that may be open at a time, also the one that waits for wake-ups and that of an export.
    #[must_use]
    pub fn most_connections(&self) -> u32 {
        self.connections + 2
    }

    pub(crate) fn pool_size(&self) -> usize {
        self.connections as usize
    }

    /// What the driver wants to know.
    pub(crate) fn driver(&self) -> PgConnectOptions {
        let mode = match self.tls {
            Tls::Disable => PgSslMode::Disable,
            Tls::Prefer => PgSslMode::Prefer,
            Tls::Require => PgSslMode::Require,
            Tls::VerifyCa => PgSslMode::VerifyCa,
            Tls::VerifyFull => PgSslMode::VerifyFull,
        };
        let mut options = PgConnectOptions::new_without_pgpass()
            .host(&self.host)
            .port(self.port)
            .username(&self.role)
            .database(&self.database)
            .ssl_mode(mode)
            .application_name("tradewind")
            .statement_cache_capacity(256)
            .disable_statement_logging();
        if let Some(password) = &self.password {
            options = options.password(password);
        }
        if let Some(file) = &self.root_certificate {
            options = options.ssl_root_cert(file);
        }
        if let (Some(certificate), Some(key)) = (&self.certificate, &self.key) {
            options = options.ssl_client_cert(certificate).ssl_client_key(key);
        }
        options
    }
}

fn decoded(text: &str) -> Result<String, String> {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|_| "a part of it is not UTF-8".to_owned())
}

/// The address without the password.
impl fmt::Display for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "postgres://{}@{}/{}", self.role, self.server(), self.database)
    }
}

impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresOptions({self}, {:?}, {} connections)", self.tls, self.connections)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_shown_without_its_password() {
        let options = PostgresOptions::parse("postgres://anna:h%40t@127.0.0.1:6543/notes").unwrap();
        assert_eq!(options.to_string(), "postgres://anna@127.0.0.1:6543/notes");
        assert_eq!(options.password.as_deref(), Some("h@t"));
        assert!(!format!("{options:?}").contains("h@t"));
        assert_eq!(options.server(), "127.0.0.1:6543");
    }

    #[test]
    fn a_server_elsewhere_has_to_prove_who_it_is_unless_told_otherwise() {
        let mode = |address: &str| PostgresOptions::parse(address).unwrap().tls;
        assert_eq!(mode("postgres://127.0.0.1"), Tls::Prefer);
        assert_eq!(mode("postgres://[::1]:5432"), Tls::Prefer);
        assert_eq!(mode("postgres://localhost"), Tls::Prefer);
        assert_eq!(mode("postgres://db.example"), Tls::VerifyFull);
        assert_eq!(mode("postgres://10.0.0.7?sslmode=disable"), Tls::Disable);
    }

    #[test]
    fn what_is_wrong_with_an_address_is_said() {
        let wrong = |address: &str| PostgresOptions::parse(address).unwrap_err();
        assert!(wrong("127.0.0.1:5432").contains("it"));
        assert!(wrong("mysql://host").contains("`postgres://` is understood"));
        assert!(wrong("postgres://host?sslmode=maybe").contains("verify-full"));
        assert!(wrong("postgres://host?timeout=3").contains("`timeout` is not known"));
        assert!(wrong("postgres:///notes").contains("names no host"));
    }
}
