//! What the bus promises, whatever carries it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Barrier, Notify, mpsc};
use tokio::task::JoinHandle;
use tradewind_events::bus::{Bus, Consumer, Delivered, Exchange, Message, Queue, Routed, matches};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal};
use tradewind_problem::{CONFLICT, DEADLINE_EXCEEDED, NO_RECEIVER, Problem, UNAVAILABLE};

/// The longest wait for something that has to happen.
const LIMIT: Duration = Duration::from_secs(30);

/// The bus, as two who talk to each other have it.
pub struct Pair {
    pub here: Bus,
    pub there: Bus,
    pub clock: Clock,
    pub entropy: Entropy,
}

/// Ends with the test.
pub struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Task {
    /// Ends now: what it holds is let go.
    pub async fn end(mut self) {
        self.0.abort();
        (&mut self.0).await.unwrap_or_default();
    }
}

pub fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Task {
    Task(tokio::spawn(future))
}

impl Pair {
    pub fn message(&self, data: &Value) -> Message {
        let context = Context::begin(Principal::Anonymous, &self.clock, &self.entropy);
        self.here.message("tradewind.lamps.switch.v1", &context, data).unwrap()
    }

    pub fn deadline(&self, seconds: u64) -> Deadline {
        Deadline::after(&self.clock, Duration::from_secs(seconds))
    }

    /// What `future` gives; it has to, within the limit.
    pub async fn soon<T>(&self, future: impl Future<Output = T>) -> T {
        self.clock.timeout(LIMIT, future).await.expect("it happens in time")
    }

    /// A consumer that tells what it gets, and handles it all.
    pub async fn listen(&self, consumer: Consumer) -> (Task, mpsc::UnboundedReceiver<Value>) {
        let (heard, hears) = mpsc::unbounded_channel();
        let task = self.handle(consumer, move |delivered| {
            heard.send(data(&delivered)).unwrap();
            std::future::ready(Ok(()))
        });
        (task.await, hears)
    }

    pub async fn handle<F, R>(&self, mut consumer: Consumer, handler: F) -> Task
    where
        F: Fn(Delivered) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), Problem>> + Send + 'static,
    {
        self.soon(consumer.attach()).await.unwrap();
        spawn(consumer.run(handler))
    }

    /// What is answered to a question within so many seconds.
    pub async fn ask(&self, queue: &Queue, question: &Value, seconds: u64) -> Result<Message, Problem> {
        let message = self.message(question);
        self.soon(self.here.request(queue, &message, self.deadline(seconds))).await
    }

    /// Answers each question with what the handler makes of it.
    pub async fn answer<F, R>(&self, mut consumer: Consumer, handler: F) -> Task
    where
        F: Fn(Delivered) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Message, Problem>> + Send + 'static,
    {
        self.soon(consumer.attach()).await.unwrap();
        spawn(consumer.respond(handler))
    }
}

pub fn data(delivered: &Delivered) -> Value {
    delivered.message.read().unwrap()
}

/// What has come until `end` comes.
async fn up_to(pair: &Pair, hears: &mut mpsc::UnboundedReceiver<Value>, end: &Value) -> Vec<Value> {
    let mut came = Vec::new();
    loop {
        let next = pair.soon(hears.recv()).await.unwrap();
        if next == *end {
            return came;
        }
        came.push(next);
    }
}

static CHANGES: Exchange = Exchange::topic("changes");
static LEVERS: Exchange = Exchange::direct("levers");
static NEWS: Exchange = Exchange::fanout("news");
static WORK: Queue = Queue::shared("work");

