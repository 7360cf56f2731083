//! An input file, open or to be opened again, and the check that it has not changed since it was opened.

use super::file_kind::{FileKind, RECOGNISED_BYTES, recognise};
use super::mmap::MappedFile;
use crate::crash::LastWords;
use crate::error::{Error, ErrorKind, Place, Result, escape_path};
use crate::fs::directory::FileId;
use crate::model::inputs::is_stdin;
use rustix::fs::{OFlags, Stat};
use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a file is read; the message about a changed file depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// An input of a run that publishes a set.
    Join,
    /// A file of a published set or an input of it, which is compared with its report.
    Verify,
}

/// An input that has been opened. Its identity at that time shows later whether it has changed.
#[derive(Debug)]
pub struct InputFile {
    /// The path as given.
    pub(crate) path: PathBuf,
    purpose: Purpose,
    /// The open file; `None` if it is opened again each time it is read.
    kept: Option<OpenFile>,
    /// Whether it is read from a map. A file that is opened again is read through a buffer if it cannot be mapped then.
    maps: bool,
    /// The metadata of a regular file when it was opened; `None` for pipes and devices.
    stat_at_open: Option<Stat>,
    /// The offset at which reading begins: 0, except for standard input.
    start: u64,
}

/// A file that is open for reading.
#[derive(Clone, Debug)]
pub(super) struct OpenFile {
    pub(super) file: Arc<File>,
    /// The map if the file is mapped; other files are read through a buffer.
    pub(super) map: Option<Arc<MappedFile>>,
}

/// What stays open between the uses of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// The file stays open, so renaming or removing it has no effect on the run.
    Open,
    /// A regular file is opened again each time it is read. This is for more files than a process may have open.
    Closed,
}

impl Keep {
    /// For a run with this many inputs. Up to 128 stay open, far fewer than the usual limit of 1024 open files, so that
    /// renaming an input during a run has no effect on it.
    pub(crate) fn of_inputs(count: usize) -> Self {
        const MOST_KEPT: usize = 128;
        if count <= MOST_KEPT { Self::Open } else { Self::Closed }
    }
}

impl InputFile {
    /// Opens a file, FIFO or device; `-` is standard input.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] if it cannot be opened or is a directory.
    pub fn open(path: &Path, mmap: bool) -> Result<Self> {
        Self::open_for(Purpose::Join, path, mmap, Keep::Open)
    }

