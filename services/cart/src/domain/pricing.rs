//! What a cart costs.

use tradewind_kernel::{Currency, Money, MoneyError, Timestamp};

/// All of something, in hundredths of a percent.
const ALL: u32 = 10_000;

/// When something is in force: from a moment on, until before another; where one is missing, without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) from: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
}

impl Window {
    pub(crate) fn contains(self, now: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now < until)
    }
}

/// What is taken off and added, in hundredths of a percent, each at most all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rates {
    pub(crate) discount: u32,
    pub(crate) tax: u32,
}

impl Rates {
    /// The discounts of a coupon and of the greatest promotion are added, to no more than all of it.
    pub(crate) fn new(coupon: u32, promotion: u32, tax: u32) -> Self {
        Self { discount: coupon.saturating_add(promotion).min(ALL), tax }
    }
}

/// What is to be paid, and how it comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) subtotal: Money,
    pub(crate) discount: Money,
    pub(crate) tax: Money,
    pub(crate) total: Money,
}

impl Totals {
    /// Adds lines up, takes the discount off, and adds the tax on what is left. Both are rounded once, on the sum, half
    /// to even, so that they are right to half a minor unit however many lines there are.
    pub(crate) fn of(currency: Currency, lines: &[(u32, Money)], rates: Rates) -> Result<Self, MoneyError> {
        let mut subtotal = Money::from_minor(0, currency);
        for (quantity, price) in lines {
            subtotal = subtotal.plus(price.times(i64::from(*quantity))?)?;
        }
        let discount = share(subtotal.minor(), rates.discount)?;
        let left = subtotal.minor() - discount;
        let tax = share(left, rates.tax)?;
        let total = left.checked_add(tax).ok_or(MoneyError::Overflow)?;
        let money = |minor| Money::from_minor(minor, currency);
        Ok(Self { subtotal, discount: money(discount), tax: money(tax), total: money(total) })
    }
}

/// A part of an amount that is not negative, rounded half to even.
fn share(minor: i64, points: u32) -> Result<i64, MoneyError> {
    let (product, all) = (i128::from(minor) * i128::from(points), i128::from(ALL));
    let (whole, twice) = (product / all, product % all * 2);
    let is_up = twice > all || (twice == all && whole % 2 == 1);
    i64::try_from(whole + i128::from(is_up)).map_err(|_| MoneyError::Overflow)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pence(minor: i64) -> Money {
        Money::from_minor(minor, Currency::GBP)
    }

    fn totals(lines: &[(u32, i64)], discount: u32, tax: u32) -> [i64; 4] {
        let lines: Vec<_> = lines.iter().map(|(quantity, price)| (*quantity, pence(*price))).collect();
        let totals = Totals::of(Currency::GBP, &lines, Rates { discount, tax }).unwrap();
        [totals.subtotal, totals.discount, totals.tax, totals.total].map(|money| money.minor())
    }

    #[test]
    fn tax_is_on_what_the_discount_leaves() {
        assert_eq!(totals(&[(2, 410), (2, 120)], 1_000, 2_000), [1_060, 106, 191, 1_145]);
        assert_eq!(totals(&[(2, 410)], 10_000, 2_000), [820, 820, 0, 0]);
        assert_eq!(totals(&[], 1_000, 2_000), [0; 4]);
    }

    #[test]
    fn a_half_is_rounded_to_even_and_lines_are_not_rounded_one_by_one() {
        // 0.5, 1.5 and 2.5 of a penny.
        assert_eq!([50, 150, 250].map(|sum| totals(&[(1, sum)], 100, 0)[1]), [0, 2, 2]);
        assert_eq!([51, 149, 251].map(|sum| totals(&[(1, sum)], 100, 0)[1]), [1, 1, 3]);
        assert_eq!(totals(&[(1, 2), (1, 2), (1, 1)], 2_000, 0)[1], 1);
    }

    #[test]
    fn what_is_too_large_is_refused_and_currencies_are_not_mixed() {
        let rates = Rates { discount: 0, tax: 10_000 };
        let sum = |lines: &[(u32, Money)]| Totals::of(Currency::GBP, lines, rates);
        assert_eq!(sum(&[(2, pence(i64::MAX))]), Err(MoneyError::Overflow));
        assert_eq!(sum(&[(1, pence(i64::MAX))]), Err(MoneyError::Overflow), "with the tax");
        let euro = Money::from_minor(1, "EUR".parse().unwrap());
        assert_eq!(sum(&[(1, euro)]), Err(MoneyError::CurrencyMismatch));
    }

    #[test]
    fn a_window_holds_its_beginning_and_not_its_end() {
        let [before, from, until] = [1, 2, 3].map(Timestamp::from_micros);
        let window = Window { from: Some(from), until: Some(until) };
        assert_eq!([before, from, until].map(|now| window.contains(now)), [false, true, false]);
        let open = Window { from: None, until: None };
        assert!(open.contains(before));
        assert_eq!(Rates::new(9_000, 2_000, 0).discount, ALL);
    }

    proptest! {
        #[test]
        fn a_total_adds_up_and_is_never_negative(
            lines in prop::collection::vec((1..=10_000_u32, 0..=100_000_000_i64), 0..100),
            discount in 0..=ALL,
            tax in 0..=ALL,
        ) {
            let [subtotal, taken, tax_minor, total] = totals(&lines, discount, tax);
            prop_assert_eq!(subtotal, lines.iter().map(|(quantity, price)| i64::from(*quantity) * price).sum::<i64>());
            prop_assert_eq!(total, subtotal - taken + tax_minor);
            prop_assert!(taken >= 0 && taken <= subtotal && tax_minor >= 0 && total >= 0);
            let off = |part: i64, whole: i64, points: u32| {
                (i128::from(part) * i128::from(ALL) - i128::from(whole) * i128::from(points)).abs() * 2
            };
            prop_assert!(off(taken, subtotal, discount) <= i128::from(ALL), "right to half a minor unit");
            prop_assert!(off(tax_minor, subtotal - taken, tax) <= i128::from(ALL));
        }
    }
}
