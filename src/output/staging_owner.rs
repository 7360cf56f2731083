//! The host that owns a staging directory on a network file system.
//!
//! flock(2) on a network file system may be local to the host. So a staging directory there records its host, and a run
//! refuses to clear the staging directory of another host, which may be in use. On a local file system no record is
//! needed, because every process sees the lock.

use crate::error::{Error, ErrorKind, Place, Result, escape};
use crate::fs::directory::Dir;
use std::io::{self, Write};

/// The file in the staging directory that records the host and the process.
pub(super) const NAME: &str = "owner";

/// Maximum size of that file, in bytes.
const MAX_OWNER_BYTES: u64 = 4096;

/// File system types (`f_type` of statfs(2)) whose locks may be local to a host.
const NETWORK_FILE_SYSTEMS: [u64; 10] = [
    0x6969,      // NFS
    0x517b,      // SMB
    0xfe53_4d42, // SMB2
    0xff53_4d42, // CIFS
    0x5346_414f, // AFS
    0x00c3_6400, // Ceph
    0x0102_1997, // 9P
    0x0bd0_0bd0, // Lustre
    0x4750_4653, // GPFS
    0x6573_5546, // FUSE, used by sshfs and many others
];

/// Records this host as the owner of a staging directory on a network file system.
///
/// # Errors
/// [`ErrorKind::Output`] when the file cannot be written.
pub(super) fn record(out: &Dir, staging: &Dir) -> Result<()> {
    if !is_network(out) {
        return Ok(());
    }
    let text = format!("{} {}\n", host(), std::process::id());
    let written = staging.create(NAME).map_err(io::Error::from).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| Error::io(ErrorKind::Output, &staging.path_of(NAME), "cannot write", error))
}

/// Refuses to clear a staging directory that another host may be using.
///
/// # Errors
/// [`ErrorKind::Locked`], naming the host.
pub(super) fn refuse_foreign(out: &Dir, staging: &str) -> Result<()> {
    if !is_network(out) {
        return Ok(());
    }
    // A directory without a readable record is taken to be that of a run killed before it recorded its host.
    let Ok(staging) = out.child(staging) else { return Ok(()) };
    let Ok(Some(owner)) = staging.read_file(NAME, MAX_OWNER_BYTES, ErrorKind::Output, "cannot read") else {
        return Ok(());
    };
    let owner = String::from_utf8_lossy(&owner);
    match owner.split_once(' ') {
        Some((other, process)) if other != host() => {
            let (other, process) = (escape(other.as_bytes()), escape(process.trim().as_bytes()));
            let text =
                format!("a run on the host {other} (process {process}) is writing into this directory, or was killed");
            Err(Error::new(ErrorKind::Locked, text)
                .at(Place::file(&staging.path_of(NAME)))
                .hint("wait for it to end; if it was killed, remove the directory that this file is in; files named old-… and ….old in it belong to the old set"))
        }
        _ => Ok(()),
    }
}

fn host() -> String {
    String::from_utf8_lossy(rustix::system::uname().nodename().to_bytes()).into_owned()
}

fn is_network(dir: &Dir) -> bool {
    #[cfg(feature = "fault-injection")]
    if crate::fault_injection::is("network-file-system") {
        return true;
    }
    rustix::io::retry_on_intr(|| rustix::fs::fstatfs(dir))
        .is_ok_and(|found| NETWORK_FILE_SYSTEMS.contains(&(found.f_type as u64)))
}
