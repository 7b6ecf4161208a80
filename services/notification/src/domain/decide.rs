//! Who is told what.

use std::collections::BTreeSet;
use std::time::Duration;

use tradewind_kernel::Timestamp;
use tradewind_notification_contract::{Channel, Language, Occasion, SetPreferences};

use crate::domain::News;

/// What holds for everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Policy {
    /// The language of those who chose none.
    pub(crate) language: Language,
    /// How old news may be.
    pub(crate) news_for: Duration,
}

/// What becomes of news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// A mail is asked for.
    Mail,
    /// Whom it concerns does not want to be told.
    Unwanted,
    /// It is no news any more.
    Late,
}

/// What those want who chose nothing: everything but that an order is confirmed, which follows its placement at once.
pub(crate) fn usual(policy: Policy) -> SetPreferences {
    let wanted = |occasion: &Occasion| *occasion != Occasion::OrderConfirmed;
    SetPreferences {
        language: policy.language,
        channels: vec![Channel::Mail],
        occasions: Occasion::ALL.into_iter().filter(wanted).collect(),
    }
}

/// What becomes of news now, for somebody who wants this.
pub(crate) fn decide(news: &News, wishes: &SetPreferences, policy: Policy, now: Timestamp) -> Decision {
    let wanted = wishes.channels.contains(&Channel::Mail)
        && wishes.occasions.contains(&news.occasion)
        && news.occasion != Occasion::Other;
    if !wanted {
        return Decision::Unwanted;
    }
    if now.since(news.happened_at) > policy.news_for { Decision::Late } else { Decision::Mail }
}

/// The wish as it is kept, each way and occasion once; else where it holds something that is not known, and what it may
/// be.
pub(crate) fn wished(wish: &SetPreferences) -> Result<SetPreferences, (String, &'static str)> {
    if wish.language == Language::Other {
        return Err(("/language".to_owned(), "choose en or de"));
    }
    if let Some(at) = wish.channels.iter().position(|channel| *channel == Channel::Other) {
        return Err((format!("/channels/{at}"), "the only way is mail"));
    }
    if let Some(at) = wish.occasions.iter().position(|occasion| *occasion == Occasion::Other) {
        return Err((format!("/occasions/{at}"), "name an occasion such as order-completed"));
    }
    let channels: BTreeSet<Channel> = wish.channels.iter().copied().collect();
    let occasions: BTreeSet<Occasion> = wish.occasions.iter().copied().collect();
    Ok(SetPreferences {
        language: wish.language,
        channels: channels.into_iter().collect(),
        occasions: occasions.into_iter().collect(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tradewind_kernel::Id;

    use super::*;

    const POLICY: Policy = Policy { language: Language::De, news_for: Duration::from_secs(60) };

    fn news(occasion: Occasion, at: i64) -> News {
        News::new(Id::from_u128(1), Id::from_u128(2), occasion, Timestamp::from_micros(at))
    }

    fn decided(occasion: Occasion, wishes: &SetPreferences, seconds: i64) -> Decision {
        decide(&news(occasion, 0), wishes, POLICY, Timestamp::from_micros(seconds * 1_000_000))
    }

    #[test]
    fn who_chose_nothing_is_told_of_all_but_the_confirmation() {
        let usual = usual(POLICY);
        assert_eq!(usual.language, Language::De);
        for occasion in Occasion::ALL {
            let should =
                if occasion == Occasion::OrderConfirmed { Decision::Unwanted } else { Decision::Mail };
            assert_eq!(decided(occasion, &usual, 0), should, "{occasion:?}");
        }
    }

    #[test]
    fn what_is_old_is_no_news() {
        let usual = usual(POLICY);
        assert_eq!(decided(Occasion::OrderPlaced, &usual, 60), Decision::Mail);
        assert_eq!(decided(Occasion::OrderPlaced, &usual, 61), Decision::Late);
        assert_eq!(decided(Occasion::OrderConfirmed, &usual, 61), Decision::Unwanted);
        // A clock that is behind makes nothing old.
        assert_eq!(decided(Occasion::OrderPlaced, &usual, -61), Decision::Mail);
    }

    #[test]
    fn what_is_not_known_is_refused_with_its_place() {
        let wish = |language, channels: &[Channel], occasions: &[Occasion]| SetPreferences {
            language,
            channels: channels.to_vec(),
            occasions: occasions.to_vec(),
        };
        let place = |wish: &SetPreferences| wished(wish).unwrap_err().0;
        assert_eq!(place(&wish(Language::Other, &[], &[])), "/language");
        assert_eq!(place(&wish(Language::En, &[Channel::Mail, Channel::Other], &[])), "/channels/1");
        assert_eq!(place(&wish(Language::En, &[], &[Occasion::Other])), "/occasions/0");
    }

    fn occasion() -> impl Strategy<Value = Occasion> {
        (0..Occasion::ALL.len()).prop_map(|at| Occasion::ALL[at])
    }

    proptest! {
        #[test]
        fn a_mail_is_asked_for_only_if_way_and_occasion_are_wanted(
            occasions in prop::collection::vec(occasion(), 0..10),
            by_mail: bool,
            of in occasion(),
        ) {
            let channels = if by_mail { vec![Channel::Mail; 2] } else { Vec::new() };
            let wish = SetPreferences { language: Language::En, channels, occasions };
            let kept = wished(&wish).unwrap();
            prop_assert!(kept.channels.len() <= 1 && kept.occasions.len() <= Occasion::ALL.len());
            let is_mail = decided(of, &kept, 0) == Decision::Mail;
            prop_assert_eq!(is_mail, by_mail && wish.occasions.contains(&of));
        }
    }
}
