//! Refusals and their problem codes.

use std::time::Duration;

use tradewind_problem::{Kind, Problem, UNAVAILABLE};

/// The kinds of problem besides the platform's: none.
pub(crate) const KINDS: &[Kind] = &[];

/// When to come back, where nothing better is known.
const SOON: Duration = Duration::from_secs(1);

/// The catalogue did not answer, or not in a way that can be used. Without it there is nothing to show: an empty
/// list would say that nothing is sold.
pub(crate) fn no_catalogue(cause: &Problem) -> Problem {
    let wait = cause.wait().unwrap_or(SOON).max(SOON);
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let problem = Problem::new(&UNAVAILABLE)
        .detail(format!(
            "The products cannot be shown: the catalogue does not answer. Ask again in {seconds} s."
        ))
        .retry_after(wait)
        .operator(format!("the catalogue: {cause}"));
    if cause.was_retried() { problem.retried() } else { problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_refused_is_told_when_to_come_back_and_nothing_of_the_inside() {
        let cause = Problem::internal("password is wrong").retried();
        let problem = no_catalogue(&cause);
        assert!(problem.is(&UNAVAILABLE) && problem.was_retried());
        assert_eq!(problem.wait(), Some(SOON));
        assert!(!problem.caller_text().unwrap().contains("password"));
        assert!(problem.operator_text().unwrap().contains("password"));
        let later = Problem::new(&UNAVAILABLE).retry_after(Duration::from_millis(2_100));
        assert!(no_catalogue(&later).caller_text().unwrap().ends_with("in 3 s."));
    }
}
