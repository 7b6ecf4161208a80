//! Which layer wins, and what text becomes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::SettingsSource;
use super::support::{
    Folder, Lamps, Limits, Shape, from_environment, from_file, from_overrides, lamps, strings, variables,
};

#[test]
fn without_layers_there_are_defaults() {
    assert_eq!(lamps(&SettingsSource::new()), Lamps::default());
    assert_eq!(lamps(&from_environment(&[("HOME", "x")])), Lamps::default());
}

#[test]
fn each_layer_wins_over_the_one_before() {
    let folder = Folder::new();
    let first = folder.write("first.toml", "[lamps]\nbrightness = 1\ncolour = 'red'\noffset = 1\n");
    let second = folder.write("second.toml", "[lamps]\nbrightness = 2\ncolour = 'blue'\n");
    let source = SettingsSource::new().file(&first).unwrap();
    assert_eq!(lamps(&source).brightness, 1);
    let source = source.optional_file(&second).unwrap();
    assert_eq!(lamps(&source).brightness, 2);
    let source = source.environment(variables(&[("TRADEWIND_LAMPS__BRIGHTNESS", "3")])).unwrap();
    assert_eq!(lamps(&source).brightness, 3);
    let source = source.overrides(&strings(&["lamps.brightness=4"])).unwrap();
    let all = lamps(&source);
    assert_eq!((all.brightness, all.colour.as_str(), all.offset, all.on), (4, "blue", 1, false));
}

#[test]
fn the_order_of_calls_does_not_matter() {
    let folder = Folder::new();
    let file = folder.write("tradewind.toml", "[lamps]\nbrightness = 1\noffset = 1\n");
    let source = from_overrides(&["lamps.brightness=4"])
        .environment(variables(&[("TRADEWIND_LAMPS__BRIGHTNESS", "3"), ("TRADEWIND_LAMPS__OFFSET", "3")]))
        .unwrap()
        .file(&file)
        .unwrap();
    let all = lamps(&source);
    assert_eq!((all.brightness, all.offset), (4, 3));
}

#[test]
fn what_any_layer_says_is_held() {
    let folder = Folder::new();
    let file = folder.write("tradewind.toml", "[lamps]\nbrightness = 1\n");
    let source = from_file(&file).overrides(&strings(&["lamps.limits.low=3"])).unwrap();
    assert!(source.holds("lamps", "brightness") && source.holds("lamps", "limits"));
    assert!(!source.holds("lamps", "offset") && !source.holds("brightness", "lamps"));
    assert!(!SettingsSource::new().holds("lamps", "brightness"));
    let source = from_environment(&[("TRADEWIND_LAMPS__OFFSET_FILE", "/nowhere")]);
    assert!(source.holds("lamps", "offset_file") && !source.holds("lamps", "offset"));
}

#[test]
fn nested_tables_merge_key_by_key() {
    let folder = Folder::new();
    let file = folder.write("tradewind.toml", "[lamps.limits]\nlow = 1\nhigh = 1\n");
    let source = from_file(&file).environment(variables(&[("TRADEWIND_LAMPS__LIMITS__HIGH", "2")])).unwrap();
    assert_eq!(lamps(&source).limits, Limits { low: 1, high: 2 });
    let source = source.overrides(&strings(&["lamps.limits.low=3"])).unwrap();
    assert_eq!(lamps(&source).limits, Limits { low: 3, high: 2 });
}

#[test]
fn a_later_assignment_wins_over_an_earlier() {
    let source = from_overrides(&["lamps.colour=red", "lamps.colour=blue=green"]);
    assert_eq!(lamps(&source).colour, "blue=green");
}

#[test]
fn an_optional_file_may_be_absent_but_not_wrong() {
    let folder = Folder::new();
    assert!(SettingsSource::new().optional_file(&folder.path("none")).is_ok());
    let wrong = folder.write("wrong.toml", "lamps = [");
    assert!(SettingsSource::new().optional_file(&wrong).is_err());
    assert!(SettingsSource::new().optional_file(&folder.path("")).is_err());
}

#[test]
fn text_becomes_what_the_setting_wants() {
    let lamps = lamps(&from_environment(&[
        ("TRADEWIND_LAMPS__BRIGHTNESS", " 1_000 "),
        ("TRADEWIND_LAMPS__COLOUR", "8080"),
        ("TRADEWIND_LAMPS__ON", "true"),
        ("TRADEWIND_LAMPS__WARMTH", "2"),
        ("TRADEWIND_LAMPS__OFFSET", "-7"),
        ("TRADEWIND_LAMPS__LABEL", "false"),
        ("TRADEWIND_LAMPS__ROOMS", "hall, 12,true"),
        ("TRADEWIND_LAMPS__LEVELS", "[1, 2,\n3]"),
        ("TRADEWIND_LAMPS__FADE", "250ms"),
        ("TRADEWIND_LAMPS__SHAPE", "square"),
        ("TRADEWIND_LAMPS__LIMITS", "{ low = 1, high = 2 }"),
        ("TRADEWIND_LAMPS__ROWS", "[{ low = 3 }, { high = 4 }]"),
        ("TRADEWIND_LAMPS__TOKEN", "0042"),
        ("TRADEWIND_LAMPS__ROUTES_FILE", "routes.toml"),
    ]));
    assert_eq!((lamps.brightness, lamps.colour.as_str(), lamps.on), (1000, "8080", true));
    assert_eq!((lamps.warmth, lamps.offset, lamps.label.as_deref()), (2.0, -7, Some("false")));
    assert_eq!(lamps.rooms, ["hall", "12", "true"]);
    assert_eq!(lamps.levels, [1, 2, 3]);
    assert_eq!(lamps.fade, Duration::from_millis(250));
    assert_eq!(lamps.shape, Shape::Square);
    assert_eq!(lamps.limits, Limits { low: 1, high: 2 });
    assert_eq!(lamps.rows, [Limits { low: 3, high: 0 }, Limits { low: 0, high: 4 }]);
    assert_eq!(lamps.token.expose(), "0042");
    assert_eq!(lamps.routes_file, PathBuf::from("routes.toml"), "a setting called …_file");
}

