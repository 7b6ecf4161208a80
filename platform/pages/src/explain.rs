//! Problems in words for people.

use std::time::Duration;

use http::StatusCode;
use tradewind_problem::Problem;

use crate::{Language, Message};

crate::messages! {
    NOT_HERE = "There is no such page", "Diese Seite gibt es nicht";
    NOT_HERE_TEXT = "It may have moved, or the address has a mistake in it.",
        "Vielleicht ist sie umgezogen, oder in der Adresse ist ein Fehler.";
    FORGED = "We did not accept this form", "Dieses Formular haben wir nicht angenommen";
    FORGED_TEXT = "It was not made for you here, or it is too old. Nothing was changed. Go back, load the page again and send it once more.",
        "Es ist nicht hier für Sie gemacht worden, oder es ist zu alt. Nichts wurde geändert. Gehen Sie zurück, laden Sie die Seite neu und senden Sie es noch einmal.";
    TOO_LARGE = "That was too much text", "Das war zu viel Text";
    TOO_LARGE_TEXT = "What you sent is larger than we take. Nothing was changed. Go back and send less.",
        "Was Sie gesendet haben, ist größer, als wir annehmen. Nichts wurde geändert. Gehen Sie zurück und senden Sie weniger.";
    TOO_OFTEN = "Too many attempts", "Zu viele Versuche";
    TOO_OFTEN_TEXT = "Please wait {seconds} s and try again.", "Bitte warten Sie {seconds} s und versuchen Sie es noch einmal.";
    UNFIT = "We could not read what you sent", "Was Sie gesendet haben, konnten wir nicht lesen";
    UNFIT_TEXT = "Nothing was changed. Go back, check what you entered and send it again.",
        "Nichts wurde geändert. Gehen Sie zurück, prüfen Sie Ihre Eingaben und senden Sie sie noch einmal.";
    LATE = "We cannot show this right now", "Das können wir gerade nicht zeigen";
    LATE_TEXT = "Nothing is wrong on your side. Please load this page again in {seconds} s.",
        "An Ihnen liegt es nicht. Bitte laden Sie diese Seite in {seconds} s noch einmal.";
    BROKEN = "Something went wrong on our side", "Bei uns ist etwas schiefgegangen";
    BROKEN_TEXT = "We have written it down. Please try again in a moment.",
        "Wir haben es notiert. Bitte versuchen Sie es gleich noch einmal.";
}

/// A problem in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The status of the page that shows it.
    pub status: StatusCode,
    /// What it is called.
    pub title: &'static str,
    /// What it means, and what can be done.
    pub text: String,
    /// When another try makes sense, where that is known.
    pub wait: Option<Duration>,
}

/// Says what a problem means to whoever looks at a page. Nothing of its own words is shown: they are for programs.
#[must_use]
pub fn explain(problem: &Problem, language: Language) -> Explanation {
    let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let (title, text) = words(status);
    let wait = problem.wait().or((status.as_u16() >= 503).then_some(Duration::from_secs(1)));
    let seconds = wait.map_or(1, |wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).to_string();
    let text = text.with(language, &[("seconds", &seconds)]);
    Explanation { status, title: title.to(language), text, wait }
}

fn words(status: StatusCode) -> (Message, Message) {
    match status.as_u16() {
        404 | 405 | 410 => (NOT_HERE, NOT_HERE_TEXT),
        403 => (FORGED, FORGED_TEXT),
        413 => (TOO_LARGE, TOO_LARGE_TEXT),
        429 => (TOO_OFTEN, TOO_OFTEN_TEXT),
        503 | 504 => (LATE, LATE_TEXT),
        400..500 => (UNFIT, UNFIT_TEXT),
        _ => (BROKEN, BROKEN_TEXT),
    }
}

#[cfg(test)]
mod tests {
    use tradewind_problem::{DEADLINE_EXCEEDED, FORBIDDEN, NOT_FOUND, PAYLOAD_TOO_LARGE};

    use super::*;

    #[test]
    fn nothing_of_the_inside_is_told() {
        let problem = Problem::internal("password canary").detail("canary");
        for language in Language::ALL {
            let told = explain(&problem, language);
            assert!(told.status == 500 && !told.text.contains("canary") && !told.title.is_empty());
        }
    }

    #[test]
    fn each_kind_says_what_to_do() {
        let of = |kind| explain(&Problem::new(kind), Language::English);
        assert_eq!(
            (of(&NOT_FOUND).status.as_u16(), of(&NOT_FOUND).title),
            (404, NOT_HERE.to(Language::English))
        );
        assert_eq!(of(&PAYLOAD_TOO_LARGE).title, TOO_LARGE.to(Language::English));
        assert!(of(&FORBIDDEN).text.contains("load the page again"));
        let late = explain(
            &Problem::new(&DEADLINE_EXCEEDED).retry_after(Duration::from_millis(2_100)),
            Language::German,
        );
        assert!(late.text.contains("in 3 s"), "{}", late.text);
    }

    #[test]
    fn everything_is_said_in_every_language() {
        for (name, message) in ALL {
            assert_eq!(message.lacks(), None, "{name}");
        }
    }
}
