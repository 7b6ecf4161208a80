//! Keeping one process running: started again after its end, with a pause that grows, and swapped when that is asked.

use std::process::ExitStatus;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tradewind_process::{Part, WRONG_SETTINGS};

use crate::processes::child::{Life, News, Nursery};
use crate::processes::held::Held;
use crate::processes::member::Member;

/// The pause before the first restart; it doubles up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause before a restart.
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// Callers wait for a process that is back sooner; for others they are better refused.
const WORTH_WAITING: Duration = Duration::from_secs(1);

/// Who ran for so long is started again at once.
const STEADY: Duration = Duration::from_secs(30);

/// How long a process may take until it is ready.
pub(crate) const READY: Duration = Duration::from_secs(60);

/// The exit status of a process that did not understand its command line.
const WRONG_ARGUMENTS: i32 = 2;

/// How often in turn a process may refuse its settings before it is left alone.
const REFUSALS: u32 = 3;

/// What a keeper is asked to do; the answer comes when it is done.
#[derive(Debug)]
pub(crate) enum Order {
    /// Swap the process for a new one without refusing a request; or say why that did not work.
    Restart(oneshot::Sender<Result<(), String>>),
    /// End the process after its drain, for good.
    Stop(oneshot::Sender<()>),
}

/// How a process is, for those who ask.
#[derive(Debug, Clone, Default)]
pub(crate) struct Condition {
    /// The process that serves, or will.
    pub(crate) process: Option<u32>,
    /// Its doors, when it takes requests.
    pub(crate) ready: bool,
    pub(crate) part: Option<Part>,
    /// How often it was started again without being asked.
    pub(crate) restarts: u32,
    pub(crate) last_end: Option<String>,
    /// Whether it is left alone until somebody asks for a restart.
    pub(crate) gave_up: bool,
}

/// The supervisor's hold on one process.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) member: Member,
    condition: watch::Receiver<Condition>,
    orders: mpsc::Sender<Order>,
}

impl Kept {
    /// Starts the process and keeps it running.
    pub(crate) fn keep(member: Member, held: Held, nursery: Nursery) -> Self {
        let (orders, received) = mpsc::channel(4);
        let (condition, seen) = watch::channel(Condition::default());
        let kept = Self { member: member.clone(), condition: seen, orders };
        let tasks = nursery.tasks.clone();
        let keeper = Keeper { member, held, nursery, received, condition, spare: false, refusals: 0 };
        tasks.spawn("keeper", keeper.run());
        kept
    }

    pub(crate) fn condition(&self) -> Condition {
        self.condition.borrow().clone()
    }

    /// Waits until the process takes requests, or is given up.
    pub(crate) async fn settled(&self) -> Condition {
        let mut condition = self.condition.clone();
        let settled = condition.wait_for(|condition| condition.ready || condition.gave_up).await;
        settled.map_or_else(|_| Condition::default(), |condition| condition.clone())
    }

    /// Ends the process after its drain.
    pub(crate) async fn stop(&self) {
        let (done, is_done) = oneshot::channel();
        // A keeper that has ended has nothing left to do.
        if self.orders.send(Order::Stop(done)).await.is_ok() {
            is_done.await.unwrap_or_default();
        }
    }

    /// Swaps the process for a new one, and waits until that takes requests.
    pub(crate) async fn restart(&self) -> Result<(), String> {
        let (done, is_done) = oneshot::channel();
        let gone = || "it is being stopped".to_owned();
        self.orders.send(Order::Restart(done)).await.map_err(|_| gone())?;
        is_done.await.map_err(|_| gone())?
    }
}

struct Keeper {
    member: Member,
    held: Held,
    nursery: Nursery,
    received: mpsc::Receiver<Order>,
    condition: watch::Sender<Condition>,
    /// Which of the two names of the replica the process has that runs.
    spare: bool,
    /// How often in turn it refused its settings.
    refusals: u32,
}

/// How a life or a pause ended.
enum Next {
    /// By itself.
    Ended(Ended),
    Ordered(Order),
    /// Nobody is left who could ask for anything.
    Abandoned,
}

/// The end of a life that nobody asked for.
struct Ended {
    why: String,
    /// Whether another life would end the same way.
    is_hopeless: bool,
}

impl Ended {
    fn of(status: ExitStatus) -> Self {
        let is_hopeless = matches!(status.code(), Some(code) if code == i32::from(WRONG_SETTINGS) || code == WRONG_ARGUMENTS);
        Self { why: format!("the process ended: {status}"), is_hopeless }
    }

    fn failed(why: String) -> Self {
        Self { why, is_hopeless: false }
    }
}

impl Keeper {
    async fn run(mut self) {
        let (mut pause, mut asked) = (FIRST_PAUSE, None);
        loop {
            let began = self.nursery.clock.monotonic();
            let next = match self.begin(self.spare) {
                Ok(life) => self.live(life, asked.take()).await,
                Err(error) => {
                    refuse(asked.take(), &error);
                    Next::Ended(Ended::failed(error))
                }
            };
            let next = match next {
                Next::Ended(ended) => {
                    let lived = self.nursery.clock.monotonic().saturating_sub(began);
                    pause = if lived >= STEADY { FIRST_PAUSE } else { pause };
                    self.after(ended, pause).await
                }
                other => other,
            };
            match next {
                Next::Ended(_) => pause = (pause * 2).min(MAX_PAUSE),
                Next::Ordered(Order::Restart(done)) => (pause, asked) = (FIRST_PAUSE, Some(done)),
                Next::Ordered(Order::Stop(done)) => return done.send(()).unwrap_or_default(),
                Next::Abandoned => return,
            }
        }
    }

