//! What is refused before any section is read.

use super::SettingsSource;
use super::support::{Folder, assert_all, from_environment, from_file, from_overrides, strings, variables};

/// How a file with this text is refused at once.
fn load_refusal(text: &str) -> String {
    let folder = Folder::new();
    let file = folder.write("tradewind.toml", text);
    folder.shorten(&SettingsSource::new().file(&file).unwrap_err().to_string())
}

#[test]
fn syntax_errors_are_named_with_line_and_column() {
    assert_all(&[
        (
            load_refusal("[lamps]\nbrightness = high\n"),
            "settings: tradewind.toml:2:14: not valid TOML: string values must be quoted, \
             expected literal string",
        ),
        (
            load_refusal("[lamps]\non = true\non = false\n"),
            "settings: tradewind.toml:3:1: not valid TOML: duplicate key",
        ),
        (
            load_refusal("brightness = 5\n[lamps]\n"),
            "settings: brightness: not a section; settings stand below a header such as [brightness] \
             (from tradewind.toml:1)",
        ),
    ]);
}

#[test]
fn an_absent_file_is_named() {
    let folder = Folder::new();
    let error = SettingsSource::new().file(&folder.path("none.toml")).unwrap_err();
    let words = folder.shorten(&error.to_string());
    assert!(words.starts_with("settings: none.toml: the file cannot be read: "), "{words}");
}

#[test]
fn variables_without_section_and_key_are_named() {
    let refused = |pairs: &[(&str, &str)]| {
        let error = SettingsSource::new().environment(variables(pairs)).unwrap_err();
        error.to_string()
    };
    let form = "the form is TRADEWIND_<SECTION>__<KEY>";
    assert_all(&[
        (
            refused(&[("TRADEWIND_BRIGHTNESS", "1")]),
            &format!("settings: TRADEWIND_BRIGHTNESS: unknown variable; {form}"),
        ),
        (
            refused(&[("TRADEWIND_DATE", "1")]),
            &format!("settings: TRADEWIND_DATE: unknown variable; did you mean \"TRADEWIND_DATA\"?; {form}"),
        ),
        (
            refused(&[("TRADEWIND_LAMPS___ON", "1")]),
            &format!(
                "settings: TRADEWIND_LAMPS___ON: a section or key is empty or begins with an \
                 underscore; {form}"
            ),
        ),
        (
            refused(&[("TRADEWIND_LAMPS__LIMITS__LOW", "1"), ("TRADEWIND_LAMPS__LIMITS", "{}")]),
            "settings: TRADEWIND_LAMPS__LIMITS__LOW: contradicts TRADEWIND_LAMPS__LIMITS; keep one of them",
        ),
        (
            refused(&[("TRADEWIND_LAMPS__ON", "1"), ("TRADEWIND_LAMPS__on", "1")]),
            "settings: TRADEWIND_LAMPS__on: contradicts TRADEWIND_LAMPS__ON; keep one of them",
        ),
    ]);
}

#[test]
fn malformed_assignments_show_the_right_form() {
    for (text, shown) in [
        ("lamps.on", "lamps.on"),
        ("lamps=5", "lamps"),
        ("lamps..on=5", "lamps..on"),
        ("lamps.on true", "lamps.on"),
        ("", ""),
        ("=5", ""),
    ] {
        let error = SettingsSource::new().overrides(&strings(&[text])).unwrap_err();
        let subject = format!("--set {shown}");
        assert_eq!(
            error.to_string(),
            format!(
                "settings: {}: not an assignment; the form is --set section.key=value",
                subject.trim_end()
            )
        );
    }
}

#[test]
fn unknown_sections_are_named_with_their_place() {
    let folder = Folder::new();
    let file = folder.write("tradewind.toml", "[floors]\n[lmaps]\non = true\n");
    let refused = |source: SettingsSource| {
        let error = source.refuse_unknown_sections(&["floors", "lamps"]).unwrap_err();
        folder.shorten(&error.to_string())
    };
    let words = "settings: lmaps: unknown section; did you mean \"lamps\"? known sections: floors, lamps";
    assert_all(&[
        (refused(from_file(&file)), &format!("{words} (from tradewind.toml:2)")),
        (
            refused(from_environment(&[("TRADEWIND_LMAPS__ON", "true")])),
            &format!("{words} (from TRADEWIND_LMAPS__ON)"),
        ),
        (refused(from_overrides(&["lmaps.on=true"])), &format!("{words} (from --set lmaps.on)")),
    ]);
}
