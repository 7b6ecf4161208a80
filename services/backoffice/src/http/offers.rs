//! Coupons, promotions and taxes.

use std::sync::Arc;

use tradewind_cart_contract::{
    BasisPoints, CartDeskClient, Country, SERVICE as CART, SetCoupon, SetPromotion, SetTax,
};
use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_kernel::{Currency, Money, Slug, Timestamp};
use tradewind_pages::Fields;
use tradewind_problem::Problem;

use super::{changed, for_form, for_staff, is_confirmed, key, new_key, show, show_again, value, wrong};
use crate::error::{self, again_if_of_input};
use crate::offer_words::*;
use crate::pages::forms::confirm;
use crate::pages::offers::{self, Offers, percent, valid};
use crate::reader::Reader;
use crate::state::Office;
use crate::words::{UNFIT_NAME, UNFIT_QUANTITY};
use crate::worker::Worker;

/// How often a coupon can be redeemed at most, as [`UNFIT_QUANTITY`] says.
const MOST_TIMES: u32 = 1_000_000;

/// How many coupons are on a page, and the most promotions and taxes that are shown.
const PAGE: u16 = 50;
const MOST: u16 = 200;

const ADDRESS: &str = "/admin/offers";

pub(super) fn add_to(routes: Routes<Office>) -> Routes<Office> {
    routes
        .get("/admin/offers", |office, call| for_staff(office, call, list))
        .for_people()
        .post("/admin/offers/coupons", |office, call| for_form(office, call, coupon))
        .for_people()
        .post("/admin/offers/promotions", |office, call| for_form(office, call, promotion))
        .for_people()
        .post("/admin/offers/taxes", |office, call| for_form(office, call, tax))
        .for_people()
}

fn desk(office: &Office, call: &Call, worker: &Worker) -> Result<CartDeskClient, Problem> {
    office.caller(CART, call, &worker.token).map(CartDeskClient::new)
}

async fn list(office: Arc<Office>, call: Call, worker: Worker) -> Result<Reply, Problem> {
    listed(&office, &call, &worker, None).await
}

async fn listed(
    office: &Office,
    call: &Call,
    worker: &Worker,
    wrong: Option<&Problem>,
) -> Result<Reply, Problem> {
    let reader = &worker.reader;
    let after: Option<Slug> = Fields::of_query(call).value("after").ok();
    let desk = desk(office, call, worker)?;
    let offers = Offers {
        coupons: desk.coupons(after.as_ref(), PAGE).await?,
        promotions: desk.promotions(None, MOST).await?,
        taxes: desk.taxes(None, MOST).await?,
    };
    let shown = offers::all(worker, new_key(call), &offers);
    show_again(office, worker, reader.say(TITLE), wrong, &shown)
}

/// Asks once more, with what was entered.
fn asked(
    office: &Office,
    worker: &Worker,
    fields: &Fields,
    (what, names): (&str, &[&str]),
    question: &str,
) -> Result<Reply, Problem> {
    let reader = &worker.reader;
    let entered: Vec<(&str, String)> =
        names.iter().map(|name| (*name, fields.raw(name).unwrap_or_default().to_owned())).collect();
    let address = format!("{ADDRESS}/{what}");
    let yes = reader.say(YES);
    let shown = confirm(reader, key(reader, fields)?, (&address, ADDRESS), question, &entered, yes);
    show(office, worker, reader.say(CONFIRM_TITLE), &shown)
}

async fn coupon(office: Arc<Office>, call: Call, worker: Worker, fields: Fields) -> Result<Reply, Problem> {
    let answered = set_coupon(&office, &call, &worker, &fields).await;
    again_if_of_input(answered, async |problem| listed(&office, &call, &worker, Some(&problem)).await).await
}

async fn set_coupon(
    office: &Office,
    call: &Call,
    worker: &Worker,
    fields: &Fields,
) -> Result<Reply, Problem> {
    let reader = &worker.reader;
    let code: Slug = value(reader, fields, "coupon-code", UNFIT_NAME)?;
    let discount = part(reader, fields, "coupon-discount")?;
    let limit = how_often(reader, fields, "coupon-limit")?;
    let (valid_from, valid_until) = days(reader, fields, ("coupon-from", "coupon-until"))?;
    if !is_confirmed(fields) {
        let times = |limit: u32| reader.say_with(TIMES, &[("n", &limit.to_string())]);
        let limit = limit.map_or_else(|| reader.say(AS_OFTEN).to_owned(), times);
        let (off, valid) = (percent(reader, discount.get()), valid(reader, valid_from, valid_until));
        let places = [("code", code.as_str()), ("discount", &*off), ("limit", &*limit), ("valid", &*valid)];
        let names = ["coupon-code", "coupon-discount", "coupon-limit", "coupon-from", "coupon-until"];
        return asked(office, worker, fields, ("coupons", &names), &reader.say_with(CONFIRM_COUPON, &places));
    }
    let coupon = SetCoupon { discount, limit, valid_from, valid_until };
    desk(office, call, worker)?.set_coupon(&code, &coupon).await?;
    changed(CART, "coupon", code)
}

async fn promotion(
    office: Arc<Office>,
    call: Call,
    worker: Worker,
    fields: Fields,
) -> Result<Reply, Problem> {
    let answered = set_promotion(&office, &call, &worker, &fields).await;
    again_if_of_input(answered, async |problem| listed(&office, &call, &worker, Some(&problem)).await).await
}

