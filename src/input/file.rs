//! An open input file, and the check that it has not changed since it was opened.

use super::file_kind::{FileKind, RECOGNISED_BYTES, recognise};
use super::mmap::MappedFile;
use crate::crash::LastWords;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::fs::directory::FileId;
use crate::model::inputs::is_stdin;
use rustix::fs::{OFlags, Stat};
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Why a file is read; the message about a changed file depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// An input of a run that publishes a set.
    Join,
    /// A file of a published set or an input of it, which is compared with its report.
    Verify,
}

/// An open input.
#[derive(Debug)]
pub struct InputFile {
    /// The path as given.
    pub(crate) path: PathBuf,
    purpose: Purpose,
    file: File,
    /// The map if the file is mapped; other files are read through a buffer.
    mapped: Option<MappedFile>,
    /// The metadata of a regular file when it was opened; `None` for pipes and devices.
    stat_at_open: Option<Stat>,
    /// The offset at which reading begins: 0, except for standard input.
    start: u64,
}

impl InputFile {
    /// Opens a file, FIFO or device; `-` is standard input.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] if it cannot be opened or is a directory.
    pub fn open(path: &Path, mmap: bool) -> Result<Self> {
        Self::open_for(Purpose::Join, path, mmap)
    }

    /// Opens an input of a published set, to be verified.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub(crate) fn reopen(path: &Path, mmap: bool) -> Result<Self> {
        Self::open_for(Purpose::Verify, path, mmap)
    }

    fn open_for(purpose: Purpose, path: &Path, mmap: bool) -> Result<Self> {
        let cannot = |error: std::io::Error| Error::io(ErrorKind::Input, path, "cannot open", error);
        let file = if is_stdin(path) {
            File::from(std::io::stdin().as_fd().try_clone_to_owned().map_err(cannot)?)
        } else {
            // Without O_NONBLOCK, opening a FIFO would block until there is a writer, and ignore an interrupt.
            let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
            let open = || rustix::fs::open(path, flags, rustix::fs::Mode::empty());
            let file: OwnedFd = rustix::io::retry_on_intr(open).map_err(|error| cannot(error.into()))?;
            File::from(file)
        };
        Self::from_file(purpose, path, file, mmap)
    }

    /// An open file of a published set, to be verified; `path` is for messages.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub(crate) fn open_for_verification(path: &Path, file: File) -> Result<Self> {
        Self::from_file(Purpose::Verify, path, file, true)
    }

    fn from_file(purpose: Purpose, path: &Path, file: File, mmap: bool) -> Result<Self> {
        let cannot = |error: std::io::Error| Error::io(ErrorKind::Input, path, "cannot open", error);
        let stat = rustix::io::retry_on_intr(|| rustix::fs::fstat(&file)).map_err(|error| cannot(error.into()))?;
        let kind = rustix::fs::FileType::from_raw_mode(stat.st_mode);
        if kind.is_dir() {
            return Err(Error::new(ErrorKind::Input, "is a directory, not a file").at(Place::file(path)));
        }
        let stat_at_open = kind.is_file().then_some(stat);
        // Standard input may be a file whose offset is not 0: reading starts at the offset.
        let start = if is_stdin(path) { rustix::fs::tell(&file).unwrap_or(0) } else { 0 };
        // A file that is decoded is read through a buffer: the decoder needs its bytes once, in order.
        let mapped = (mmap && stat_at_open.is_some_and(has_known_size) && start == 0 && !is_encoded(&file))
            .then(|| MappedFile::new(&file, LastWords::new(&changed(path, purpose), &unreadable(path))))
            .and_then(std::io::Result::ok);
        Ok(Self { path: path.to_owned(), purpose, file, mapped, stat_at_open, start })
    }

    /// The map, if there is one.
    pub(crate) fn mapped(&self) -> Option<&MappedFile> {
        self.mapped.as_ref()
    }

    /// The descriptor, for reading through a buffer.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// The offset at which reading begins: 0, except for standard input.
    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    /// Moves a regular file back to where reading began; `None` if that is not possible.
    pub(crate) fn rewind(&self) -> Option<()> {
        self.stat_at_open?;
        rustix::fs::seek(&self.file, rustix::fs::SeekFrom::Start(self.start)).ok().map(drop)
    }

    /// The number of bytes to read; `None` if it is unknown before the end.
    pub(crate) fn size(&self) -> Option<u64> {
        self.stat_at_open
            .filter(|stat| has_known_size(*stat))
            .map(|stat| (stat.st_size as u64).saturating_sub(self.start))
    }

    /// The error after a system call failed to read from the map with EFAULT (a direct access would have raised
    /// SIGBUS): the file changed, or the disk could not read a page.
    fn map_error(&self) -> Error {
        self.check_unchanged().err().unwrap_or_else(|| unreadable(&self.path))
    }

    /// Attributes the error of a write directly from the map to its cause: EFAULT means that this input failed, not
    /// the output.
    pub(crate) fn attribute(&self, error: Error) -> Error {
        if error.os_error() == Some(libc::EFAULT) && self.mapped.is_some() { self.map_error() } else { error }
    }

    /// The identity of the file; `None` if it cannot be read.
    pub(crate) fn id(&self) -> Option<FileId> {
        rustix::fs::fstat(&self.file).ok().map(|stat| FileId::of(&stat))
    }

    /// Fails if the file changed since it was opened: its size, modification time or change time differs. A different
    /// change time alone is ignored if the link count, mode or owner differs too, because that explains it.
    ///
    /// # Errors
    /// [`ErrorKind::Changed`].
    pub(crate) fn check_unchanged(&self) -> Result<()> {
        let Some(before) = &self.stat_at_open else { return Ok(()) };
        let now = rustix::io::retry_on_intr(|| rustix::fs::fstat(&self.file))
            .map_err(|error| Error::io(ErrorKind::Input, &self.path, "cannot read", error.into()))?;
        let content = |stat: &Stat| (stat.st_size, stat.st_mtime, stat.st_mtime_nsec);
        let change_time = |stat: &Stat| (stat.st_ctime, stat.st_ctime_nsec);
        let inode_data = |stat: &Stat| (stat.st_nlink, stat.st_mode, stat.st_uid, stat.st_gid);
        let same = if has_known_size(*before) {
            content(&now) == content(before)
                && (change_time(&now) == change_time(before) || inode_data(&now) != inode_data(before))
        } else {
            now.st_size == 0
        };
        if same { Ok(()) } else { Err(changed(&self.path, self.purpose)) }
    }
}

