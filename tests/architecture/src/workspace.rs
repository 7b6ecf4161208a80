//! The repository in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::{fs, io};

use crate::{Manifest, Source, Violation};

/// What is never part of the repository: version control, build output, a local run's data.
const SKIPPED: [&str; 4] = [".git", "target", "tradewind-data", "node_modules"];

/// A ring of the workspace; a crate knows its own ring and the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ring {
    /// Ring 0: knows no business word.
    Platform,
    /// Ring 1: what services promise each other.
    Contracts,
    /// Ring 2: one folder, one crate, one binary.
    Services,
    /// Ring 3: what puts services together.
    Apps,
    /// Ring 4: what judges the whole.
    Tests,
    /// No ring of the shop: what somebody who builds a system of their own would write, on the platform alone.
    Examples,
}

impl Ring {
    /// The ring of the top folder of `path`.
    pub fn of(path: &str) -> Option<Self> {
        match path.split('/').next()? {
            "platform" => Some(Self::Platform),
            "contracts" => Some(Self::Contracts),
            "services" => Some(Self::Services),
            "apps" => Some(Self::Apps),
            "tests" => Some(Self::Tests),
            "examples" => Some(Self::Examples),
            _ => None,
        }
    }
}

/// One crate of the workspace.
#[derive(Debug)]
pub struct Member {
    /// Its folder, from the root.
    pub folder: String,
    /// The ring it lives in.
    pub ring: Ring,
    /// Its manifest.
    pub manifest: Manifest,
}

impl Member {
    /// The folder's own name.
    pub fn name(&self) -> &str {
        self.folder.rsplit('/').next().unwrap_or(&self.folder)
    }
}

/// All files of a repository, with manifests and sources parsed.
#[derive(Debug)]
pub struct Workspace {
    /// Path from the root to text, for every text file.
    pub files: BTreeMap<String, String>,
    /// The crates, by folder.
    pub members: Vec<Member>,
    /// The Rust files of the crates.
    pub sources: Vec<Source>,
    /// Manifests and sources that could not be parsed; no rule sees these.
    pub unreadable: Vec<Violation>,
    /// Package name to folder: the members, and the crates the root manifest already names.
    folders: BTreeMap<String, String>,
}

impl Workspace {
    /// Builds the model from paths and texts.
    pub fn new(files: BTreeMap<String, String>) -> Self {
        let mut unreadable = Vec::new();
        let members = members(&files, &mut unreadable);
        let sources = sources(&files, &members, &mut unreadable);
        let root = files.get("Cargo.toml").and_then(|text| Manifest::parse("Cargo.toml", text).ok());
        let planned = root.iter().flat_map(Manifest::workspace_paths);
        let present =
            members.iter().filter_map(|m| Some((m.manifest.package_name()?.to_owned(), m.folder.clone())));
        let folders = planned.chain(present).collect();
        Self { files, members, sources, unreadable, folders }
    }

    /// Reads every text file below `root`.
    pub fn load(root: &Path) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        read_folder(root, "", &mut files)?;
        Ok(Self::new(files))
    }

    /// The folder of the crate with this package name.
    pub fn folder_of(&self, package: &str) -> Option<&str> {
        self.folders.get(package).map(String::as_str)
    }

    /// The folder of the crate that sources know by this name.
    pub fn folder_of_extern(&self, name: &str) -> Option<&str> {
        self.folder_of(&name.replace('_', "-"))
    }

    /// The crates of one ring.
    pub fn ring(&self, ring: Ring) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(move |member| member.ring == ring)
    }

    /// The sources that ship: below a crate's `src/` and not compiled for tests only.
    pub fn shipped(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(|source| !source.is_test && source.inside_src().is_some())
    }
}

fn members(files: &BTreeMap<String, String>, unreadable: &mut Vec<Violation>) -> Vec<Member> {
    let mut members = Vec::new();
    for (path, text) in files {
        let Some(folder) = path.strip_suffix("/Cargo.toml") else {
            continue;
        };
        let (Some(ring), 1) = (Ring::of(folder), folder.matches('/').count()) else {
            continue;
        };
        match Manifest::parse(path, text) {
            Ok(manifest) => members.push(Member { folder: folder.to_owned(), ring, manifest }),
            Err(error) => unreadable.push(Violation::new(path, 1, error.to_string(), "write valid TOML")),
        }
    }
    members
}

fn sources(
    files: &BTreeMap<String, String>,
    members: &[Member],
    unreadable: &mut Vec<Violation>,
) -> Vec<Source> {
    let mut sources = Vec::new();
    for member in members {
        let inside = format!("{}/", member.folder);
        for (path, text) in
            files.iter().filter(|(path, _)| path.starts_with(&inside) && path.ends_with(".rs"))
        {
            match Source::parse(path, &member.folder, text) {
                Ok(source) => sources.push(source),
                Err(error) => {
                    let line = error.span().start().line;
                    unreadable.push(Violation::new(path, line, error.to_string(), "write valid Rust"));
                }
            }
        }
    }
    mark_test_modules(&mut sources);
    sources
}

/// A file whose parent declares it under `#[cfg(test)]` is test code as a whole.
fn mark_test_modules(sources: &mut [Source]) {
    let modules: BTreeSet<String> = sources.iter().flat_map(Source::test_modules).collect();
    for source in sources {
        let path = source.path.trim_end_matches(".rs");
        let below =
            |module: &String| path.strip_prefix(module.as_str()).is_some_and(|rest| rest.starts_with('/'));
        source.is_test |= modules.contains(path) || modules.iter().any(below);
    }
}

fn read_folder(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let kind = entry.file_type()?;
        // In a second work tree of one repository `.git` is a file.
        if SKIPPED.contains(&name.as_str()) {
            continue;
        }
        if kind.is_dir() {
            read_folder(&entry.path(), &format!("{path}/"), files)?;
        } else if kind.is_file() && !name.ends_with(".log") {
            files.extend(read_text(&entry.path())?.map(|text| (path, text)));
        }
    }
    Ok(())
}

/// The text of a file, or nothing if it is not text or has just gone.
fn read_text(path: &Path) -> io::Result<Option<String>> {
    match fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
