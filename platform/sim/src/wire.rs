//! One request on its way, and its answer on the way back.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use tradewind_amqp::transport::Transport;
use tradewind_broker_model::Broker;
use tradewind_chassis::{Pace, Wiring};
use tradewind_client::{Body, BoxFuture, Lost, NearDoor, Wire};
use tradewind_kernel::Entropy;

use crate::flight::Flight;
use crate::journal::Came;
use crate::life::Life;
use crate::net::{Net, Open};
use crate::trouble::Trouble;
use crate::version::widened;

/// Carries requests of one process to one door.
#[derive(Clone)]
pub(crate) struct SimulatedWire {
    net: Net,
    from: Arc<str>,
    /// The life of the process that calls; none for whoever looks on from outside, and has a better network.
    life: Option<u32>,
    to: Arc<str>,
    /// Its own, so that what others send moves nothing of it.
    dice: Entropy,
}

impl SimulatedWire {
    pub(crate) fn new(net: &Net, from: &str, life: Option<u32>, to: &str) -> Self {
        let dice = net.dice(&format!("{from} in its life {} > {to}", life.unwrap_or_default()));
        Self { net: net.clone(), from: from.into(), life, to: to.into(), dice }
    }

    async fn passed(self, request: Request<Body>) -> Result<Response<Body>, Lost> {
        let mut flight = Flight::new(self.net.journal(), (&self.from, &self.to), &request);
        let outcome = self.pass(request, &mut flight).await;
        flight.ends(match &outcome {
            Ok(response) => Came::Answered(response.status().as_u16()),
            Err(Lost::Refused) => Came::Refused,
            Err(Lost::Reset) => Came::Reset,
        });
        outcome
    }

    async fn pass(&self, request: Request<Body>, flight: &mut Flight) -> Result<Response<Body>, Lost> {
        let net = &self.net;
        let trouble = net.trouble();
        self.travel(&trouble).await;
        if self.life.is_some_and(|life| !net.is_alive(&self.from, life)) {
            return Err(Lost::Reset);
        }
        if self.rolls(trouble.lost) {
            return silence().await;
        }
        if self.rolls(trouble.reset) {
            return Err(Lost::Reset);
        }
        let Some(open) = net.door(&self.to, &self.dice) else { return Err(Lost::Refused) };
        if net.is_parted(&self.from, &open.node) {
            return silence().await;
        }
        flight.arrives(&open);
        if self.rolls(trouble.repeated) {
            self.repeat(&open, &request, flight);
        }
        let answered = open.door.send(request).await;
        // What a process says after its end nobody hears.
        if !net.is_alive(&open.node, open.life) {
            return Err(Lost::Reset);
        }
        self.travel(&trouble).await;
        if net.is_parted(&open.node, &self.from) {
            return silence().await;
        }
        if self.rolls(trouble.unanswered) {
            return Err(Lost::Reset);
        }
        let answer = answered.map_err(|_| Lost::Reset)?;
        if net.is_other_version(&open.node) { widened(answer).await } else { Ok(answer) }
    }

    /// The same once more, whose answer nobody waits for; what has a stream for a body goes once.
    fn repeat(&self, open: &Open, request: &Request<Body>, flight: &Flight) {
        let Some(body) = request.body().try_clone() else { return };
        let mut copy = Request::builder().method(request.method()).uri(request.uri().clone());
        if let Some(headers) = copy.headers_mut() {
            headers.clone_from(request.headers());
        }
        let Ok(copy) = copy.body(body) else { return };
        let (open, wire, late) = (open.clone(), self.clone(), self.dice.below(5_000));
        flight.is_repeated();
        self.net.scope().spawn("repeat", async move {
            wire.net.clock().sleep(Duration::from_micros(late)).await;
            drop(open.door.send(copy).await);
        });
    }

    async fn travel(&self, trouble: &Trouble) {
        if self.life.is_none() {
            return;
        }
        let spread = u64::try_from(trouble.spread.as_micros()).unwrap_or(u64::MAX);
        let more = Duration::from_micros(self.dice.below(spread));
        self.net.clock().sleep(trouble.least + more).await;
    }

    fn rolls(&self, of_thousand: u32) -> bool {
        self.life.is_some() && of_thousand > 0 && self.dice.below(1_000) < u64::from(of_thousand)
    }
}

/// A network that says nothing: the caller's deadline ends it.
async fn silence<T>() -> T {
    std::future::pending().await
}

impl Wire for SimulatedWire {
    fn carry(&self, request: Request<Body>) -> BoxFuture<'static, Result<Response<Body>, Lost>> {
        Box::pin(self.clone().passed(request))
    }
}

impl fmt::Debug for SimulatedWire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SimulatedWire({} > {})", self.from, self.to)
    }
}

/// The network as one process sees it.
#[derive(Debug)]
pub(crate) struct NodeWiring {
    pub(crate) net: Net,
    pub(crate) broker: Broker,
    pub(crate) node: String,
    pub(crate) number: u32,
    pub(crate) life: Arc<Life>,
}

impl Wiring for NodeWiring {
    fn open(&self, names: &[String], door: NearDoor) {
        self.net.open(names, &Open { node: self.node.clone(), life: self.number, door });
    }

    fn find(&self, name: &str) -> Option<Arc<dyn Wire>> {
        let wire = || SimulatedWire::new(&self.net, &self.node, Some(self.number), name);
        self.net.names().contains(name).then(|| Arc::new(wire()) as Arc<dyn Wire>)
    }

    fn pace(&self) -> Option<Arc<dyn Pace>> {
        Some(self.life.clone())
    }

    fn broker(&self) -> Option<Arc<dyn Transport>> {
        Some(self.broker.transport(&self.node, self.number))
    }
}
