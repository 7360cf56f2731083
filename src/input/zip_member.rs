//! The single file in a zip archive.
//!
//! The list of the members is at the end of an archive, so it is read first, at its place in the file. Then the archive
//! is read once from front to back, so that its fingerprint covers all of it.

use super::file::InputFile;
use super::file_kind::{ForeignKind, StoredForm};
use super::foreign::{archive_in_a_pipe, damaged_archive, empty_archive, foreign, several_members, unreadable_archive};
use super::stored_bytes::StoredBytes;
use crate::error::{Error, ErrorKind, Result};
use flate2::bufread::DeflateDecoder;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Take};
use std::os::unix::fs::FileExt;
use std::path::Path;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

/// Where the single member is in its archive.
#[derive(Debug)]
struct Location {
    /// Offset of its data, from 0.
    start: u64,
    /// Bytes of its data.
    stored: u64,
    /// Bytes of its content, and their CRC-32.
    size: u64,
    crc32: u32,
    deflated: bool,
}

/// The content of the single member of an archive.
#[derive(Debug)]
pub(super) struct ZipMember<'m> {
    content: Content<'m>,
    location: Location,
    size: u64,
    crc: crc32fast::Hasher,
}

#[derive(Debug)]
enum Content<'m> {
    Stored(Take<StoredBytes<'m>>),
    Deflated(Box<DeflateDecoder<Take<StoredBytes<'m>>>>),
}

impl<'m> ZipMember<'m> {
    /// Finds the single member of the archive `file`, whose bytes are `stored`, and reads up to its data.
    ///
    /// # Errors
    /// [`ErrorKind::Format`](crate::ErrorKind::Format) if the archive is in a pipe, has another number of files than
    /// one, or is compressed or encrypted in a way that is not read;
    /// [`ErrorKind::Malformed`](crate::ErrorKind::Malformed) if it is damaged.
    pub(super) fn open(file: &InputFile, mut stored: StoredBytes<'m>) -> Result<Self> {
        let location = locate(file)?;
        stored.skip(location.start).map_err(|error| unreadable(error, &file.path))?;
        let data = stored.take(location.stored);
        let content = match location.deflated {
            true => Content::Deflated(Box::new(DeflateDecoder::new(data))),
            false => Content::Stored(data),
        };
        Ok(Self { content, location, size: 0, crc: crc32fast::Hasher::new() })
    }

    /// Checks the content at its end, and reads the rest of the archive.
    fn finish(&mut self) -> io::Result<()> {
        if (self.size, self.crc.clone().finalize()) != (self.location.size, self.location.crc32) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "its size or its checksum is not that in the list"));
        }
        let data = match &mut self.content {
            Content::Stored(data) => data,
            Content::Deflated(decoder) => decoder.get_mut(),
        };
        data.get_mut().skip(u64::MAX)
    }
}

impl Read for ZipMember<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = match &mut self.content {
            Content::Stored(data) => data.read(buffer)?,
            Content::Deflated(decoder) => decoder.read(buffer)?,
        };
        if len == 0 && !buffer.is_empty() {
            self.finish()?;
        }
        self.size += len as u64;
        self.crc.update(&buffer[..len]);
        Ok(len)
    }
}

/// The error for an archive that cannot be read: that of the input or of the system, if there is one.
fn unreadable(error: io::Error, path: &Path) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => error,
        Err(error) if error.raw_os_error().is_some() => Error::io(ErrorKind::Input, path, "cannot read", error),
        Err(error) => damaged_archive(&error.to_string(), path),
    }
}

/// Finds the single member of an archive.
fn locate(file: &InputFile) -> Result<Location> {
    let path = &*file.path;
    let size = file.size().ok_or_else(|| archive_in_a_pipe(path))?;
    let damaged = |error: ZipError| match error {
        ZipError::Io(error) => unreadable(error, path),
        error => damaged_archive(&error.to_string(), path),
    };
    let (descriptor, start) = (&*file.descriptor()?, file.start());
    let reader = BufReader::new(At { file: descriptor, start, at: 0, size });
    let mut archive = ZipArchive::new(reader).map_err(damaged)?;
    let (mut first, mut names) = (None, vec![]);
    for index in 0..archive.len() {
        let member = archive.by_index_raw(index).map_err(damaged)?;
        let name = member.name().map_err(damaged)?.into_owned();
        if name == "xl/workbook.xml" {
            return Err(foreign(ForeignKind::Excel, StoredForm::default(), path));
        }
        // Archives made on a Mac contain metadata beside the files.
        let is_metadata = name.starts_with("__MACOSX/") || name.rsplit('/').next() == Some(".DS_Store");
        if member.is_dir() || is_metadata {
            continue;
        }
        let location = Location {
            start: member.data_start().unwrap_or(0),
            stored: member.compressed_size(),
            size: member.size(),
            crc32: member.crc32(),
            deflated: member.compression() == CompressionMethod::DEFLATE,
        };
        first.get_or_insert((location, member.compression(), member.encrypted()));
        names.push(name);
    }
    match first {
        None => Err(empty_archive(path)),
        Some(_) if names.len() > 1 => Err(several_members(&names, path)),
        Some((_, _, true)) => Err(unreadable_archive("is an encrypted zip archive".into(), path)),
        Some((location, method, _)) if location.deflated || method == CompressionMethod::STORE => Ok(location),
        Some((_, method, _)) => {
            Err(unreadable_archive(format!("is a zip archive with a compression that is not read: {method}"), path))
        }
    }
}

/// Reads a file at any place, without moving the offset of its descriptor.
struct At<'m> {
    file: &'m File,
    /// The offset in the descriptor at which the archive begins.
    start: u64,
    at: u64,
    size: u64,
}

impl Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.file.read_at(buffer, self.start + self.at)?;
        self.at += len as u64;
        Ok(len)
    }
}

impl Seek for At<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
