//! The command line from outside: exit statuses, messages, and the exact bytes of outputs.

#[allow(dead_code, reason = "shared with the fault tests, which use more of it")]
#[path = "../common/mod.rs"]
mod common;

mod arranged;
mod compress;
mod curated;
mod database_exports;
mod digest;
mod edited;
mod exports;
mod golden;
mod headers;
mod held;
mod hints;
mod inputs;
mod json;
mod messages;
mod notices;
mod options;
mod parts;
mod paths;
mod pipes;
mod progress;
mod screen;
mod settings;
mod statuses;
mod stored;
mod summary;
mod terminal;
mod variables;
mod verify;
