//! Who somebody is, and how much they can buy on account.

use std::sync::Arc;

use maud::html;
use tradewind_pages::{Html, written};

use crate::shop::frame::token;
use crate::shop::routed::Answered;
use crate::shop::shopper::Shopper;
use crate::shop::view::View;
use crate::shop::words::*;

pub(crate) async fn profile(shopper: Arc<Shopper>) -> Answered {
    shopper.require_signed()?;
    let who = shopper.own_account().who_am_i().await?;
    // Customers may not have heard of a new account yet, or be away.
    let credit = shopper.customers().me().await.ok();
    let money = |amount| written::money(shopper.language(), amount);
    let main = html! {
        section.narrow {
            h1 { (shopper.say(YOUR_ACCOUNT)) }
            dl.facts {
                dt { (shopper.say(NAME)) } dd { (Html::name(&who.name)) }
                dt { (shopper.say(EMAIL)) } dd { (Html::name(&who.email)) }
            }
            h2 { (shopper.say(ON_ACCOUNT)) }
            @if let Some(credit) = &credit {
                dl.facts {
                    dt { (shopper.say(CREDIT_LIMIT)) } dd { (money(credit.credit_limit)) }
                    dt { (shopper.say(CREDIT_AVAILABLE)) } dd { (money(credit.available)) }
                    dt { (shopper.say(CREDIT_OWED)) } dd { (money(credit.owed)) }
                }
            } @else { p { (shopper.say(CREDIT_UNKNOWN)) } }
            p { (shopper.say(PREFERENCES_BELOW)) }
            form method="post" action="/shop/sign-out" {
                (token(&shopper))
                button type="submit" { (shopper.say(SIGN_OUT)) }
            }
        }
    };
    Ok(View::new(shopper.say(YOUR_ACCOUNT), main).into())
}
