//! `GET /asyncapi.json`: which events a service tells and hears, made from its description when somebody asks for the
//! first time. An internal door shows all of them; a public door those that it offers to other systems.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use http::StatusCode;
use tradewind_amqp::BrokerOptions;
use tradewind_events::{Envelope, EventType};
use tradewind_schema::{Application, Channel, Described, Message, Role, Server, Way, application, operation};

use crate::description::DoorKind;
use crate::host::PlatformSettings;
use crate::http::{Reply, Routes};

const PATH: &str = "/asyncapi.json";

/// The media type of AsyncAPI documents (AsyncAPI 3.0.0, "Format": they are JSON).
const MEDIA_TYPE: &str = "application/json";

/// Where the public events of a service are read.
pub(crate) fn feed_path(service: &str) -> String {
    format!("/api/{service}/v1/feed")
}

/// What a service says of its events.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) service: &'static str,
    pub(crate) about: &'static str,
    /// The usual ports of its doors.
    pub(crate) ports: Vec<(DoorKind, u16)>,
    /// What it promises to tell.
    pub(crate) promises: Vec<EventType>,
    /// What of this other systems may read.
    pub(crate) public: Vec<EventType>,
    /// What it hears, by producer.
    pub(crate) heard: Vec<(&'static str, Vec<EventType>)>,
}

impl Told {
    /// Whether a door of this kind has a document.
    pub(crate) fn is_shown_at(&self, kind: DoorKind) -> bool {
        match kind {
            DoorKind::Internal => true,
            DoorKind::Public => !self.public.is_empty(),
            DoorKind::Admin | DoorKind::DataPlane => false,
        }
    }

    /// The document of a door, with the broker if events travel by one.
    pub(crate) fn document(&self, kind: DoorKind, broker: Option<&BrokerOptions>) -> String {
        let (mut servers, mut channels) = (Vec::new(), Vec::new());
        if kind == DoorKind::Public {
            let about = "The public door of the service, or the gateway before it.";
            servers.push(door("feed", about, self.usual(kind)));
            channels.push(self.public_channel());
        } else {
            self.by_feed(&mut servers, &mut channels);
            if let Some(broker) = broker {
                self.by_broker(broker, &mut servers, &mut channels);
            }
        }
        application(&Application {
            service: self.service,
            about: self.about,
            audience: kind.name(),
            version: env!("CARGO_PKG_VERSION"),
            envelope: Envelope::part,
            servers: &servers,
            channels: &channels,
        })
    }

    fn usual(&self, kind: DoorKind) -> Option<String> {
        let port = self.ports.iter().find(|(known, _)| *known == kind);
        port.map(|(_, port)| format!("127.0.0.1:{port}"))
    }

    fn public_channel(&self) -> Channel {
        Channel {
            name: "feed".to_owned(),
            about: "Pages of events in the order of their commits, as JSON arrays; full pages never change."
                .to_owned(),
            server: "feed".to_owned(),
            role: Role::Sends,
            way: Way::Feed(feed_path(self.service)),
            messages: messages(self.service, &self.public),
        }
    }

    /// The logs of this service and of those that it follows, read from internal doors.
    fn by_feed(&self, servers: &mut Vec<Server>, channels: &mut Vec<Channel>) {
        if !self.promises.is_empty() {
            servers.push(door("own", "The internal door of the service.", self.usual(DoorKind::Internal)));
            channels.push(Channel {
                name: "events".to_owned(),
                about: "The log of the service in the order of its commits: pages with a long poll."
                    .to_owned(),
                server: "own".to_owned(),
                role: Role::Sends,
                way: Way::Feed("/events".to_owned()),
                messages: messages(self.service, &self.promises),
            });
        }
        for (producer, events) in &self.heard {
            servers.push(door(producer, &format!("The internal door of {producer}."), None));
            channels.push(Channel {
                name: (*producer).to_owned(),
                about: format!("The log of {producer} in the order of its commits."),
                server: (*producer).to_owned(),
                role: Role::Receives,
                way: Way::Feed("/events".to_owned()),
                messages: messages(producer, events),
            });
        }
    }

    fn by_broker(&self, broker: &BrokerOptions, servers: &mut Vec<Server>, channels: &mut Vec<Channel>) {
        let (host, vhost) = broker.located();
        servers.push(Server {
            name: "broker".to_owned(),
            protocol: "amqp",
            host: Ok(host),
            path: Some(vhost),
            about: "The message broker by which events travel.".to_owned(),
        });
        if !self.promises.is_empty() {
            channels.push(Channel {
                name: "events.broker".to_owned(),
                about: "The events of the service, published in the order of its commits.".to_owned(),
                server: "broker".to_owned(),
                role: Role::Sends,
                way: Way::Exchange(broker.exchange(self.service)),
                messages: messages(self.service, &self.promises),
            });
        }
        for (producer, events) in &self.heard {
            channels.push(Channel {
                name: format!("{producer}.broker"),
                about: format!("The events of {producer}; what is missing is read from its log."),
                server: "broker".to_owned(),
                role: Role::Receives,
                way: Way::Queue(broker.queue(self.service, producer)),
                messages: messages(producer, events),
            });
        }
    }
}

fn door(name: &str, about: &str, usual: Option<String>) -> Server {
    let (name, about) = (name.to_owned(), about.to_owned());
    Server { name, protocol: "http", host: Err(usual), path: None, about }
}

fn messages(producer: &str, events: &[EventType]) -> Vec<Message> {
    let source = format!("/tradewind/{producer}");
    let message =
        |event: &EventType| Message { kind: event.kind, source: source.clone(), data: event.part() };
    events.iter().map(message).collect()
}

/// Adds the document of a door to its routes, where it has one: at `/asyncapi.json`, and beside the routes that the
/// gateway leads to.
pub(crate) fn add_to<S: Send + Sync + 'static>(
    routes: Routes<S>,
    told: &Told,
    kind: DoorKind,
    platform: &PlatformSettings,
) -> Result<Routes<S>, String> {
    if !told.is_shown_at(kind) {
        return Ok(routes);
    }
    let broker = platform.broker.used(platform.events.driver)?;
    let mut paths = vec![PATH.to_owned()];
    if kind == DoorKind::Public {
        paths.push(format!("/api/{}/v1{PATH}", told.service));
    }
    let told = told.clone();
    let document = Arc::new(LazyLock::new(move || Bytes::from(told.document(kind, broker.as_ref()))));
    Ok(paths.iter().fold(routes, |routes, path| {
        let document = document.clone();
        let shown = routes.get(path, move |_, call| {
            let document = document.clone();
            async move {
                call.no_query()?;
                Ok(Reply::bytes(StatusCode::OK, MEDIA_TYPE, (**document).clone()))
            }
        });
        shown.describe(operation("Show which events there are").answers::<serde_json::Value>(200))
    }))
}
