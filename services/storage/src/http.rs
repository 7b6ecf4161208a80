//! Doors: decode, call one action or query, encode.

mod read;
mod write;

use std::sync::Arc;

use tradewind_chassis::http::{Call, Operation, Reply, Routes, operation};
use tradewind_kernel::{Page, PageRequest, Principal, Slug};
use tradewind_problem::{FORBIDDEN, INVALID_HEADER, Problem};
use tradewind_storage_contract::{
    CONTENT_REFUSED, ListObjects, ObjectName, PRECONDITION_FAILED, PRODUCTS, RANGE_NOT_SATISFIABLE,
    STORAGE_FULL, StoredObject,
};

use crate::state::Storage;
use crate::{error, store};

pub(crate) fn public() -> Routes<Storage> {
    Routes::new()
        .get("/api/storage/v1/storageservice/{bucket}", list)
        .describe(listing().bearer().problems(&[FORBIDDEN]))
        .get("/api/storage/v1/storageservice/{bucket}/{*name}", get)
        .describe(
            reading("Read an object; everybody may read those of the bucket products").problems(&[FORBIDDEN]),
        )
        .put("/api/storage/v1/storageservice/{bucket}/{*name}", put)
        .describe(putting().bearer().problems(&[FORBIDDEN]))
        .delete("/api/storage/v1/storageservice/{bucket}/{*name}", delete)
        .describe(deleting().bearer().problems(&[FORBIDDEN]))
}

pub(crate) fn internal() -> Routes<Storage> {
    Routes::new()
        .get("/admin/objects/{bucket}", list_all)
        .describe(listing())
        .get("/admin/objects/{bucket}/{*name}", get_any)
        .describe(reading("Read an object"))
        .put("/admin/objects/{bucket}/{*name}", put_any)
        .describe(putting())
        .delete("/admin/objects/{bucket}/{*name}", delete_any)
        .describe(deleting())
}

fn listing() -> Operation {
    operation("List the objects of a bucket by name")
        .parameter::<Slug>("bucket")
        .query::<ListObjects>()
        .answers::<Page<StoredObject>>(200)
}

fn of_object(summary: &'static str) -> Operation {
    operation(summary).parameter::<Slug>("bucket").parameter::<ObjectName>("name")
}

fn reading(summary: &'static str) -> Operation {
    of_object(summary).answers_bytes(200).answers_bytes(206).conditional().problems(&[
        INVALID_HEADER,
        PRECONDITION_FAILED,
        RANGE_NOT_SATISFIABLE,
    ])
}

fn putting() -> Operation {
    of_object("Put an object in the place of what was there")
        .takes_bytes()
        .answers::<StoredObject>(200)
        .answers::<StoredObject>(201)
        .problems(&[PRECONDITION_FAILED, CONTENT_REFUSED, STORAGE_FULL])
}

fn deleting() -> Operation {
    of_object("Remove an object, where there is one")
        .answers_nothing()
        .problems(&[INVALID_HEADER, PRECONDITION_FAILED])
}

/// Objects are no customer's, and no system's.
fn staff(call: &Call) -> Result<(), Problem> {
    match call.require_principal()? {
        Principal::User(_) | Principal::Service(_) => Err(error::not_staff()),
        _ => Ok(()),
    }
}

/// Whether everybody may read what is in a bucket.
fn is_public(bucket: &Slug) -> bool {
    bucket.as_str() == PRODUCTS
}

/// The object that a call is about.
fn address(call: &Call) -> Result<(Slug, ObjectName), Problem> {
    Ok((call.parameter("bucket")?, call.parameter("name")?))
}

async fn list(storage: Arc<Storage>, call: Call) -> Result<Reply, Problem> {
    staff(&call)?;
    list_all(storage, call).await
}

async fn list_all(storage: Arc<Storage>, call: Call) -> Result<Reply, Problem> {
    let bucket: Slug = call.parameter("bucket")?;
    let ListObjects { limit, after, prefix } = call.query()?;
    let limit = PageRequest { limit, after: None }.bounded_limit();
    let limit = limit.ok_or_else(|| error::parameter("limit", "ask for 1 to 200 objects"))?;
    let after = after.as_deref().map(str::parse::<ObjectName>).transpose();
    let after = after.map_err(|_| error::parameter("after", "send the next mark of the page before"))?;
    let prefix = prefix.unwrap_or_default();
    if prefix.len() > ObjectName::MAX_LENGTH {
        return Err(error::parameter("prefix", "no name is that long"));
    }
    let after = after.as_ref().map_or("", ObjectName::as_str);
    let found = store::page(&storage.db, &bucket, (after, &prefix), limit + 1).await?;
    Reply::ok(&Page::from_probe(found, limit, |object| object.name.to_string()))
}

async fn get(storage: Arc<Storage>, call: Call) -> Result<Reply, Problem> {
    let (bucket, name) = address(&call)?;
    if !is_public(&bucket) {
        staff(&call)?;
    }
    read::answer(&storage, &call, &bucket, &name).await
}

async fn get_any(storage: Arc<Storage>, call: Call) -> Result<Reply, Problem> {
    let (bucket, name) = address(&call)?;
    read::answer(&storage, &call, &bucket, &name).await
}

async fn put(storage: Arc<Storage>, call: Call) -> Result<Reply, Problem> {
    staff(&call)?;
    put_any(storage, call).await
}

async fn put_any(storage: Arc<Storage>, call: Call) -> Result<Reply, Problem> {
    let address = address(&call)?;
    write::put(storage, call, address).await
}

async fn delete(storage: Arc<Storage>, call: Call) -> Result<Reply, Problem> {
    staff(&call)?;
    delete_any(storage, call).await
}

async fn delete_any(storage: Arc<Storage>, call: Call) -> Result<Reply, Problem> {
    let address = address(&call)?;
    write::delete(storage, call, address).await
}
