//! Where PostgreSQL is installed.

use std::path::{Path, PathBuf};

/// The folder of programs to use, before any other.
const VARIABLE: &str = "TRADEWIND_POSTGRES_BIN";

/// Where Debian's packages put one folder per major version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// What a server needs.
const NEEDED: [&str; 2] = ["initdb", "postgres"];

/// The folder that holds the programs of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Programs(PathBuf);

impl Programs {
    /// The folder that `TRADEWIND_POSTGRES_BIN` names, else Debian's newest version, else what `PATH` has.
    ///
    /// # Panics
    /// When there is none; says what to install.
    pub(super) fn find() -> Self {
        let (named, path) = (std::env::var_os(VARIABLE), std::env::var_os("PATH").unwrap_or_default());
        let path: Vec<PathBuf> = std::env::split_paths(&path).collect();
        let found = Self::find_in(named.map(PathBuf::from), Path::new(DEBIAN), &path);
        found.unwrap_or_else(|missing| panic!("{missing}"))
    }

    fn find_in(named: Option<PathBuf>, versions: &Path, path: &[PathBuf]) -> Result<Self, String> {
        if let Some(folder) = named {
            let complete = is_complete(&folder);
            return complete.then_some(Self(folder.clone())).ok_or_else(|| {
                format!("{VARIABLE} is {}, where {} are not: name their folder", folder.display(), needed())
            });
        }
        let newest = newest(versions).or_else(|| path.iter().find_map(|folder| behind_links(folder)));
        newest.map(Self).ok_or_else(|| {
            format!(
                "there is no PostgreSQL server to start: run `apt-get install postgresql`, \
                 or set {VARIABLE} to the folder of {}",
                needed()
            )
        })
    }

    /// The folder.
    pub(super) fn folder(&self) -> &Path {
        &self.0
    }

    /// The client, which some distributions put elsewhere.
    pub(super) fn psql(&self) -> PathBuf {
        let beside = self.0.join("psql");
        if beside.is_file() { beside } else { PathBuf::from("psql") }
    }
}

fn needed() -> String {
    NEEDED.join(" and ")
}

fn is_complete(folder: &Path) -> bool {
    NEEDED.iter().all(|program| folder.join(program).is_file())
}

/// The folder of the greatest version that is complete.
fn newest(versions: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(versions).ok()?.flatten();
    let numbered =
        entries.filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())));
    let complete = numbered.map(|(version, path): (u32, _)| (version, path.join("bin")));
    complete.filter(|(_, folder)| is_complete(folder)).max().map(|(_, folder)| folder)
}

/// The folder that `initdb` of this folder really lies in: it looks for `postgres` beside itself.
fn behind_links(folder: &Path) -> Option<PathBuf> {
    let real = folder.join("initdb").canonicalize().ok()?;
    real.parent().filter(|folder| is_complete(folder)).map(Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Folder;

    /// A folder of a version, with these programs.
    fn installed(root: &Path, version: &str, programs: &[&str]) -> PathBuf {
        let folder = root.join(version).join("bin");
        std::fs::create_dir_all(&folder).unwrap();
        for program in programs {
            std::fs::write(folder.join(program), "").unwrap();
        }
        folder
    }

    #[test]
    fn the_newest_complete_version_is_found_by_number() {
        let root = Folder::new("programs");
        installed(root.path(), "9", &NEEDED);
        let newest = installed(root.path(), "15", &NEEDED);
        installed(root.path(), "17", &["psql"]);
        installed(root.path(), "common", &NEEDED);
        assert_eq!(Programs::find_in(None, root.path(), &[]), Ok(Programs(newest)));
    }

    #[test]
    fn the_folder_that_is_named_comes_first_and_the_path_last() {
        let root = Folder::new("programs");
        let (named, path) = (installed(root.path(), "a", &NEEDED), installed(root.path(), "b", &NEEDED));
        let versions = root.path().join("versions");
        let path = [root.path().to_path_buf(), path];
        let last = Programs(path[1].canonicalize().unwrap());
        assert_eq!(Programs::find_in(None, &versions, &path), Ok(last));
        let newest = installed(&versions, "15", &NEEDED);
        assert_eq!(Programs::find_in(None, &versions, &path), Ok(Programs(newest)));
        assert_eq!(Programs::find_in(Some(named.clone()), &versions, &path), Ok(Programs(named)));
    }

    #[test]
    fn what_is_missing_is_named_with_what_to_do() {
        let root = Folder::new("programs");
        let nothing = Programs::find_in(None, root.path(), &[]).unwrap_err();
        assert!(nothing.contains("apt-get install postgresql") && nothing.contains(VARIABLE), "{nothing}");
        let named = installed(root.path(), "15", &["psql"]);
        let elsewhere = Programs::find_in(Some(named), root.path(), &[]).unwrap_err();
        assert!(elsewhere.contains(VARIABLE) && elsewhere.contains("initdb and postgres"), "{elsewhere}");
    }
}
