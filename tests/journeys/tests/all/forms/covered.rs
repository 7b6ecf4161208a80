//! No form without cases, and no field.

use std::collections::{BTreeMap, BTreeSet};

use tradewind_fleet::assembly;

use super::markup;
use super::table::{FORMS, Form, NO_PAGES, Who};
use super::world::World;

/// Method and template of every page and form of the fleet.
fn pages() -> BTreeSet<(String, String)> {
    let doors = assembly().descriptions().into_iter().flat_map(|service| service.doors);
    doors.flat_map(|door| door.pages).collect()
}

#[test]
fn every_form_is_in_the_table() {
    let sent: BTreeSet<String> =
        pages().into_iter().filter(|(method, _)| method != "GET").map(|(_, path)| path).collect();
    let known: BTreeSet<String> =
        FORMS.iter().filter(|form| form.method == "POST").map(|form| form.action.to_owned()).collect();
    assert_eq!(known, sent, "list the new form in forms/table.rs");
    assert!(!sent.is_empty());
}

/// Every form on every page, as each of those who can see it gets it: method and action with the fields.
async fn on_pages(world: &World) -> BTreeMap<(String, String), BTreeSet<String>> {
    let mut found: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    let pages =
        pages().into_iter().filter(|(method, path)| method == "GET" && !NO_PAGES.contains(&path.as_str()));
    for (_, template) in pages {
        let address = world.address(&template);
        let mut is_seen = false;
        for who in [Who::Guest, Who::Customer, Who::Admin] {
            let page = world.open(who, &address).await;
            if page.status != 200 {
                continue;
            }
            is_seen = true;
            assert_eq!(markup::harm(&page.text()), None, "{address}");
            for form in markup::forms(&page.text()) {
                let fields = form.fields.into_iter().filter(|field| field != "form_token");
                found.entry((form.method, form.action)).or_default().extend(fields);
            }
        }
        assert!(is_seen, "nobody gets to see {address}");
    }
    found
}

/// Makes sure that what is on the pages is in the table, and the other way round.
pub async fn fields_are_in_the_table(world: &World) {
    // Something is in the cart, or its pages would have no forms.
    let cart = FORMS.iter().find(|form| form.action == "/shop/cart/quantities").unwrap();
    world.ready(cart).await;
    let found = on_pages(world).await;
    let form_of = |method: &str, action: &str| {
        let is = |form: &&Form| form.method == method && world.address(form.action) == action;
        FORMS.iter().find(is).unwrap_or_else(|| panic!("list the new form {action} in forms/table.rs"))
    };
    let mut seen = BTreeSet::new();
    for ((method, action), fields) in &found {
        let form = form_of(method, action);
        seen.insert((form.method, form.action));
        let known: BTreeSet<String> = form.fields.iter().map(|field| field.name.to_owned()).collect();
        let usual = form.fields.iter().filter(|field| !field.at_times).map(|field| field.name.to_owned());
        assert!(fields.is_subset(&known), "list the new field of {action} in forms/table.rs: {fields:?}");
        let gone: Vec<String> = usual.filter(|field| !fields.contains(field)).collect();
        assert_eq!(gone, Vec::<String>::new(), "{action} has no such fields");
    }
    let listed: BTreeSet<_> = FORMS.iter().map(|form| (form.method, form.action)).collect();
    assert_eq!(seen, listed, "a form is on no page");
}
