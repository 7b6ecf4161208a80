//! The model as a file system: what the kernel asks, in the words of the model.
//!
//! Locks and shared memory maps are the kernel's own business here: it keeps the pages, and writes the
//! changed ones back when a file is synced or its last user is gone.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fuser::{
    BsdFileFlags, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation, INodeNo,
    LockOwner, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory, ReplyEmpty,
    ReplyEntry, ReplyOpen, ReplyWrite, Request, TimeOrNow, WriteFlags,
};

use super::content::PAGE;
use super::tree::{Node, Tree};

/// How long the kernel may believe what it knows. Nobody else changes it, and a cut mounts anew.
const VALID: Duration = Duration::from_secs(3600);

/// No number is used twice within a mount.
const GENERATION: Generation = Generation(0);

/// Files are told apart by their numbers.
const NO_HANDLE: FileHandle = FileHandle(0);

#[derive(Debug)]
pub(super) struct Adapter {
    pub(super) tree: Arc<Mutex<Tree>>,
}

impl Adapter {
    fn tree(&self) -> MutexGuard<'_, Tree> {
        self.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn make(&self, request: &Request, folder: INodeNo, name: &OsStr, mode: u32, is_file: bool) -> Attributes {
        let mut tree = self.tree();
        let mode = permissions(mode);
        let number = if is_file {
            tree.create_file(folder.0, name, mode)?
        } else {
            tree.create_folder(folder.0, name, mode)?
        };
        attributes(&tree, number, request)
    }
}

type Attributes = Result<FileAttr, ErrorKind>;

fn attributes(tree: &Tree, number: u64, request: &Request) -> Attributes {
    let entry = tree.entry(number)?;
    let (kind, size) = match &entry.node {
        Node::File(content) => (FileType::RegularFile, content.len() as u64),
        Node::Folder(_) => (FileType::Directory, 0),
    };
    // Nobody asks these files how old they are.
    let time = UNIX_EPOCH;
    Ok(FileAttr {
        ino: INodeNo(number),
        size,
        blocks: size.div_ceil(512),
        atime: time,
        mtime: time,
        ctime: time,
        crtime: time,
        kind,
        perm: entry.mode,
        nlink: 1,
        uid: request.uid(),
        gid: request.gid(),
        rdev: 0,
        blksize: u32::try_from(PAGE).unwrap_or(4096),
        flags: 0,
    })
}

/// The crate's own conversion makes an I/O error of every kind.
fn errno(kind: ErrorKind) -> Errno {
    match kind {
        ErrorKind::NotFound => Errno::ENOENT,
        ErrorKind::AlreadyExists => Errno::EEXIST,
        ErrorKind::NotADirectory => Errno::ENOTDIR,
        ErrorKind::IsADirectory => Errno::EISDIR,
        ErrorKind::DirectoryNotEmpty => Errno::ENOTEMPTY,
        ErrorKind::CrossesDevices => Errno::EXDEV,
        ErrorKind::FileTooLarge => Errno::EFBIG,
        ErrorKind::InvalidInput => Errno::EINVAL,
        _ => Errno::EIO,
    }
}

fn permissions(mode: u32) -> u16 {
    u16::try_from(mode & 0o7777).unwrap_or(0o600)
}

fn at(offset: u64) -> Result<usize, ErrorKind> {
    usize::try_from(offset).map_err(|_| ErrorKind::FileTooLarge)
}

fn answer_empty(reply: ReplyEmpty, outcome: Result<(), ErrorKind>) {
    match outcome {
        Ok(()) => reply.ok(),
        Err(kind) => reply.error(errno(kind)),
    }
}

fn answer_entry(reply: ReplyEntry, outcome: Attributes) {
    match outcome {
        Ok(attributes) => reply.entry(&VALID, &attributes, GENERATION),
        Err(kind) => reply.error(errno(kind)),
    }
}

fn answer_attributes(reply: ReplyAttr, outcome: Attributes) {
    match outcome {
        Ok(attributes) => reply.attr(&VALID, &attributes),
        Err(kind) => reply.error(errno(kind)),
    }
}

impl Filesystem for Adapter {
    fn lookup(&self, request: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let mut tree = self.tree();
        let found = tree.find(parent.0, name);
        answer_entry(reply, found.and_then(|number| attributes(&tree, number, request)));
    }

