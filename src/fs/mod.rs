//! File-system calls that the standard library lacks: operations relative to a directory descriptor, close(2) with its
//! error, and early writeback.

pub(crate) mod close;
pub(crate) mod directory;
pub(crate) mod writeback;
