//! Where folders lie in memory.

use std::path::{Path, PathBuf};

/// Where Linux keeps files in memory, for everybody (shm_overview(7)).
const PLACE: &str = "/dev/shm";

/// The least room there, in bytes, for tests to move in: a container may have 64 MB.
const ROOM: u64 = 4 << 30;

/// A folder whose files lie in memory, if there is one with room, and `TMPDIR` does not name another place. Most tests
/// ask what was committed, none what a loss of power leaves: they need not wait for a disk.
pub(crate) fn folder() -> Option<PathBuf> {
    let place = Path::new(PLACE);
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
    let has_room = || rustix::fs::statvfs(place).is_ok_and(|found| found.f_bavail * found.f_frsize >= ROOM);
    let fits = std::env::var_os("TMPDIR").is_none() && is_memory(&mounts, place) && has_room();
    fits.then(|| place.to_owned())
}

/// Whether the table of mounts has a file system in memory there.
fn is_memory(mounts: &str, place: &Path) -> bool {
    mounts.lines().any(|line| {
        let mut words = line.split(' ').skip(1);
        words.next().is_some_and(|at| Path::new(at) == place) && words.next() == Some("tmpfs")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_system_in_memory_counts() {
        let mounts = "/dev/vda / ext4 rw 0 0\nshm /dev/shm tmpfs rw,nosuid 0 0\n/dev/vda /srv ext4 rw 0 0\n";
        assert!(is_memory(mounts, Path::new("/dev/shm")));
        assert!(!is_memory(mounts, Path::new("/srv")));
        assert!(!is_memory(mounts, Path::new("/dev")));
        assert!(!is_memory("", Path::new("/dev/shm")));
    }
}
