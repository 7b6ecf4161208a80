//! Words: whatever is typed is words, and they are found whichever engine looks for them.

use serde_json::json;
use tradewind_journeys::Fleet;
use tradewind_kernel::Entropy;

use super::{find, ids, import, row, words};

/// What each of these words finds in the corpus below.
const FOUND: &[(&str, &[&str])] = &[
    ("hammer", &["h1", "h2", "h3"]),
    ("HAMMER", &["h1", "h2", "h3"]),
    ("hamm", &["h1", "h2", "h3"]),
    ("claw hammer", &["h1"]),
    ("hammer claw", &["h1"]),
    ("creme brulee", &["c1"]),
    ("Crème Brûlée", &["c1"]),
    ("grosse", &["g1"]),
    ("GROßE", &["g1"]),
    ("kanne", &["g1"]),
    ("12v", &["d1"]),
    ("1e5", &["d1"]),
    ("d1", &["d1"]),
    ("молоток", &["h3"]),
    ("МОЛОТ", &["h3"]),
    ("日本", &["j1"]),
    ("nails", &["h1"]),
    ("and or not near", &["o1"]),
    ("xyzzy", &[]),
];

fn corpus() -> Vec<String> {
    let german = |name: &str, description: &str| json!({"texts": [{"language": "de", "name": name, "description": description}]});
    vec![
        row("h1", "Claw hammer", 1_200, german("Latthammer", "Für Nails und Nägel")),
        row("h2", "Hammer-drill", 9_900, german("Schlagbohrmaschine", "")),
        row("h3", "Hammer молоток", 800, json!({})),
        row("c1", "Crème brûlée dish", 700, json!({})),
        row("g1", "Watering can", 1_500, german("Große Gießkanne", "Eine Kanne")),
        row("d1", "Drill 12V 1e5", 5_000, json!({})),
        row("j1", "Knife 日本", 4_000, json!({})),
        row("o1", "And or not near", 100, json!({})),
    ]
}

#[tokio::test]
async fn the_same_is_found_on_every_engine() {
    let fleet = Fleet::start().await;
    let progress = import(&fleet, "corpus", &corpus(), 0).await;
    assert_eq!((progress.changed, progress.errors), (8, vec![]));
    for (sought, expected) in FOUND {
        let page = find(&fleet, &words(sought)).await;
        assert_eq!((ids(&page), page.total), (expected.to_vec(), expected.len() as u64), "{sought}");
        assert_eq!(page.corrected, None, "{sought}");
    }
    // A word of the name counts for more than one of what is said of it.
    assert_eq!(find(&fleet, &words("anvil")).await.items[0].id.as_str(), "3");
    fleet.shutdown().await;
}

#[tokio::test]
async fn what_is_mistyped_is_corrected() {
    let fleet = Fleet::start().await;
    import(&fleet, "corpus", &corpus(), 0).await;
    for (typed, meant, found) in [
        ("hamer", "hammer", "h1"),
        ("anvli", "anvil", "3"),
        ("sporcket", "sprocket", "2"),
        ("claw hmmer", "claw hammer", "h1"),
        ("watreing", "watering", "g1"),
        ("kiesskanne", "giesskanne", "g1"),
    ] {
        let page = find(&fleet, &words(typed)).await;
        assert_eq!(page.corrected.as_deref(), Some(meant), "{typed}");
        assert!(ids(&page).contains(&found), "{typed}: {page:?}");
    }
    fleet.shutdown().await;
}

#[tokio::test]
async fn any_text_can_be_searched_for() {
    let fleet = Fleet::start().await;
    let nasty = [
        "\"",
        "'",
        "\\",
        "a\" OR \"b",
        "NEAR(a b)",
        "a AND",
        "* *",
        "-",
        "col:on",
        "^x",
        "a & | ! <-> b",
        ":*",
        "('",
        "%",
        "_",
        "--",
        ";drop table product",
        "\u{202e}abc",
        "\u{1f600}",
        "a\tb\nc",
        "{}[]",
        "w",
        "zz",
        "\u{fffd}",
        "\u{300}",
        "ﬁ",
        "İ",
        "ǅ",
        "\u{1}",
    ];
    for text in nasty {
        find(&fleet, &words(text)).await;
    }
    let entropy = Entropy::seeded(9);
    for _ in 0..150 {
        let count = entropy.below(40);
        let text: String = (0..count)
            .filter_map(|_| {
                let range = [0x7f, 0x24f, 0x5ff, 0xffff, 0x1_ffff][entropy.below(5) as usize];
                char::from_u32(1 + entropy.below(range) as u32)
            })
            .collect();
        find(&fleet, &words(&text)).await;
    }
    fleet.shutdown().await;
}
