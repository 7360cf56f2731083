//! An open directory. All calls are relative to its descriptor (`openat`, `renameat`, …), so they keep using the same
//! directory when its path is renamed or a symbolic link to it changes (TOCTOU).
//!
//! The calls on entries (`entry`, `rename`, `link`, `remove_file` and so on) do not allocate for names shorter than 256
//! bytes, and do not follow a symbolic link in the last component. Publication and clean-up depend on both.

use crate::error::{Error, ErrorKind, Place, Result};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, RenameFlags, Stat, fstat, openat};
use rustix::io::{Errno, retry_on_intr};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The identity of a file or directory: device and inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    pub(crate) fn of(stat: &Stat) -> Self {
        Self { device: stat.st_dev, inode: stat.st_ino }
    }

    /// The identity of the file at a path; symbolic links are followed.
    pub(crate) fn at(path: &Path) -> Result<Self, Errno> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        retry_on_intr(|| rustix::fs::stat(path)).map(|stat| Self::of(&stat))
    }
}

/// An entry of a directory. A symbolic link is an entry itself; it is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: FileId,
    pub(crate) kind: FileType,
    /// Bytes.
    pub(crate) size: u64,
}

impl Entry {
    fn of(stat: &Stat) -> Self {
        Self { id: FileId::of(stat), kind: FileType::from_raw_mode(stat.st_mode), size: stat.st_size as u64 }
    }
}

/// An entry whose inode is held open, so that its number stays the same: some FUSE file systems assign new inode
/// numbers to files that are not open.
#[derive(Debug)]
pub(crate) struct Pinned {
    pub(crate) entry: Entry,
    _fd: Option<OwnedFd>,
}

/// The name of a file type, with its article.
pub(crate) fn kind_name(kind: FileType) -> &'static str {
    match kind {
        FileType::RegularFile => "a regular file",
        FileType::Symlink => "a symbolic link",
        FileType::Directory => "a directory",
        FileType::Fifo => "a FIFO",
        _ => "a device or socket",
    }
}

/// An open directory. The path is the one that it was opened by, for messages.
#[derive(Debug)]
pub(crate) struct Dir {
    fd: OwnedFd,
    path: PathBuf,
}

const OPEN: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

impl Dir {
    /// Opens a directory by its path. Symbolic links are followed: the user chose the path.
    pub(crate) fn open(path: &Path) -> Result<Self, Errno> {
        // An empty path means the current directory, as in the parent of "results".
        let target = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let fd = retry_on_intr(|| rustix::fs::open(target, OPEN, Mode::empty()))?;
        Ok(Self { fd, path: path.to_owned() })
    }

    /// Opens a subdirectory; a symbolic link is refused (`O_NOFOLLOW`).
    pub(crate) fn child(&self, name: impl AsRef<OsStr>) -> Result<Self, Errno> {
        self.open_child(name.as_ref(), OPEN | OFlags::NOFOLLOW)
    }

    /// Like [`child`](Self::child), but follows a symbolic link: for a component of a path that the user chose.
    pub(crate) fn child_or_link(&self, name: impl AsRef<OsStr>) -> Result<Self, Errno> {
        self.open_child(name.as_ref(), OPEN)
    }

    fn open_child(&self, name: &OsStr, flags: OFlags) -> Result<Self, Errno> {
        let fd = retry_on_intr(|| openat(&self.fd, name, flags, Mode::empty()))?;
        Ok(Self { fd, path: self.path.join(name) })
    }

    /// The path that the directory was opened by. It may refer to another directory by now.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The path of an entry, for messages.
    pub(crate) fn path_of(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.path.join(name.as_ref())
    }

    pub(crate) fn id(&self) -> Result<FileId, Errno> {
        retry_on_intr(|| fstat(&self.fd)).map(|stat| FileId::of(&stat))
    }

    /// The entry at a name; `None` if there is none.
    pub(crate) fn entry(&self, name: impl AsRef<OsStr>) -> Result<Option<Entry>, Errno> {
        let name = name.as_ref();
        match retry_on_intr(|| rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW)) {
            Ok(stat) => Ok(Some(Entry::of(&stat))),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The entry at a name, with its inode held open; `None` if there is none.
    pub(crate) fn pin(&self, name: &str) -> Result<Option<Pinned>, Errno> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = match retry_on_intr(|| openat(&self.fd, name, flags, Mode::empty())) {
            Ok(fd) => fd,
            Err(Errno::NOENT) => return Ok(None),
            // Out of descriptors: on most file systems the inode number stays the same anyway.
            Err(Errno::MFILE | Errno::NFILE) => {
                return Ok(self.entry(name)?.map(|entry| Pinned { entry, _fd: None }));
            }
            Err(error) => return Err(error),
        };
        let entry = Entry::of(&retry_on_intr(|| fstat(&fd))?);
        Ok(Some(Pinned { entry, _fd: Some(fd) }))
    }

    /// The current path of the directory, or the path that it was opened by if the system does not tell.
    pub(crate) fn current_path(&self) -> PathBuf {
        std::fs::read_link(format!("/proc/self/fd/{}", self.fd.as_raw_fd())).unwrap_or_else(|_| self.path.clone())
    }

    /// Whether a name refers to this file or directory.
    pub(crate) fn leads_to(&self, name: &str, id: FileId) -> Result<bool, Errno> {
        Ok(self.entry(name)?.is_some_and(|entry| entry.id == id))
    }

