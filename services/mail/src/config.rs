//! Settings, section `mail`.

use std::time::Duration;

use serde::Deserialize;
use tradewind_chassis::settings::duration;
use tradewind_kernel::Secret;
use tradewind_smtp::{Login, Mailbox, RelayOptions, Security};

use crate::domain::Schedule;

/// What becomes of mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Transport {
    /// They lie in the mailbox of this fleet, and leave it never.
    Mailbox,
    /// A mail server takes them.
    Smtp,
}

/// How the connection to a mail server is kept secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tls {
    /// Not at all.
    Off,
    /// By `STARTTLS`.
    Starttls,
    /// From the first byte on.
    On,
}

/// The settings of mail.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// What becomes of mails.
    pub(crate) transport: Transport,
    /// The address that mails come from.
    pub(crate) from: String,
    /// What the shop is called in mails.
    pub(crate) from_name: String,
    /// Where people find the shop: mails have links to pages below it.
    pub(crate) shop_url: String,
    /// How often a mail is tried at most.
    pub(crate) attempts: u8,
    /// The pause after the first attempt; each further one is four times as long.
    #[serde(with = "duration")]
    pub(crate) first_pause: Duration,
    /// The longest pause between two attempts.
    #[serde(with = "duration")]
    pub(crate) longest_pause: Duration,
    /// How long it is kept that a mail was sent or given up.
    #[serde(with = "duration")]
    pub(crate) keep: Duration,
    /// Mails under way at a time.
    pub(crate) concurrency: u16,
    /// The mailbox of a laptop.
    pub(crate) mailbox: MailboxSettings,
    /// The mail server.
    pub(crate) smtp: SmtpSettings,
}

/// The mailbox of a laptop.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MailboxSettings {
    /// The most mails in it; the oldest make room.
    pub(crate) most: u32,
    /// How long a mail lies in it.
    #[serde(with = "duration")]
    pub(crate) keep: Duration,
}

/// The mail server.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SmtpSettings {
    /// Its name or address.
    pub(crate) host: String,
    /// Its port.
    pub(crate) port: u16,
    /// How the connection is kept secret.
    pub(crate) tls: Tls,
    /// Who sends, as it knows them.
    pub(crate) user: Option<String>,
    /// Their secret.
    pub(crate) secret: Option<Secret>,
    /// What this machine says that it is called.
    pub(crate) hello: String,
    /// The authorities that may have signed its certificate, as PEM; without it those that browsers trust.
    pub(crate) authority: Option<String>,
    /// How long one mail may take.
    #[serde(with = "duration")]
    pub(crate) timeout: Duration,
}

const HOUR: Duration = Duration::from_secs(3_600);

impl Default for Settings {
    fn default() -> Self {
        Self {
            transport: Transport::Mailbox,
            from: "shop@example.com".to_owned(),
            from_name: "Tradewind".to_owned(),
            shop_url: "http://localhost:8080/shop".to_owned(),
            attempts: 11,
            first_pause: Duration::from_secs(5),
            longest_pause: 6 * HOUR,
            keep: 30 * 24 * HOUR,
            concurrency: 8,
            mailbox: MailboxSettings::default(),
            smtp: SmtpSettings::default(),
        }
    }
}

impl Default for MailboxSettings {
    fn default() -> Self {
        Self { most: 500, keep: 7 * 24 * HOUR }
    }
}

impl Default for SmtpSettings {
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            port: 587,
            tls: Tls::Starttls,
            user: None,
            secret: None,
            hello: "localhost".to_owned(),
            authority: None,
            timeout: Duration::from_secs(60),
        }
    }
}

/// How long a mail is ours beyond the time that it may take: long enough to write down how it ended.
const MARGIN: Duration = Duration::from_secs(15);