async fn set_promotion(
    office: &Office,
    call: &Call,
    worker: &Worker,
    fields: &Fields,
) -> Result<Reply, Problem> {
    let reader = &worker.reader;
    let name: Slug = value(reader, fields, "promotion-name", UNFIT_NAME)?;
    let discount = part(reader, fields, "promotion-discount")?;
    let (valid_from, valid_until) = days(reader, fields, ("promotion-from", "promotion-until"))?;
    if !is_confirmed(fields) {
        let (off, valid) = (percent(reader, discount.get()), valid(reader, valid_from, valid_until));
        let places = [("name", name.as_str()), ("discount", &*off), ("valid", &*valid)];
        let names = ["promotion-name", "promotion-discount", "promotion-from", "promotion-until"];
        let question = reader.say_with(CONFIRM_PROMOTION, &places);
        return asked(office, worker, fields, ("promotions", &names), &question);
    }
    let promotion = SetPromotion { discount, valid_from, valid_until };
    desk(office, call, worker)?.set_promotion(&name, &promotion).await?;
    changed(CART, "promotion", name)
}

async fn tax(office: Arc<Office>, call: Call, worker: Worker, fields: Fields) -> Result<Reply, Problem> {
    let answered = set_tax(&office, &call, &worker, &fields).await;
    again_if_of_input(answered, async |problem| listed(&office, &call, &worker, Some(&problem)).await).await
}

async fn set_tax(office: &Office, call: &Call, worker: &Worker, fields: &Fields) -> Result<Reply, Problem> {
    let reader = &worker.reader;
    let unfit = || error::field(reader, "tax-country", reader.say(RULE_COUNTRY));
    let country: Country = fields.value("tax-country").map_err(|_| unfit())?;
    let rate = part(reader, fields, "tax-rate")?;
    if !is_confirmed(fields) {
        let places = [("country", country.code()), ("rate", &*percent(reader, rate.get()))];
        let question = reader.say_with(CONFIRM_TAX, &places);
        return asked(office, worker, fields, ("taxes", &["tax-country", "tax-rate"]), &question);
    }
    desk(office, call, worker)?.set_tax(country, &SetTax { rate }).await?;
    changed(CART, "country", country)
}

/// A part as people write it, such as `12.5`, in hundredths of a percent.
fn part(reader: &Reader, fields: &Fields, name: &str) -> Result<BasisPoints, Problem> {
    let text = fields.text(name, 10).map_err(|fault| wrong(reader, name, fault, RULE_PERCENT))?;
    points(&text).ok_or_else(|| error::field(reader, name, reader.say(RULE_PERCENT)))
}

fn points(text: &str) -> Option<BasisPoints> {
    // A percentage has two places behind its point, as pounds have.
    let number = Money::from_decimal(&text.replacen(',', ".", 1), Currency::GBP).ok()?;
    BasisPoints::try_from(number.minor()).ok()
}

/// How often a coupon can be redeemed; nothing means as often as people like.
fn how_often(reader: &Reader, fields: &Fields, name: &str) -> Result<Option<u32>, Problem> {
    if fields.raw(name).unwrap_or_default().trim().is_empty() {
        return Ok(None);
    }
    let times = value(reader, fields, name, UNFIT_QUANTITY)?;
    let unfit = || error::field(reader, name, reader.say(UNFIT_QUANTITY));
    (1..=MOST_TIMES).contains(&times).then_some(Some(times)).ok_or_else(unfit)
}

type Days = (Option<Timestamp>, Option<Timestamp>);

fn days(reader: &Reader, fields: &Fields, (from, until): (&str, &str)) -> Result<Days, Problem> {
    let (first, over) = (day(reader, fields, from)?, day(reader, fields, until)?);
    match (first, over) {
        (Some(first), Some(over)) if over <= first => Err(error::field(reader, until, reader.say(RULE_END))),
        days => Ok(days),
    }
}

/// The midnight in Greenwich with which a day begins; none when nothing was entered.
fn day(reader: &Reader, fields: &Fields, name: &str) -> Result<Option<Timestamp>, Problem> {
    let unfit = || error::field(reader, name, reader.say(RULE_DAY));
    let text = fields.optional(name, 10).map_err(|_| unfit())?;
    if text.is_empty() {
        return Ok(None);
    }
    midnight(&text).map(Some).ok_or_else(unfit)
}

fn midnight(day: &str) -> Option<Timestamp> {
    let is_plain = day.len() == 10 && day.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if is_plain { format!("{day}T00:00:00Z").parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_read_with_a_point_or_a_comma_and_within_their_bounds() {
        let read = |text| points(text).map(BasisPoints::get);
        assert_eq!(
            [read("12.5"), read("12,5"), read("0"), read("100")],
            [Some(1_250), Some(1_250), Some(0), Some(10_000)]
        );
        for odd in ["", "-1", "100.01", "1e2", "ten", "12.345", "1,2,3", "%"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }

    #[test]
    fn days_begin_at_midnight_in_greenwich() {
        assert_eq!(midnight("1970-01-02"), Some(Timestamp::from_micros(86_400_000_000)));
        for odd in ["", "1970-1-2", "2026-02-30", "2026-13-01", "02.01.1970", "1970-01-02T", "aaaaaaaaaa"] {
            assert_eq!(midnight(odd), None, "{odd}");
        }
    }
}
