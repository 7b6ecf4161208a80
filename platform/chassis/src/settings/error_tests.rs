//! What errors say, and where they point.

use serde::Deserialize;

use super::SettingsSource;
use super::support::{
    Folder, Lamps, assert_all, from_environment, from_file, from_overrides, refusal, strings, variables,
};

/// How a file with this text is refused when the section `lamps` is read.
fn file_refusal(text: &str) -> String {
    let folder = Folder::new();
    let file = folder.write("tradewind.toml", text);
    folder.shorten(&refusal::<Lamps>(&from_file(&file)))
}

const KNOWN: &str = "known keys: brightness, colour, on, warmth, offset, label, rooms, levels, fade, shape, \
                     limits, rows, token, routes_file";

#[test]
fn a_value_in_a_file_is_named_with_its_line() {
    let text = "# lamps\n[lamps]\non = true\n\nbrightness = 'high'\n";
    let place = "(from tradewind.toml:5)";
    assert_eq!(
        file_refusal(text),
        format!("settings: lamps.brightness: invalid type: found string \"high\", expected u16 {place}")
    );
    let cases = [
        ("brightness = 70000", "invalid value: found integer `70000`, expected u16"),
        ("brightness = '12'", "invalid type: found string \"12\", expected u16"),
        ("on = 'yes'", "invalid type: found string \"yes\", expected a boolean"),
        ("colour = 5", "invalid type: found an integer, expected a string"),
        ("rooms = 'hall'", "invalid type: found a string, expected a sequence"),
        ("limits = 5", "invalid type: found an integer, expected struct Limits"),
        ("brightness = [1]", "invalid type: found a list, expected u16"),
        ("shape = 5", "expected a name, or a table with the name as its only key"),
        (
            "shape = 'squre'",
            "\"squre\": unknown value; did you mean \"square\"? known values: round, square, star, custom",
        ),
        (
            "fade = '5 parsecs'",
            "invalid value: found string \"5 parsecs\", expected a duration such as \"250ms\", \"5s\", \
             \"2m\" or \"1h\"",
        ),
        (
            "fade = 5",
            "invalid type: found an integer, expected a duration such as \"250ms\", \"5s\", \"2m\" or \"1h\"",
        ),
    ];
    for (line, expected) in cases {
        let key = line.split(' ').next().unwrap();
        let found = file_refusal(&format!("[lamps]\n\n{line}\n"));
        assert_eq!(found, format!("settings: lamps.{key}: {expected} (from tradewind.toml:3)"));
    }
}

#[test]
fn a_value_within_a_list_is_named_with_its_line() {
    let found = file_refusal("[lamps]\nlevels = [\n  1,\n  256,\n]\n");
    assert_eq!(
        found,
        "settings: lamps.levels[1]: invalid value: found integer `256`, expected u8 (from tradewind.toml:4)"
    );
    let found = file_refusal("[[lamps.rows]]\nlow = 1\n[[lamps.rows]]\nlow = true\n");
    assert_eq!(
        found,
        "settings: lamps.rows[1].low: invalid type: found boolean `true`, expected u8 (from tradewind.toml:4)"
    );
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    assert_all(&[
        (
            file_refusal("[lamps]\non = true\nbrigtness = 1\n"),
            &format!(
                "settings: lamps.brigtness: unknown key; did you mean \"brightness\"? {KNOWN} \
                 (from tradewind.toml:3)"
            ),
        ),
        (
            file_refusal("[lamps.limits]\nlow = 1\ntop = 2\n"),
            "settings: lamps.limits.top: unknown key; known keys: low, high (from tradewind.toml:3)",
        ),
        (
            file_refusal("[lamps]\nlimits = { hihg = 2 }\n"),
            "settings: lamps.limits.hihg: unknown key; did you mean \"high\"? known keys: low, high \
             (from tradewind.toml:2)",
        ),
        (
            file_refusal("[lamps]\non = true\n[lamps.shades]\nlow = 1\n"),
            &format!(
                "settings: lamps.shades: unknown key; did you mean \"shape\"? {KNOWN} (from tradewind.toml:3)"
            ),
        ),
    ]);
}

#[derive(Debug, Deserialize)]
struct Strict {
    #[serde(rename = "limits")]
    _limits: StrictLimits,
}

#[derive(Debug, Deserialize)]
struct StrictLimits {
    #[serde(rename = "low")]
    _low: u8,
}

