//! Amounts as people of a language write them.

use tradewind_kernel::Money;

use crate::domain::Tongue;

/// An amount with its currency.
pub(super) fn shown(money: Money, tongue: Tongue) -> String {
    let (decimal, currency) = (money.decimal(), money.currency());
    let code = currency.code();
    let sign = match code {
        "GBP" => "£",
        "EUR" => "€",
        "USD" => "$",
        other => other,
    };
    match tongue {
        Tongue::English if sign == code => format!("{decimal} {sign}"),
        Tongue::English => match decimal.strip_prefix('-') {
            Some(amount) => format!("-{sign}{amount}"),
            None => format!("{sign}{decimal}"),
        },
        Tongue::German => format!("{} {sign}", decimal.replace('.', ",")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_writes_amounts_in_its_way() {
        let money = |minor, code: &str| Money::from_minor(minor, code.parse().unwrap());
        for (money, english, german) in [
            (money(1_060, "GBP"), "£10.60", "10,60 £"),
            (money(5, "EUR"), "€0.05", "0,05 €"),
            (money(-150, "USD"), "-$1.50", "-1,50 $"),
            (money(1_200, "CHF"), "12.00 CHF", "12,00 CHF"),
        ] {
            assert_eq!(shown(money, Tongue::English), english);
            assert_eq!(shown(money, Tongue::German), german);
        }
    }
}