/// Each exchange chooses among its queues; a queue that is bound twice gets one.
pub async fn an_exchange_chooses_among_its_queues(pair: &Pair) {
    let first = pair.here.consumer(&Queue::own("first")).bind(&NEWS, "").bind(&NEWS, "twice");
    let first = first.bind(&LEVERS, "on").bind(&CHANGES, "lamps.*.on").bind(&CHANGES, "#.on");
    let second = pair.there.consumer(&Queue::own("second")).bind(&NEWS, "").bind(&LEVERS, "off");
    let second = second.bind(&CHANGES, "lamps.#");
    let (_first, mut first) = pair.listen(first).await;
    let (_second, mut second) = pair.listen(second).await;
    let keys = [(&NEWS, "any"), (&LEVERS, "on"), (&LEVERS, "off"), (&CHANGES, "lamps.1.on")];
    let keys =
        keys.into_iter().chain([(&CHANGES, "lamps.1.off"), (&CHANGES, "lamps"), (&CHANGES, "fans.2.on")]);
    for (exchange, key) in keys {
        let message = pair.message(&json!([exchange.name(), key]));
        assert_eq!(pair.soon(pair.there.publish(exchange, key, &message)).await, Ok(Routed::Somewhere));
    }
    let end = pair.message(&json!("end"));
    pair.soon(pair.here.publish(&NEWS, "", &end)).await.unwrap();
    let first = up_to(pair, &mut first, &json!("end")).await;
    let wanted = [["news", "any"], ["levers", "on"], ["changes", "lamps.1.on"], ["changes", "fans.2.on"]];
    assert_eq!(json!(first), json!(wanted));
    let second = up_to(pair, &mut second, &json!("end")).await;
    let wanted = [["news", "any"], ["levers", "off"], ["changes", "lamps.1.on"], ["changes", "lamps.1.off"]];
    let wanted: Vec<_> = wanted.into_iter().chain([["changes", "lamps"]]).collect();
    assert_eq!(json!(second), json!(wanted));
}

/// Patterns mean the same here and on a broker.
pub async fn a_pattern_fits_as_everywhere(pair: &Pair) {
    const PATTERNS: [&str; 11] = ["", "#", "*", "a", "a.*", "a.#", "#.b", "*.b", "a.#.b", "*.*.*", "#.a.#"];
    const KEYS: [&str; 9] = ["", "a", "b", "a.b", "b.a", "a.a.b", "b.b", "a.b.c", "ab"];
    let mut heard = Vec::new();
    for pattern in PATTERNS {
        let consumer = pair.here.consumer(&Queue::own("pattern")).bind(&CHANGES, pattern).bind(&NEWS, "");
        heard.push((pattern, pair.listen(consumer).await));
    }
    for key in KEYS {
        pair.soon(pair.there.publish(&CHANGES, key, &pair.message(&json!(key)))).await.unwrap();
    }
    pair.soon(pair.there.publish(&NEWS, "", &pair.message(&json!("end")))).await.unwrap();
    for (pattern, (_task, mut hears)) in heard {
        let came = up_to(pair, &mut hears, &json!("end")).await;
        let fitting: Vec<&str> = KEYS.into_iter().filter(|key| matches(pattern, key)).collect();
        assert_eq!(json!(came), json!(fitting), "{pattern}");
    }
}

/// That nobody wants a message is told, and is no failure.
pub async fn what_nobody_wants_goes_nowhere(pair: &Pair) {
    let message = pair.message(&json!(1));
    assert_eq!(pair.soon(pair.here.publish(&NEWS, "", &message)).await, Ok(Routed::Nowhere));
    pair.soon(pair.here.notify(&NEWS, "", &message)).await;
    let refused = pair.soon(pair.here.send(&WORK, &message)).await.unwrap_err();
    assert!(refused.is(&NO_RECEIVER) && refused.to_string().contains("work"), "{refused}");
}

/// A notification comes to all who want it.
pub async fn a_notification_arrives(pair: &Pair) {
    let consumer = pair.there.consumer(&Queue::own("ears")).bind(&CHANGES, "lamps.*");
    let (_task, mut hears) = pair.listen(consumer).await;
    pair.soon(pair.here.notify(&CHANGES, "lamps.1", &pair.message(&json!("on")))).await;
    assert_eq!(pair.soon(hears.recv()).await, Some(json!("on")));
}

