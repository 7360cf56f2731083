//! The command line from outside: exit statuses, messages, and the exact bytes of outputs.

#[allow(dead_code, reason = "shared with the fault tests, which use more of it")]
#[path = "../common/mod.rs"]
mod common;

mod curated;
mod edited;
mod golden;
mod json;
mod options;
mod pipes;
mod progress;
mod screen;
mod settings;
mod statuses;
mod terminal;
mod variables;
mod verify;
