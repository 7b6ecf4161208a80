use crate::shop::{assets, words};

#[test]
fn everything_is_said_in_every_language() {
    for (name, message) in words::ALL {
        assert_eq!(message.lacks(), None, "{name}");
    }
}

#[test]
fn style_and_script_are_small_and_there() {
    let assets = assets();
    for name in ["shop.css", "shop.js", "icon.svg", "placeholder.svg"] {
        assert!((1..10_000).contains(&assets.weight(name)), "{name}: {}", assets.weight(name));
    }
}

#[test]
fn the_labels_that_people_look_for_are_these() {
    for (message, label) in [
        (words::ADD_TO_CART, "Add to cart"),
        (words::SIGN_IN, "Sign in"),
        (words::CREATE_ACCOUNT, "Create account"),
        (words::CHECK_OUT, "Check out"),
        (words::PLACE_ORDER, "Place order"),
        (words::CANCEL_ORDER, "Cancel this order"),
    ] {
        assert_eq!(message.to(tradewind_pages::Language::English), label);
    }
}
