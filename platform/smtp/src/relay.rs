//! The mail server that takes mails, and the conversation with it.

use std::error::Error as _;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::commands::{Data, Mail as MailCommand, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::transport::smtp::response::Response;
use tradewind_kernel::{Clock, Secret};

use crate::address::one_line;
use crate::{Mail, Phase, Sent};

/// The most characters of what a server says.
const MAX_ANSWER: usize = 500;

/// How long a server may take to say goodbye: it has the mail already.
const GOODBYE: Duration = Duration::from_secs(1);

/// How a connection is kept secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Not at all: for a server on the same machine.
    Nothing,
    /// By `STARTTLS`, which the server must offer (usually port 587).
    StartTls,
    /// By TLS from the first byte on (usually port 465).
    Tls,
}

/// Who sends, as the server knows them.
#[derive(Debug, Clone)]
pub struct Login {
    /// The user.
    pub user: String,
    /// Their secret.
    pub secret: Secret,
}

/// Where the mail server is.
#[derive(Debug, Clone)]
pub struct RelayOptions {
    /// Its name, which its certificate must have, or its address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept secret.
    pub security: Security,
    /// Who sends, if the server wants to know.
    pub login: Option<Login>,
    /// What this machine says that it is called.
    pub hello: String,
    /// The authorities that may have signed the server's certificate, as PEM; without it those that browsers trust.
    pub authorities: Option<String>,
    /// How long one mail may take, from the connection to the server's last word.
    pub timeout: Duration,
}

/// Why there can be no such relay.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RelayError {
    /// A secret would be shown to whoever listens.
    #[error("a login without TLS shows the secret to whoever listens: use it on this machine only")]
    OpenLogin,
    /// The name of this machine is none.
    #[error("what this machine is called is a domain such as shop.example.com")]
    Hello,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

/// A mail server that takes mails. Each mail has a connection of its own: a server may close one that rests at any moment.
#[derive(Clone)]
pub struct Relay {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<Credentials>,
    hello: ClientId,
    tls: Option<TlsParameters>,
    timeout: Duration,
    clock: Clock,
}

impl Relay {
    /// The relay that `options` tell of. Nothing is connected yet.
    ///
    /// # Errors
    /// What of the options cannot be.
    pub fn new(options: RelayOptions, clock: Clock) -> Result<Self, RelayError> {
        let RelayOptions { host, port, security, login, hello, authorities, timeout } = options;
        if login.is_some() && security == Security::Nothing && !is_here(&host) {
            return Err(RelayError::OpenLogin);
        }
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
        if hello.is_empty() || hello.len() > 253 || !hello.chars().all(is_name) {
            return Err(RelayError::Hello);
        }
        let tls = match security {
            Security::Nothing => None,
            Security::StartTls | Security::Tls => Some(tls(&host, authorities.as_deref())?),
        };
        let credentials = login.map(|login| Credentials::new(login.user, login.secret.expose().to_owned()));
        Ok(Self { host, port, security, credentials, hello: ClientId::Domain(hello), tls, timeout, clock })
    }

    /// Sends a mail, once.
    pub async fn send(&self, mail: &Mail) -> Sent {
        let mut phase = Phase::Connection;
        let ended = self.clock.timeout(self.timeout, self.converse(mail, &mut phase)).await;
        let failed = match ended {
            Ok(Ok((mut connection, code))) => {
                // Whatever it says now: it has the mail.
                let _ = self.clock.timeout(GOODBYE, connection.quit()).await;
                return Sent::Accepted { code };
            }
            Ok(Err(failed)) => failed,
            Err(_) => Failed { code: None, text: "the mail server did not answer in time".to_owned() },
        };
        match (failed.code, phase) {
            (Some(code), _) => {
                let is_permanent = (500..600).contains(&code);
                Sent::Refused { phase, code, text: failed.text, is_permanent }
            }
            (None, Phase::Content) => Sent::Unknown { text: failed.text },
            (None, _) => Sent::NotSent { phase, text: failed.text },
        }
    }

