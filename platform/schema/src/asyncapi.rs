//! The AsyncAPI document of a service: which events it tells and hears, of what form, and where.

use serde_json::{Map, Value, json};

use crate::described::{Parts, Side};
use crate::document::{fill, later};
use crate::merge::{merge, prune};

/// The version of the specification that documents follow.
const ASYNCAPI: &str = "3.0.0";

/// The versions of the bindings that documents follow.
const HTTP_BINDING: &str = "0.3.0";
const AMQP_BINDING: &str = "0.3.0";

/// The media type of a CloudEvent in structured JSON (CloudEvents 1.0.2, JSON format).
const EVENT: &str = "application/cloudevents+json";

/// What makes the schema of a type within a document.
pub type Describe = fn(&mut Parts, Side) -> Value;

/// A service, as its document names it.
#[derive(Debug, Clone, Copy)]
pub struct Application<'a> {
    /// The service.
    pub service: &'a str,
    /// What the service is for, in one sentence.
    pub about: &'a str,
    /// For whom the document is, in a word: the kind of door that shows it.
    pub audience: &'a str,
    /// The version of the service.
    pub version: &'a str,
    /// What every event carries around its data.
    pub envelope: Describe,
    /// Where events are read and written.
    pub servers: &'a [Server],
    /// By which ways they go.
    pub channels: &'a [Channel],
}

/// Something that events are read from or written to.
#[derive(Debug, Clone)]
pub struct Server {
    /// Its name within the document.
    pub name: String,
    /// `http` or `amqp`.
    pub protocol: &'static str,
    /// Host and port, and whether they are the only ones: `Err` with those that it usually has, if any.
    pub host: Result<String, Option<String>>,
    /// The path below it, such as a virtual host of a broker.
    pub path: Option<String>,
    /// What it is.
    pub about: String,
}

/// What the service does with the events of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It tells them.
    Sends,
    /// It hears them.
    Receives,
}

/// How events of a channel go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// They are read from this path.
    Feed(String),
    /// They are published to this exchange; the routing key is the type, a dot, and the partition of two digits.
    Exchange(String),
    /// They are taken from this queue.
    Queue(String),
}

/// A way of events.
#[derive(Debug, Clone)]
pub struct Channel {
    /// Its name within the document.
    pub name: String,
    /// What it is.
    pub about: String,
    /// The name of its server.
    pub server: String,
    /// What the service does there.
    pub role: Role,
    /// How the events go.
    pub way: Way,
    /// What goes there.
    pub messages: Vec<Message>,
}

/// A type of events.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its name and version.
    pub kind: &'static str,
    /// Who tells it, such as `/tradewind/lamps`.
    pub source: String,
    /// The schema of its data.
    pub data: Describe,
}

/// The document of a service: AsyncAPI 3.0.0, JSON, indented, with sorted keys.
#[must_use]
pub fn application(application: &Application<'_>) -> String {
    let Application { service, about, audience, version, envelope, servers, channels } = *application;
    let mut parts = Parts::new();
    let mut read = Vec::new();
    let by_broker = channels.iter().any(|channel| !matches!(channel.way, Way::Feed(_)));
    let mut messages = Map::new();
    for channel in channels {
        for message in &channel.messages {
            if !messages.contains_key(message.kind) {
                let described =
                    described(message, channel.role, (envelope, by_broker), &mut parts, &mut read);
                messages.insert(message.kind.to_owned(), described);
            }
        }
    }
    let (read_parts, written_parts) = parts.finish();
    let mut shared = merge(read_parts, written_parts, &mut read);
    let mut messages = Value::Object(messages);
    fill(&mut messages, &read);
    prune(&mut shared, &messages);
    let scheme = json!({"type": "http", "scheme": "bearer"});
    let document = json!({
        "asyncapi": ASYNCAPI,
        "id": format!("urn:tradewind:{service}:{audience}"),
        "info": {"title": format!("{service}: events, {audience}"), "description": about, "version": version},
        "defaultContentType": EVENT,
        "servers": named(servers, |server| (server.name.clone(), of_server(server))),
        "channels": named(channels, |channel| (channel.name.clone(), of_channel(channel))),
        "operations": named(channels, |channel| (operation_id(channel), operation(channel))),
        "components": {"messages": messages, "schemas": shared, "securitySchemes": {"bearer": scheme}},
    });
    format!("{document:#}\n")
}

