//! Keeping one process running: started again after its end, with a pause that grows.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::processes::child::Life;
use crate::processes::member::Member;
use crate::processes::output::Output;

/// The pause before the first restart; it doubles up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause before a restart.
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// Who ran for so long is started again at once.
const STEADY: Duration = Duration::from_secs(30);

/// What a keeper is asked to do; the answer comes when it is done.
#[derive(Debug)]
pub(crate) enum Order {
    /// End the process after its drain, and start it again.
    Restart(oneshot::Sender<()>),
    /// End the process after its drain, for good.
    Stop(oneshot::Sender<()>),
}

/// How a process is, for those who ask.
#[derive(Debug, Clone, Default)]
pub(crate) struct Condition {
    pub(crate) process: Option<u32>,
    pub(crate) restarts: u32,
    pub(crate) last_end: Option<String>,
}

/// The supervisor's hold on one process.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) member: Member,
    condition: Arc<Mutex<Condition>>,
    orders: mpsc::Sender<Order>,
}

impl Kept {
    /// Starts the process and keeps it running.
    pub(crate) fn keep(member: Member, data: PathBuf, output: Arc<Output>) -> Self {
        let (orders, received) = mpsc::channel(4);
        let condition = Arc::new(Mutex::new(Condition::default()));
        let kept = Self { member, condition, orders };
        let keeper = Keeper { kept: kept.clone(), data, output, received };
        drop(tokio::spawn(keeper.run()));
        kept
    }

    pub(crate) fn condition(&self) -> Condition {
        self.condition.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) async fn stop(&self) {
        self.ask(Order::Stop).await;
    }

    /// Ends the process after its drain and starts it again; whether it is ready is asked elsewhere.
    pub(crate) async fn restart(&self) {
        self.ask(Order::Restart).await;
    }

    async fn ask(&self, order: impl FnOnce(oneshot::Sender<()>) -> Order) {
        let (done, is_done) = oneshot::channel();
        // A keeper that has ended has nothing left to do.
        if self.orders.send(order(done)).await.is_ok() {
            is_done.await.unwrap_or_default();
        }
    }

    fn note(&self, change: impl FnOnce(&mut Condition)) {
        change(&mut self.condition.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

struct Keeper {
    kept: Kept,
    data: PathBuf,
    output: Arc<Output>,
    received: mpsc::Receiver<Order>,
}

/// How a life or a pause ended.
enum Next {
    /// By itself.
    Ended(String),
    Ordered(Order),
    /// Nobody is left who could ask for anything.
    Abandoned,
}

impl Keeper {
    async fn run(mut self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let began = Instant::now();
            let next = match Life::begin(&self.kept.member, &self.data, &self.output) {
                Ok(life) => self.live(life).await,
                Err(error) => Next::Ended(error),
            };
            self.kept.note(|condition| condition.process = None);
            let next = match next {
                Next::Ended(why) => {
                    pause = if began.elapsed() >= STEADY { FIRST_PAUSE } else { pause };
                    self.tell_of(&why, pause);
                    self.rest(pause).await
                }
                other => other,
            };
            match next {
                Next::Ended(_) => pause = (pause * 2).min(MAX_PAUSE),
                Next::Ordered(Order::Restart(done)) => {
                    pause = FIRST_PAUSE;
                    done.send(()).unwrap_or_default();
                }
                Next::Ordered(Order::Stop(done)) => return done.send(()).unwrap_or_default(),
                Next::Abandoned => return,
            }
        }
    }

    async fn live(&mut self, mut life: Life) -> Next {
        let process = life.process();
        self.kept.note(|condition| condition.process = process);
        let order = tokio::select! {
            biased;
            order = self.received.recv() => order,
            ended = life.ended() => {
                let how = ended.map_or_else(|error| error, |status| status.to_string());
                return Next::Ended(format!("the process ended: {how}"));
            }
        };
        let stopped = life.stop().await;
        if let Err(error) = stopped {
            self.output.line(&self.kept.member.label(), &format!("could not be stopped: {error}"));
        }
        order.map_or(Next::Abandoned, Next::Ordered)
    }

    /// Waits before the next life; an order ends the wait.
    async fn rest(&mut self, pause: Duration) -> Next {
        tokio::select! {
            biased;
            order = self.received.recv() => order.map_or(Next::Abandoned, Next::Ordered),
            () = tokio::time::sleep(pause) => Next::Ended(String::new()),
        }
    }

    fn tell_of(&self, why: &str, pause: Duration) {
        self.kept.note(|condition| {
            condition.restarts += 1;
            condition.last_end = Some(why.to_owned());
        });
        let text = format!("{why}; started again in {:.1} s", pause.as_secs_f64());
        self.output.line(&self.kept.member.label(), &text);
    }
}
