//! Values without I/O: how text becomes keys, amounts, ages and fields, and why a record is rejected.

pub(crate) mod age_group;
pub(crate) mod amount;
pub(crate) mod columns;
pub(crate) mod dialect;
pub(crate) mod inputs;
pub(crate) mod key;
pub(crate) mod max_rejects;
pub(crate) mod money;
pub(crate) mod readable;
pub(crate) mod reject;
