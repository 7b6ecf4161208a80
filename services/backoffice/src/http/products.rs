//! Products, prices and goods that come in.

use std::sync::Arc;

use tradewind_catalogue_contract::{
    CatalogueClient, Language, ListProduct, Product, ProductDetail, SERVICE as CATALOGUE,
};
use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_kernel::{Currency, Slug};
use tradewind_pages::{FieldFault, Fields};
use tradewind_problem::Problem;
use tradewind_stock_contract::{ReceiveStock, RegisterItem, SERVICE as STOCK};

use super::{
    amount, changed, for_form, for_staff, is_confirmed, key, new_key, show, show_again, text, value, wrong,
};
use crate::error::{self, again_if_of_input};
use crate::pages::forms::confirm;
use crate::pages::products;
use crate::reader::Reader;
use crate::state::Office;
use crate::words::*;
use crate::worker::Worker;

/// The longest description, in characters.
const MAX_DESCRIPTION: usize = 2_000;

/// How many products are on a page.
const PAGE: u16 = 50;

pub(super) fn add_to(routes: Routes<Office>) -> Routes<Office> {
    routes
        .get("/admin/products", |office, call| for_staff(office, call, list))
        .for_people()
        .post("/admin/products", |office, call| for_form(office, call, list_new))
        .for_people()
        .get("/admin/products/{id}", |office, call| for_staff(office, call, one))
        .for_people()
        .post("/admin/products/{id}", |office, call| for_form(office, call, change))
        .for_people()
        .post("/admin/products/{id}/receipts", |office, call| for_form(office, call, receive))
        .for_people()
}

async fn list(office: Arc<Office>, call: Call, worker: Worker) -> Result<Reply, Problem> {
    listed(&office, &call, &worker, None).await
}

async fn listed(
    office: &Office,
    call: &Call,
    worker: &Worker,
    wrong: Option<&Problem>,
) -> Result<Reply, Problem> {
    let after: Option<Slug> = Fields::of_query(call).value("after").ok();
    let (catalogue, stock) = (office.catalogue(call, &worker.token)?, office.stock(call, &worker.token)?);
    let products = catalogue.page(after.as_ref(), PAGE).await?;
    // Without stock the rest is there still.
    let stocks = stock.stocks().await.unwrap_or_default();
    let shown = products::list(worker, new_key(call), &products, &stocks);
    show_again(office, worker, worker.reader.say(PRODUCTS), wrong, &shown)
}

async fn one(office: Arc<Office>, call: Call, worker: Worker) -> Result<Reply, Problem> {
    call.no_query()?;
    shown_one(&office, &call, &worker, None).await
}

async fn shown_one(
    office: &Office,
    call: &Call,
    worker: &Worker,
    wrong: Option<&Problem>,
) -> Result<Reply, Problem> {
    let id: Slug = call.parameter("id")?;
    let product = written(&office.catalogue(call, &worker.token)?, &id).await?;
    let stock = office.stock(call, &worker.token)?.stock(&id).await.ok();
    let shown = products::one(worker, new_key(call), &product, stock.as_ref());
    let title = worker.reader.say_with(PRODUCT, &[("id", id.as_str()), ("name", &product.name)]);
    show_again(office, worker, &title, wrong, &shown)
}

/// What can be changed of a product here, as it was written: in the language in which all of them are.
async fn written(catalogue: &CatalogueClient, id: &Slug) -> Result<Product, Problem> {
    let found = catalogue.product(id, Language::EN).await?;
    let ProductDetail { id, name, description, price, prices, .. } = found;
    Ok(Product { id, name, description, price, prices })
}

async fn receive(office: Arc<Office>, call: Call, worker: Worker, fields: Fields) -> Result<Reply, Problem> {
    let answered = received(&office, &call, &worker, &fields).await;
    again_if_of_input(answered, async |problem| shown_one(&office, &call, &worker, Some(&problem)).await)
        .await
}

