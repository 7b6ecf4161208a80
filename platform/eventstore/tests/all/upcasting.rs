//! Events of older versions, read by a program that knows the newest.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tradewind_eventstore::{DomainEvent, Upcaster, read_event};

/// What is known today: weights in grams, and moves have a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Parcel {
    Weighed { grams: u64, by: String },
    Moved { to: String },
}

impl DomainEvent for Parcel {
    const UPCASTERS: &'static [Upcaster] = &[
        Upcaster { name: "weighed", version: 1, to: ("weighed", 2), upcast: in_grams },
        Upcaster { name: "weighed", version: 2, to: ("weighed", 3), upcast: by_somebody },
        // It was called otherwise once.
        Upcaster { name: "shifted", version: 1, to: ("moved", 1), upcast: moved },
        Upcaster { name: "turned", version: 1, to: ("turned", 2), upcast: Ok },
        Upcaster { name: "turned", version: 2, to: ("turned", 1), upcast: Ok },
    ];

    fn name(&self) -> &'static str {
        match self {
            Self::Weighed { .. } => "weighed",
            Self::Moved { .. } => "moved",
        }
    }

    fn version(&self) -> u32 {
        match self {
            Self::Weighed { .. } => 3,
            Self::Moved { .. } => 1,
        }
    }
}

fn in_grams(old: Value) -> Result<Value, String> {
    let kilograms = old["weighed"]["kilograms"].as_u64().ok_or("no kilograms")?;
    Ok(json!({ "weighed": { "grams": kilograms * 1000 } }))
}

fn by_somebody(mut old: Value) -> Result<Value, String> {
    old["weighed"]["by"] = "somebody".into();
    Ok(old)
}

fn moved(old: Value) -> Result<Value, String> {
    Ok(json!({ "moved": old["shifted"] }))
}

fn read(name: &str, version: u32, json: Value) -> Result<Parcel, String> {
    read_event(name, version, &json.to_string()).map_err(|error| error.to_string())
}

#[test]
fn an_old_event_is_read_through_every_step() {
    let weighed = Parcel::Weighed { grams: 2000, by: "somebody".to_owned() };
    assert_eq!(read("weighed", 1, json!({ "weighed": { "kilograms": 2 } })), Ok(weighed.clone()));
    assert_eq!(read("weighed", 2, json!({ "weighed": { "grams": 2000 } })), Ok(weighed.clone()));
    assert_eq!(read("weighed", 3, serde_json::to_value(&weighed).unwrap()), Ok(weighed));
    let moved = Parcel::Moved { to: "A1".to_owned() };
    assert_eq!(read("shifted", 1, json!({ "shifted": { "to": "A1" } })), Ok(moved));
}

#[test]
fn what_has_no_way_to_today_is_refused_and_not_guessed() {
    // Readable by chance, and yet of a version that nothing is known of.
    let newer = read("weighed", 4, json!({ "weighed": { "grams": 1, "by": "x" } }));
    assert!(newer.unwrap_err().contains("add an upcaster"));
    let other = read("pushed", 1, json!({ "moved": { "to": "A1" } }));
    assert!(other.unwrap_err().contains("add an upcaster"));
    assert!(read("weighed", 1, json!({ "weighed": {} })).unwrap_err().contains("no kilograms"));
    assert!(read("turned", 1, json!({})).unwrap_err().contains("circle"));
}
