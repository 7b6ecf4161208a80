//! Pictures of products: drawn from what a product is, the same each time, and put into storage.

mod drawing;

use bytes::Bytes;
use futures_util::future::try_join_all;
use tradewind_catalogue_contract::{PutDetails, SetImage};
use tradewind_kernel::Slug;
use tradewind_problem::Problem;
use tradewind_storage_contract::{self as storage, ObjectName, StorageClient};

use crate::goods::PRODUCTS;
use crate::seed::Seeder;

pub(crate) use drawing::draw;

/// Pictures that are put at a time.
const AT_ONCE: usize = 16;

/// The media type of the pictures.
const MEDIA_TYPE: &str = "image/svg+xml";

/// What a picture is drawn from.
#[derive(Debug, Clone, Copy)]
pub struct Picture<'a> {
    /// The product.
    pub id: &'a Slug,
    /// What it is called; it becomes the title of the picture.
    pub name: &'a str,
    /// What kind of thing it is: pictures of one category look alike.
    pub category: &'a str,
}

impl Picture<'_> {
    /// The name of the picture in the bucket `products`.
    fn object(&self) -> Result<ObjectName, Problem> {
        format!("{}.svg", self.id).parse().map_err(Problem::internal)
    }

    /// Where the catalogue finds it.
    fn path(&self) -> Result<String, Problem> {
        Ok(format!("{}/{}", storage::PRODUCTS, self.object()?))
    }
}

impl Seeder {
    /// Draws the products of the contract, and has the catalogue show the drawings. They are so few that each looks like a
    /// category of its own.
    ///
    /// # Errors
    /// The first problem that storage or the catalogue gave.
    pub async fn pictures(&self) -> Result<(), Problem> {
        let ids: Result<Vec<Slug>, _> = PRODUCTS.iter().map(|product| product.id.parse()).collect();
        let ids = ids.map_err(Problem::internal)?;
        let named = ids.iter().zip(PRODUCTS.iter().map(|product| product.name));
        let pictures: Vec<Picture<'_>> =
            named.map(|(id, name)| Picture { id, name, category: name }).collect();
        self.images(&pictures, |_, _| {}).await?;
        self.show(&pictures).await
    }

    /// Tells the catalogue of pictures. A product that has an image is left as it is, and whatever else is said of one
    /// that has none is kept.
    async fn show(&self, pictures: &[Picture<'_>]) -> Result<(), Problem> {
        for known in self.export(None).await?.items {
            let details = known.details.unwrap_or_default();
            let picture = pictures.iter().find(|picture| *picture.id == known.id);
            let Some(picture) = picture.filter(|_| details.images.is_empty()) else { continue };
            let image = SetImage { path: picture.path()?, alt: Vec::new() };
            let details = PutDetails { images: vec![image], ..details };
            self.catalogue().put_details(picture.id, &details).await?;
        }
        Ok(())
    }

    /// Draws pictures and puts each where the product's is found: `products/<id>.svg`. A picture that is there already is
    /// left as it is. `progress` hears (done, all).
    ///
    /// # Errors
    /// The first problem that storage gave.
    pub async fn images(
        &self,
        pictures: &[Picture<'_>],
        mut progress: impl FnMut(usize, usize),
    ) -> Result<(), Problem> {
        let bucket: Slug = storage::PRODUCTS.parse().map_err(Problem::internal)?;
        for (batch, done) in pictures.chunks(AT_ONCE).zip((0..).step_by(AT_ONCE)) {
            try_join_all(batch.iter().map(|picture| self.image(&bucket, picture))).await?;
            progress(done + batch.len(), pictures.len());
        }
        Ok(())
    }

    async fn image(&self, bucket: &Slug, picture: &Picture<'_>) -> Result<(), Problem> {
        let storage = StorageClient::new(self.caller(storage::SERVICE));
        let object = picture.object()?;
        storage.put((bucket, &object), MEDIA_TYPE, Bytes::from(draw(picture))).await.map(drop)
    }
}
