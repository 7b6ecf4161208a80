//! Files and folders, their names, and what a power cut leaves of them.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;

use super::content::Content;
use super::{Loss, Lost};

/// The number of the topmost folder.
pub(super) const ROOT: u64 = 1;

/// A file or folder. Its permissions last from the moment they are set.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) mode: u16,
    pub(super) node: Node,
}

#[derive(Debug)]
pub(super) enum Node {
    File(Content),
    Folder(Folder),
}

type Names = BTreeMap<OsString, u64>;

/// The names in a folder. A name lasts once its folder was synced, whatever was synced of the file: that is
/// all that POSIX promises.
#[derive(Debug, Default)]
pub(super) struct Folder {
    now: Names,
    durable: Names,
    /// What was done since the last sync, in order.
    changes: Vec<Change>,
}

#[derive(Debug, Clone)]
enum Change {
    Put(OsString, u64),
    Take(OsString),
    /// One step: a cut leaves the old name or the new one.
    Move(OsString, OsString),
}

impl Change {
    fn apply(&self, names: &mut Names) {
        match self {
            Self::Put(name, number) => drop(names.insert(name.clone(), *number)),
            Self::Take(name) => drop(names.remove(name)),
            Self::Move(from, to) => {
                if let Some(number) = names.remove(from) {
                    names.insert(to.clone(), number);
                }
            }
        }
    }
}

impl Folder {
    fn change(&mut self, change: Change) {
        change.apply(&mut self.now);
        self.changes.push(change);
    }

    fn sync(&mut self) {
        self.durable.clone_from(&self.now);
        self.changes.clear();
    }

    /// A journal of names is written in order, so a cut spares the first changes and takes the rest.
    fn lose(&mut self, loss: Loss<'_>) -> u32 {
        let changes = std::mem::take(&mut self.changes);
        let spared = loss.spares_of(changes.len());
        changes[..spared].iter().for_each(|change| change.apply(&mut self.durable));
        self.now.clone_from(&self.durable);
        u32::try_from(changes.len() - spared).unwrap_or(u32::MAX)
    }
}

/// A whole file system.
#[derive(Debug)]
pub(super) struct Tree {
    entries: BTreeMap<u64, Entry>,
    next: u64,
}

impl Tree {
    pub(super) fn new() -> Self {
        let root = Entry { mode: 0o700, node: Node::Folder(Folder::default()) };
        Self { entries: BTreeMap::from([(ROOT, root)]), next: ROOT + 1 }
    }

    pub(super) fn entry(&self, number: u64) -> Result<&Entry, ErrorKind> {
        self.entries.get(&number).ok_or(ErrorKind::NotFound)
    }

    pub(super) fn entry_mut(&mut self, number: u64) -> Result<&mut Entry, ErrorKind> {
        self.entries.get_mut(&number).ok_or(ErrorKind::NotFound)
    }

    pub(super) fn file(&mut self, number: u64) -> Result<&mut Content, ErrorKind> {
        match &mut self.entry_mut(number)?.node {
            Node::File(content) => Ok(content),
            Node::Folder(_) => Err(ErrorKind::IsADirectory),
        }
    }

    fn folder(&mut self, number: u64) -> Result<&mut Folder, ErrorKind> {
        match &mut self.entry_mut(number)?.node {
            Node::Folder(folder) => Ok(folder),
            Node::File(_) => Err(ErrorKind::NotADirectory),
        }
    }

    pub(super) fn find(&mut self, folder: u64, name: &OsStr) -> Result<u64, ErrorKind> {
        self.folder(folder)?.now.get(name).copied().ok_or(ErrorKind::NotFound)
    }

    /// The names in a folder and what they stand for, sorted.
    pub(super) fn names(&mut self, folder: u64) -> Result<Vec<(OsString, u64)>, ErrorKind> {
        let names = &self.folder(folder)?.now;
        Ok(names.iter().map(|(name, number)| (name.clone(), *number)).collect())
    }

    pub(super) fn create_file(&mut self, folder: u64, name: &OsStr, mode: u16) -> Result<u64, ErrorKind> {
        self.create(folder, name, mode, Node::File(Content::default()))
    }

    pub(super) fn create_folder(&mut self, folder: u64, name: &OsStr, mode: u16) -> Result<u64, ErrorKind> {
        self.create(folder, name, mode, Node::Folder(Folder::default()))
    }

