//! From a request to a page: who asks, what they sent, and words for what went wrong.

use std::future::Future;
use std::sync::Arc;

use http::header::RETRY_AFTER;
use tradewind_chassis::http::{Call, Reply};
use tradewind_client::BoxFuture;
use tradewind_pages::{Cookie, Fields, Flash, LocalPath, Visit, explain, page, see_other, with_cookies};
use tradewind_problem::Problem;

use crate::shop::frame;
use crate::shop::shopper::Shopper;
use crate::shop::view::View;
use crate::state::Shopfront;

/// An answer to a shopper.
pub(crate) enum Answer {
    /// A page.
    View(Box<View>),
    /// On to another page.
    Go(LocalPath, Vec<Cookie>),
    /// A piece of a page, or something else.
    Raw(Box<Reply>),
}

impl From<View> for Answer {
    fn from(view: View) -> Self {
        Self::View(Box::new(view))
    }
}

pub(crate) type Answered = Result<Answer, Problem>;

/// Sends them on to a page of the shop.
pub(crate) fn go(to: impl AsRef<str>, cookies: Vec<Cookie>) -> Answered {
    Ok(Answer::Go(LocalPath::own(to), cookies))
}

/// Answers by what `show` gives.
pub(crate) fn shown<F, R>(
    show: F,
) -> impl Fn(Arc<Shopfront>, Call) -> BoxFuture<'static, Result<Reply, Problem>> + Send + Sync + Clone + 'static
where
    F: Fn(Arc<Shopper>) -> R + Send + Sync + Clone + 'static,
    R: Future<Output = Answered> + Send + 'static,
{
    move |shop, call| {
        let show = show.clone();
        Box::pin(async move {
            let shopper = match arrive(shop, call).await {
                Ok(shopper) => shopper,
                Err(refused) => return refused,
            };
            let answered = show(shopper.clone()).await;
            reply(&shopper, answered).await
        })
    }
}

/// Answers a form by what `take` gives, if a page of the shop made it for this browser.
pub(crate) fn sent<F, R>(
    take: F,
) -> impl Fn(Arc<Shopfront>, Call) -> BoxFuture<'static, Result<Reply, Problem>> + Send + Sync + Clone + 'static
where
    F: Fn(Arc<Shopper>, Fields) -> R + Send + Sync + Clone + 'static,
    R: Future<Output = Answered> + Send + 'static,
{
    move |shop, mut call| {
        let take = take.clone();
        Box::pin(async move {
            let fields = Fields::read(&mut call).await;
            let shopper = match arrive(shop, call).await {
                Ok(shopper) => shopper,
                Err(refused) => return refused,
            };
            let own =
                fields.and_then(|fields| shopper.visit.own_form(&shopper.call, &fields).map(|()| fields));
            let answered = match own {
                Ok(fields) => take(shopper.clone(), fields).await,
                Err(problem) => Err(problem),
            };
            reply(&shopper, answered).await
        })
    }
}

async fn arrive(shop: Arc<Shopfront>, call: Call) -> Result<Arc<Shopper>, Result<Reply, Problem>> {
    match Shopper::arrive(shop, call).await {
        Ok(shopper) => Ok(Arc::new(shopper)),
        // They are not made a guest because a database is away: what they see then would be wrong.
        Err((problem, shopper)) => Err(reply(&shopper, Err(problem)).await),
    }
}

async fn reply(shopper: &Shopper, answered: Answered) -> Result<Reply, Problem> {
    let answer = match answered {
        Ok(answer) => answer,
        Err(problem) if problem.status() == 401 => to_sign_in(shopper),
        Err(problem) => return unwell(shopper, &problem).await,
    };
    let mut cookies = if shopper.visit.is_new { vec![visit_cookie(shopper)] } else { Vec::new() };
    match answer {
        Answer::Raw(reply) => with_cookies(*reply, &cookies),
        Answer::Go(to, more) => {
            // A later cookie of the same name counts: that of somebody who has just signed in.
            cookies.extend(more);
            with_cookies(see_other(&to)?, &cookies)
        }
        Answer::View(mut view) => {
            if shopper.flash.is_some() {
                cookies.push(Flash::shown(&shopper.call));
            }
            cookies.append(&mut view.cookies);
            let status = view.status;
            with_cookies(page(status, frame::around(shopper, &view).await)?, &cookies)
        }
    }
}

fn visit_cookie(shopper: &Shopper) -> Cookie {
    shopper.visit.cookie(&shopper.call)
}

/// The key of another visit, as somebody signs in or out.
pub(crate) fn cookie_of(shopper: &Shopper, visit: &Visit) -> Cookie {
    visit.cookie(&shopper.call)
}

fn to_sign_in(shopper: &Shopper) -> Answer {
    let is_read = shopper.call.method() == http::Method::GET;
    let back = shopper.call.uri().path_and_query().map_or("/shop", |path| path.as_str());
    let back = if is_read { back } else { "/shop" };
    let encoded = percent_encoding::utf8_percent_encode(back, percent_encoding::NON_ALPHANUMERIC);
    Answer::Go(LocalPath::own(format!("/shop/sign-in?to={encoded}")), Vec::new())
}

/// People get words, not a problem document.
async fn unwell(shopper: &Shopper, problem: &Problem) -> Result<Reply, Problem> {
    if problem.is_server_fault() {
        tracing::error!(%problem, "a page cannot be shown");
    }
    let told = explain(problem, shopper.language());
    let view = View::new(told.title, frame::explained(shopper, &told)).status(told.status);
    let cookies = if shopper.visit.is_new { vec![visit_cookie(shopper)] } else { Vec::new() };
    let reply = with_cookies(page(told.status, frame::alone(shopper, &view))?, &cookies)?;
    match told.wait {
        Some(wait) => reply.header(RETRY_AFTER, &wait.as_secs().max(1).to_string()),
        None => Ok(reply),
    }
}