#[test]
fn a_missing_key_is_named_with_its_table() {
    let folder = Folder::new();
    let file = folder.write("tradewind.toml", "[lamps]\n\n[lamps.limits]\nhigh = 1\n");
    let source = from_file(&file);
    assert_eq!(
        folder.shorten(&refusal::<Strict>(&source)),
        "settings: lamps.limits.low: required, but given nowhere; set it in a file, as \
         TRADEWIND_LAMPS__LIMITS__LOW or with --set lamps.limits.low=… (from tradewind.toml:3)"
    );
    assert_eq!(
        refusal::<Strict>(&SettingsSource::new()),
        "settings: lamps.limits: required, but given nowhere; set it in a file, as TRADEWIND_LAMPS__LIMITS \
         or with --set lamps.limits=…"
    );
}

#[test]
fn a_variable_is_named() {
    let refused = |name, value| refusal::<Lamps>(&from_environment(&[(name, value)]));
    assert_all(&[
        (
            refused("TRADEWIND_LAMPS__BRIGHTNESS", "high"),
            "settings: lamps.brightness: invalid type: found string \"high\", expected u16 \
             (from TRADEWIND_LAMPS__BRIGHTNESS)",
        ),
        (
            refused("TRADEWIND_LAMPS__BRIGTNESS", "1"),
            &format!(
                "settings: lamps.brigtness: unknown key; did you mean \"brightness\"? {KNOWN} \
                 (from TRADEWIND_LAMPS__BRIGTNESS)"
            ),
        ),
        (
            refused("TRADEWIND_LAMPS__LEVELS", "1,x"),
            "settings: lamps.levels[1]: invalid type: found string \"x\", expected u8 \
             (from TRADEWIND_LAMPS__LEVELS)",
        ),
        (
            refused("TRADEWIND_LAMPS__ON", "yes"),
            "settings: lamps.on: invalid type: found string \"yes\", expected true or false \
             (from TRADEWIND_LAMPS__ON)",
        ),
        (
            refused("TRADEWIND_LAMPS__LIMITS__TOP", "1"),
            "settings: lamps.limits.top: unknown key; known keys: low, high \
             (from TRADEWIND_LAMPS__LIMITS__TOP)",
        ),
        (
            refused("TRADEWIND_LAMPS__COLOR_FILE", "/nowhere"),
            &format!(
                "settings: lamps.color: unknown key; did you mean \"colour\"? {KNOWN} \
                 (from TRADEWIND_LAMPS__COLOR_FILE)"
            ),
        ),
    ]);
}

#[test]
fn an_assignment_is_named() {
    let refused = |text| refusal::<Lamps>(&from_overrides(&[text]));
    assert_all(&[
        (
            refused("lamps.brightness=high"),
            "settings: lamps.brightness: invalid type: found string \"high\", expected u16 \
             (from --set lamps.brightness=high)",
        ),
        (
            refused("lamps.limits.top=3"),
            "settings: lamps.limits.top: unknown key; known keys: low, high (from --set lamps.limits.top)",
        ),
        (
            refused("lamps.shape.round=1"),
            "settings: lamps.shape.round: this choice has no settings of its own \
             (from --set lamps.shape.round=1)",
        ),
    ]);
}

#[test]
fn the_place_is_that_of_the_layer_that_won() {
    let folder = Folder::new();
    let file = folder.write("tradewind.toml", "[lamps]\nbrightness = 5\n");
    let source = from_file(&file).environment(variables(&[("TRADEWIND_LAMPS__BRIGHTNESS", "dim")])).unwrap();
    assert!(refusal::<Lamps>(&source).ends_with("(from TRADEWIND_LAMPS__BRIGHTNESS)"));
    let source = source.overrides(&strings(&["lamps.brightness=-1"])).unwrap();
    assert!(refusal::<Lamps>(&source).ends_with("(from --set lamps.brightness=-1)"));
}

#[test]
fn bad_inline_notation_is_refused() {
    let words = refusal::<Lamps>(&from_overrides(&["lamps.levels=[1, 2"]));
    assert!(words.starts_with("settings: lamps.levels: not valid TOML: "), "{words}");
    let words = refusal::<(u8, u8)>(&from_overrides(&["lamps.x=1"]));
    assert!(words.contains("found a table, expected a tuple of size 2"), "{words}");
}

#[test]
fn a_list_with_too_many_elements_is_refused() {
    #[derive(Debug, Deserialize)]
    struct Pair {
        #[serde(rename = "pair")]
        _pair: (u8, u8),
    }

    let words = refusal::<Pair>(&from_overrides(&["lamps.pair=1,2,3"]));
    assert_eq!(words, "settings: lamps.pair: the list has 1 elements too many (from --set lamps.pair)");
}