    fn create(&mut self, folder: u64, name: &OsStr, mode: u16, node: Node) -> Result<u64, ErrorKind> {
        let number = self.next;
        let parent = self.folder(folder)?;
        if parent.now.contains_key(name) {
            return Err(ErrorKind::AlreadyExists);
        }
        parent.change(Change::Put(name.to_owned(), number));
        self.entries.insert(number, Entry { mode, node });
        self.next += 1;
        Ok(number)
    }

    /// The file itself stays until the next cut: a process may have it open.
    pub(super) fn remove_file(&mut self, folder: u64, name: &OsStr) -> Result<(), ErrorKind> {
        let number = self.find(folder, name)?;
        self.file(number)?;
        self.folder(folder)?.change(Change::Take(name.to_owned()));
        Ok(())
    }

    pub(super) fn remove_folder(&mut self, folder: u64, name: &OsStr) -> Result<(), ErrorKind> {
        let number = self.find(folder, name)?;
        if !self.folder(number)?.now.is_empty() {
            return Err(ErrorKind::DirectoryNotEmpty);
        }
        self.folder(folder)?.change(Change::Take(name.to_owned()));
        Ok(())
    }

    /// Moves a name within one folder, over a file that has the new name.
    pub(super) fn rename(&mut self, folder: u64, from: &OsStr, to: &OsStr) -> Result<(), ErrorKind> {
        self.find(folder, from)?;
        if let Ok(replaced) = self.find(folder, to) {
            self.file(replaced)?;
        }
        if from != to {
            self.folder(folder)?.change(Change::Move(from.to_owned(), to.to_owned()));
        }
        Ok(())
    }

    /// Makes the content of a file, or the names in a folder, durable.
    pub(super) fn sync(&mut self, number: u64) -> Result<(), ErrorKind> {
        match &mut self.entry_mut(number)?.node {
            Node::File(content) => content.sync(),
            Node::Folder(folder) => folder.sync(),
        }
        Ok(())
    }

    /// The power is cut: what was not synced is gone, and so is what has no name any more.
    pub(super) fn lose(&mut self, loss: Loss<'_>) -> Lost {
        let mut lost = Lost::default();
        for entry in self.entries.values_mut() {
            match &mut entry.node {
                Node::File(content) => lost += content.lose(loss),
                Node::Folder(folder) => lost.names += folder.lose(loss),
            }
        }
        let named = self.named();
        self.entries.retain(|number, _| named.contains(number));
        lost
    }

