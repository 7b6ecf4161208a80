//! What the log says of objects that are not followed: one line for all that share a reason, and not one for each attempt.

use std::collections::BTreeMap;
use std::time::Duration;

use tradewind_kernel::Clock;

use crate::cluster::follow::Follower;

/// How often the state of what is followed is looked at. What is mended sooner is not told.
const LOOK: Duration = Duration::from_secs(1);

/// How soon trouble that stays is told again; then twice as long each time, up to the longest.
const AGAIN: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(3600);

/// How many kinds a line names.
const NAMED: usize = 2;

/// Tells the log what is not followed, and what is again, for as long as it is polled.
pub(super) async fn tell(follower: Follower, clock: &Clock) {
    let mut troubles = Troubles::default();
    loop {
        clock.sleep(LOOK).await;
        let News { behind, mended } = troubles.look(clock.monotonic(), follower.troubles());
        if !behind.is_empty() {
            let trouble = by_reason(&behind);
            tracing::warn!(
                trouble,
                "objects are not followed; what is known stays in use, and it is tried again"
            );
        }
        if !mended.is_empty() {
            tracing::info!(objects = some(&mended), "objects are followed again");
        }
    }
}

/// What is to be told.
#[derive(Debug, Default, PartialEq, Eq)]
struct News {
    /// What is not followed, and why.
    behind: Vec<(String, String)>,
    /// What is followed again.
    mended: Vec<String>,
}

/// What was told of what is followed.
#[derive(Debug, Default)]
struct Troubles {
    parts: BTreeMap<String, Told>,
    /// What is followed again, which is told once all is.
    mended: Vec<String>,
}

/// What was told of a part.
#[derive(Debug)]
struct Told {
    /// Whether it was behind at the last look, too.
    was_behind: bool,
    /// Whether it was told last that it is behind.
    is_behind: bool,
    /// Before this it is not told again.
    due: Duration,
    pause: Duration,
}

impl Troubles {
    /// What is to be told of these, each with what is wrong with it.
    fn look(&mut self, now: Duration, parts: Vec<(String, Option<String>)>) -> News {
        let mut news = News::default();
        for (part, trouble) in parts {
            let told = self.parts.entry(part.clone()).or_insert(Told {
                was_behind: false,
                is_behind: false,
                due: Duration::ZERO,
                pause: AGAIN,
            });
            let was_behind = std::mem::replace(&mut told.was_behind, trouble.is_some());
            match trouble {
                Some(reason) if was_behind && now >= told.due => {
                    // One that comes and goes is told of no more often than one that stays.
                    told.pause = if told.is_behind { (told.pause * 2).min(LONGEST) } else { AGAIN };
                    (told.is_behind, told.due) = (true, now + told.pause);
                    self.mended.retain(|mended| *mended != part);
                    news.behind.push((part, reason));
                }
                Some(_) => {}
                None if std::mem::take(&mut told.is_behind) => self.mended.push(part),
                None => {}
            }
        }
        if self.parts.values().all(|told| !told.is_behind) {
            news.mended = std::mem::take(&mut self.mended);
        }
        news
    }
}

/// Each reason once, after all that share it.
pub(super) fn by_reason(all: &[(String, String)]) -> String {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for (part, reason) in all {
        match reasons.iter_mut().find(|(known, _)| known == reason) {
            Some((_, parts)) => parts.push(part.clone()),
            None => reasons.push((reason, vec![part.clone()])),
        }
    }
    let told: Vec<String> =
        reasons.iter().map(|(reason, parts)| format!("{}: {reason}", some(parts))).collect();
    told.join("; ")
}

/// The first names, and how many more there are.
fn some(names: &[String]) -> String {
    let (first, rest) = names.split_at(names.len().min(NAMED));
    match rest {
        [] => first.join(", "),
        // One more takes no more room than the word for it.
        [last] => format!("{}, {last}", first.join(", ")),
        rest => format!("{} and {} more", first.join(", "), rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(states: &[(&str, Option<&str>)]) -> Vec<(String, Option<String>)> {
        states.iter().map(|(part, reason)| ((*part).to_owned(), reason.map(str::to_owned))).collect()
    }

    #[test]
    fn a_reason_is_named_once() {
        let of = |names: &[&str], reason: &str| {
            names.iter().map(|name| ((*name).to_owned(), reason.to_owned())).collect::<Vec<_>>()
        };
        let refused = of(&["Gateway", "HTTPRoute", "Service", "Secret"], "connection refused");
        assert_eq!(by_reason(&refused), "Gateway, HTTPRoute and 2 more: connection refused");
        let both = [of(&["Gateway", "Secret"], "refused"), of(&["Service"], "no list yet")].concat();
        assert_eq!(by_reason(&both), "Gateway, Secret: refused; Service: no list yet");
        assert_eq!(some(&["a", "b", "c"].map(str::to_owned)), "a, b, c");
    }

    #[test]
    fn trouble_is_told_when_it_begins_when_it_ends_and_seldom_between() {
        let mut troubles = Troubles::default();
        let (good, bad) = (parts(&[("Secret", None)]), parts(&[("Secret", Some("refused"))]));
        let mut told = |at: u64, parts: &[(String, Option<String>)]| {
            let news = troubles.look(Duration::from_secs(at), parts.to_vec());
            (news.behind.len(), news.mended.len())
        };
        assert_eq!(told(1, &good), (0, 0));
        assert_eq!(told(2, &bad), (0, 0), "it may be mended at once");
        assert_eq!(told(3, &bad), (1, 0));
        let told_while_it_lasts: usize = (4..7200).map(|at| told(at, &bad).0).sum();
        assert_eq!(told_while_it_lasts, 6, "after 1, 2, 4, ... 32 minutes");
        assert_eq!(told(7200, &good), (0, 1));
        assert_eq!(told(7201, &good), (0, 0));
    }

    #[test]
    fn an_end_is_told_once_all_is_followed_again() {
        let mut troubles = Troubles::default();
        let mut told = |at: u64, secret: Option<&str>, service: Option<&str>| {
            let parts = parts(&[("Secret", secret), ("Service", service)]);
            troubles.look(Duration::from_secs(at), parts).mended
        };
        let bad = Some("refused");
        assert!(told(1, bad, bad).is_empty() && told(2, bad, bad).is_empty());
        assert!(told(3, None, bad).is_empty());
        assert_eq!(told(4, None, None), ["Secret", "Service"]);
        assert!(told(5, None, None).is_empty());
    }

    #[test]
    fn what_comes_and_goes_is_told_once_a_minute() {
        let mut troubles = Troubles::default();
        let (mut behind, mut mended) = (0, 0);
        for at in 0..120 {
            let state = if at % 4 < 2 { Some("refused") } else { None };
            let news = troubles.look(Duration::from_secs(at), parts(&[("Secret", state)]));
            (behind, mended) = (behind + news.behind.len(), mended + news.mended.len());
        }
        assert_eq!((behind, mended), (2, 2));
    }
}
