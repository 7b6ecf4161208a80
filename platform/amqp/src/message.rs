//! Events as messages, and back.
//!
//! The body is the CloudEvents envelope in structured JSON, as the CloudEvents protocol binding for AMQP names it
//! (1.0.2, section 3.2; that is about AMQP 1.0, whose properties have the same names). AMQP's own properties repeat
//! what tools show. Two headers of ours say where in the log the event is.

use serde_json::error::Category;
use tradewind_events::{Envelope, Recorded};

use crate::headers::{POSITION, PREVIOUS};
use crate::partition::partition;
use crate::transport::Parcel;

/// The longest routing key, in bytes, that the protocol allows.
const MAX_KEY: usize = 255;

/// The longest text of an error that is shown; what is foreign may be long.
const SHOWN: usize = 200;

/// An event, ready to be published.
pub(crate) struct Outgoing {
    pub(crate) routing_key: String,
    pub(crate) parcel: Parcel,
}

/// An event that was delivered, and the position of the one before it.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) recorded: Recorded,
    pub(crate) previous: i64,
}

/// Why an event cannot be published.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("it has {0} bytes as a message, and {1} may be sent")]
    TooLarge(usize, usize),
    #[error("its type is too long for a routing key")]
    Type,
    #[error("it cannot be written as JSON: {0}")]
    Json(String),
}

/// Why a message is no event of its producer.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Bad {
    #[error("it has {0} bytes, and {1} are accepted")]
    TooLarge(usize, usize),
    #[error("it is no CloudEvent in JSON: {0}")]
    NoEvent(String),
    #[error("it has no partitionkey")]
    NoKey,
    #[error("its specversion is {0}, and 1.0 is understood")]
    Version(String),
    #[error("its source is {0}, which is not the producer")]
    Foreign(String),
    #[error("its header {0} is missing or no number of 64 bits")]
    NoPosition(&'static str),
    #[error("it says that position {previous} came before {position}")]
    OutOfOrder { position: i64, previous: i64 },
}

/// The message of an event.
pub(crate) fn write(event: &Recorded, previous: i64, max_bytes: usize) -> Result<Outgoing, Unfit> {
    let envelope = &event.event;
    let body = serde_json::to_vec(envelope).map_err(|error| Unfit::Json(error.to_string()))?;
    if body.len() > max_bytes {
        return Err(Unfit::TooLarge(body.len(), max_bytes));
    }
    let routing_key = format!("{}.{:02}", envelope.kind, partition(&envelope.partitionkey));
    if routing_key.len() > MAX_KEY {
        return Err(Unfit::Type);
    }
    let parcel = Parcel {
        message_id: Some(envelope.id.to_string()),
        correlation_id: Some(envelope.correlationid.to_string()),
        kind: Some(envelope.kind.clone()),
        seconds: Some(u64::try_from(envelope.time.as_micros() / 1_000_000).unwrap_or(0)),
        position: Some(event.position),
        previous: Some(previous),
        body: body.into(),
    };
    Ok(Outgoing { routing_key, parcel })
}

/// The event of a message that came from the exchange of the producer whose `source` this is.
pub(crate) fn read(parcel: &Parcel, source: &str, max_bytes: usize) -> Result<Incoming, Bad> {
    let body = parcel.body.as_ref();
    if body.len() > max_bytes {
        return Err(Bad::TooLarge(body.len(), max_bytes));
    }
    let event: Envelope = serde_json::from_slice(body).map_err(|error| no_event(body, &error))?;
    if event.specversion != "1.0" {
        return Err(Bad::Version(shown(&event.specversion)));
    }
    if event.partitionkey.is_empty() {
        return Err(Bad::NoKey);
    }
    if event.source != source {
        return Err(Bad::Foreign(shown(&event.source)));
    }
    let position = parcel.position.ok_or(Bad::NoPosition(POSITION))?;
    let previous = parcel.previous.ok_or(Bad::NoPosition(PREVIOUS))?;
    if previous < 0 || position <= previous {
        return Err(Bad::OutOfOrder { position, previous });
    }
    Ok(Incoming { recorded: Recorded { position, event }, previous })
}

/// A missing key is named as what it is: it is what foreign producers forget.
fn no_event(body: &[u8], error: &serde_json::Error) -> Bad {
    let has_no_key = || {
        let value: Option<serde_json::Value> = serde_json::from_slice(body).ok();
        value.is_some_and(|value| value.get("specversion").is_some() && value.get("partitionkey").is_none())
    };
    if error.classify() == Category::Data && has_no_key() {
        return Bad::NoKey;
    }
    Bad::NoEvent(shown(&error.to_string()))
}

