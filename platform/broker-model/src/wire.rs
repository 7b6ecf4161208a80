//! The broker as one process reaches it.

use std::fmt;
use std::sync::Arc;

use tokio::sync::oneshot;
use tradewind_amqp::transport::{
    Cause, Channel, Coming, Confirmation, Connection, Deliveries, ExchangeKind, Failed, Later, Parcel,
    QueueDeclaration, Sign, Transport, Unconnected,
};

use crate::post::Post;
use crate::said::{Due, Reply, Said};
use crate::{BROKER, Broker};

/// The broker as one life of a process reaches it.
#[derive(Debug)]
pub(crate) struct NodeTransport {
    pub(crate) broker: Broker,
    pub(crate) node: String,
    pub(crate) life: u32,
}

impl NodeTransport {
    async fn connected(&self) -> Result<Arc<dyn Connection>, Unconnected> {
        let (broker, around) = (&self.broker, &self.broker.inner.around);
        broker.run_once();
        let way = broker.with(|state, _| state.step() + state.step());
        around.clock().sleep(way).await;
        if around.is_parted(&self.node, BROKER) || around.is_parted(BROKER, &self.node) {
            // Whoever connects gives up after a while.
            return std::future::pending().await;
        }
        let is_away = broker.with(|state, now| now < state.away_until);
        if is_away || !around.is_alive(&self.node, self.life) {
            let why = "connection refused".to_owned();
            return Err(Unconnected { cause: Cause::Unreachable, why });
        }
        let signs = Post::new();
        let id = broker.with(|state, _| state.enter((&self.node, self.life), signs.clone()));
        broker.note(&format!("is connected to {}", self.node));
        Ok(Arc::new(NodeConnection { broker: broker.clone(), id, signs }))
    }
}

impl Transport for NodeTransport {
    fn connect(&self, _purpose: &'static str) -> Later<'_, Result<Arc<dyn Connection>, Unconnected>> {
        Box::pin(self.connected())
    }
}

struct NodeConnection {
    broker: Broker,
    id: u64,
    signs: Post<Sign>,
}

impl Connection for NodeConnection {
    fn is_open(&self) -> bool {
        self.broker.with(|state, _| state.connections.contains_key(&self.id))
    }

    fn signs(&self) -> Box<dyn Coming<Sign>> {
        Box::new(self.signs.clone())
    }

    fn channel(&self) -> Later<'_, Result<Box<dyn Channel>, Failed>> {
        Box::pin(async {
            let id = self.broker.with(|state, _| state.number());
            let channel = NodeChannel { broker: self.broker.clone(), connection: self.id, id };
            channel.ask(Said::Open).await?;
            Ok(Box::new(channel) as Box<dyn Channel>)
        })
    }

    fn close(&self) -> Later<'_, ()> {
        self.broker.with(|state, now| state.hang_up(now, self.id));
        Box::pin(std::future::ready(()))
    }
}

impl fmt::Debug for NodeConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeConnection({})", self.id)
    }
}

struct NodeChannel {
    broker: Broker,
    connection: u64,
    id: u64,
}

impl NodeChannel {
    /// Says something, and waits for the answer.
    fn say(&self, said: Said) -> Later<'static, Result<Confirmation, Failed>> {
        let (broker, connection, id) = (self.broker.clone(), self.connection, self.id);
        Box::pin(async move {
            let (reply, answer) = oneshot::channel();
            broker.put((connection, id), said, Some(reply));
            let gone = || Failed::Gone("the connection is gone".to_owned());
            answer.await.unwrap_or_else(|_| Err(gone()))
        })
    }

    fn ask(&self, said: Said) -> Later<'static, Result<(), Failed>> {
        let said = self.say(said);
        Box::pin(async move { said.await.map(drop) })
    }

    /// Says something that is not answered.
    fn tell(&self, said: Said) {
        self.broker.put((self.connection, self.id), said, None);
    }
}

impl Broker {
    fn put(&self, (connection, channel): (u64, u64), said: Said, reply: Option<Reply>) {
        self.with(|state, now| state.send(now, Due::Arrives { connection, channel, said, reply }));
    }
}

impl Channel for NodeChannel {
    fn declare_exchange<'a>(
        &'a self,
        exchange: &'a str,
        kind: ExchangeKind,
    ) -> Later<'a, Result<(), Failed>> {
        self.ask(Said::Exchange(exchange.to_owned(), kind))
    }

    fn declare_queue<'a>(&'a self, queue: &'a QueueDeclaration) -> Later<'a, Result<(), Failed>> {
        self.ask(Said::Queue(queue.clone()))
    }

    fn bind<'a>(
        &'a self,
        queue: &'a str,
        exchange: &'a str,
        pattern: &'a str,
    ) -> Later<'a, Result<(), Failed>> {
        let (queue, exchange, pattern) = (queue.to_owned(), exchange.to_owned(), pattern.to_owned());
        self.ask(Said::Bind { queue, exchange, pattern })
    }

    fn delete_queue<'a>(&'a self, queue: &'a str) -> Later<'a, Result<(), Failed>> {
        self.ask(Said::Delete(queue.to_owned()))
    }

    fn confirm(&self) -> Later<'_, Result<(), Failed>> {
        self.ask(Said::Confirm)
    }

    fn publish(
        &self,
        exchange: &str,
        key: &str,
        parcel: Parcel,
    ) -> Later<'static, Result<Confirmation, Failed>> {
        self.say(Said::Publish { exchange: exchange.to_owned(), key: key.to_owned(), parcel })
    }

    fn consume<'a>(&'a self, queue: &'a str, prefetch: u16) -> Later<'a, Result<Deliveries, Failed>> {
        Box::pin(async move {
            let inbox = Post::new();
            let said = Said::Consume { queue: queue.to_owned(), prefetch, inbox: inbox.clone() };
            self.ask(said).await?;
            Ok(Box::new(inbox) as Deliveries)
        })
    }

    fn acknowledge(&self, tag: u64) {
        self.tell(Said::Acknowledge(tag));
    }

    fn reject(&self, tag: u64) {
        self.tell(Said::Reject(tag));
    }
}

impl Drop for NodeChannel {
    fn drop(&mut self) {
        self.tell(Said::Close);
    }
}
