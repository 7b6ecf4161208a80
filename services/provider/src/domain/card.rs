//! Cards: whether what is said of one can be true, and what this provider makes of its number.

use tradewind_kernel::Timestamp;
use tradewind_provider_contract::{CardDetails, DeclineReason, RegisterCard};

/// What is kept of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownCard {
    pub(crate) last4: String,
    pub(crate) brand: &'static str,
    pub(crate) behaviour: Behaviour,
}

/// What a card says to every charge; no reason is a yes.
pub(crate) type Behaviour = Option<DeclineReason>;

/// A field that does not fit, and why.
pub(crate) type Unfit = (&'static str, &'static str);

/// The cards that refuse, for tests: every other number accepts. They are in the README.
const REFUSING: [(&str, DeclineReason); 3] = [
    ("4000000000009995", DeclineReason::InsufficientFunds),
    ("4000000000000069", DeclineReason::Expired),
    ("4000000000009979", DeclineReason::Stolen),
];

/// What is kept of this card, if it can be one and is valid at `now`.
pub(crate) fn check(card: &RegisterCard, now: Timestamp) -> Result<KnownCard, Unfit> {
    let number = card.number.expose();
    if !(12..=19).contains(&number.len()) || !is_digits(number) || !is_luhn(number) {
        return Err(("/number", "expected the 12 to 19 digits of a card, without a mistake in them"));
    }
    let expiry = month(&card.expiry).ok_or(("/expiry", "expected a month such as 12/30"))?;
    if expiry < month_of(now) {
        return Err(("/expiry", "the card has expired"));
    }
    let cvc = card.cvc.expose();
    if !(3..=4).contains(&cvc.len()) || !is_digits(cvc) {
        return Err(("/cvc", "expected 3 or 4 digits"));
    }
    let refusing = REFUSING.into_iter().find(|(refusing, _)| *refusing == number);
    Ok(KnownCard {
        last4: number[number.len() - 4..].to_owned(),
        brand: brand(number),
        behaviour: refusing.map(|(_, reason)| reason),
    })
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Luhn's formula (ISO/IEC 7812-1, annex B): every second digit from the right counts twice.
fn is_luhn(number: &str) -> bool {
    let digits = number.chars().rev().filter_map(|digit| digit.to_digit(10));
    let weighted = digits.enumerate().map(|(place, digit)| match (place % 2, digit) {
        (0, _) => digit,
        (_, 5..) => digit * 2 - 9,
        _ => digit * 2,
    });
    weighted.sum::<u32>() % 10 == 0
}

/// Year and month of `MM/YY`.
fn month(expiry: &CardDetails) -> Option<(u32, u32)> {
    let (month, year) = expiry.expose().split_once('/')?;
    if month.len() != 2 || year.len() != 2 || !is_digits(month) || !is_digits(year) {
        return None;
    }
    let (month, year) = (month.parse().ok()?, year.parse::<u32>().ok()?);
    (1..=12).contains(&month).then_some((2000 + year, month))
}

/// Year and month of a time, which is written as RFC 3339.
fn month_of(now: Timestamp) -> (u32, u32) {
    let text = now.to_string();
    let part = |range| text.get(range).and_then(|part: &str| part.parse().ok()).unwrap_or(0);
    (part(0..4), part(5..7))
}

fn brand(number: &str) -> &'static str {
    let begin = |length: usize| number[..length].parse::<u32>().unwrap_or(0);
    match (begin(1), begin(2), begin(4)) {
        (4, ..) => "visa",
        (_, 51..=55, _) | (.., 2221..=2720) => "mastercard",
        (_, 34 | 37, _) => "amex",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(number: &str, expiry: &str, cvc: &str) -> RegisterCard {
        let text = CardDetails::new;
        RegisterCard { number: text(number), expiry: text(expiry), cvc: text(cvc) }
    }

    /// 2026-11-29.
    const NOW: Timestamp = Timestamp::from_micros(1_795_910_400_000_000);

    #[test]
    fn what_can_be_a_card_is_kept_without_its_number() {
        for (number, brand) in [
            ("4242424242424242", "visa"),
            ("5555555555554444", "mastercard"),
            ("2223003122003222", "mastercard"),
            ("378282246310005", "amex"),
            ("6011111111111117", "other"),
        ] {
            let kept = check(&card(number, "11/26", "123"), NOW).unwrap();
            let last4 = number[number.len() - 4..].to_owned();
            assert_eq!(kept, KnownCard { last4, brand, behaviour: None });
        }
    }

    #[test]
    fn every_reason_has_a_number_that_refuses_for_it() {
        for reason in DeclineReason::ALL {
            let (number, _) = REFUSING.into_iter().find(|(_, refusing)| *refusing == reason).unwrap();
            assert_eq!(check(&card(number, "12/30", "1234"), NOW).unwrap().behaviour, Some(reason));
        }
    }

    #[test]
    fn what_can_be_no_card_is_refused_by_its_field() {
        let fine = ("4242424242424242", "12/30", "123");
        let refused = |number, expiry, cvc| check(&card(number, expiry, cvc), NOW).unwrap_err().0;
        for number in ["", "4242424242424241", "42424242424", "4242 4242 4242 4242", "４242424242424242"] {
            assert_eq!(refused(number, fine.1, fine.2), "/number", "{number}");
        }
        for expiry in ["", "10/26", "12/25", "13/30", "00/30", "1/30", "12/2030", "12-30", "+1/30"] {
            assert_eq!(refused(fine.0, expiry, fine.2), "/expiry", "{expiry}");
        }
        for cvc in ["", "12", "12345", "12a"] {
            assert_eq!(refused(fine.0, fine.1, cvc), "/cvc", "{cvc}");
        }
    }
}
