//! The disk as a folder: mounted, cut off and mounted again.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use fuser::{BackgroundSession, Config, MountOption, Session};

use super::fuse::Adapter;
use super::tree::Tree;
use super::{Loss, Lost};

/// Through which the kernel talks to file systems outside it.
const DEVICE: &str = "/dev/fuse";

/// The helper that mounts for users who are not root.
const HELPER: &str = "fusermount3";

/// A disk that is mounted at a folder, in this process's memory. Dropping it unmounts it.
pub(crate) struct Disk {
    tree: Arc<Mutex<Tree>>,
    path: PathBuf,
    /// `None` only while the power is off.
    session: Option<BackgroundSession>,
}

impl Disk {
    /// What this machine lacks for such a disk; nothing when it can have one.
    pub(crate) fn missing() -> Option<String> {
        let device = std::fs::OpenOptions::new().read(true).write(true).open(DEVICE);
        if let Err(error) = device {
            return Some(format!(
                "{DEVICE} cannot be opened ({error}): load the kernel module fuse, or be root"
            ));
        }
        let paths = std::env::var_os("PATH").unwrap_or_default();
        let has_helper = std::env::split_paths(&paths).any(|folder| folder.join(HELPER).exists());
        let is_root = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").ok()?) == 0;
        let lacks = "only root may mount; be root, or install fusermount3 (package fuse3)";
        (!is_root && !has_helper).then(|| lacks.to_owned())
    }

    /// An empty disk, mounted at the folder `path`, which is created.
    pub(crate) fn mount(path: &Path) -> Result<Self, String> {
        std::fs::create_dir_all(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut disk = Self { tree: Arc::new(Mutex::new(Tree::new())), path: path.to_owned(), session: None };
        disk.session = Some(disk.start()?);
        Ok(disk)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Cuts the power and gives it back: what was not synced is gone as far as `loss` says.
    ///
    /// No process may use the disk any more. The kernel's memory of it goes with the mount; what it still
    /// had to write arrives before the loss and is lost too.
    pub(crate) fn cut(&mut self, loss: Loss<'_>) -> Result<Lost, String> {
        self.stop()?;
        let lost = self.tree.lock().unwrap_or_else(PoisonError::into_inner).lose(loss);
        self.session = Some(self.start()?);
        Ok(lost)
    }

    fn start(&self) -> Result<BackgroundSession, String> {
        let mut config = Config::default();
        config.mount_options = vec![MountOption::FSName("tradewind-load".to_owned())];
        let adapter = Adapter { tree: self.tree.clone() };
        let session = Session::new(adapter, &self.path, &config).and_then(Session::spawn);
        session.map_err(|error| format!("{} cannot be mounted: {error}", self.path.display()))
    }

    fn stop(&mut self) -> Result<(), String> {
        let Some(session) = self.session.take() else { return Ok(()) };
        let stopped = session.umount_and_join();
        stopped.map_err(|error| format!("{} cannot be unmounted: {error}", self.path.display()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Err(message) = self.stop() {
            eprintln!("tradewind-load: {message}");
        }
    }
}
