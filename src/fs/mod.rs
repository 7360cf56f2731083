//! System calls on files and directories that the standard library lacks.

pub(crate) mod close;
pub(crate) mod directory;
pub(crate) mod writeback;