    /// Makes a directory; fails if the name exists.
    pub(crate) fn make_dir(&self, name: impl AsRef<OsStr>, mode: u32) -> Result<(), Errno> {
        let name = name.as_ref();
        retry_on_intr(|| rustix::fs::mkdirat(&self.fd, name, Mode::from_raw_mode(mode)))
    }

    /// Creates a file for writing (`O_EXCL`): an existing file is never truncated and a link never followed.
    pub(crate) fn create(&self, name: &str) -> Result<File, Errno> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        retry_on_intr(|| openat(&self.fd, name, flags, Mode::from_raw_mode(0o666))).map(File::from)
    }

    /// Renames an entry into `dir` (`renameat2`). `flags` decide what happens to an existing `to`.
    pub(crate) fn rename_with(&self, from: &str, dir: &Self, to: &str, flags: RenameFlags) -> Result<(), Errno> {
        retry_on_intr(|| rustix::fs::renameat_with(&self.fd, from, &dir.fd, to, flags))
    }

    /// Renames an entry into `dir` (`renameat`), on every file system. Replaces a file at `to`.
    pub(crate) fn rename(&self, from: &str, dir: &Self, to: &str) -> Result<(), Errno> {
        retry_on_intr(|| rustix::fs::renameat(&self.fd, from, &dir.fd, to))
    }

    /// Creates a hard link; never replaces an existing name.
    pub(crate) fn link(&self, from: &str, dir: &Self, to: &str) -> Result<(), Errno> {
        retry_on_intr(|| rustix::fs::linkat(&self.fd, from, &dir.fd, to, AtFlags::empty()))
    }

    pub(crate) fn remove_file(&self, name: impl AsRef<OsStr>) -> Result<(), Errno> {
        let name = name.as_ref();
        retry_on_intr(|| rustix::fs::unlinkat(&self.fd, name, AtFlags::empty()))
    }

    /// Removes an empty directory.
    pub(crate) fn remove_dir(&self, name: impl AsRef<OsStr>) -> Result<(), Errno> {
        let name = name.as_ref();
        retry_on_intr(|| rustix::fs::unlinkat(&self.fd, name, AtFlags::REMOVEDIR))
    }

    /// The names of all entries, in the order of the file system.
    pub(crate) fn names(&self) -> Result<Vec<OsString>, Errno> {
        let mut names = Vec::new();
        // `read_from` opens a descriptor of its own, so it reads from the first entry.
        for entry in rustix::fs::Dir::read_from(&self.fd)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name != "." && name != ".." {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }

    /// Removes everything in this directory.
    pub(crate) fn clear(&self) -> Result<(), Errno> {
        for name in self.names()? {
            match self.remove_file(&name) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(Errno::ISDIR) => {
                    self.child(&name)?.clear()?;
                    self.remove_dir(&name)?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Syncs the directory itself: the names in it, not the contents of its files.
    pub(crate) fn sync(&self) -> Result<(), Errno> {
        retry_on_intr(|| rustix::fs::fsync(&self.fd))
    }

    /// Opens a regular file for reading; `None` if the name does not exist.
    ///
    /// Never blocks on a FIFO without a writer (`O_NONBLOCK`). Everything but a regular file is refused.
    ///
    /// # Errors
    /// An error of kind `kind`; `what` says what failed ("cannot open").
    pub(crate) fn open_file(&self, name: impl AsRef<OsStr>, kind: ErrorKind, what: &str) -> Result<Option<File>> {
        let name = name.as_ref();
        let path = self.path_of(name);
        let cannot = |error: Errno| Error::io(kind, &path, what, error.into());
        let not_regular = |found| {
            let text = format!("is {}, not a regular file", kind_name(found));
            Error::new(kind, text).at(Place::file(&path))
        };
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW;
        let file = match retry_on_intr(|| openat(&self.fd, name, flags, Mode::empty())) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP) => return Err(not_regular(FileType::Symlink)),
            // What open(2) returns for a socket.
            Err(Errno::NXIO) => return Err(not_regular(FileType::Socket)),
            Err(error) => return Err(cannot(error)),
        };
        let stat = retry_on_intr(|| fstat(&file)).map_err(cannot)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Ok(Some(file)),
            found => Err(not_regular(found)),
        }
    }

    /// Reads a regular file of at most `limit` bytes; `None` if the name does not exist.
    ///
    /// # Errors
    /// As for [`open_file`](Self::open_file), and if the file is larger than `limit`.
    pub(crate) fn read_file(
        &self,
        name: impl AsRef<OsStr>,
        limit: u64,
        kind: ErrorKind,
        what: &str,
    ) -> Result<Option<Vec<u8>>> {
        let name = name.as_ref();
        let Some(file) = self.open_file(name, kind, what)? else { return Ok(None) };
        let mut bytes = Vec::new();
        // One byte past the limit detects a larger file, whatever its reported size.
        let read = file.take(limit + 1).read_to_end(&mut bytes);
        read.map_err(|error| Error::io(kind, &self.path_of(name), what, error))?;
        if bytes.len() as u64 > limit {
            let text = format!("is larger than {limit} bytes, the limit for such a file");
            return Err(Error::new(kind, text).at(Place::file(&self.path_of(name))));
        }
        Ok(Some(bytes))
    }
}

impl AsFd for Dir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

#[cfg(test)]
#[path = "directory_tests.rs"]
mod tests;