/// Who consumes the same queue competes, and each message is handled once.
pub async fn consumers_compete(pair: &Pair) {
    let (both, handled) = (Arc::new(Barrier::new(2)), Arc::new(Mutex::new(Vec::new())));
    let mut tasks = Vec::new();
    for bus in [&pair.here, &pair.there] {
        let (both, handled) = (both.clone(), handled.clone());
        let handler = move |delivered: Delivered| {
            let (both, handled) = (both.clone(), handled.clone());
            async move {
                // Each waits until the other has one as well.
                both.wait().await;
                handled.lock().unwrap().push(data(&delivered).as_i64().unwrap());
                Ok(())
            }
        };
        tasks.push(pair.handle(bus.consumer(&WORK), handler).await);
    }
    for number in 0..10 {
        pair.soon(pair.here.send(&WORK, &pair.message(&json!(number)))).await.unwrap();
    }
    pair.soon(until(pair, || handled.lock().unwrap().len() == 10)).await;
    let mut handled = handled.lock().unwrap().clone();
    handled.sort_unstable();
    assert_eq!(handled, (0..10).collect::<Vec<_>>());
}

/// What a handler fails at is tried again, then a dead letter; the others go on.
pub async fn what_always_fails_is_a_dead_letter(pair: &Pair) {
    static TRIED: Queue = Queue::shared("tried").attempts(3);
    let (tried, mut tries) = mpsc::unbounded_channel();
    let handler = move |delivered: Delivered| {
        let (tried, data) = (tried.clone(), data(&delivered));
        async move {
            tried.send((data.clone(), delivered.attempt)).unwrap();
            match data.as_str() {
                Some("fails") => Err(Problem::new(&CONFLICT)),
                Some("panics") => panic!("on purpose"),
                _ => Ok(()),
            }
        }
    };
    let _task = pair.handle(pair.there.consumer(&TRIED), handler).await;
    let (_dead, mut dead) = pair.listen(pair.here.consumer(&TRIED.dead_letters())).await;
    for text in ["fails", "panics", "good"] {
        pair.soon(pair.here.send(&TRIED, &pair.message(&json!(text)))).await.unwrap();
    }
    let mut seen = Vec::new();
    while seen.len() < 7 {
        seen.push(pair.soon(tries.recv()).await.unwrap());
    }
    seen.sort_by_key(|(data, attempt)| (data.to_string(), *attempt));
    let each = |text: &str| (1..=3).map(|attempt| (json!(text), attempt)).collect::<Vec<_>>();
    let wanted = [each("fails"), vec![(json!("good"), 1)], each("panics")].concat();
    assert_eq!(seen, wanted);
    let mut letters = [pair.soon(dead.recv()).await, pair.soon(dead.recv()).await].map(Option::unwrap);
    letters.sort_by_key(ToString::to_string);
    assert_eq!(letters, [json!("fails"), json!("panics")]);
}

/// What a consumer held when it went is delivered to another, as a further attempt.
pub async fn what_a_dead_consumer_held_comes_again(pair: &Pair) {
    let started = Arc::new(Notify::new());
    let begun = started.clone();
    let first = pair.handle(pair.here.consumer(&WORK), move |_| {
        begun.notify_one();
        std::future::pending()
    });
    let first = first.await;
    pair.soon(pair.here.send(&WORK, &pair.message(&json!("held")))).await.unwrap();
    pair.soon(started.notified()).await;
    first.end().await;
    let (attempts, mut attempted) = mpsc::unbounded_channel();
    let handler = move |delivered: Delivered| {
        attempts.send((data(&delivered), delivered.attempt)).unwrap();
        std::future::ready(Ok(()))
    };
    let _second = pair.handle(pair.there.consumer(&WORK), handler).await;
    assert_eq!(pair.soon(attempted.recv()).await, Some((json!("held"), 2)));
}

