//! Does what `docs/guides/fill-a-catalogue.md` says, word for word.

use crate::support::Place;

const GUIDE: &str = include_str!("../../../../docs/guides/fill-a-catalogue.md");

/// The blocks for a shell, one after the other.
fn commands() -> String {
    let blocks = GUIDE.split("```bash\n").skip(1);
    blocks.filter_map(|block| block.split("```").next()).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn what_the_guide_says_can_be_done() {
    let place = Place::new();
    let up = place.up(&[]).await;
    let done = place.shell(&commands()).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    let said: Vec<&str> = done.output.lines().collect();
    let expected = [
        "Category home is there.",
        "Category seats is there.",
        "3 rows: 2 changed a product, 0 said what was known, 1 refused.",
        "something was refused",
        "3 rows: 1 changed a product, 2 said what was known, 0 refused.",
        "8 products are in all.csv.",
        "8 products are in all.ndjson.",
        "8 rows: 0 changed a product, 8 said what was known, 0 refused.",
    ];
    assert_eq!(said, expected, "{done:?}");
    assert!(done.errors.contains("line 4: price: a price is not negative"), "{done:?}");
    let found = up.get("/api/catalogue/v1/search?q=eichenstuhl&locale=de").await.json();
    assert_eq!(found["total"], 1, "{found}");
    assert_eq!(up.stop().await.code, Some(0));
}

#[tokio::test]
async fn a_category_that_does_not_fit_is_refused_in_a_line() {
    let place = Place::new();
    let up = place.up(&["--no-seed"]).await;
    let put = ["catalogue", "category", "seats", "--name", "Seats", "--data", "data"];
    let nowhere = place.run(&[&put[..], &["--parent", "nowhere"]].concat()).await;
    assert_eq!(nowhere.code, Some(1));
    assert!(nowhere.errors.contains("seats: ") && nowhere.errors.lines().count() == 1, "{nowhere:?}");
    let unknown = place.run(&[&put[..], &["--name-in", "Sitze"]].concat()).await;
    assert!(unknown.errors.contains("write language=text, such as de=Garten"), "{unknown:?}");
    assert_eq!(up.stop().await.code, Some(0));
}
