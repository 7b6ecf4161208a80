//! Nothing shows a secret: no error, no `Debug`.

use serde::Deserialize;
use tradewind_kernel::Secret;

use super::SettingsSource;
use super::support::{
    Folder, Lamps, from_environment, from_file, from_overrides, lamps, refusal, strings, variables,
};

/// The value that must not be seen.
const CANARY: &str = "canary-4711";

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Vault {
    #[serde(rename = "signing_key")]
    _signing_key: Option<Strict>,
    #[serde(rename = "tokens")]
    _tokens: Vec<Strict>,
    #[serde(rename = "secrets")]
    _secrets: Inner,
    #[serde(rename = "password_length")]
    _password_length: u8,
    #[serde(rename = "pin")]
    _pin: Secret,
    #[serde(rename = "level")]
    _level: u8,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Inner {
    #[serde(rename = "level")]
    _level: u8,
}

/// A type whose own refusal repeats what it was given.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Strict;

impl TryFrom<String> for Strict {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Err(format!("{text:?} is not strict"))
    }
}

fn assert_hidden(words: &str, key: &str) {
    assert!(!words.contains("canary") && !words.contains("4711"), "{words}");
    assert!(words.starts_with(&format!("settings: lamps.{key}: ")), "{words}");
}

#[test]
fn values_of_keys_that_speak_of_secrets_are_hidden() {
    let keys = ["signing_key", "tokens", "secrets.level", "password_length"];
    for (key, path) in keys.iter().zip(["signing_key", "tokens[0]", "secrets.level", "password_length"]) {
        let variable = format!("TRADEWIND_LAMPS__{}", key.replace('.', "__").to_uppercase());
        let words = refusal::<Vault>(&from_environment(&[(variable.as_str(), CANARY)]));
        assert_hidden(&words, path);
        assert!(words.ends_with(&format!("found a value of the wrong type (from {variable})")), "{words}");
        let words = refusal::<Vault>(&from_overrides(&[&format!("lamps.{key}={CANARY}")]));
        assert_hidden(&words, path);
        assert!(words.ends_with(&format!("(from --set lamps.{key})")), "{words}");
        let folder = Folder::new();
        let file = folder.write("tradewind.toml", &format!("[lamps]\n{key} = '{CANARY}'\n"));
        let words = refusal::<Vault>(&from_file(&file));
        assert!(!words.contains(CANARY) && words.ends_with("tradewind.toml:2)"), "{words}");
    }
}

#[test]
fn a_number_in_place_of_a_secret_is_hidden_whatever_its_key() {
    let folder = Folder::new();
    for line in ["pin = 4711", "pin = [4711]", "pin = 47.11", "pin = { a = 4711 }"] {
        let file = folder.write("tradewind.toml", &format!("[lamps]\n{line}\n"));
        assert_hidden(&folder.shorten(&refusal::<Vault>(&from_file(&file))), "pin");
    }
}

#[test]
fn a_value_behind_an_unknown_key_is_hidden() {
    assert_hidden(&refusal::<Lamps>(&from_overrides(&["lamps.tokne=canary"])), "tokne");
    let source = from_environment(&[("TRADEWIND_LAMPS__TOKNE", CANARY)]);
    assert_hidden(&refusal::<Lamps>(&source), "tokne");
}

#[test]
fn the_content_of_a_file_is_hidden_whatever_its_key() {
    let folder = Folder::new();
    let file = folder.write("level", CANARY);
    let source = from_environment(&[("TRADEWIND_LAMPS__LEVEL_FILE", file.to_str().unwrap())]);
    let words = folder.shorten(&refusal::<Vault>(&source));
    assert_eq!(
        words,
        "settings: lamps.level: found a value of the wrong type \
         (from TRADEWIND_LAMPS__LEVEL_FILE, the file level)"
    );
}

#[test]
fn a_part_of_the_content_of_a_file_is_hidden_too() {
    #[derive(Debug)]
    struct Picky;

    impl<'de> Deserialize<'de> for Picky {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            Err(serde::de::Error::custom(format!("ends with {}", &text[7..])))
        }
    }

    #[derive(Debug, Deserialize)]
    struct Picked {
        #[serde(rename = "level")]
        _level: Picky,
    }

    let folder = Folder::new();
    let file = folder.write("level", CANARY);
    let source = from_environment(&[("TRADEWIND_LAMPS__LEVEL_FILE", file.to_str().unwrap())]);
    assert_hidden(&folder.shorten(&refusal::<Picked>(&source)), "level");
    let source = from_environment(&[("TRADEWIND_LAMPS__LEVEL", "visible-7")]);
    assert!(refusal::<Picked>(&source).contains("ends with -7"));
}