/// Each who asks gets the answer to its own question, with the process that it belongs to.
pub async fn an_answer_comes_to_who_asked(pair: &Pair) {
    let bus = pair.there.clone();
    let doubled = move |delivered: Delivered| {
        let double = data(&delivered).as_i64().unwrap() * 2;
        std::future::ready(bus.message("tradewind.lamps.doubled.v1", &delivered.context, &double))
    };
    let _tasks = [
        pair.answer(pair.there.consumer(&WORK), doubled.clone()).await,
        pair.answer(pair.there.consumer(&WORK), doubled).await,
    ];
    let deadline = pair.deadline(20);
    let asking = (0..50).map(|number| {
        let (bus, question) = (pair.here.clone(), pair.message(&json!(number)));
        tokio::spawn(async move {
            let answer = bus.request(&WORK, &question, deadline).await.unwrap();
            assert_eq!(answer.correlation, question.correlation);
            (number * 2, answer.read::<i64>().unwrap())
        })
    });
    for asked in asking.collect::<Vec<_>>() {
        let (wanted, answer) = pair.soon(asked).await.unwrap();
        assert_eq!(answer, wanted);
    }
}

/// A failure is an answer: the caller's part of it travels, and the operator's does not.
pub async fn a_failure_is_an_answer(pair: &Pair) {
    let refuse = |delivered: Delivered| async move {
        match data(&delivered).as_str() {
            Some("panic") => panic!("on purpose"),
            _ => Err(Problem::new(&CONFLICT).detail("It is broken.").operator("secret")),
        }
    };
    let _task = pair.answer(pair.there.consumer(&WORK), refuse).await;
    for (question, code, detail) in [("on", "conflict", Some("It is broken.")), ("panic", "internal", None)] {
        let problem = pair.ask(&WORK, &json!(question), 20).await.unwrap_err();
        assert_eq!((problem.code(), problem.caller_text()), (code, detail));
        assert_eq!(problem.operator_text(), None);
    }
}

/// A question to nobody fails at once.
pub async fn a_question_to_nobody_fails_at_once(pair: &Pair) {
    let before = pair.clock.monotonic();
    let problem = pair.ask(&Queue::shared("nobody"), &json!(1), 3_600).await.unwrap_err();
    assert!(problem.is(&NO_RECEIVER), "{problem}");
    assert!(pair.clock.monotonic() - before < LIMIT);
}

/// At the deadline nobody waits any more. A late answer is dropped, and belongs to no other question.
pub async fn a_late_answer_is_dropped(pair: &Pair) {
    let (go, bus) = (Arc::new(Notify::new()), pair.there.clone());
    let gate = go.clone();
    let slow = move |delivered: Delivered| {
        let (gate, bus) = (gate.clone(), bus.clone());
        async move {
            if data(&delivered) == json!("slow") {
                gate.notified().await;
            }
            bus.message("tradewind.lamps.answer.v1", &delivered.context, &data(&delivered))
        }
    };
    let _task = pair.answer(pair.there.consumer(&WORK), slow).await;
    let problem = pair.ask(&WORK, &json!("slow"), 1).await.unwrap_err();
    assert!(problem.is(&DEADLINE_EXCEEDED), "{problem}");
    go.notify_one();
    let quick = pair.ask(&WORK, &json!("quick"), 20).await;
    assert_eq!(quick.unwrap().read::<Value>().unwrap(), json!("quick"));
}

/// A question that nobody took in time is not handled any more.
pub async fn an_old_question_is_not_handled(pair: &Pair) {
    let mut first = pair.there.consumer(&WORK);
    pair.soon(first.attach()).await.unwrap();
    drop(first);
    assert!(pair.ask(&WORK, &json!("old"), 1).await.unwrap_err().is(&DEADLINE_EXCEEDED));
    pair.soon(pair.here.send(&WORK, &pair.message(&json!("new")))).await.unwrap();
    let (_task, mut hears) = pair.listen(pair.there.consumer(&WORK)).await;
    assert_eq!(pair.soon(hears.recv()).await, Some(json!("new")));
}