    /// Everything that can be reached from the top.
    fn named(&self) -> BTreeSet<u64> {
        let (mut named, mut open) = (BTreeSet::from([ROOT]), vec![ROOT]);
        while let Some(number) = open.pop() {
            if let Some(Entry { node: Node::Folder(folder), .. }) = self.entries.get(&number) {
                open.extend(folder.now.values().copied().filter(|number| named.insert(*number)));
            }
        }
        named
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use tradewind_kernel::Entropy;

    fn name(text: &str) -> &OsStr {
        OsStr::new(text)
    }

    /// A tree with the file `a` that holds `old`, all of it synced.
    fn with_a_file() -> (Tree, u64) {
        let mut tree = Tree::new();
        let file = tree.create_file(ROOT, name("a"), 0o600).unwrap();
        tree.file(file).unwrap().write(0, b"old");
        tree.sync(file).unwrap();
        tree.sync(ROOT).unwrap();
        (tree, file)
    }

    fn text(tree: &mut Tree, file: &str) -> Option<String> {
        let number = tree.find(ROOT, name(file)).ok()?;
        let content = tree.file(number).unwrap();
        Some(String::from_utf8(content.read(0, 100).to_vec()).unwrap())
    }

    #[test]
    fn a_synced_file_without_a_synced_folder_has_no_name_after_a_cut() {
        let mut tree = Tree::new();
        let file = tree.create_file(ROOT, name("a"), 0o600).unwrap();
        tree.file(file).unwrap().write(0, b"text");
        tree.sync(file).unwrap();
        assert_eq!(tree.lose(Loss::All).names, 1);
        assert_eq!(tree.find(ROOT, name("a")), Err(ErrorKind::NotFound));
        assert!(tree.entry(file).is_err(), "nothing keeps it");
    }

    #[test]
    fn a_synced_folder_keeps_the_name_of_a_file_whose_content_is_lost() {
        let mut tree = Tree::new();
        let file = tree.create_file(ROOT, name("a"), 0o600).unwrap();
        tree.file(file).unwrap().write(0, b"text");
        tree.sync(ROOT).unwrap();
        assert_eq!(tree.lose(Loss::All), Lost { pages: 1, spared: 0, names: 0 });
        assert_eq!(text(&mut tree, "a").as_deref(), Some(""));
    }

    #[test]
    fn a_removed_or_replaced_file_comes_back_unless_the_folder_was_synced() {
        let (mut tree, _) = with_a_file();
        tree.remove_file(ROOT, name("a")).unwrap();
        assert_eq!(text(&mut tree, "a"), None);
        tree.lose(Loss::All);
        assert_eq!(text(&mut tree, "a").as_deref(), Some("old"));
        let new = tree.create_file(ROOT, name("b"), 0o600).unwrap();
        tree.file(new).unwrap().write(0, b"new");
        tree.sync(new).unwrap();
        tree.rename(ROOT, name("b"), name("a")).unwrap();
        assert_eq!((text(&mut tree, "a").as_deref(), text(&mut tree, "b")), (Some("new"), None));
        tree.lose(Loss::All);
        assert_eq!((text(&mut tree, "a").as_deref(), text(&mut tree, "b")), (Some("old"), None));
    }

    #[test]
    fn a_replacement_that_was_synced_lasts() {
        let (mut tree, old) = with_a_file();
        let new = tree.create_file(ROOT, name("b"), 0o600).unwrap();
        tree.file(new).unwrap().write(0, b"new");
        tree.sync(new).unwrap();
        tree.rename(ROOT, name("b"), name("a")).unwrap();
        tree.sync(ROOT).unwrap();
        assert_eq!(tree.lose(Loss::All), Lost::default());
        assert_eq!(text(&mut tree, "a").as_deref(), Some("new"));
        assert!(tree.entry(old).is_err());
    }

    #[test]
    fn a_torn_cut_never_leaves_a_replaced_name_without_a_file() {
        let mut seen = BTreeSet::new();
        for seed in 0..64 {
            let (mut tree, _) = with_a_file();
            let new = tree.create_file(ROOT, name("b"), 0o600).unwrap();
            tree.file(new).unwrap().write(0, b"new");
            tree.sync(new).unwrap();
            tree.rename(ROOT, name("b"), name("a")).unwrap();
            tree.lose(Loss::Torn(&Entropy::seeded(seed)));
            seen.insert((text(&mut tree, "a"), text(&mut tree, "b")));
        }
        let owned = |text: &str| Some(text.to_owned());
        let allowed = [(owned("old"), None), (owned("old"), owned("new")), (owned("new"), None)];
        assert_eq!(seen, BTreeSet::from(allowed));
    }

    #[test]
    fn a_folder_is_a_name_like_any_other_and_takes_its_files_with_it() {
        let mut tree = Tree::new();
        let inner = tree.create_folder(ROOT, name("inner"), 0o700).unwrap();
        let file = tree.create_file(inner, name("a"), 0o600).unwrap();
        tree.sync(file).unwrap();
        tree.sync(inner).unwrap();
        assert_eq!(tree.remove_folder(ROOT, name("inner")), Err(ErrorKind::DirectoryNotEmpty));
        assert_eq!(tree.remove_file(ROOT, name("inner")), Err(ErrorKind::IsADirectory));
        tree.lose(Loss::All);
        assert!(tree.entry(inner).is_err() && tree.entry(file).is_err());
    }

    #[test]
    fn what_is_there_is_not_made_again_and_what_is_not_there_is_not_found() {
        let (mut tree, file) = with_a_file();
        assert_eq!(tree.create_file(ROOT, name("a"), 0o600), Err(ErrorKind::AlreadyExists));
        assert_eq!(tree.rename(ROOT, name("b"), name("a")), Err(ErrorKind::NotFound));
        assert_eq!(tree.find(file, name("a")), Err(ErrorKind::NotADirectory));
        assert_eq!(tree.remove_file(ROOT, name("b")), Err(ErrorKind::NotFound));
    }
}
