//! Calls to storage.

use bytes::Bytes;
use http::{HeaderName, Method};
use tradewind_client::{Body, Caller};
use tradewind_kernel::{Page, Slug};
use tradewind_problem::Problem;

use crate::{ADMIN_PATH, ObjectName, StoredObject};

/// Calls storage through its internal door.
#[derive(Debug, Clone)]
pub struct StorageClient(Caller);

impl StorageClient {
    /// Calls through `caller`.
    #[must_use]
    pub fn new(caller: Caller) -> Self {
        Self(caller)
    }

    /// Puts an object in the place of what was there. Saying it again changes nothing.
    ///
    /// # Errors
    /// [`CONTENT_REFUSED`](crate::CONTENT_REFUSED), [`STORAGE_FULL`](crate::STORAGE_FULL), that it is too large or of a
    /// media type that is not kept, or that there was no answer.
    pub async fn put(
        &self,
        (bucket, name): (&Slug, &ObjectName),
        media_type: &'static str,
        bytes: Bytes,
    ) -> Result<StoredObject, Problem> {
        self.0.send_bytes(Method::PUT, &at(bucket, name), media_type, bytes).await
    }

    /// Puts an object where there is none.
    ///
    /// # Errors
    /// [`PRECONDITION_FAILED`](crate::PRECONDITION_FAILED) when there is one; as [`StorageClient::put`].
    pub async fn create(
        &self,
        (bucket, name): (&Slug, &ObjectName),
        media_type: &'static str,
        bytes: Bytes,
    ) -> Result<StoredObject, Problem> {
        let caller = self.0.clone().header(HeaderName::from_static("if-none-match"), "*");
        caller.send_bytes(Method::PUT, &at(bucket, name), media_type, bytes).await
    }

    /// The bytes of an object, as they come.
    ///
    /// # Errors
    /// `not-found` when there is none, or that there was no answer.
    pub async fn get(&self, bucket: &Slug, name: &ObjectName) -> Result<Body, Problem> {
        self.0.stream(&at(bucket, name)).await
    }

    /// Removes an object, where there is one.
    ///
    /// # Errors
    /// That there was no answer.
    pub async fn delete(&self, bucket: &Slug, name: &ObjectName) -> Result<(), Problem> {
        self.0.delete(&at(bucket, name)).await
    }

    /// Up to 200 objects of a bucket by name, those after `after`.
    ///
    /// # Errors
    /// That there was no answer.
    pub async fn list(
        &self,
        bucket: &Slug,
        after: Option<&ObjectName>,
    ) -> Result<Page<StoredObject>, Problem> {
        let after =
            after.map_or_else(String::new, |name| format!("&after={}", name.as_str().replace('/', "%2F")));
        self.0.get(&format!("{ADMIN_PATH}/{bucket}?limit=200{after}")).await
    }
}

fn at(bucket: &Slug, name: &ObjectName) -> String {
    format!("{ADMIN_PATH}/{bucket}/{name}")
}