/// A full queue refuses, when it is shared; the queue of one consumer drops the oldest.
pub async fn a_queue_has_a_bound(pair: &Pair) {
    static SMALL: Queue = Queue::shared("small").holding(10);
    let mut idle = pair.there.consumer(&SMALL);
    pair.soon(idle.attach()).await.unwrap();
    drop(idle);
    let mut refused = None;
    // A broker may hold a few more than it should.
    for number in 0..100 {
        let sent = pair.soon(pair.here.send(&SMALL, &pair.message(&json!(number)))).await;
        refused = sent.err();
        if refused.is_some() {
            break;
        }
    }
    let refused = refused.expect("a full queue takes no more");
    assert!(refused.is(&UNAVAILABLE) && refused.to_string().contains("full"), "{refused}");
    let mut own = pair.there.consumer(&Queue::own("ears").holding(3)).bind(&NEWS, "");
    pair.soon(own.attach()).await.unwrap();
    for number in 0..200 {
        pair.soon(pair.here.publish(&NEWS, "", &pair.message(&json!(number)))).await.unwrap();
    }
    let (heard, mut hears) = mpsc::unbounded_channel();
    let _task = spawn(own.run(move |delivered| {
        heard.send(data(&delivered)).unwrap();
        std::future::ready(Ok(()))
    }));
    let mut came = Vec::new();
    while came.last() != Some(&json!(199)) {
        came.push(pair.soon(hears.recv()).await.unwrap());
    }
    assert!(came.len() < 200, "{} were kept", came.len());
}

/// An exchange that is there with another routing is named, and hinders nobody else.
pub async fn an_exchange_that_is_another_is_named(pair: &Pair) {
    let (_task, mut hears) = pair.listen(pair.there.consumer(&Queue::own("ears")).bind(&NEWS, "")).await;
    let other = Exchange::topic("news");
    let message = pair.message(&json!(1));
    let refused = pair.soon(pair.here.publish(&other, "", &message)).await.unwrap_err();
    assert!(refused.code() == "internal" && refused.to_string().contains("news"), "{refused}");
    let refused = pair.soon(pair.here.consumer(&Queue::own("other")).bind(&other, "").attach()).await;
    assert!(refused.unwrap_err().to_string().contains("news"));
    pair.soon(pair.here.publish(&NEWS, "", &message)).await.unwrap();
    assert_eq!(pair.soon(hears.recv()).await, Some(json!(1)));
}

/// Looks again whenever others had a turn.
pub async fn until(pair: &Pair, holds: impl Fn() -> bool) {
    while !holds() {
        pair.clock.sleep(Duration::from_millis(5)).await;
    }
}

/// Makes a test of each of the above, with a pair that `$pair` makes.
macro_rules! tests {
    ($pair:ident, $(#[$attribute:meta])+) => {
        $crate::bus::suite::tests!(@ $pair, [$(#[$attribute])+]
            an_exchange_chooses_among_its_queues a_pattern_fits_as_everywhere what_nobody_wants_goes_nowhere
            a_notification_arrives consumers_compete what_always_fails_is_a_dead_letter
            what_a_dead_consumer_held_comes_again an_answer_comes_to_who_asked a_failure_is_an_answer
            a_question_to_nobody_fails_at_once a_late_answer_is_dropped an_old_question_is_not_handled
            a_queue_has_a_bound an_exchange_that_is_another_is_named);
    };
    (@ $pair:ident, $attributes:tt $($name:ident)+) => {
        $($crate::bus::suite::tests!(@one $pair, $attributes $name);)+
    };
    (@one $pair:ident, [$($attribute:tt)+] $name:ident) => {
        $($attribute)+
        async fn $name() {
            let pair = $pair().await;
            $crate::bus::suite::$name(&pair).await;
        }
    };
}
pub(crate) use tests;
