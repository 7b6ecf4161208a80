//! Moments as RFC 3339 writes them.

use crate::decimal;

const MICROS: u64 = 1_000_000;
const SECONDS_A_DAY: u64 = 86_400;

/// The text of the second of the last line: most lines of a busy thread share theirs with the one before.
#[derive(Debug, Clone)]
pub struct DateCache {
    second: u64,
    /// `1970-01-01T00:00:00`
    text: [u8; 19],
}

impl Default for DateCache {
    fn default() -> Self {
        Self { second: 0, text: text_of(0) }
    }
}

impl DateCache {
    /// Appends a moment, given in microseconds since 1970, in UTC and with all its microseconds.
    pub fn write(&mut self, micros: u64, to: &mut Vec<u8>) {
        let second = micros / MICROS;
        if second != self.second {
            self.second = second;
            self.text = text_of(second);
        }
        to.extend_from_slice(&self.text);
        to.push(b'.');
        to.extend_from_slice(&decimal::padded::<6>(micros % MICROS));
        to.push(b'Z');
    }
}

fn text_of(second: u64) -> [u8; 19] {
    let (year, month, day) = date_of(second / SECONDS_A_DAY);
    let of_day = second % SECONDS_A_DAY;
    let mut text = *b"0000-00-00T00:00:00";
    put(&mut text, 0, decimal::padded::<4>(year));
    put(&mut text, 5, decimal::padded::<2>(month));
    put(&mut text, 8, decimal::padded::<2>(day));
    put(&mut text, 11, decimal::padded::<2>(of_day / 3_600));
    put(&mut text, 14, decimal::padded::<2>(of_day / 60 % 60));
    put(&mut text, 17, decimal::padded::<2>(of_day % 60));
    text
}

fn put<const N: usize>(text: &mut [u8; 19], at: usize, digits: [u8; N]) {
    if let Some(place) = text.get_mut(at..at + N) {
        place.copy_from_slice(&digits);
    }
}

/// Year, month and day of a number of days since 1970, in the Gregorian calendar.
///
/// Years are counted from March, so that the leap day is the last of its year: a year begins after
/// 365 y + y/4 − y/100 + y/400 days, and the months from March on begin after (153 m + 2) / 5 days.
fn date_of(days: u64) -> (u64, u64, u64) {
    // Days since the first of March of the year 0.
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let after_new_year = month >= 10;
    let month = if after_new_year { month - 9 } else { month + 3 };
    (era * 400 + year + u64::from(after_new_year), month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tradewind_kernel::Timestamp;

    use super::*;

    fn written(cache: &mut DateCache, micros: u64) -> String {
        let mut text = Vec::new();
        cache.write(micros, &mut text);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn leap_days_and_the_borders_of_seconds() {
        let mut cache = DateCache::default();
        for (micros, expected) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (999_999, "1970-01-01T00:00:00.999999Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
            (1_709_251_199_000_001, "2024-02-29T23:59:59.000001Z"),
            (1_709_251_200_000_000, "2024-03-01T00:00:00.000000Z"),
            (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
        ] {
            assert_eq!(written(&mut cache, micros), expected);
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_kernel(moments in prop::collection::vec(0_u64..253_402_300_799_000_000, 1..20)) {
            let mut cache = DateCache::default();
            for micros in moments {
                for micros in [micros, micros + 1, micros + 1_000_000] {
                    let expected = Timestamp::from_micros(micros as i64).to_string();
                    prop_assert_eq!(written(&mut cache, micros), expected);
                }
            }
        }
    }
}
