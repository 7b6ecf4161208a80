//! Money, numbers and times as people write them.

use tradewind_kernel::{Money, Timestamp};

use crate::Language;

const MONTHS: [[&str; 2]; 12] = [
    ["January", "Januar"],
    ["February", "Februar"],
    ["March", "März"],
    ["April", "April"],
    ["May", "Mai"],
    ["June", "Juni"],
    ["July", "Juli"],
    ["August", "August"],
    ["September", "September"],
    ["October", "Oktober"],
    ["November", "November"],
    ["December", "Dezember"],
];

/// An amount of money: `£1,234.50` or `1.234,50 £`.
#[must_use]
pub fn money(language: Language, money: Money) -> String {
    let decimal = money.decimal();
    let (sign, digits) =
        decimal.strip_prefix('-').map_or(("", decimal.as_str()), |digits| ("\u{2212}", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let currency = money.currency();
    let symbol = match currency.code() {
        "GBP" => "£",
        "EUR" => "€",
        "USD" => "$",
        "JPY" => "¥",
        code => code,
    };
    let whole = grouped(language, whole);
    let point = if fraction.is_empty() { "" } else { separators(language).1 };
    match language {
        Language::English if symbol.len() == 3 && symbol.is_ascii() => {
            format!("{sign}{symbol}\u{a0}{whole}{point}{fraction}")
        }
        Language::English => format!("{sign}{symbol}{whole}{point}{fraction}"),
        Language::German => format!("{sign}{whole}{point}{fraction}\u{a0}{symbol}"),
    }
}

/// An amount without its currency, as it stands in a field that somebody may change: `1234.50` or `1234,50`.
#[must_use]
pub fn amount(language: Language, money: Money) -> String {
    money.decimal().replace('.', separators(language).1)
}

/// An amount as [`amount`] writes it or as programs do, as the decimal text that programs write. Thousands that are set
/// off are not guessed at: `1,234` has three decimal places.
#[must_use]
pub fn read_amount(text: &str) -> String {
    let text = text.trim();
    if text.contains('.') { text.to_owned() } else { text.replacen(',', ".", 1) }
}

/// A whole number: `1,234` or `1.234`.
#[must_use]
pub fn number(language: Language, number: i64) -> String {
    let sign = if number < 0 { "\u{2212}" } else { "" };
    format!("{sign}{}", grouped(language, &number.unsigned_abs().to_string()))
}

/// Hundredths of a percent as a percentage: `12.5 %` or `12,5 %`.
#[must_use]
pub fn percent(language: Language, basis_points: u32) -> String {
    let (whole, part) = (basis_points / 100, basis_points % 100);
    let part = format!("{part:02}");
    let part = part.trim_end_matches('0');
    let point = if part.is_empty() { "" } else { separators(language).1 };
    match language {
        Language::English => format!("{whole}{point}{part}%"),
        Language::German => format!("{whole}{point}{part}\u{a0}%"),
    }
}

/// A day: `30 November 2026` or `30. November 2026`. The day is that of Greenwich.
#[must_use]
pub fn day(language: Language, time: Timestamp) -> String {
    parts(time).map_or_else(
        || time.to_string(),
        |(year, month, day, _)| match language {
            Language::English => format!("{day} {} {year}", month_in(language, month)),
            Language::German => format!("{day}. {} {year}", month_in(language, month)),
        },
    )
}

/// A day and a time: `30 November 2026, 09:40 UTC`.
#[must_use]
pub fn moment(language: Language, time: Timestamp) -> String {
    let clock = parts(time).map_or_else(String::new, |(.., clock)| format!(", {clock} UTC"));
    format!("{}{clock}", day(language, time))
}

/// Thousands and decimals are set off by these.
fn separators(language: Language) -> (char, &'static str) {
    match language {
        Language::English => (',', "."),
        Language::German => ('.', ","),
    }
}

fn grouped(language: Language, digits: &str) -> String {
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(separators(language).0);
        }
        text.push(digit);
    }
    text
}

fn month_in(language: Language, month: usize) -> &'static str {
    let names = MONTHS.get(month.wrapping_sub(1)).copied().unwrap_or_default();
    let [english, german] = names;
    match language {
        Language::English => english,
        Language::German => german,
    }
}

/// Year, month, day and `hh:mm` of a time as it is written in RFC 3339.
fn parts(time: Timestamp) -> Option<(String, usize, u32, String)> {
    let text = time.to_string();
    let (date, clock) = text.split_once('T')?;
    let mut date = date.rsplitn(3, '-');
    let (day, month, year) = (date.next()?, date.next()?, date.next()?);
    Some((year.to_owned(), month.parse().ok()?, day.parse().ok()?, clock.get(..5)?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EN: Language = Language::English;
    const DE: Language = Language::German;

    #[test]
    fn money_is_written_as_people_there_write_it() {
        let of = |text: &str, currency: &str| Money::from_decimal(text, currency.parse().unwrap()).unwrap();
        for (amount, english, german) in [
            (of("0", "GBP"), "£0.00", "0,00\u{a0}£"),
            (of("1234.5", "EUR"), "€1,234.50", "1.234,50\u{a0}€"),
            (of("-1234567.89", "GBP"), "\u{2212}£1,234,567.89", "\u{2212}1.234.567,89\u{a0}£"),
            (of("1500", "JPY"), "¥1,500", "1.500\u{a0}¥"),
            (of("12", "SEK"), "SEK\u{a0}12.00", "12,00\u{a0}SEK"),
        ] {
            assert_eq!((money(EN, amount).as_str(), money(DE, amount).as_str()), (english, german));
        }
    }

    #[test]
    fn an_amount_is_read_as_it_is_written() {
        let euro = "EUR".parse().unwrap();
        let money = Money::from_decimal("-1234.50", euro).unwrap();
        assert_eq!((amount(EN, money).as_str(), amount(DE, money).as_str()), ("-1234.50", "-1234,50"));
        for language in Language::ALL {
            assert_eq!(Money::from_decimal(&read_amount(&amount(language, money)), euro), Ok(money));
        }
        for text in ["1,234", "1.234,5", "1,2,3", "1 234"] {
            assert!(Money::from_decimal(&read_amount(text), euro).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_parts_and_times_are_as_well() {
        assert_eq!(
            (number(EN, 1_234).as_str(), number(DE, -1_234_567).as_str()),
            ("1,234", "\u{2212}1.234.567")
        );
        assert_eq!((percent(EN, 2_000).as_str(), percent(DE, 1_250).as_str()), ("20%", "12,5\u{a0}%"));
        assert_eq!(percent(EN, 5), "0.05%");
        let time: Timestamp = "2026-03-05T09:40:59Z".parse().unwrap();
        assert_eq!((day(EN, time).as_str(), day(DE, time).as_str()), ("5 March 2026", "5. März 2026"));
        assert_eq!(moment(EN, time), "5 March 2026, 09:40 UTC");
        assert!(!moment(DE, Timestamp::from_micros(i64::MAX)).is_empty());
        assert!(!moment(DE, Timestamp::from_micros(-99_999_999_999_999_999)).is_empty());
    }
}