async fn received(office: &Office, call: &Call, worker: &Worker, fields: &Fields) -> Result<Reply, Problem> {
    let reader = &worker.reader;
    let (id, key): (Slug, _) = (call.parameter("id")?, key(reader, fields)?);
    let quantity: u32 = value(reader, fields, "quantity", UNFIT_QUANTITY)?;
    let reference = note(reader, fields)?;
    if !is_confirmed(fields) {
        let places = [("quantity", &*reader.number(i64::from(quantity))), ("id", id.as_str())];
        let question = reader.say_with(TAKE_IN_QUESTION, &places);
        let reference = reference.as_ref().map(Slug::to_string).unwrap_or_default();
        let entered = [("quantity", quantity.to_string()), ("reference", reference)];
        let (address, back) = (format!("/admin/products/{id}/receipts"), format!("/admin/products/{id}"));
        let asked = confirm(reader, key, (&address, &back), &question, &entered, reader.say(TAKE_IN_YES));
        return show(office, worker, reader.say(TAKE_IN_ASKED), &asked);
    }
    let receipt = ReceiveStock { quantity, reference };
    office.stock(call, &worker.token)?.receive_as_staff(&id, &receipt, &key.to_string()).await?;
    changed(STOCK, "product", &id)
}

/// The number of a delivery note, if one was entered.
fn note(reader: &Reader, fields: &Fields) -> Result<Option<Slug>, Problem> {
    let entered = fields.optional("reference", 64);
    let entered = entered.map_err(|fault| wrong(reader, "reference", fault, UNFIT_NAME))?;
    if entered.is_empty() {
        return Ok(None);
    }
    value(reader, fields, "reference", UNFIT_NAME).map(Some)
}

async fn change(office: Arc<Office>, call: Call, worker: Worker, fields: Fields) -> Result<Reply, Problem> {
    let answered = change_one(&office, &call, &worker, &fields).await;
    again_if_of_input(answered, async |problem| shown_one(&office, &call, &worker, Some(&problem)).await)
        .await
}

/// Prices are those that the product has; what a form says of another currency is not looked at.
async fn change_one(
    office: &Office,
    call: &Call,
    worker: &Worker,
    fields: &Fields,
) -> Result<Reply, Problem> {
    let reader = &worker.reader;
    let (id, key): (Slug, _) = (call.parameter("id")?, key(reader, fields)?);
    let catalogue = office.catalogue(call, &worker.token)?;
    let Product { price, prices, .. } = written(&catalogue, &id).await?;
    let further = prices.iter().map(|price| {
        let currency = price.currency();
        amount(reader, fields, &format!("price-{currency}"), currency)
    });
    let product = ListProduct {
        name: text(reader, fields, "name", 200)?,
        description: described(reader, fields)?,
        price: amount(reader, fields, "price", price.currency())?,
        prices: further.collect::<Result<_, _>>()?,
    };
    catalogue.list_as_admin(&id, &product, &key.to_string()).await?;
    changed(CATALOGUE, "product", &id)
}

async fn list_new(office: Arc<Office>, call: Call, worker: Worker, fields: Fields) -> Result<Reply, Problem> {
    let answered = listed_new(&office, &call, &worker, &fields).await;
    again_if_of_input(answered, async |problem| listed(&office, &call, &worker, Some(&problem)).await).await
}

/// The item first: a product that stock does not know cannot be sold, an item that nobody lists does no harm.
async fn listed_new(
    office: &Office,
    call: &Call,
    worker: &Worker,
    fields: &Fields,
) -> Result<Reply, Problem> {
    let reader = &worker.reader;
    let name = |field| value::<Slug>(reader, fields, field, UNFIT_NAME);
    let (id, sku, key) = (name("id")?, name("sku")?, key(reader, fields)?);
    let currency: Currency = value(reader, fields, "currency", UNFIT_CURRENCY)?;
    let product = ListProduct {
        name: text(reader, fields, "name", 200)?,
        description: described(reader, fields)?,
        price: amount(reader, fields, "price", currency)?,
        prices: Vec::new(),
    };
    let catalogue = office.catalogue(call, &worker.token)?;
    if written(&catalogue, &id).await.is_ok() {
        return Err(error::field(reader, "id", reader.say(NUMBER_TAKEN)));
    }
    let key = key.to_string();
    office.stock(call, &worker.token)?.register_as_admin(&id, &RegisterItem { sku }, &key).await?;
    catalogue.list_as_admin(&id, &product, &key).await?;
    changed(CATALOGUE, "product", &id)
}

/// Several lines; browsers end them in their own way.
fn described(reader: &Reader, fields: &Fields) -> Result<String, Problem> {
    let text = fields.raw("description").unwrap_or_default().trim().replace("\r\n", "\n");
    if text.chars().count() > MAX_DESCRIPTION {
        return Err(wrong(reader, "description", FieldFault::TooLong(MAX_DESCRIPTION), UNFIT_TEXT));
    }
    // Lines and directions are the writer's own here; what no text may hold is not.
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err(wrong(reader, "description", FieldFault::Invalid, UNFIT_TEXT));
    }
    Ok(text)
}
