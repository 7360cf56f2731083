//! The customers file: who each customer is, and the record that says so.

pub(crate) mod ages;
pub(crate) mod file;
pub(crate) mod names;
pub(crate) mod people;
