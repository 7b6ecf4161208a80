//! The mailbox of a laptop, for people and for programs: on the machine that it is on, and nowhere else.

use std::net::IpAddr;
use std::sync::Arc;

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderName, StatusCode};
use serde::Deserialize;
use tradewind_chassis::http::{Call, Operation, Reply, Routes, operation};
use tradewind_kernel::Page;
use tradewind_mail_contract::{Arrived, MAILBOX_PATH};
use tradewind_problem::{NOT_FOUND, Problem};

use crate::error;
use crate::http::pages;
use crate::state::Mails;
use crate::store::mailbox;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// What passed a proxy did not come from this machine.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// A page loads its own style sheet and shows mails in frames; nothing of it runs.
const OF_PAGES: &str = "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'";

/// A mail is somebody else's: it runs nothing, loads nothing, sends nothing and leads nowhere.
const OF_MAILS: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; \
     base-uri 'none'; frame-ancestors 'self'";

/// Names that nobody can have in the public DNS, so that nobody else's page is under one (RFC 6761 §6.2 and §6.3).
const LOCAL: [&str; 2] = ["localhost", "test"];

/// Mails on a page.
const PER_PAGE: u16 = 50;

pub(crate) fn admin() -> Routes<Mails> {
    Routes::new()
        .get("/", list)
        .describe(here("Show the mailbox as a page").query::<Asked>().answers_text(HTML))
        .get("/style.css", style)
        .describe(here("Show how the pages look").answers_text(CSS))
        .get("/icon.svg", icon)
        .describe(here("Show the icon of the pages").answers_text(SVG))
        .get("/mails/{number}", show)
        .describe(of_mail("Show a mail as a page"))
        .get("/mails/{number}/html", show_html)
        .describe(of_mail("Show the HTML of a mail, which does nothing"))
        .get(MAILBOX_PATH, list_json)
        .describe(here("List what is in the mailbox").query::<Asked>().answers::<Page<Arrived>>(200))
}

fn here(summary: &'static str) -> Operation {
    operation(summary).problems(&[NOT_FOUND])
}

fn of_mail(summary: &'static str) -> Operation {
    here(summary).parameter::<i64>("number").answers_text(HTML)
}

/// Which mails are asked for.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Asked {
    /// Those to this address.
    to: Option<String>,
    /// How many, 1 to 200.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u16>,
    /// The mark of the page before.
    after: Option<String>,
}

impl Asked {
    /// The address, if one is named: an empty field of a form names none.
    fn to(&self) -> Option<String> {
        self.to.as_deref().map(str::trim).filter(|to| !to.is_empty()).map(str::to_lowercase)
    }

    async fn find(&self, mails: &Mails) -> Result<Page<Arrived>, Problem> {
        let limit = self.limit.unwrap_or(PER_PAGE);
        if !(1..=200).contains(&limit) {
            return Err(error::parameter("limit", "ask for 1 to 200 items"));
        }
        let before = self.after.as_deref().map_or(Ok(i64::MAX), str::parse::<i64>);
        let before =
            before.map_err(|_| error::parameter("after", "send the next mark of the page before"))?;
        let found = mailbox::page(&mails.db, self.to().as_deref(), before, limit + 1).await?;
        Ok(Page::from_probe(found, limit, |mail| mail.number.to_string()))
    }
}

/// Lets in who is on this machine, if there is a mailbox.
///
/// A page of somebody else's that is open in a browser here reaches loopback too. It says whose it is: the name that the
/// browser was sent to stands in `Host`, and only names of this machine are let in.
fn admit(mails: &Mails, call: &Call) -> Result<(), Problem> {
    let said = call.headers().get_all(HOST).iter().map(|host| host.to_str().unwrap_or("not text"));
    let mut hosts = said.chain(call.uri().authority().map(|authority| authority.as_str()));
    let is_near = call.client_address().is_none_or(|address| address.to_canonical().is_loopback());
    let is_direct = !call.headers().contains_key(FORWARDED_FOR);
    if mails.courier.way.is_mailbox() && is_near && is_direct && hosts.all(is_here) {
        return Ok(());
    }
    Err(error::no_mailbox())
}

/// Whether a host, perhaps with a port, is a name of this machine.
fn is_here(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let address: Result<IpAddr, _> = name.trim_start_matches('[').trim_end_matches(']').parse();
    match address {
        Ok(address) => address.is_loopback(),
        Err(_) => LOCAL.iter().any(|end| {
            let name = name.to_ascii_lowercase();
            name == *end || name.ends_with(&format!(".{end}"))
        }),
    }
}

async fn list(mails: Arc<Mails>, call: Call) -> Result<Reply, Problem> {
    admit(&mails, &call)?;
    let asked: Asked = call.query()?;
    let page = asked.find(&mails).await?;
    html(pages::list(&page, asked.to().as_deref()), OF_PAGES)
}

async fn list_json(mails: Arc<Mails>, call: Call) -> Result<Reply, Problem> {
    admit(&mails, &call)?;
    let asked: Asked = call.query()?;
    Reply::ok(&asked.find(&mails).await?)?.header(CACHE_CONTROL, "no-store")
}

async fn show(mails: Arc<Mails>, call: Call) -> Result<Reply, Problem> {
    html(pages::mail(&found(&mails, &call).await?), OF_PAGES)
}

async fn show_html(mails: Arc<Mails>, call: Call) -> Result<Reply, Problem> {
    let mail = found(&mails, &call).await?;
    html(mail.html, OF_MAILS)?.header(X_FRAME_OPTIONS, "SAMEORIGIN")
}

async fn found(mails: &Mails, call: &Call) -> Result<Arrived, Problem> {
    admit(mails, call)?;
    call.no_query()?;
    let found = mailbox::find(&mails.db, call.parameter("number")?).await?;
    found.ok_or_else(error::no_mail)
}

async fn style(mails: Arc<Mails>, call: Call) -> Result<Reply, Problem> {
    asset(&mails, &call, CSS, pages::STYLE)
}

async fn icon(mails: Arc<Mails>, call: Call) -> Result<Reply, Problem> {
    asset(&mails, &call, SVG, pages::ICON)
}

fn asset(mails: &Mails, call: &Call, media_type: &'static str, text: &'static str) -> Result<Reply, Problem> {
    admit(mails, call)?;
    call.no_query()?;
    Reply::bytes(StatusCode::OK, media_type, text).header(X_CONTENT_TYPE_OPTIONS, "nosniff")
}

fn html(page: String, policy: &'static str) -> Result<Reply, Problem> {
    let headers = [
        (CONTENT_SECURITY_POLICY, policy),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ];
    let reply = Reply::bytes(StatusCode::OK, HTML, page);
    headers.into_iter().try_fold(reply, |reply, (name, value)| reply.header(name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_here() {
        for host in [
            "localhost",
            "LOCALHOST:8086",
            "shop.test",
            "a.localhost:1",
            "127.0.0.1",
            "127.0.0.1:8086",
            "[::1]:8086",
            "[::1]",
        ] {
            assert!(is_here(host), "{host}");
        }
        for host in [
            "",
            "mytest",
            "test.example.com",
            "example.com",
            "example.com:8086",
            "localhost.example.com",
            "192.168.0.1:8086",
            "0.0.0.0",
            "127.0.0.1.example.com",
            "localhost:x",
            "[fe80::1]:8086",
        ] {
            assert!(!is_here(host), "{host}");
        }
    }
}
