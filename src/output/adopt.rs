//! Stages the files of a held set, so that they can be published like those of a run.

use super::publish::StagedName;
use super::report_parts::OutputFile;
use super::staging::Staging;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::fs::directory::Dir;
use crate::monitor::Monitor;
use rustix::fs::FileType;
use rustix::io::Errno;
use std::borrow::Cow;
use std::io::Read;

/// Size of the copy buffer, in bytes.
const COPY_BYTES: usize = 1 << 20;

impl Staging {
    /// Creates a file of the set from a finished one in `dir`: a hard link or, on a file system without hard links, a
    /// copy. The file in `dir` stays, so it is still there if this process is killed.
    ///
    /// # Errors
    /// [`ErrorKind::Output`] when the system refuses, if the file was replaced, or if a copy differs from `listed`; the
    /// error of `monitor` if it is cancelled or interrupted.
    pub(crate) fn adopt(&mut self, dir: &Dir, listed: &OutputFile, sync: bool, monitor: &Monitor) -> Result<()> {
        let name: Cow<'static, str> = listed.path.clone().into();
        let path = dir.path_of(&*name);
        let cannot = |what, error: Errno| Error::io(ErrorKind::Output, &path, what, error.into());
        let id = match dir.link(&name, &self.staging, &name) {
            Ok(()) => {
                let entry = self.staging.entry(&*name).map_err(|error| cannot("cannot check", error))?;
                entry.filter(|entry| entry.kind == FileType::RegularFile).map(|entry| entry.id)
            }
            Err(error) if is_without_links(error) => {
                return self.copy(dir, listed, sync, monitor);
            }
            Err(error) => return Err(cannot("cannot link", error)),
        };
        let Some(id) = id else {
            return Err(Error::new(ErrorKind::Output, "was replaced by another program").at(Place::file(&path)));
        };
        if sync && let Some(file) = self.staging.open_file(&*name, ErrorKind::Output, "cannot open")? {
            // The run that held the set may not have synced it.
            file.sync_all().map_err(|error| Error::io(ErrorKind::Output, &path, "cannot sync", error))?;
        }
        let pin = self.staging.pin(&name).ok().flatten();
        self.files.push(StagedName { name, id, _pin: pin });
        Ok(())
    }

    /// Creates a file of the set as a copy of one in `dir`.
    fn copy(&mut self, dir: &Dir, listed: &OutputFile, sync: bool, monitor: &Monitor) -> Result<()> {
        let path = dir.path_of(&listed.path);
        let cannot_read = |error| Error::io(ErrorKind::Output, &path, "cannot read", error);
        let opened = dir.open_file(&listed.path, ErrorKind::Output, "cannot open")?;
        let mut from = opened.ok_or_else(|| cannot_read(Errno::NOENT.into()))?;
        let mut to = self.create(listed.path.clone())?;
        let mut buffer = vec![0; COPY_BYTES];
        loop {
            monitor.check()?;
            match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(len) => to.write(&buffer[..len])?,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(cannot_read(error)),
            }
        }
        let copied = to.finish(sync)?.listed();
        if (copied.bytes, &copied.crc32) != (listed.bytes, &listed.crc32) {
            let text = "changed after the set was held; nothing was published";
            return Err(Error::new(ErrorKind::Output, text).at(Place::file(&path)));
        }
        Ok(())
    }
}

/// Whether the error means that no hard link to this file can be made here.
fn is_without_links(error: Errno) -> bool {
    matches!(error, Errno::PERM | Errno::MLINK | Errno::XDEV | Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP)
}
