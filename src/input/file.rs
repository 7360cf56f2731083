//! An input from its path to an open descriptor, and the proof that it did not change while it was read.

use super::mmap::MappedFile;
use crate::crash::LastWords;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::fs::directory::FileId;
use crate::model::inputs::is_stdin;
use rustix::fs::{OFlags, Stat};
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

/// What a file is read for, which is what a change to it spoils.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// An input, from which something is published.
    Join,
    /// A file of a set, which is only held against its report.
    Verify,
}

/// An open input.
#[derive(Debug)]
pub(crate) struct InputFile {
    /// The path as given.
    pub(crate) path: PathBuf,
    purpose: Use,
    file: File,
    /// The map, where the file could be mapped; everything else is read through a buffer.
    mapped: Option<MappedFile>,
    /// What the descriptor of a regular file said when it was opened; none for pipes and the like.
    identity: Option<Stat>,
    /// Where reading begins; 0 but for standard input.
    start: u64,
}

impl InputFile {
    /// Opens a file, FIFO or device, or takes standard input for `-`.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] when it cannot be opened or is a directory.
    pub(crate) fn open(path: &Path, mmap: bool) -> Result<Self> {
        Self::open_for(Use::Join, path, mmap)
    }

    /// Takes an open file of a set that is to be verified, not published; `path` is for messages.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(crate) fn to_verify(path: &Path, file: File, mmap: bool) -> Result<Self> {
        Self::from_file(Use::Verify, path, file, mmap)
    }

    fn open_for(purpose: Use, path: &Path, mmap: bool) -> Result<Self> {
        let cannot = |error: std::io::Error| Error::io(ErrorKind::Input, path, "cannot open", error);
        let file = if is_stdin(path) {
            File::from(std::io::stdin().as_fd().try_clone_to_owned().map_err(cannot)?)
        } else {
            // Without O_NONBLOCK opening a FIFO would wait for its writer, deaf to an interrupt.
            let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
            let open = || rustix::fs::open(path, flags, rustix::fs::Mode::empty());
            let file: OwnedFd = rustix::io::retry_on_intr(open).map_err(|error| cannot(error.into()))?;
            File::from(file)
        };
        Self::from_file(purpose, path, file, mmap)
    }

    fn from_file(purpose: Use, path: &Path, file: File, mmap: bool) -> Result<Self> {
        let cannot = |error: std::io::Error| Error::io(ErrorKind::Input, path, "cannot open", error);
        let stat = rustix::io::retry_on_intr(|| rustix::fs::fstat(&file)).map_err(|error| cannot(error.into()))?;
        let kind = rustix::fs::FileType::from_raw_mode(stat.st_mode);
        if kind.is_dir() {
            return Err(Error::new(ErrorKind::Input, "is a directory, not a file").at(Place::file(path)));
        }
        let identity = kind.is_file().then_some(stat);
        // Standard input may be a file whose offset someone has moved: it is read from there.
        let start = if is_stdin(path) { rustix::fs::tell(&file).unwrap_or(0) } else { 0 };
        let mapped = (mmap && identity.is_some_and(tells_its_size) && start == 0)
            .then(|| MappedFile::new(&file, LastWords::new(&changed(path, purpose), &unreadable(path))))
            .and_then(std::io::Result::ok);
        Ok(Self { path: path.to_owned(), purpose, file, mapped, identity, start })
    }

    /// The map, where there is one.
    pub(crate) fn mapped(&self) -> Option<&MappedFile> {
        self.mapped.as_ref()
    }

    /// The descriptor, for reading through a buffer.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Bytes to be read, where that is known before reading.
    pub(crate) fn size(&self) -> Option<u64> {
        self.identity.filter(|stat| tells_its_size(*stat)).map(|stat| (stat.st_size as u64).saturating_sub(self.start))
    }

    /// The cause of an EFAULT from a system call that read from the map, where a direct access would have raised
    /// SIGBUS: the file changed, or the disk could not read a page.
    fn fault(&self) -> Error {
        self.check_unchanged().err().unwrap_or_else(|| unreadable(&self.path))
    }

    /// Attributes an error of a write directly from the map: EFAULT means that the map could not be read, so this input
    /// failed, not the output.
    pub(crate) fn attribute(&self, error: Error) -> Error {
        if error.os_error() == Some(libc::EFAULT) && self.mapped.is_some() { self.fault() } else { error }
    }

    /// The identity of the file; `None` if it cannot be read.
    pub(crate) fn id(&self) -> Option<FileId> {
        rustix::fs::fstat(&self.file).ok().map(|stat| FileId::of(&stat))
    }

    /// Fails when the file changed since it was opened: another size or modification time, or another
    /// change time with the same number of links, mode and owner (those alone change no byte).
    ///
    /// # Errors
    /// [`ErrorKind::Changed`].
    pub(crate) fn check_unchanged(&self) -> Result<()> {
        let Some(before) = &self.identity else { return Ok(()) };
        let now = rustix::io::retry_on_intr(|| rustix::fs::fstat(&self.file))
            .map_err(|error| Error::io(ErrorKind::Input, &self.path, "cannot read", error.into()))?;
        let content = |stat: &Stat| (stat.st_size, stat.st_mtime, stat.st_mtime_nsec);
        let change = |stat: &Stat| (stat.st_ctime, stat.st_ctime_nsec);
        let holder = |stat: &Stat| (stat.st_nlink, stat.st_mode, stat.st_uid, stat.st_gid);
        let same = if tells_its_size(*before) {
            content(&now) == content(before) && (change(&now) == change(before) || holder(&now) != holder(before))
        } else {
            now.st_size == 0
        };
        if same { Ok(()) } else { Err(changed(&self.path, self.purpose)) }
    }
}

/// Whether a regular file says how large it is: a size of 0 may be an empty file or one that has none to tell, as in
/// /proc, whose times tell nothing either.
fn tells_its_size(stat: Stat) -> bool {
    stat.st_size > 0
}

/// The error of a file that was changed while it was read.
fn changed(path: &Path, purpose: Use) -> Error {
    let (what, hint) = match purpose {
        Use::Join => {
            ("changed while it was read; nothing was published", "run again when nothing writes to it, or on a copy")
        }
        Use::Verify => ("changed while it was read", "verify again when nothing writes to it"),
    };
    Error::new(ErrorKind::Changed, what).at(Place::file(path)).hint(hint)
}

/// The error for a file with a page that the disk could not read.
fn unreadable(path: &Path) -> Error {
    Error::io(ErrorKind::Input, path, "cannot read", std::io::Error::from_raw_os_error(libc::EIO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_as_what_it_spoils() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("file");
        let told = |open: fn(&Path) -> Result<InputFile>| {
            std::fs::write(&path, "before").expect("written");
            let opened = open(&path).expect("opened");
            assert!(opened.check_unchanged().is_ok());
            std::fs::write(&path, "longer than before").expect("written");
            let error = opened.check_unchanged().expect_err("it changed");
            assert_eq!(error.kind(), ErrorKind::Changed);
            error.to_string()
        };
        assert!(told(|path| InputFile::open(path, true)).contains("; nothing was published\nrun again"));
        let text = told(|path| InputFile::to_verify(path, File::open(path).expect("opened"), true));
        assert!(text.ends_with("file: changed while it was read\nverify again when nothing writes to it"), "{text}");
    }
}