#[test]
fn an_empty_text_is_an_empty_list_or_string() {
    let lamps = lamps(&from_overrides(&["lamps.rooms=", "lamps.colour="]));
    assert!(lamps.rooms.is_empty() && lamps.colour.is_empty());
}

#[test]
fn choices_may_have_settings_of_their_own() {
    let folder = Folder::new();
    let file = folder.write("tradewind.toml", "[lamps.shape.star]\npoints = 5\n");
    assert_eq!(lamps(&from_file(&file)).shape, Shape::Star { points: 5 });
    let source = from_overrides(&["lamps.shape.custom=8080"]);
    assert_eq!(lamps(&source).shape, Shape::Custom("8080".to_owned()));
    let source = from_overrides(&["lamps.shape={ star = { points = 6 } }"]);
    assert_eq!(lamps(&source).shape, Shape::Star { points: 6 });
}

#[test]
fn typed_values_of_files_are_read() {
    let folder = Folder::new();
    let text = "[lamps]\nwarmth = 3\nrooms = ['a', 'b']\nfade = '2m'\nlimits = { low = 1 }\n\
                [[lamps.rows]]\nlow = 1\n[[lamps.rows]]\nhigh = 2\n";
    let lamps = lamps(&from_file(&folder.write("tradewind.toml", text)));
    assert_eq!((lamps.warmth, lamps.fade), (3.0, Duration::from_secs(120)));
    assert_eq!(lamps.rooms, ["a", "b"]);
    assert_eq!(lamps.limits.low, 1);
    assert_eq!(lamps.rows.len(), 2);
}

#[derive(Debug, PartialEq, Deserialize)]
struct Any {
    pairs: BTreeMap<u16, String>,
    values: BTreeMap<String, serde_json::Value>,
    pair: (u8, bool),
}

#[test]
fn open_tables_take_any_key() {
    let any: Any = from_environment(&[
        ("TRADEWIND_LAMPS__PAIRS__8080", "8080"),
        ("TRADEWIND_LAMPS__VALUES__A", "5"),
        ("TRADEWIND_LAMPS__VALUES__B", "[1, 'x']"),
        ("TRADEWIND_LAMPS__VALUES__C", "plain words"),
        ("TRADEWIND_LAMPS__PAIR", "1,true"),
    ])
    .section("lamps")
    .unwrap();
    assert_eq!(any.pairs, BTreeMap::from([(8080, "8080".to_owned())]));
    let values = serde_json::json!({"a": 5, "b": [1, "x"], "c": "plain words"});
    assert_eq!(serde_json::to_value(any.values).unwrap(), values);
    assert_eq!(any.pair, (1, true));
}

#[test]
fn a_section_without_settings_is_empty() {
    #[derive(Debug, Deserialize)]
    struct Nothing;

    SettingsSource::new().section::<()>("lamps").unwrap();
    SettingsSource::new().section::<Nothing>("lamps").unwrap();
    let error = from_overrides(&["lamps.on=true"]).section::<()>("lamps").unwrap_err();
    assert_eq!(
        error.to_string(),
        "settings: lamps.on: unknown key; no keys are known here (from --set lamps.on)"
    );
}

#[test]
fn a_file_gives_the_value_of_a_variable() {
    let folder = Folder::new();
    let file = folder.write("colour", "  dark red\n");
    let path = file.to_str().unwrap();
    let source = from_environment(&[("TRADEWIND_LAMPS__COLOUR_FILE", path)]);
    assert_eq!(lamps(&source).colour, "dark red");
    let settings = folder.write("tradewind.toml", "[lamps]\ncolour = 'red'\n");
    let source = source.file(&settings).unwrap();
    assert_eq!(lamps(&source).colour, "dark red");
    let source = source.overrides(&strings(&["lamps.colour=blue"])).unwrap();
    assert_eq!(lamps(&source).colour, "blue");
    let limit = folder.write("limit", "7\n");
    let name = "TRADEWIND_LAMPS__LIMITS__LOW_FILE";
    let source = from_environment(&[(name, limit.to_str().unwrap())]);
    assert_eq!(lamps(&source).limits.low, 7);
}

#[test]
fn reserved_variables_are_no_settings() {
    let source = from_environment(&[("TRADEWIND_DATA", "/var/lib/lamps")]);
    assert!(source.refuse_unknown_sections(&[]).is_ok());
}

#[test]
fn the_environment_of_this_process_can_be_read() {
    assert!(SettingsSource::new().process_environment().is_ok());
}

#[test]
fn known_sections_are_accepted() {
    let source = from_overrides(&["lamps.on=true", "floors.level=1"]);
    assert!(source.refuse_unknown_sections(&["floors", "lamps", "doors"]).is_ok());
}

#[test]
fn dotted_keys_and_comments_are_toml_like_any_other() {
    let folder = Folder::new();
    let file = folder.write("tradewind.toml", "# lamps\nlamps.limits.low = 1 # one\nlamps.on = true\n");
    let lamps = lamps(&from_file(Path::new(&file)));
    assert_eq!((lamps.limits.low, lamps.on), (1, true));
}