/// Whether a decoder has to read a regular file. A file that cannot be read is not; reading it reports the error later.
fn is_encoded(file: &File) -> bool {
    let mut start = [0; RECOGNISED_BYTES];
    let len = file.read_at(&mut start, 0).unwrap_or(0);
    matches!(recognise(&start[..len], true), Some(FileKind::Compressed(_) | FileKind::Utf16 { .. }))
}

/// Whether the size of a regular file is known. It is unknown if it is reported as 0, because files in /proc report a
/// size of 0, and meaningless times.
fn has_known_size(stat: Stat) -> bool {
    stat.st_size > 0
}

/// The error for a file that changed while it was read.
fn changed(path: &Path, purpose: Purpose) -> Error {
    let (what, hint) = match purpose {
        Purpose::Join => {
            ("changed while it was read; nothing was published", "run again when nothing writes to it, or on a copy")
        }
        Purpose::Verify => ("changed while it was read", "verify again when nothing writes to it"),
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
    fn the_message_about_a_change_depends_on_the_purpose() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("file");
        let message = |open: fn(&Path) -> Result<InputFile>| {
            std::fs::write(&path, "before").expect("written");
            let file = open(&path).expect("opened");
            assert!(file.check_unchanged().is_ok());
            std::fs::write(&path, "longer than before").expect("written");
            let error = file.check_unchanged().expect_err("it changed");
            assert_eq!(error.kind(), ErrorKind::Changed);
            error.to_string()
        };
        assert!(message(|path| InputFile::open(path, true)).contains("; nothing was published\nrun again"));
        let text = message(|path| InputFile::open_for_verification(path, File::open(path).expect("opened")));
        assert!(text.ends_with("file: changed while it was read\nverify again when nothing writes to it"), "{text}");
    }
}
