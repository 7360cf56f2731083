//! A directory held open. Names in it are reached through its descriptor, so it stays the same directory when its
//! path is renamed or a link to it is re-pointed.
//!
//! No call here allocates for names shorter than 256 bytes, and none follows a symbolic link in the last component:
//! publication and clean-up depend on both.

use crate::error::{Error, ErrorKind, Place, Result};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, RenameFlags, Stat, fstat, openat};
use rustix::io::{Errno, retry_on_intr};
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What identifies a file or directory, whatever its name: device and inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    pub(crate) fn of(stat: &Stat) -> Self {
        Self { device: stat.st_dev, inode: stat.st_ino }
    }

    /// What a path leads to, links followed.
    pub(crate) fn at(path: &Path) -> Result<Self, Errno> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        retry_on_intr(|| rustix::fs::stat(path)).map(|stat| Self::of(&stat))
    }
}

/// What a name leads to. A symbolic link is an entry itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: FileId,
    pub(crate) kind: FileType,
    /// Bytes.
    pub(crate) size: u64,
}

/// The kind of an entry that is not a regular file, with its article.
pub(crate) fn kind_name(kind: FileType) -> &'static str {
    match kind {
        FileType::RegularFile => "a regular file",
        FileType::Symlink => "a symbolic link",
        FileType::Directory => "a directory",
        FileType::Fifo => "a FIFO",
        _ => "a device or socket",
    }
}

/// An open directory, and the path it was opened by, for messages only.
#[derive(Debug)]
pub(crate) struct Dir {
    fd: OwnedFd,
    path: PathBuf,
}

const OPEN: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

impl Dir {
    /// Opens a directory by its path. Links in the path are followed: it is the user's own.
    pub(crate) fn open(path: &Path) -> Result<Self, Errno> {
        // An empty path means the current directory, as in the parent of "results".
        let target = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let fd = retry_on_intr(|| rustix::fs::open(target, OPEN, Mode::empty()))?;
        Ok(Self { fd, path: path.to_owned() })
    }

    /// Opens a directory in this one.
    pub(crate) fn child(&self, name: impl AsRef<OsStr>) -> Result<Self, Errno> {
        self.open_child(name.as_ref(), OPEN | OFlags::NOFOLLOW)
    }

    /// As [`child`](Self::child), but a link is followed: for a component of a path that a user gave.
    pub(crate) fn child_or_link(&self, name: impl AsRef<OsStr>) -> Result<Self, Errno> {
        self.open_child(name.as_ref(), OPEN)
    }

    fn open_child(&self, name: &OsStr, flags: OFlags) -> Result<Self, Errno> {
        let fd = retry_on_intr(|| openat(&self.fd, name, flags, Mode::empty()))?;
        Ok(Self { fd, path: self.path.join(name) })
    }

    /// The path it was opened by; it may lead elsewhere by now.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a name in it, for messages.
    pub(crate) fn path_of(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.path.join(name.as_ref())
    }

    pub(crate) fn id(&self) -> Result<FileId, Errno> {
        retry_on_intr(|| fstat(&self.fd)).map(|stat| FileId::of(&stat))
    }

    /// What stands at a name; `None` where nothing does.
    pub(crate) fn entry(&self, name: impl AsRef<OsStr>) -> Result<Option<Entry>, Errno> {
        let name = name.as_ref();
        match retry_on_intr(|| rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW)) {
            Ok(stat) => Ok(Some(Entry {
                id: FileId::of(&stat),
                kind: FileType::from_raw_mode(stat.st_mode),
                size: stat.st_size as u64,
            })),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether a name leads to this very file or directory.
    pub(crate) fn leads_to(&self, name: &str, id: FileId) -> Result<bool, Errno> {
        Ok(self.entry(name)?.is_some_and(|entry| entry.id == id))
    }

    /// Makes a directory; fails where anything stands at the name.
    pub(crate) fn make_dir(&self, name: impl AsRef<OsStr>, mode: u32) -> Result<(), Errno> {
        let name = name.as_ref();
        retry_on_intr(|| rustix::fs::mkdirat(&self.fd, name, Mode::from_raw_mode(mode)))
    }

    /// Makes a new file for writing, so that nothing that stands at the name is followed or cut short.
    pub(crate) fn create(&self, name: &str) -> Result<File, Errno> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        retry_on_intr(|| openat(&self.fd, name, flags, Mode::from_raw_mode(0o666))).map(File::from)
    }

    /// Renames across two directories; the flags decide what happens to what stands at `to`.
    pub(crate) fn rename_with(&self, from: &str, dir: &Self, to: &str, flags: RenameFlags) -> Result<(), Errno> {
        retry_on_intr(|| rustix::fs::renameat_with(&self.fd, from, &dir.fd, to, flags))
    }

    /// Renames without flags, which every system knows; replaces a file at `to`.
    pub(crate) fn rename(&self, from: &str, dir: &Self, to: &str) -> Result<(), Errno> {
        retry_on_intr(|| rustix::fs::renameat(&self.fd, from, &dir.fd, to))
    }

    /// Gives a file a second name; never replaces what stands there.
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

    /// Removes everything in this directory.
    pub(crate) fn clear(&self) -> Result<(), Errno> {
        // A descriptor of its own, which reads from the beginning.
        for entry in rustix::fs::Dir::read_from(&self.fd)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            match self.remove_file(name) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(Errno::ISDIR) => {
                    self.child(name)?.clear()?;
                    self.remove_dir(name)?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Writes the directory's names to the disk.
    pub(crate) fn sync(&self) -> Result<(), Errno> {
        retry_on_intr(|| rustix::fs::fsync(&self.fd))
    }

    /// Opens a regular file for reading; `None` where nothing stands at the name.
    ///
    /// Never waits: a FIFO is opened without its writer and then refused, as is everything else that is no regular
    /// file.
    ///
    /// # Errors
    /// Of this `kind`; `what` says what was tried ("cannot open").
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
            // A socket has no other side to open.
            Err(Errno::NXIO) => return Err(not_regular(FileType::Socket)),
            Err(error) => return Err(cannot(error)),
        };
        let stat = retry_on_intr(|| fstat(&file)).map_err(cannot)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Ok(Some(file)),
            found => Err(not_regular(found)),
        }
    }

    /// The bytes of a regular file of at most `limit` bytes; `None` where nothing stands at the name.
    ///
    /// # Errors
    /// As [`open_file`](Self::open_file), and for a larger file.
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
        // One byte more than the limit tells that there are more, whatever size the file claims.
        let read = file.take(limit + 1).read_to_end(&mut bytes);
        read.map_err(|error| Error::io(kind, &self.path_of(name), what, error))?;
        if bytes.len() as u64 > limit {
            let text = format!("is larger than {limit} bytes, the most that is read of such a file");
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
