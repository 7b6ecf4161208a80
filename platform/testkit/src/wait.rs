//! Waiting for a condition, never for a time.

use std::future::Future;
use std::time::Duration;

use tradewind_kernel::Clock;

/// How long anything in a test may take: long enough for a busy machine, short enough to end.
pub const LIMIT: Duration = Duration::from_secs(30);

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// What `future` gives; `what` was not done when that takes longer than [`LIMIT`].
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    bounded(LIMIT, what, future).await
}

/// Looks again and again until there is something to see.
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    until_within(LIMIT, what, look).await
}

/// The same for what may take longer.
pub(crate) async fn until_within<T>(
    limit: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> T {
    let clock = Clock::system();
    let looking = async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            clock.sleep(PAUSE).await;
        }
    };
    bounded(limit, what, looking).await
}

async fn bounded<T>(limit: Duration, what: &str, future: impl Future<Output = T>) -> T {
    let result = Clock::system().timeout(limit, future).await;
    result.unwrap_or_else(|_| panic!("{what}: not within {limit:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn looks_until_there_is_something_to_see() {
        let mut looks = 0;
        let seen = until("three looks", async || {
            looks += 1;
            (looks == 3).then_some("seen")
        });
        assert_eq!(seen.await, "seen");
    }

    #[tokio::test(start_paused = true)]
    #[should_panic(expected = "the moon: not within 30s")]
    async fn gives_up_with_the_name_of_what_did_not_happen() {
        until("the moon", async || None::<()>).await;
    }
}