impl Settings {
    /// Makes sure that what is promised can be kept.
    pub(crate) fn check(&self) -> Result<(), String> {
        let refuse = |is_wrong: bool, text: &str| if is_wrong { Err(text.to_owned()) } else { Ok(()) };
        let pauses = !self.first_pause.is_zero() && self.first_pause <= self.longest_pause;
        let is_url = self.shop_url.starts_with("http://") || self.shop_url.starts_with("https://");
        let is_plain = self.shop_url.len() <= 500 && self.shop_url.bytes().all(|b| b.is_ascii_graphic());
        let timeout = Duration::from_secs(1)..=Duration::from_secs(600);
        refuse(!(1..=50).contains(&self.attempts), "mail.attempts is 1 to 50")?;
        refuse(!pauses, "mail.first_pause is more than nothing and not more than longest_pause")?;
        refuse(self.keep < HOUR, "mail.keep is at least 1h")?;
        refuse(!(1..=100).contains(&self.concurrency), "mail.concurrency is 1 to 100")?;
        refuse(!(is_url && is_plain), "mail.shop_url is an address such as https://shop.example.com")?;
        refuse(!(1..=10_000).contains(&self.mailbox.most), "mail.mailbox.most is 1 to 10000")?;
        refuse(self.mailbox.keep < Duration::from_secs(60), "mail.mailbox.keep is at least 1m")?;
        refuse(!timeout.contains(&self.smtp.timeout), "mail.smtp.timeout is 1s to 10m")?;
        let is_half = self.smtp.user.is_some() != self.smtp.secret.is_some();
        refuse(is_half, "mail.smtp.user and mail.smtp.secret belong together")
    }

    pub(crate) fn schedule(&self) -> Schedule {
        Schedule {
            attempts: self.attempts.into(),
            first_pause: self.first_pause,
            longest_pause: self.longest_pause,
        }
    }

    /// Who mails are from.
    pub(crate) fn sender(&self) -> Result<Mailbox, String> {
        let address = self.from.parse().map_err(|error| format!("mail.from: {error}"))?;
        Ok(Mailbox::new(&self.from_name, address))
    }

    /// For how long an attempt has a mail to itself.
    pub(crate) fn hold(&self) -> Duration {
        match self.transport {
            Transport::Mailbox => MARGIN,
            Transport::Smtp => self.smtp.timeout + MARGIN,
        }
    }

    pub(crate) fn relay(&self) -> RelayOptions {
        let smtp = &self.smtp;
        let login = smtp.user.clone().zip(smtp.secret.clone());
        RelayOptions {
            host: smtp.host.clone(),
            port: smtp.port,
            security: match smtp.tls {
                Tls::Off => Security::Nothing,
                Tls::Starttls => Security::StartTls,
                Tls::On => Security::Tls,
            },
            login: login.map(|(user, secret)| Login { user, secret }),
            hello: smtp.hello.clone(),
            authorities: smtp.authority.clone(),
            timeout: smtp.timeout,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_be_kept_are_named() {
        assert_eq!(Settings::default().check(), Ok(()));
        assert!(Settings::default().sender().is_ok());
        let usual = Settings::default;
        let mailbox = |most, keep| MailboxSettings { most, keep };
        for (settings, name) in [
            (Settings { attempts: 0, ..usual() }, "mail.attempts"),
            (Settings { first_pause: Duration::from_secs(30_000), ..usual() }, "mail.first_pause"),
            (Settings { keep: Duration::from_secs(60), ..usual() }, "mail.keep"),
            (Settings { concurrency: 0, ..usual() }, "mail.concurrency"),
            (Settings { shop_url: "shop".to_owned(), ..usual() }, "mail.shop_url"),
            (Settings { shop_url: "http://a b".to_owned(), ..usual() }, "mail.shop_url"),
            (Settings { mailbox: mailbox(0, HOUR), ..usual() }, "mail.mailbox.most"),
            (Settings { mailbox: mailbox(1, Duration::ZERO), ..usual() }, "mail.mailbox.keep"),
            (
                Settings { smtp: SmtpSettings { timeout: Duration::ZERO, ..Default::default() }, ..usual() },
                "mail.smtp.timeout",
            ),
            (
                Settings {
                    smtp: SmtpSettings { user: Some("x".to_owned()), ..Default::default() },
                    ..usual()
                },
                "mail.smtp.user",
            ),
        ] {
            assert!(settings.check().unwrap_err().starts_with(name), "{name}");
        }
        let nobody = Settings { from: "shop".to_owned(), ..usual() };
        assert!(nobody.sender().unwrap_err().starts_with("mail.from"));
    }
}
