//! As whom a server runs, and in which folder. PostgreSQL refuses to run as root; the others should not.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tradewind_kernel::Entropy;

use crate::memory;

/// The user of the system who owns nothing, taken where there is none of the engine's own.
const NOBODY: &str = "nobody";

/// The longest path of a folder: a socket's own name follows, and systems allow 104 bytes or more in all.
const LONGEST: usize = 80;

/// Who owns the folder and runs what works on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Account {
    /// The user of this process, who is not root.
    Own,
    /// This user and group, taken on by root.
    Other(u32, u32),
}

impl Account {
    /// Runs `command` as this user.
    pub(crate) fn run(self, command: &mut Command) -> &mut Command {
        match self {
            Self::Own => command,
            Self::Other(user, group) => command.uid(user).gid(group),
        }
    }

    /// Gives a file or folder to this user.
    pub(crate) fn owns(self, path: &Path) {
        if let Self::Other(user, group) = self {
            chown(path, Some(user), Some(group))
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
    }

    /// Writes a file that only this user reads.
    pub(crate) fn write(self, path: &Path, content: &[u8]) {
        std::fs::write(path, []).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
        std::fs::write(path, content).unwrap();
        self.owns(path);
    }
}

/// On what a server keeps its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Medium {
    /// Where folders for a while are made.
    Disk,
    /// A file system in memory, where there is one with room: a new database is hundreds of new files.
    Memory,
}

/// A new folder that only an ordinary user opens, and that user: root becomes `user`, the engine's own name.
pub(crate) fn new_folder(user: &str, medium: Medium) -> (PathBuf, Account) {
    let name = format!("tradewind-{user}-{}", random_name(16));
    let usual = [std::env::temp_dir(), PathBuf::from("/tmp"), PathBuf::from("/var/tmp")];
    let in_memory = if medium == Medium::Memory { memory::folder() } else { None };
    let fits =
        |path: &PathBuf| path.as_os_str().len() <= LONGEST && path.parent().is_some_and(is_open_to_all);
    let paths: Vec<_> = in_memory.into_iter().chain(usual).map(|parent| parent.join(&name)).collect();
    let path = paths.iter().find(|path| fits(path)).unwrap_or(&paths[0]).clone();
    std::fs::create_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o700)).unwrap();
    let account = match std::fs::metadata(&path).unwrap().uid() {
        0 => ordinary(user, &std::fs::read_to_string("/etc/passwd").unwrap_or_default()),
        _ => Account::Own,
    };
    account.owns(&path);
    (path, account)
}

/// Hexadecimal digits that nobody guesses.
pub(crate) fn random_name(digits: usize) -> String {
    let mut bytes = vec![0; digits / 2];
    Entropy::system().fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether every user may go through this folder and those above it.
fn is_open_to_all(folder: &Path) -> bool {
    let open = |folder: &Path| std::fs::metadata(folder).is_ok_and(|found| found.mode() & 0o001 != 0);
    folder.ancestors().all(open)
}

fn ordinary(user: &str, users: &str) -> Account {
    let find = |name: &str| users.lines().find_map(|line| account(line, name));
    let found = find(user).or_else(|| find(NOBODY));
    found.unwrap_or_else(|| {
        panic!("a server of a test does not run as root, and there is no user {user} or {NOBODY}")
    })
}

/// `name:password:user:group:…`
fn account(line: &str, name: &str) -> Option<Account> {
    let mut fields = line.split(':');
    let is_it = fields.next() == Some(name);
    let (user, group) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
    is_it.then_some(Account::Other(user, group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_becomes_postgres_or_else_nobody() {
        let nobody = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65533::/nonexistent:/bin/false\n";
        assert_eq!(ordinary("postgres", nobody), Account::Other(65_534, 65_533));
        let both = format!("{nobody}postgres:x:101:104::/var/lib/postgresql:/bin/bash\n");
        assert_eq!(ordinary("postgres", &both), Account::Other(101, 104));
    }

    #[test]
    #[should_panic(expected = "there is no user postgres or nobody")]
    fn without_an_ordinary_user_it_says_so() {
        ordinary("postgres", "root:x:0:0:root:/root:/bin/sh\n");
    }

    #[test]
    fn a_folder_below_one_that_is_closed_is_not_open() {
        let folder = crate::Folder::new("open");
        let inner = folder.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        assert!(is_open_to_all(&inner) || !is_open_to_all(&std::env::temp_dir()));
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).unwrap();
        assert!(!is_open_to_all(&inner));
    }
}