#[test]
fn secrets_in_files_are_read() {
    let folder = Folder::new();
    let file = folder.write("token", "canary-4711\n");
    let source = from_environment(&[("TRADEWIND_LAMPS__TOKEN_FILE", file.to_str().unwrap())]);
    assert_eq!(lamps(&source).token.expose(), CANARY);
    assert!(!format!("{:?}", lamps(&source)).contains(CANARY));
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_its_variable() {
    let folder = Folder::new();
    let path = folder.path("token");
    let source = from_environment(&[("TRADEWIND_LAMPS__TOKEN_FILE", path.to_str().unwrap())]);
    let words = folder.shorten(&refusal::<Lamps>(&source));
    assert!(words.starts_with("settings: lamps.token: the file token cannot be read: "), "{words}");
    assert!(words.ends_with("(from TRADEWIND_LAMPS__TOKEN_FILE)"), "{words}");
}

#[test]
fn a_secret_given_twice_is_refused() {
    let source =
        from_environment(&[("TRADEWIND_LAMPS__TOKEN", CANARY), ("TRADEWIND_LAMPS__TOKEN_FILE", "/nowhere")]);
    assert_eq!(
        refusal::<Lamps>(&source),
        "settings: lamps.token: given twice, also by TRADEWIND_LAMPS__TOKEN; keep one of them \
         (from TRADEWIND_LAMPS__TOKEN_FILE)"
    );
}

#[derive(Debug, Deserialize)]
struct Buffered {
    #[serde(flatten)]
    _inner: BufferedInner,
}

#[derive(Debug, Deserialize)]
struct BufferedInner {
    #[serde(rename = "token")]
    _token: Strict,
}

#[test]
fn buffered_types_show_no_secret_either() {
    for value in [CANARY, "4711", "canary\\\"4711"] {
        let words = refusal::<Buffered>(&from_overrides(&[&format!("lamps.token={value}")]));
        assert!(!words.contains("canary") && !words.contains("4711"), "{words}");
    }
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "RawRange")]
struct Range;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawRange {
    low: u8,
    high: u8,
    token: String,
}

impl TryFrom<RawRange> for Range {
    type Error = String;

    fn try_from(raw: RawRange) -> Result<Self, String> {
        if raw.low > raw.high {
            return Err("low is above high".to_owned());
        }
        Err(format!("the token {} is weak", raw.token))
    }
}

#[test]
fn what_a_table_s_type_says_is_hidden_only_when_it_shows_a_secret() {
    let source = from_overrides(&["lamps.low=2", "lamps.token=canary"]);
    assert_eq!(refusal::<Range>(&source), "settings: lamps: low is above high (from --set lamps.low)");
    let source = from_overrides(&["lamps.token=canary", "lamps.low=2"]);
    assert_eq!(refusal::<Range>(&source), "settings: lamps: low is above high (from --set lamps.token)");
    let folder = Folder::new();
    let file = folder.write("token", "canary\n");
    let hidden = [
        from_overrides(&["lamps.token=canary"]),
        from_environment(&[("TRADEWIND_LAMPS__TOKEN", "canary")]),
        from_environment(&[("TRADEWIND_LAMPS__TOKEN_FILE", file.to_str().unwrap())]),
    ];
    for source in hidden {
        let words = refusal::<Range>(&source);
        assert!(!words.contains("canary"), "{words}");
        assert!(words.contains("lamps: found a value of the wrong type"), "{words}");
    }
}

#[test]
fn inline_tables_show_no_secret_either() {
    #[derive(Debug, Deserialize)]
    struct Ranges {
        #[serde(rename = "range")]
        _range: Range,
    }

    for value in ["{ token = 'canary' }", "{ token = 'canary', low = 1 }", "[{ token = 'canary' }]"] {
        for source in [
            from_overrides(&[&format!("lamps.range={value}")]),
            from_environment(&[("TRADEWIND_LAMPS__RANGE", value)]),
        ] {
            let words = refusal::<Ranges>(&source);
            assert!(words.starts_with("settings: lamps.range: ") && !words.contains("canary"), "{words}");
        }
        let words = refusal::<Lamps>(&from_overrides(&[&format!("lamps.brightness={value}")]));
        assert!(!words.contains("canary"), "{words}");
    }
}

#[test]
fn errors_before_reading_show_no_values() {
    let folder = Folder::new();
    let file = folder.write("tradewind.toml", "[lamps]\ntoken = canary-4711\n");
    let words = [
        SettingsSource::new().file(&file).unwrap_err(),
        SettingsSource::new().environment(variables(&[("TRADEWIND_TOKEN", CANARY)])).unwrap_err(),
        SettingsSource::new().overrides(&strings(&["token=canary-4711"])).unwrap_err(),
        SettingsSource::new().overrides(&strings(&["lamps.token:canary-4711"])).unwrap_err(),
        from_overrides(&["lamps.token=canary-4711"]).refuse_unknown_sections(&[]).unwrap_err(),
    ];
    for words in words {
        assert!(!format!("{words} {words:?}").contains("canary"), "{words}");
    }
}

#[test]
fn debug_shows_layers_and_no_values() {
    let folder = Folder::new();
    let file = folder.write("tradewind.toml", "[lamps]\ntoken = 'canary-4711'\ncolour = 'canary'\n");
    let source = from_file(&file)
        .environment(variables(&[("TRADEWIND_LAMPS__TOKEN", CANARY), ("OTHER", "x")]))
        .unwrap()
        .overrides(&strings(&["lamps.token=canary-4711"]))
        .unwrap();
    assert_eq!(
        folder.shorten(&format!("{source:?}")),
        "SettingsSource { layers: [\"tradewind.toml\", \"environment: TRADEWIND_LAMPS__TOKEN\", \
         \"--set: lamps.token\"] }"
    );
}
