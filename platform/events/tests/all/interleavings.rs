//! Order per key, whatever is told, parked, mended, replayed and restarted, in whichever sequence.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use tradewind_events::{Progress, run};

use crate::moody::{Moody, Trouble, parked, replay, subscription};
use crate::support::{World, world};

const LAMPS: [&str; 3] = ["a", "b", "c"];

#[derive(Debug, Clone)]
enum Step {
    Tell { lamp: usize, trouble: Option<Trouble> },
    Wait { millis: u64 },
    Mend,
    Replay { lamp: usize },
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let trouble = prop_oneof![
        5 => Just(None),
        2 => Just(Some(Trouble::Fail)),
        1 => Just(Some(Trouble::Panic)),
        1 => (1..4_u32).prop_map(|times| Some(Trouble::Busy(times))),
    ];
    prop_oneof![
        6 => (0..LAMPS.len(), trouble).prop_map(|(lamp, trouble)| Step::Tell { lamp, trouble }),
        3 => (0..900_u64).prop_map(|millis| Step::Wait { millis }),
        1 => Just(Step::Mend),
        3 => (0..LAMPS.len()).prop_map(|lamp| Step::Replay { lamp }),
        1 => Just(Step::Restart),
    ]
}

struct Play {
    world: World,
    moody: Arc<Moody>,
    progress: Arc<Progress>,
    told: BTreeMap<String, Vec<i64>>,
}

impl Play {
    fn start(&self) -> tokio::task::JoinHandle<()> {
        let feed = Box::new(self.world.feed());
        let options = self.world.options(&self.progress);
        tokio::spawn(run(Arc::new(subscription()), self.moody.clone(), feed, options))
    }

    async fn replay(&self, lamp: &str) {
        let letters = parked(&self.world.consumer).await;
        if let Some(letter) = letters.iter().find(|letter| letter.partition_key == lamp) {
            // A letter may fail again, and what it needs may be away: both leave it where it is.
            let _ = replay(&self.world, &self.moody, letter.position, &self.progress).await;
        }
    }

    async fn seen(&self) -> BTreeMap<String, Vec<i64>> {
        let mut seen: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for (lamp, count) in self.world.seen().await {
            seen.entry(lamp).or_default().push(count);
        }
        seen
    }

    async fn check_order(&self) {
        for (lamp, seen) in self.seen().await {
            assert!(
                self.told[&lamp].starts_with(&seen),
                "{lamp}: told {:?}, seen {seen:?}",
                self.told[&lamp]
            );
        }
    }
}

async fn play(steps: Vec<Step>) {
    let world = world().await;
    let mut play = Play { world, moody: Moody::with(&[]), progress: Arc::default(), told: BTreeMap::new() };
    let mut runner = play.start();
    for (count, step) in (0..).zip(steps) {
        match step {
            Step::Tell { lamp, trouble } => {
                play.moody.troubles.lock().unwrap().extend(trouble.map(|trouble| (count, trouble)));
                play.told.entry(LAMPS[lamp].to_owned()).or_default().push(count);
                play.world.light(LAMPS[lamp], count).await;
            }
            Step::Wait { millis } => play.world.clock.sleep(Duration::from_millis(millis)).await,
            Step::Mend => play.moody.cure(),
            Step::Replay { lamp } => play.replay(LAMPS[lamp]).await,
            Step::Restart => {
                runner.abort();
                let _ = runner.await;
                runner = play.start();
            }
        }
        play.check_order().await;
    }
    play.moody.cure();
    play.world.clock.sleep(Duration::from_secs(60)).await;
    for lamp in LAMPS {
        play.replay(lamp).await;
    }
    play.world.clock.sleep(Duration::from_secs(60)).await;
    assert_eq!(play.seen().await, play.told);
    assert_eq!((play.progress.parked_keys(), play.progress.parked_letters()), (0, 0));
    runner.abort();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_event_overtakes_another_of_its_key(steps in prop::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(play(steps));
    }
}
