//! Style, script and drawings of the shop.

use tradewind_pages::{Asset, Assets};

/// Where they are found.
const PREFIX: &str = "/shop/assets";

/// All of them.
pub(crate) fn all() -> Assets {
    let svg = "image/svg+xml";
    Assets::new(
        PREFIX,
        &[
            Asset {
                name: "shop.css",
                media_type: "text/css; charset=utf-8",
                bytes: include_bytes!("../../assets/shop.css"),
            },
            Asset {
                name: "shop.js",
                media_type: "text/javascript; charset=utf-8",
                bytes: include_bytes!("../../assets/shop.js"),
            },
            Asset { name: "icon.svg", media_type: svg, bytes: include_bytes!("../../assets/icon.svg") },
            Asset {
                name: "placeholder.svg",
                media_type: svg,
                bytes: include_bytes!("../../assets/placeholder.svg"),
            },
        ],
    )
}
