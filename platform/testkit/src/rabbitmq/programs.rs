//! Where RabbitMQ is installed.

use std::path::{Path, PathBuf};

use crate::server::PATH;

/// The folder of programs to use, before any other.
const VARIABLE: &str = "TRADEWIND_RABBITMQ_BIN";

/// Where Debian's package puts the programs themselves; those on the path insist on being root or `rabbitmq`.
const DEBIAN: &str = "/usr/lib/rabbitmq/bin";

/// What a server needs.
const NEEDED: [&str; 2] = ["rabbitmq-server", "rabbitmqctl"];

/// The register of names of Erlang.
const EPMD: &str = "epmd";

/// Where the programs are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Programs {
    folder: PathBuf,
    epmd: PathBuf,
}

impl Programs {
    /// The folder that `TRADEWIND_RABBITMQ_BIN` names, else Debian's, else what `PATH` has.
    ///
    /// # Panics
    /// When there is none; says what to install.
    pub(super) fn find() -> Self {
        let (named, path) = (std::env::var_os(VARIABLE), std::env::var_os("PATH").unwrap_or_default());
        let mut path: Vec<PathBuf> = std::env::split_paths(&path).collect();
        path.extend(std::env::split_paths(PATH));
        let found = Self::find_in(named.map(PathBuf::from), Path::new(DEBIAN), &path);
        found.unwrap_or_else(|missing| panic!("{missing}"))
    }

    fn find_in(named: Option<PathBuf>, usual: &Path, path: &[PathBuf]) -> Result<Self, String> {
        let folder = match named {
            Some(folder) if !is_complete(&folder) => {
                let needed = NEEDED.join(" and ");
                let told = format!("{VARIABLE} is {}, where {needed} are not", folder.display());
                return Err(format!("{told}: name their folder"));
            }
            Some(folder) => folder,
            None if is_complete(usual) => usual.to_path_buf(),
            None => path.iter().find_map(|folder| behind_links(folder)).ok_or_else(missing)?,
        };
        let beside = folder.join(EPMD);
        let mut places = std::iter::once(beside).chain(path.iter().map(|folder| folder.join(EPMD)));
        let epmd = places.find(|program| program.is_file()).ok_or_else(missing)?;
        Ok(Self { folder, epmd })
    }

    /// The folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The register of names.
    pub(super) fn epmd(&self) -> &Path {
        &self.epmd
    }

    /// The command line of the server.
    pub(super) fn ctl(&self) -> PathBuf {
        self.folder.join("rabbitmqctl")
    }
}

fn missing() -> String {
    format!(
        "there is no RabbitMQ server to start: run `apt-get install rabbitmq-server`, \
         or set {VARIABLE} to the folder of {}, with Erlang's {EPMD} on the path",
        NEEDED.join(" and ")
    )
}

fn is_complete(folder: &Path) -> bool {
    NEEDED.iter().all(|program| folder.join(program).is_file())
}

/// The folder that `rabbitmq-server` of this folder really lies in.
fn behind_links(folder: &Path) -> Option<PathBuf> {
    let real = folder.join(NEEDED[0]).canonicalize().ok()?;
    real.parent().filter(|folder| is_complete(folder)).map(Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Folder;

    fn installed(root: &Path, name: &str, programs: &[&str]) -> PathBuf {
        let folder = root.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        for program in programs {
            std::fs::write(folder.join(program), "").unwrap();
        }
        folder
    }

    #[test]
    fn the_folder_that_is_named_comes_first_and_the_path_last() {
        let root = Folder::new("programs");
        let [named, usual, other] = ["a", "b", "c"].map(|name| installed(root.path(), name, &NEEDED));
        let path = [installed(root.path(), "names", &[EPMD]), other.clone()];
        let epmd = path[0].join(EPMD);
        let found = |folder: &Path| Ok(Programs { folder: folder.to_path_buf(), epmd: epmd.clone() });
        assert_eq!(Programs::find_in(Some(named.clone()), &usual, &path), found(&named));
        assert_eq!(Programs::find_in(None, &usual, &path), found(&usual));
        let nowhere = root.path().join("nowhere");
        assert_eq!(Programs::find_in(None, &nowhere, &path), found(&other.canonicalize().unwrap()));
    }

    #[test]
    fn what_is_missing_is_named_with_what_to_do() {
        let root = Folder::new("programs");
        let nowhere = root.path().join("nowhere");
        let nothing = Programs::find_in(None, &nowhere, &[]).unwrap_err();
        assert!(
            nothing.contains("apt-get install rabbitmq-server") && nothing.contains(VARIABLE),
            "{nothing}"
        );
        let partly = installed(root.path(), "a", &["rabbitmq-server"]);
        let elsewhere = Programs::find_in(Some(partly), &nowhere, &[]).unwrap_err();
        assert!(elsewhere.contains(VARIABLE) && elsewhere.contains("rabbitmqctl"), "{elsewhere}");
        let whole = installed(root.path(), "b", &NEEDED);
        let without_names = Programs::find_in(Some(whole), &nowhere, &[]).unwrap_err();
        assert!(without_names.contains(EPMD), "{without_names}");
    }
}
