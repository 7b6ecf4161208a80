//! Spellings that have one form, and spellings that are refused.

use super::*;
use proptest::prelude::*;

fn of(raw: &str) -> Result<String, PathError> {
    canonical(raw).map(|path| path.to_string())
}

#[test]
fn brings_paths_into_one_form() {
    for (raw, expected) in [
        ("/", "/"),
        ("/a", "/a"),
        ("/a/", "/a/"),
        ("/a/b/c", "/a/b/c"),
        ("/%61%2D%2e%5F%7e", "/a-._~"),
        ("/a%3ab%c3%a9", "/a%3Ab%C3%A9"),
        ("/a%20b", "/a%20b"),
        ("/%252e%252e/a", "/%252e%252e/a"),
        ("/.", "/"),
        ("/./", "/"),
        ("/./a", "/a"),
        ("/a/.", "/a/"),
        ("/a/./b", "/a/b"),
        ("/a/b/..", "/a/"),
        ("/a/b/../", "/a/"),
        ("/a/b/../c", "/a/c"),
        ("/a/..", "/"),
        ("/a/../", "/"),
        ("/a/../b", "/b"),
        ("/a/%2e%2E/b", "/b"),
        ("/a/.%2e/b", "/b"),
        ("/a/%2e/b", "/a/b"),
        ("/...", "/..."),
        ("/a/..b", "/a/..b"),
        ("/.well-known/x", "/.well-known/x"),
        ("/a;v=1/b;c", "/a;v=1/b;c"),
        ("/...;a", "/...;a"),
        ("/a%3Bb", "/a%3Bb"),
        ("/!$&'()*+,=:@", "/!$&'()*+,=:@"),
        ("/%F0%9F%8C%8A", "/%F0%9F%8C%8A"),
    ] {
        assert_eq!(of(raw).as_deref(), Ok(expected), "{raw}");
    }
}

#[test]
fn refuses_what_could_be_read_in_two_ways() {
    for (raw, expected) in [
        ("", PathError::NotAbsolute),
        ("a", PathError::NotAbsolute),
        ("*", PathError::NotAbsolute),
        ("//", PathError::EmptySegment),
        ("//a", PathError::EmptySegment),
        ("/a//b", PathError::EmptySegment),
        ("/a//", PathError::EmptySegment),
        ("/a/..//b", PathError::EmptySegment),
        ("/..", PathError::AboveRoot),
        ("/../a", PathError::AboveRoot),
        ("/a/../../b", PathError::AboveRoot),
        ("/%2e%2e/a", PathError::AboveRoot),
        ("/a/..;/b", PathError::DotSegmentWithParameter),
        ("/a/..;x=1", PathError::DotSegmentWithParameter),
        ("/a/%2e%2E%3bx/b", PathError::DotSegmentWithParameter),
        ("/a/.;/b", PathError::DotSegmentWithParameter),
        ("/a%", PathError::MalformedEscape),
        ("/a%2", PathError::MalformedEscape),
        ("/a%2/b", PathError::MalformedEscape),
        ("/a%zz", PathError::MalformedEscape),
        ("/a%+1", PathError::MalformedEscape),
        ("/a%2Fb", PathError::EncodedSeparator),
        ("/a%2fb", PathError::EncodedSeparator),
        ("/a%5cb", PathError::EncodedSeparator),
        ("/a%00", PathError::EncodedControl),
        ("/a%0d%0ab", PathError::EncodedControl),
        ("/a%7F", PathError::EncodedControl),
        ("/a\\b", PathError::ForbiddenCharacter),
        ("/a b", PathError::ForbiddenCharacter),
        ("/a?b", PathError::ForbiddenCharacter),
        ("/a#b", PathError::ForbiddenCharacter),
        ("/a\u{0}", PathError::ForbiddenCharacter),
        ("/é", PathError::ForbiddenCharacter),
        ("/a%C3", PathError::NotUtf8),
        ("/a%C3b", PathError::NotUtf8),
        ("/a%C3%20", PathError::NotUtf8),
        ("/a%C3b%A9", PathError::NotUtf8),
        ("/a%C3%20%A9", PathError::NotUtf8),
        ("/a%C3/%A9", PathError::NotUtf8),
        ("/a%C0%AFb", PathError::NotUtf8),
        ("/%C0%AE%C0%AE/b", PathError::NotUtf8),
    ] {
        assert_eq!(of(raw), Err(expected), "{raw:?}");
    }
}

#[test]
fn every_error_has_a_code_and_a_text() {
    assert_eq!(PathError::AboveRoot.code(), "path-above-root");
    assert!(PathError::MalformedEscape.to_string().contains("%25"));
}

/// Text made of the pieces that matter, so that most cases reach the interesting branches.
fn paths() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "/", "/", "/", ".", "..", "%2e", "%2E", "%2F", "%5c", "%00", "%41", "%7e", "%c3%a9", "%C0", "%3b",
        ";", "a", "b", "~", "%", "%2", "\\", " ", "é", "?", ":",
    ]);
    prop::collection::vec(pieces, 0..12).prop_map(|pieces| format!("/{}", pieces.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn canonical_is_idempotent(raw in paths()) {
        if let Ok(once) = canonical(&raw) {
            let twice = canonical(once.as_str());
            prop_assert_eq!(twice, Ok(once));
        }
    }

    #[test]
    fn canonical_paths_are_plain(raw in paths()) {
        if let Ok(path) = canonical(&raw) {
            let path = path.as_str();
            prop_assert!(path.starts_with('/'));
            prop_assert!(path.bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert!(!path.split('/').any(|segment| segment == "." || segment == ".."));
            prop_assert!(!path.contains("//"));
            prop_assert!(path.len() <= raw.len());
        }
    }

    #[test]
    fn never_panics(raw in "\\PC*") {
        let _ = canonical(&raw);
    }
}