fn named<T>(list: &[T], each: impl Fn(&T) -> (String, Value)) -> Value {
    Value::Object(list.iter().map(each).collect())
}

fn described(
    message: &Message,
    role: Role,
    (envelope, by_broker): (Describe, bool),
    parts: &mut Parts,
    read: &mut Vec<Value>,
) -> Value {
    let mut schema = |describe: Describe| match role {
        Role::Sends => describe(parts, Side::Written),
        Role::Receives => later(describe(parts, Side::Read), read),
    };
    let particular = json!({
        "type": "object",
        "properties": {
            "type": {"const": message.kind},
            "source": {"const": message.source},
            "data": schema(message.data),
        },
        "required": ["type", "source", "data"],
    });
    let mut described = json!({
        "name": message.kind,
        "title": title(message.kind),
        "contentType": EVENT,
        "correlationId": {"location": "$message.payload#/correlationid"},
        "payload": {"allOf": [schema(envelope), particular]},
    });
    if by_broker {
        let number = |text: &str| json!({"type": "integer", "description": text});
        described["headers"] = json!({"type": "object", "properties": {
            "tradewind-position": number("By a broker: the place of the event in the log of its producer."),
            "tradewind-previous": number("By a broker: the place of the event before it; 0 for the first."),
        }});
        described["bindings"] =
            json!({"amqp": {"messageType": message.kind, "bindingVersion": AMQP_BINDING}});
    }
    described
}

/// `tradewind.lamps.lamp-lit.v1` is called `lamp lit`.
fn title(kind: &str) -> String {
    let name = kind.rsplit('.').nth(1).unwrap_or(kind);
    name.replace('-', " ")
}

fn of_server(server: &Server) -> Value {
    let mut described = json!({
        "protocol": server.protocol,
        "description": server.about,
        "security": [{"$ref": "#/components/securitySchemes/bearer"}],
    });
    match &server.host {
        Ok(host) => described["host"] = host.clone().into(),
        Err(usual) => {
            let mut variable = json!({"description": "Host and port."});
            if let Some(usual) = usual {
                variable["default"] = usual.clone().into();
            }
            described["host"] = "{address}".into();
            described["variables"] = json!({"address": variable});
        }
    }
    if let Some(path) = &server.path {
        described["pathname"] = path.clone().into();
    }
    if server.protocol == "amqp" {
        described["protocolVersion"] = "0.9.1".into();
        described["security"] = json!([{"type": "userPassword"}]);
    }
    described
}

fn of_channel(channel: &Channel) -> Value {
    let messages = named(&channel.messages, |message| {
        (message.kind.to_owned(), json!({"$ref": format!("#/components/messages/{}", message.kind)}))
    });
    let mut described = json!({
        "description": channel.about,
        "servers": [{"$ref": format!("#/servers/{}", channel.server)}],
        "messages": messages,
    });
    match &channel.way {
        Way::Feed(path) => described["address"] = path.clone().into(),
        Way::Exchange(exchange) => {
            let kinds: Vec<&str> = channel.messages.iter().map(|message| message.kind).collect();
            let partitions: Vec<String> = (0..16).map(|number| format!("{number:02}")).collect();
            described["address"] = "{type}.{partition}".into();
            described["parameters"] = json!({
                "type": {"description": "The type of the event.", "enum": kinds},
                "partition": {"description": "Of the event's partitionkey.", "enum": partitions},
            });
            let exchange = json!({"name": exchange, "type": "topic", "durable": true, "autoDelete": false});
            let binding = json!({"is": "routingKey", "exchange": exchange, "bindingVersion": AMQP_BINDING});
            described["bindings"] = json!({"amqp": binding});
        }
        Way::Queue(queue) => {
            described["address"] = queue.clone().into();
            let queue = json!({"name": queue, "durable": true, "exclusive": false, "autoDelete": false});
            let binding = json!({"is": "queue", "queue": queue, "bindingVersion": AMQP_BINDING});
            described["bindings"] = json!({"amqp": binding});
        }
    }
    described
}