    fn getattr(&self, request: &Request, number: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        answer_attributes(reply, attributes(&self.tree(), number.0, request));
    }

    fn setattr(
        &self,
        request: &Request,
        number: INodeNo,
        mode: Option<u32>,
        _uid: Option<u32>,
        _gid: Option<u32>,
        size: Option<u64>,
        _atime: Option<TimeOrNow>,
        _mtime: Option<TimeOrNow>,
        _ctime: Option<SystemTime>,
        _handle: Option<FileHandle>,
        _crtime: Option<SystemTime>,
        _chgtime: Option<SystemTime>,
        _bkuptime: Option<SystemTime>,
        _flags: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let mut tree = self.tree();
        let mut set = || {
            if let Some(mode) = mode {
                tree.entry_mut(number.0)?.mode = permissions(mode);
            }
            if let Some(size) = size {
                tree.file(number.0)?.resize(at(size)?);
            }
            attributes(&tree, number.0, request)
        };
        answer_attributes(reply, set());
    }

    fn mkdir(&self, request: &Request, parent: INodeNo, name: &OsStr, mode: u32, _: u32, reply: ReplyEntry) {
        answer_entry(reply, self.make(request, parent, name, mode, false));
    }

    fn create(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        _umask: u32,
        _flags: i32,
        reply: ReplyCreate,
    ) {
        match self.make(request, parent, name, mode, true) {
            Ok(made) => reply.created(&VALID, &made, GENERATION, NO_HANDLE, FopenFlags::FOPEN_KEEP_CACHE),
            Err(kind) => reply.error(errno(kind)),
        }
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        answer_empty(reply, self.tree().remove_file(parent.0, name));
    }

    fn rmdir(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        answer_empty(reply, self.tree().remove_folder(parent.0, name));
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        new_parent: INodeNo,
        new_name: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        // Enough for a data folder; a program that needs more is told so instead of being half served.
        let outcome = match (parent == new_parent, flags.is_empty()) {
            (true, true) => self.tree().rename(parent.0, name, new_name),
            (false, _) => Err(ErrorKind::CrossesDevices),
            (_, false) => Err(ErrorKind::InvalidInput),
        };
        answer_empty(reply, outcome);
    }

    fn open(&self, _: &Request, _: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        // Other users of the file have its pages in their memory; they stay valid.
        reply.opened(NO_HANDLE, FopenFlags::FOPEN_KEEP_CACHE);
    }

    fn read(
        &self,
        _: &Request,
        number: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let mut tree = self.tree();
        let place = at(offset).and_then(|offset| Ok((offset, at(u64::from(size))?)));
        match place.and_then(|(offset, size)| Ok(tree.file(number.0)?.read(offset, size))) {
            Ok(bytes) => reply.data(bytes),
            Err(kind) => reply.error(errno(kind)),
        }
    }

    fn write(
        &self,
        _: &Request,
        number: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let mut tree = self.tree();
        let mut write = || {
            tree.file(number.0)?.write(at(offset)?, data);
            u32::try_from(data.len()).map_err(|_| ErrorKind::FileTooLarge)
        };
        match write() {
            Ok(size) => reply.written(size),
            Err(kind) => reply.error(errno(kind)),
        }
    }

    fn fsync(&self, _: &Request, number: INodeNo, _: FileHandle, _datasync: bool, reply: ReplyEmpty) {
        answer_empty(reply, self.tree().sync(number.0));
    }

    fn fsyncdir(&self, _: &Request, number: INodeNo, _: FileHandle, _datasync: bool, reply: ReplyEmpty) {
        answer_empty(reply, self.tree().sync(number.0));
    }

    fn readdir(&self, _: &Request, number: INodeNo, _: FileHandle, offset: u64, mut reply: ReplyDirectory) {
        let mut tree = self.tree();
        let names = match tree.names(number.0) {
            Ok(names) => names,
            Err(kind) => return reply.error(errno(kind)),
        };
        let rest = (1..).zip(names).skip(usize::try_from(offset).unwrap_or(usize::MAX));
        for (next, (name, number)) in rest {
            let is_folder = tree.entry(number).is_ok_and(|entry| matches!(entry.node, Node::Folder(_)));
            let kind = if is_folder { FileType::Directory } else { FileType::RegularFile };
            if reply.add(INodeNo(number), next, kind, name) {
                break;
            }
        }
        reply.ok();
    }
}
