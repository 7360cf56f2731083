//! The command line as a person or a script meets it: statuses, messages, and outputs to the byte.

#[allow(dead_code, reason = "shared with the fault tests, which use more of it")]
#[path = "../common/mod.rs"]
mod common;

mod curated;
mod edited;
mod golden;
mod json;
mod options;
mod pipes;
mod settings;
mod statuses;
mod terminal;
mod variables;
mod verify;