fn action(role: Role) -> &'static str {
    if role == Role::Sends { "send" } else { "receive" }
}

fn operation_id(channel: &Channel) -> String {
    format!("{}.{}", action(channel.role), channel.name)
}

fn operation(channel: &Channel) -> Value {
    let to =
        |message: &Message| json!({"$ref": format!("#/channels/{}/messages/{}", channel.name, message.kind)});
    let messages: Vec<Value> = channel.messages.iter().map(to).collect();
    let mut described = json!({
        "action": action(channel.role),
        "channel": {"$ref": format!("#/channels/{}", channel.name)},
        "messages": messages,
    });
    if matches!(channel.way, Way::Feed(_)) {
        described["bindings"] = json!({"http": {"method": "GET", "bindingVersion": HTTP_BINDING}});
    }
    described
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::described::Described;

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Envelope {
        id: String,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct LampLit {
        #[serde(default)]
        watts: u8,
    }

    fn channel(name: &str, role: Role, way: Way) -> Channel {
        let lit = Message {
            kind: "tradewind.lamps.lamp-lit.v1",
            source: "/tradewind/lamps".to_owned(),
            data: LampLit::part,
        };
        let (name, about, server) = (name.to_owned(), String::new(), "feed".to_owned());
        Channel { name, about, server, role, way, messages: vec![lit] }
    }

    fn made(channels: &[Channel]) -> Value {
        let server = Server {
            name: "feed".to_owned(),
            protocol: "http",
            host: Err(Some("127.0.0.1:1".to_owned())),
            path: None,
            about: String::new(),
        };
        let (service, about, audience, version) = ("lamps", "Light.", "internal", "1.0.0");
        let (envelope, servers) = (Envelope::part as Describe, &[server]);
        let described = Application { service, about, audience, version, envelope, servers, channels };
        let text = application(&described);
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn what_is_told_and_what_is_heard_are_described_with_all_that_is_around_them() {
        let told = made(&[channel("events", Role::Sends, Way::Feed("/events".to_owned()))]);
        assert_eq!(told["operations"]["send.events"]["action"], "send");
        assert_eq!(told["channels"]["events"]["address"], "/events");
        let message = &told["components"]["messages"]["tradewind.lamps.lamp-lit.v1"];
        let [envelope, particular] = &message["payload"]["allOf"].as_array().unwrap()[..] else { panic!() };
        assert_eq!(envelope["$ref"], "#/components/schemas/Envelope");
        assert_eq!(particular["properties"]["source"]["const"], "/tradewind/lamps");
        assert_eq!(told["components"]["schemas"]["LampLit"]["required"], json!(["watts"]));
        assert!(message.get("headers").is_none());
        let heard = made(&[channel("lamps", Role::Receives, Way::Feed("/events".to_owned()))]);
        assert_eq!(heard["operations"]["receive.lamps"]["action"], "receive");
        assert!(heard["components"]["schemas"]["LampLit"].get("required").is_none(), "{heard}");
    }

    #[test]
    fn a_broker_has_an_exchange_with_keys_and_queues() {
        let told = made(&[channel("by-broker", Role::Sends, Way::Exchange("lamps.events".to_owned()))]);
        let channel_of = &told["channels"]["by-broker"];
        assert_eq!(channel_of["address"], "{type}.{partition}");
        assert_eq!(channel_of["bindings"]["amqp"]["exchange"]["name"], "lamps.events");
        let message = &told["components"]["messages"]["tradewind.lamps.lamp-lit.v1"];
        assert!(message["headers"]["properties"]["tradewind-position"].is_object());
        let heard = made(&[channel("lamps", Role::Receives, Way::Queue("x.lamps".to_owned()))]);
        assert_eq!(heard["channels"]["lamps"]["bindings"]["amqp"]["is"], "queue");
    }
}