/// Foreign text, shortened and without what could forge a line of a log.
pub(crate) fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use serde_json::value::RawValue;
    use tradewind_kernel::{Clock, Entropy, Timestamp};

    use super::*;

    const SOURCE: &str = "/tradewind/lamps";

    fn event(position: i64, data: &str) -> Recorded {
        let (clock, entropy) = (Clock::system(), Entropy::seeded(1));
        let event = Envelope {
            specversion: "1.0".to_owned(),
            id: entropy.id(&clock),
            source: SOURCE.to_owned(),
            kind: "tradewind.lamps.lamp-lit.v1".to_owned(),
            time: Timestamp::from_micros(1_767_225_600_000_000),
            datacontenttype: "application/json".to_owned(),
            partitionkey: "lamp-1".to_owned(),
            sequence: 3,
            correlationid: entropy.id(&clock),
            causationid: None,
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
            release: None,
            data: RawValue::from_string(data.to_owned()).unwrap(),
        };
        Recorded { position, event }
    }

    fn change(body: &[u8], change: impl FnOnce(&mut serde_json::Value)) -> Vec<u8> {
        let mut value: serde_json::Value = serde_json::from_slice(body).unwrap();
        change(&mut value);
        serde_json::to_vec(&value).unwrap()
    }

    #[test]
    fn an_event_comes_back_as_it_went() {
        let sent = event(7, r#"{"lamp":"lamp-1","count":12345678901234567890}"#);
        let message = write(&sent, 5, 10_000).unwrap();
        assert_eq!(message.routing_key, "tradewind.lamps.lamp-lit.v1.02");
        let back = read(&message.parcel, SOURCE, 10_000).unwrap();
        assert_eq!((back.recorded.position, back.previous), (7, 5));
        assert_eq!(
            serde_json::to_string(&back.recorded).unwrap(),
            serde_json::to_string(&sent).unwrap(),
            "numbers that no f64 holds included"
        );
    }

    #[test]
    fn an_event_that_is_too_large_is_not_written() {
        let large = event(1, &format!("\"{}\"", "x".repeat(2_000)));
        let error = write(&large, 0, 1_000).err().unwrap();
        assert!(error.to_string().contains("1000 may be sent"), "{error}");
    }

    #[test]
    fn what_is_wrong_with_a_message_is_named() {
        let good = write(&event(7, "{}"), 5, 10_000).unwrap();
        let bad = |body: &[u8]| {
            let parcel = Parcel { body: body.to_vec().into(), ..good.parcel.clone() };
            read(&parcel, SOURCE, 10_000).unwrap_err()
        };
        assert_eq!(bad(&[b'x'; 10_001]), Bad::TooLarge(10_001, 10_000));
        assert!(matches!(bad(b"\xff\xfe"), Bad::NoEvent(_)));
        assert!(matches!(bad(b"{}"), Bad::NoEvent(why) if why.contains("specversion")));
        let without = |field: &str| {
            change(&good.parcel.body, |value| {
                value.as_object_mut().unwrap().remove(field);
            })
        };
        assert_eq!(bad(&without("partitionkey")), Bad::NoKey);
        assert!(matches!(bad(&without("id")), Bad::NoEvent(why) if why.contains("`id`")));
        assert_eq!(bad(&change(&good.parcel.body, |value| value["partitionkey"] = json!(""))), Bad::NoKey);
        let old = change(&good.parcel.body, |value| value["specversion"] = json!("0.3"));
        assert_eq!(bad(&old), Bad::Version("0.3".to_owned()));
        let foreign = change(&good.parcel.body, |value| value["source"] = json!("/else\n2026 ERROR forged"));
        assert_eq!(bad(&foreign), Bad::Foreign("/else 2026 ERROR forged".to_owned()));
    }

    #[test]
    fn a_message_without_its_place_in_the_log_is_refused() {
        let good = write(&event(7, "{}"), 5, 10_000).unwrap();
        let with = |position, previous| {
            let parcel = Parcel { position, previous, ..good.parcel.clone() };
            read(&parcel, SOURCE, 10_000).map(|incoming| incoming.previous)
        };
        assert_eq!(with(None, None), Err(Bad::NoPosition(POSITION)));
        assert_eq!(with(Some(7), None), Err(Bad::NoPosition(PREVIOUS)));
        assert_eq!(with(Some(7), Some(7)), Err(Bad::OutOfOrder { position: 7, previous: 7 }));
        assert_eq!(with(Some(7), Some(5)), Ok(5));
    }
}
