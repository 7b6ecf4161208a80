//! What a figure has to come to.

use std::str::FromStr;

/// The least that a figure may be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) least: f64,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "expected NAME=NUMBER, such as speed=500".to_owned();
        let (name, least) = text.rsplit_once('=').ok_or_else(wrong)?;
        let least: f64 = least.trim().parse().map_err(|_| wrong())?;
        if name.trim().is_empty() || !least.is_finite() || least < 0.0 {
            return Err(wrong());
        }
        Ok(Self { name: name.trim().to_owned(), least })
    }
}
