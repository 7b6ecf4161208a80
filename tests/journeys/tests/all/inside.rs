//! Journeys that stay in one process when the others have several.

use tradewind_journeys::inside;

#[test]
fn what_stays_in_one_process_is_told_and_is_there() {
    let (counts, all) = inside::tell();
    let idle: Vec<&str> = inside::INSIDE
        .iter()
        .zip(&counts)
        .filter(|(_, count)| **count == 0)
        .map(|((name, _), _)| *name)
        .collect();
    assert_eq!(idle, [""; 0], "these say why a journey stays inside that is not there");
    assert!(counts.iter().sum::<usize>() * 2 < all, "{counts:?} of {all}");
}
