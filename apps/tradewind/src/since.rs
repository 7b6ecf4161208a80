//! How far back to look.

use std::str::FromStr;
use std::time::Duration;

use tradewind_kernel::Timestamp;

/// An age or a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    Age(Duration),
    Time(Timestamp),
}

impl Since {
    pub(crate) fn before(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Age(age) => now.minus(age),
            Self::Time(time) => time,
        }
    }
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(time) = text.parse() {
            return Ok(Self::Time(time));
        }
        let wrong =
            || "write an age such as 90s, 15m or 2h, or a time such as 2026-01-31T12:00:00Z".to_owned();
        let unit = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (number, unit) = text.split_at(unit);
        let seconds: u64 = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return Err(wrong()),
        };
        let number: u64 = number.parse().map_err(|_| wrong())?;
        number.checked_mul(seconds).map(|age| Self::Age(Duration::from_secs(age))).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_or_a_time_is_taken_and_nothing_else() {
        let age = |seconds| Ok(Since::Age(Duration::from_secs(seconds)));
        assert_eq!("90s".parse(), age(90));
        assert_eq!("2h".parse(), age(7_200));
        assert!(matches!("2026-01-31T12:00:00Z".parse(), Ok(Since::Time(_))));
        for wrong in ["", "90", "s", "-1s", "1w", "yesterday", "99999999999999999999d"] {
            assert!(wrong.parse::<Since>().is_err(), "{wrong}");
        }
    }
}
