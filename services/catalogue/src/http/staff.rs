//! The internal door: products, categories and price lists, as staff sets them, and many products at once.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use tradewind_catalogue_contract::{
    BulkProduct, ImportChunk, ImportProgress, ListProduct, ProductId, PutCategory, PutDetails, SetListedPrice,
};
use tradewind_chassis::http::{Call, Reply, Routes, operation};
use tradewind_kernel::{Page, PageRequest, Slug};
use tradewind_problem::{CONFLICT, INVALID_PARAMETER, NOT_FOUND, Problem};

use crate::actions::import_products::Import;
use crate::actions::list_product::List;
use crate::actions::{put_category, put_details, set_listed_price};
use crate::error;
use crate::http::of_product;
use crate::state::Catalogue;
use crate::store::imports;

pub(crate) fn internal() -> Routes<Catalogue> {
    Routes::new()
        .put("/admin/products/{id}", list_product)
        .describe(
            of_product("List a product, or change what is said of it")
                .takes::<ListProduct>()
                .command()
                .answers_nothing(),
        )
        .get("/admin/products", export)
        .describe(
            operation("Export products with all that is said of them, by id")
                .query::<PageRequest>()
                .answers::<Page<BulkProduct>>(200),
        )
        .put("/admin/products/{id}/details", put_details)
        .describe(
            of_product("Say what a product is like, where it belongs and of what it is a variant")
                .takes::<PutDetails>()
                .answers_nothing(),
        )
        .put("/admin/categories/{slug}", put_category)
        .describe(
            operation("Make a category or change it")
                .parameter::<Slug>("slug")
                .takes::<PutCategory>()
                .answers_nothing(),
        )
        .put("/admin/price-lists/{list}/products/{id}", set_listed_price)
        .describe(
            of_product("Set the price of a product in a price list")
                .parameter::<Slug>("list")
                .takes::<SetListedPrice>()
                .answers_nothing(),
        )
        .delete("/admin/price-lists/{list}/products/{id}", unlist_price)
        .describe(
            of_product("Take a product out of a price list").parameter::<Slug>("list").answers_nothing(),
        )
        .post("/admin/imports/{id}/chunks", import)
        .describe(
            operation("Take in a piece of an import")
                .parameter::<Slug>("id")
                .takes::<ImportChunk>()
                .answers::<ImportProgress>(200)
                .problems(&[CONFLICT]),
        )
        .get("/admin/imports/{id}", progress)
        .describe(
            operation("Show how far an import has come")
                .parameter::<Slug>("id")
                .answers::<ImportProgress>(200)
                .problems(&[NOT_FOUND]),
        )
}

/// A document that is an object: of one whose fields may all be left out an empty list would do, too.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields(PhantomData)).map(Self)
    }
}

struct Fields<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

async fn list_product(catalogue: Arc<Catalogue>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let id: ProductId = call.parameter("id")?;
    let product: ListProduct = call.json().await?;
    call.command(&catalogue.db, List { id, product }).await
}

pub(super) async fn list_as_admin(catalogue: Arc<Catalogue>, call: Call) -> Result<Reply, Problem> {
    call.require_admin()?;
    list_product(catalogue, call).await
}

async fn export(catalogue: Arc<Catalogue>, call: Call) -> Result<Reply, Problem> {
    let asked: PageRequest = call.query()?;
    let limit = asked.bounded_limit().ok_or_else(|| {
        let problem = Problem::new(&INVALID_PARAMETER).detail("The page cannot be given.");
        problem.error("limit", "ask for 1 to 200 items")
    })?;
    let after = asked.after.unwrap_or_default();
    let products = imports::export(&catalogue.db, &after, limit + 1).await?;
    Reply::ok(&Page::from_probe(products, limit, |product| product.id.to_string()))
}

async fn put_details(catalogue: Arc<Catalogue>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let id: ProductId = call.parameter("id")?;
    let Object(details) = call.json::<Object<PutDetails>>().await?;
    catalogue.db.write(call.context(), put_details::Put { id, details }).await?;
    Ok(Reply::no_content())
}

async fn put_category(catalogue: Arc<Catalogue>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let slug: Slug = call.parameter("slug")?;
    let category: PutCategory = call.json().await?;
    catalogue.db.write(call.context(), put_category::Put { slug, category }).await?;
    Ok(Reply::no_content())
}

async fn set_listed_price(catalogue: Arc<Catalogue>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let (list, id) = (call.parameter("list")?, call.parameter("id")?);
    let SetListedPrice { price } = call.json().await?;
    let price = Some(price);
    catalogue.db.write(call.context(), set_listed_price::Set { list, id, price }).await?;
    Ok(Reply::no_content())
}

async fn unlist_price(catalogue: Arc<Catalogue>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    call.no_body().await?;
    let (list, id) = (call.parameter("list")?, call.parameter("id")?);
    let set = set_listed_price::Set { list, id, price: None };
    catalogue.db.write(call.context(), set).await?;
    Ok(Reply::no_content())
}

async fn import(catalogue: Arc<Catalogue>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let id: Slug = call.parameter("id")?;
    let chunk: ImportChunk = call.json().await?;
    let import = Import::new(id, &chunk)?;
    Reply::ok(&catalogue.db.write(call.context(), import).await?)
}

async fn progress(catalogue: Arc<Catalogue>, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let id: Slug = call.parameter("id")?;
    Reply::ok(&imports::find(&catalogue.db, &id).await?.ok_or_else(error::no_import)?)
}