    fn begin(&mut self, spare: bool) -> Result<Life, String> {
        self.held.open()?;
        Life::begin(&self.member, &self.held, spare, &self.nursery)
    }

    /// Stays with a process until its end; `asked` hears when it is ready, or why it is not.
    async fn live(&mut self, mut life: Life, asked: Option<oneshot::Sender<Result<(), String>>>) -> Next {
        let process = life.process();
        self.condition.send_modify(|condition| (condition.process, condition.gave_up) = (process, false));
        let mut asked = asked;
        if self.member.is_foreign {
            self.is_ready(None, asked.take());
        }
        loop {
            let order = tokio::select! {
                biased;
                order = self.received.recv() => order,
                news = life.news() => match news {
                    Ok(News::Ready(part)) => {
                        self.is_ready(part, asked.take());
                        continue;
                    }
                    other => {
                        let ended = ended(other);
                        refuse(asked, &ended.why);
                        return Next::Ended(ended);
                    }
                }
            };
            match order {
                Some(Order::Restart(done)) if self.can_swap() => match self.swap(&mut life).await {
                    Ok(()) => done.send(Ok(())).unwrap_or_default(),
                    Err(error) => done.send(Err(error)).unwrap_or_default(),
                },
                order => {
                    self.end(&mut life).await;
                    return order.map_or(Next::Abandoned, Next::Ordered);
                }
            }
        }
    }

    /// Whether a new process may run beside the old one.
    fn can_swap(&self) -> bool {
        self.member.is_shared && self.condition.borrow().ready
    }

    /// Starts a new process beside the old one, which drains when the new one is ready.
    async fn swap(&mut self, life: &mut Life) -> Result<(), String> {
        let mut next = self.begin(!self.spare)?;
        let clock = self.nursery.clock.clone();
        let news = clock.timeout(READY, next.news()).await;
        let part = match news.unwrap_or_else(|_| Err(format!("it was not ready in {} s", READY.as_secs()))) {
            Ok(News::Ready(part)) => part,
            other => {
                // It may still run, and must not serve beside the old one.
                drop(next.end().await);
                return Err(format!("the new process is no use, the old one goes on: {}", ended(other).why));
            }
        };
        let process = next.process();
        self.spare = !self.spare;
        self.condition.send_modify(|condition| condition.process = process);
        self.is_ready(part, None);
        let mut old = std::mem::replace(life, next);
        self.tell_of_stop(old.stop().await);
        Ok(())
    }

    fn is_ready(&mut self, part: Option<Part>, asked: Option<oneshot::Sender<Result<(), String>>>) {
        self.refusals = 0;
        self.condition.send_modify(|condition| (condition.ready, condition.part) = (true, part));
        if let Some(asked) = asked {
            asked.send(Ok(())).unwrap_or_default();
        }
    }

    async fn end(&mut self, life: &mut Life) {
        self.condition.send_modify(|condition| condition.ready = false);
        self.tell_of_stop(life.stop().await);
        self.condition.send_modify(|condition| condition.process = None);
    }

    fn tell_of_stop(&self, stopped: Result<ExitStatus, String>) {
        match stopped {
            Ok(status) if status.success() => {}
            Ok(status) => self.say(&format!("it did not stop well: {status}")),
            Err(error) => self.say(&format!("it could not be stopped: {error}")),
        }
    }

    /// What follows an end that nobody asked for: a pause, or none to come.
    async fn after(&mut self, ended: Ended, pause: Duration) -> Next {
        let was_ready = self.condition.borrow().part.is_some();
        self.refusals = if ended.is_hopeless { self.refusals + 1 } else { 0 };
        let gives_up = self.refusals >= if was_ready { REFUSALS } else { 1 };
        self.condition.send_modify(|condition| {
            (condition.process, condition.ready, condition.gave_up) = (None, false, gives_up);
            condition.restarts += u32::from(!gives_up);
            condition.last_end = Some(ended.why.clone());
        });
        if gives_up {
            self.held.close();
            self.say(&format!("{}; another start would mend nothing", ended.why));
            return self.received.recv().await.map_or(Next::Abandoned, Next::Ordered);
        }
        if pause > WORTH_WAITING {
            self.held.close();
        }
        self.say(&format!("{}; started again in {:.1} s", ended.why, pause.as_secs_f64()));
        let clock = self.nursery.clock.clone();
        tokio::select! {
            biased;
            order = self.received.recv() => order.map_or(Next::Abandoned, Next::Ordered),
            () = clock.sleep(pause) => Next::Ended(ended),
        }
    }

    fn say(&self, text: &str) {
        self.nursery.output.line(&self.member.label(), text);
    }
}

/// Tells whoever asked for a restart that it did not work.
fn refuse(asked: Option<oneshot::Sender<Result<(), String>>>, why: &str) {
    if let Some(asked) = asked {
        asked.send(Err(why.to_owned())).unwrap_or_default();
    }
}

/// The end that this news is, or amounts to.
fn ended(news: Result<News, String>) -> Ended {
    match news {
        Ok(News::Ended(status)) => Ended::of(status),
        Ok(News::Ready(_)) => Ended::failed("it said twice that it is ready".to_owned()),
        Err(error) => Ended::failed(error),
    }
}
