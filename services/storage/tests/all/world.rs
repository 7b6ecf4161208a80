//! Storage and nobody else.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::{Assembly, DataFolder, Drained, Host, Network, Running, Storage};
use tradewind_client::Caller;
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal, Secret, Slug, Timestamp};
use tradewind_problem::Problem;
use tradewind_storage_contract::{ObjectName, StorageClient, StoredObject};

/// The media type of bytes of which nothing is known.
pub const BYTES: &str = "application/octet-stream";

pub struct World {
    pub running: Running,
}

impl World {
    /// In memory; the time is that of the runtime.
    pub async fn in_memory(settings: &[&str]) -> Self {
        let clock = Clock::simulated(Timestamp::from_micros(1_767_225_600_000_000));
        Self::on(clock, Storage::Memory, settings).await
    }

    /// In a folder.
    pub async fn in_folder(folder: &Path, settings: &[&str]) -> Self {
        Self::on(Clock::system(), Storage::Folder(DataFolder::open(folder).unwrap()), settings).await
    }

    async fn on(clock: Clock, storage: Storage, settings: &[&str]) -> Self {
        let settings: Vec<String> = settings.iter().map(|&setting| setting.to_owned()).collect();
        let settings = SettingsSource::new().overrides(&settings).unwrap();
        let host = Host { clock, entropy: Entropy::seeded(1), settings, storage, network: Network::None };
        let assembly = Assembly::new(vec![tradewind_storage::service()]);
        let running = assembly.start(host, &mut |_, _| {}).await.unwrap();
        running.mark_ready();
        Self { running }
    }

    pub async fn end(self) {
        assert_eq!(self.running.shutdown().await, Drained::Clean);
    }

    pub fn caller(&self) -> Caller {
        let (clock, entropy) = (self.running.clock().clone(), self.running.entropy().clone());
        let context = Context::begin(Principal::Anonymous, &clock, &entropy);
        let deadline = Deadline::after(&clock, Duration::from_secs(30));
        let secret = Secret::new(self.running.secret().expose());
        Caller::new(self.running.book().peer("storage/internal"), context, deadline, clock, entropy)
            .bearer(secret)
    }

    pub fn client(&self) -> StorageClient {
        StorageClient::new(self.caller())
    }

    pub async fn put(&self, name: &str, bytes: &[u8]) -> Result<StoredObject, Problem> {
        let (bucket, name) = (bucket(), named(name));
        self.client().put((&bucket, &name), BYTES, Bytes::copy_from_slice(bytes)).await
    }

    pub async fn get(&self, name: &str) -> Result<Vec<u8>, Problem> {
        let body = self.client().get(&bucket(), &named(name)).await?;
        Ok(body.collect(1 << 30).await.map_err(Problem::internal)?.to_vec())
    }

    pub async fn delete(&self, name: &str) -> Result<(), Problem> {
        self.client().delete(&bucket(), &named(name)).await
    }
}

pub fn bucket() -> Slug {
    "things".parse().unwrap()
}

pub fn named(name: &str) -> ObjectName {
    name.parse().unwrap()
}

/// Every file below a folder, in order.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect();
    found.sort();
    found
}
