//! One file per verb.

pub(crate) mod import_products;
pub(crate) mod list_product;
pub(crate) mod note_stock;
pub(crate) mod put_category;
pub(crate) mod put_details;
pub(crate) mod renew_pages;
pub(crate) mod set_listed_price;