    async fn converse(&self, mail: &Mail, phase: &mut Phase) -> Result<(AsyncSmtpConnection, u16), Failed> {
        let mut connection = self.connect().await?;
        if let Some(credentials) = &self.credentials {
            *phase = Phase::Login;
            connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await?;
        }
        *phase = Phase::Sender;
        let mut parameters = Vec::new();
        if !(mail.from.to_string().is_ascii() && mail.to.to_string().is_ascii()) {
            if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                *phase = Phase::Recipient;
                let text = "the mail server takes ASCII addresses only".to_owned();
                return Err(Failed { code: Some(553), text });
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        connection.command(MailCommand::new(Some(mail.from.clone()), parameters)).await?;
        *phase = Phase::Recipient;
        connection.command(Rcpt::new(mail.to.clone(), Vec::new())).await?;
        *phase = Phase::Data;
        connection.command(Data).await?;
        *phase = Phase::Content;
        let answer = connection.message(mail.bytes()).await?;
        Ok((connection, code_of(&answer)))
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Failed> {
        let place = (self.host.as_str(), self.port);
        let wrapping = self.tls.clone().filter(|_| self.security == Security::Tls);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(place, Some(self.timeout), &self.hello, wrapping, None)
                .await?;
        if let Some(tls) = self.tls.clone().filter(|_| self.security == Security::StartTls) {
            connection.starttls(tls, &self.hello).await?;
        }
        Ok(connection)
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Relay({}:{})", self.host, self.port)
    }
}

/// Why a conversation ended early.
struct Failed {
    /// What the server answered, if it was that.
    code: Option<u16>,
    text: String,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        let code = error.status().and_then(|code| code.to_string().parse().ok());
        // The server's own words are the source of a refusal.
        let text = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        Self { code, text: one_line(&text, MAX_ANSWER) }
    }
}

fn code_of(answer: &Response) -> u16 {
    answer.code().to_string().parse().unwrap_or(250)
}

/// Whether a server is on this machine.
fn is_here(host: &str) -> bool {
    let address: Result<IpAddr, _> = host.trim_matches(['[', ']']).parse();
    address.map_or_else(|_| host.eq_ignore_ascii_case("localhost"), |address| address.is_loopback())
}

fn tls(host: &str, authorities: Option<&str>) -> Result<TlsParameters, RelayError> {
    let refused = |error: &dyn fmt::Display| RelayError::Tls(error.to_string());
    let mut builder = TlsParametersBuilder::new(host.to_owned());
    if let Some(pem) = authorities {
        if !pem.contains("-----BEGIN CERTIFICATE-----") {
            return Err(RelayError::Tls("there is no certificate among the authorities".to_owned()));
        }
        let authority = Certificate::from_pem(pem.as_bytes()).map_err(|error| refused(&error))?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(authority);
    } else {
        builder = builder.certificate_store(CertificateStore::WebpkiRoots);
    }
    builder.build_rustls().map_err(|error| refused(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> RelayOptions {
        RelayOptions {
            host: "mail.example.com".to_owned(),
            port: 587,
            security: Security::Nothing,
            login: Some(Login { user: "shop".to_owned(), secret: Secret::new("a secret") }),
            hello: "shop.example.com".to_owned(),
            authorities: None,
            timeout: Duration::from_secs(1),
        }
    }

    #[test]
    fn a_secret_is_not_shown_to_whoever_listens() {
        let refused = |options| Relay::new(options, Clock::system()).unwrap_err();
        assert_eq!(refused(options()), RelayError::OpenLogin);
        for host in ["127.0.0.1", "localhost", "::1", "[::1]"] {
            let here = RelayOptions { host: host.to_owned(), ..options() };
            assert!(Relay::new(here, Clock::system()).is_ok(), "{host}");
        }
        let safe = RelayOptions { security: Security::StartTls, ..options() };
        assert!(!format!("{:?}", Relay::new(safe, Clock::system()).unwrap()).contains("secret"));
        assert!(!format!("{:?}", options()).contains("a secret"));
    }

    #[test]
    fn what_cannot_be_is_refused_at_once() {
        for hello in ["", "shop\r\nMAIL FROM:<eve@example.com>", "a b"] {
            let options = RelayOptions { hello: hello.to_owned(), login: None, ..options() };
            assert_eq!(Relay::new(options, Clock::system()).unwrap_err(), RelayError::Hello, "{hello:?}");
        }
        let authorities = Some("no certificate".to_owned());
        let options = RelayOptions { security: Security::Tls, authorities, ..options() };
        assert!(matches!(Relay::new(options, Clock::system()), Err(RelayError::Tls(_))));
    }
}