    /// Opens one of many inputs.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub(crate) fn open_part(path: &Path, mmap: bool, keep: Keep) -> Result<Self> {
        Self::open_for(Purpose::Join, path, mmap, keep)
    }

    /// Opens an input of a published set, to be verified.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub(crate) fn reopen(path: &Path, mmap: bool, keep: Keep) -> Result<Self> {
        Self::open_for(Purpose::Verify, path, mmap, keep)
    }

    fn open_for(purpose: Purpose, path: &Path, mmap: bool, keep: Keep) -> Result<Self> {
        let file = if is_stdin(path) {
            let stdin = std::io::stdin().as_fd().try_clone_to_owned();
            File::from(stdin.map_err(|error| cannot_open(path, error))?)
        } else {
            open(path)?
        };
        Self::from_file(purpose, path, file, mmap, keep)
    }

    /// An open file of a published set, to be verified; `path` is for messages.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub(crate) fn open_for_verification(path: &Path, file: File) -> Result<Self> {
        Self::from_file(Purpose::Verify, path, file, true, Keep::Open)
    }

    fn from_file(purpose: Purpose, path: &Path, file: File, mmap: bool, keep: Keep) -> Result<Self> {
        let stat = stat(&file).map_err(|error| cannot_open(path, error.into()))?;
        let kind = rustix::fs::FileType::from_raw_mode(stat.st_mode);
        if kind.is_dir() {
            return Err(Error::new(ErrorKind::Input, "is a directory, not a file").at(Place::file(path)));
        }
        let stat_at_open = kind.is_file().then_some(stat);
        // Standard input may be a file whose offset is not 0: reading starts at the offset.
        let start = if is_stdin(path) { rustix::fs::tell(&file).unwrap_or(0) } else { 0 };
        // A file that is decoded is read through a buffer: the decoder needs its bytes once, in order.
        let maps = mmap && stat_at_open.is_some_and(has_known_size) && start == 0 && !is_encoded(&file);
        let mut input = Self { path: path.to_owned(), purpose, kept: None, maps, stat_at_open, start };
        if keep == Keep::Open || is_stdin(path) || !kind.is_file() {
            let kept = input.map(file);
            input.maps = kept.map.is_some();
            input.kept = Some(kept);
        }
        Ok(input)
    }

    /// Maps an open file, unless it is read through a buffer or cannot be mapped.
    fn map(&self, file: File) -> OpenFile {
        let file = Arc::new(file);
        let words = || LastWords::new(&changed(&self.path, self.purpose), &unreadable(&self.path));
        let map = self.maps.then(|| MappedFile::new(Arc::clone(&file), words()));
        OpenFile { file, map: map.and_then(std::io::Result::ok).map(Arc::new) }
    }

    /// The file, open, and at the offset at which reading begins.
    ///
    /// # Errors
    /// For a file that is opened again: [`ErrorKind::Input`] if it cannot be opened, and [`ErrorKind::Changed`] if it
    /// is another file or has changed.
    pub(super) fn to_read(&self) -> Result<OpenFile> {
        let Some(kept) = &self.kept else { return self.open_again().map(|file| self.map(file)) };
        if self.stat_at_open.is_some() {
            // An earlier reader may have moved the offset. An error is ignored: a file in which seeking fails has no
            // offset to reset.
            let _ = rustix::fs::seek(&kept.file, rustix::fs::SeekFrom::Start(self.start));
        }
        Ok(kept.clone())
    }

    fn open_again(&self) -> Result<File> {
        let file = open(&self.path).map_err(|error| match error.os_error() {
            Some(libc::ENOENT) => changed(&self.path, self.purpose),
            _ => error,
        })?;
        let now = stat(&file).map_err(|error| cannot_open(&self.path, error.into()))?;
        self.check_same(&now)?;
        Ok(file)
    }

    /// Whether the file can be read more than once.
    pub(crate) fn is_regular(&self) -> bool {
        self.stat_at_open.is_some()
    }

    /// Whether the file is read from a map.
    pub(crate) fn is_mapped(&self) -> bool {
        self.maps
    }

    /// The descriptor, for reading at any place. Its own offset must not be moved.
    ///
    /// # Errors
    /// As for [`to_read`](Self::to_read).
    pub(crate) fn descriptor(&self) -> Result<Arc<File>> {
        match &self.kept {
            Some(kept) => Ok(Arc::clone(&kept.file)),
            None => self.open_again().map(Arc::new),
        }
    }

    /// The offset at which reading begins: 0, except for standard input.
    pub(crate) fn start(&self) -> u64 {
        self.start
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
        if error.os_error() == Some(libc::EFAULT) && self.maps { self.map_error() } else { error }
    }

    /// The identity of a regular file when it was opened; of others, that of the open file.
    pub(crate) fn id(&self) -> Option<FileId> {
        let stat = self.stat_at_open.or_else(|| stat(&self.kept.as_ref()?.file).ok());
        stat.map(|stat| FileId::of(&stat))
    }

    /// Fails if the file changed since it was opened: its size, modification time or change time differs. A different
    /// change time alone is ignored if the link count, mode or owner differs too, because that explains it. A file that
    /// is not kept open must also still be the file at its path.
    ///
    /// # Errors
    /// [`ErrorKind::Changed`].
    pub(crate) fn check_unchanged(&self) -> Result<()> {
        if self.stat_at_open.is_none() {
            return Ok(());
        }
        let now = match &self.kept {
            Some(kept) => stat(&kept.file),
            None => rustix::io::retry_on_intr(|| rustix::fs::stat(&self.path)),
        };
        match now {
            Ok(now) => self.check_same(&now),
            Err(rustix::io::Errno::NOENT) => Err(changed(&self.path, self.purpose)),
            Err(error) => Err(Error::io(ErrorKind::Input, &self.path, "cannot read", error.into())),
        }
    }

    /// Fails if the file with this metadata is not the regular file that was opened, or has changed.
    fn check_same(&self, now: &Stat) -> Result<()> {
        let Some(before) = &self.stat_at_open else { return Ok(()) };
        let content = |stat: &Stat| (FileId::of(stat), stat.st_size, stat.st_mtime, stat.st_mtime_nsec);
        let change_time = |stat: &Stat| (stat.st_ctime, stat.st_ctime_nsec);
        let inode_data = |stat: &Stat| (stat.st_nlink, stat.st_mode, stat.st_uid, stat.st_gid);
        let same = if has_known_size(*before) {
            content(now) == content(before)
                && (change_time(now) == change_time(before) || inode_data(now) != inode_data(before))
        } else {
            now.st_size == 0
        };
        if same { Ok(()) } else { Err(changed(&self.path, self.purpose)) }
    }
}

/// Opens a file for reading.
fn open(path: &Path) -> Result<File> {
    // Without O_NONBLOCK, opening a FIFO would block until there is a writer, and ignore an interrupt.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let open = || rustix::fs::open(path, flags, rustix::fs::Mode::empty());
    let file = rustix::io::retry_on_intr(open).map_err(|error| cannot_open(path, error.into()))?;
    Ok(File::from(file))
}

fn stat(file: &File) -> rustix::io::Result<Stat> {
    rustix::io::retry_on_intr(|| rustix::fs::fstat(file))
}

fn cannot_open(path: &Path, error: std::io::Error) -> Error {
    let target = std::fs::read_link(path).ok().filter(|_| error.kind() == std::io::ErrorKind::NotFound);
    match target {
        Some(target) => {
            let what = format!("is a symbolic link to {}, which cannot be opened", escape_path(&target));
            Error::io(ErrorKind::Input, path, &what, error).hint("restore the file there, or correct the link")
        }
        None => Error::io(ErrorKind::Input, path, "cannot open", error),
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
