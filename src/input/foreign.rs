//! The errors for files that are not CSV, each with the shortest way to make them CSV.

use super::file_kind::{ForeignKind, InputCompression, StoredForm};
use crate::error::{Error, ErrorKind, Place, Setting, escape, shell_word, words};
use crate::model::inputs::is_stdin;
use std::path::Path;

/// The hint for a file whose end or some other part is missing.
pub(super) const COPY_AGAIN: &str = "copy it again, or repeat the download";

/// Maximum number of members of an archive that a message lists.
const MAX_LISTED: usize = 5;

/// The hint for an input that has to be converted: a shell command. `program` reads standard input.
pub(super) fn convert_with(path: &Path, stored: StoredForm, program: &str) -> String {
    let file = if is_stdin(path) { String::new() } else { format!(" {}", shell_word(path)) };
    let recode = stored.encoding.map(|encoding| format!("iconv -f {} -t UTF-8", encoding.name()));
    let stages = match (stored.compression, recode) {
        (Some(compression), recode) => {
            let decompress = match compression {
                InputCompression::Gzip => "gzip -dc",
                InputCompression::Zstd => "zstd -dc",
                InputCompression::Bzip2 => "bzip2 -dc",
                InputCompression::Xz => "xz -dc",
                InputCompression::Zip => "unzip -p",
            };
            [Some(format!("{decompress}{file}")), recode, Some(program.to_owned())]
        }
        (None, Some(recode)) => [Some(format!("{recode}{file}")), Some(program.to_owned()), None],
        (None, None) if is_stdin(path) => [Some(program.to_owned()), None, None],
        (None, None) => [Some(format!("{program} <{file}")), None, None],
    };
    let command = stages.into_iter().flatten().collect::<Vec<_>>().join(" | ");
    match is_stdin(path) {
        true => format!("convert it first: {command}"),
        false => format!("convert it first: {command} > {}", unused_name("converted")),
    }
}

/// A name for a converted file that does not exist in the current directory: such a command must not replace a file,
/// least of all the one that it reads.
fn unused_name(stem: &str) -> String {
    let names = (1..).map(|number| if number == 1 { format!("{stem}.csv") } else { format!("{stem}-{number}.csv") });
    let mut unused = names.filter(|name| !Path::new(name).exists());
    // Never `None`: the names do not end.
    unused.next().unwrap_or_default()
}

/// The error for a file of another kind.
pub(super) fn foreign(kind: ForeignKind, stored: StoredForm, path: &Path) -> Error {
    let not_csv = |what: &str, hint: String| {
        let is_compressed = stored.compression.is_some() && kind != ForeignKind::Json;
        let hint = if is_compressed { format!("decompress it, then {hint}") } else { hint };
        error(path, format!("is {what}, not CSV")).hint(hint)
    };
    let file = if is_stdin(path) { "FILE".to_owned() } else { shell_word(path) };
    match kind {
        ForeignKind::Excel => not_csv(
            "an Excel workbook",
            format!(
                "save its sheet as \"CSV UTF-8\" in Excel, or convert it: libreoffice --headless --convert-to csv {file}"
            ),
        ),
        ForeignKind::Parquet => not_csv(
            "a Parquet file",
            format!(
                "convert it: duckdb -csv -c \"FROM read_parquet({})\" > {}",
                sql_text(path),
                unused_name("converted")
            ),
        ),
        ForeignKind::Sqlite => not_csv(
            "an SQLite database",
            format!(
                "export its table: sqlite3 -header -csv {file} 'SELECT * FROM TABLE_NAME' > {}",
                unused_name("converted")
            ),
        ),
        ForeignKind::Pdf => not_csv(
            "a PDF document",
            "ask for the data as CSV, or copy its tables into a spreadsheet: a PDF has no records".into(),
        ),
        ForeignKind::Html => not_csv(
            "an HTML page",
            "open it in a browser: it may be a login page or an error message instead of the download".into(),
        ),
        ForeignKind::Xml => not_csv("XML", "export the data as CSV".into()),
        ForeignKind::Json => not_csv("JSON", convert_with(path, stored, "mlr --ijson --ocsv unsparsify")),
        ForeignKind::Compressed(name) => {
            error(path, format!("is compressed with {name}, which is not read")).hint("decompress it first")
        }
        // Text, but in an encoding that is not read.
        ForeignKind::Utf32 => Error::new(ErrorKind::Malformed, "is in UTF-32")
            .at(Place::file(path))
            .hint(convert_with(path, stored, "iconv -f UTF-32 -t UTF-8")),
    }
}

/// The error for text that seems to be UTF-16 but has no byte order mark.
pub(super) fn unmarked_utf16(encoding: &'static encoding_rs::Encoding, setting: Setting, path: &Path) -> Error {
    let name = encoding.name();
    Error::new(ErrorKind::Malformed, format!("seems to be in {name}, without a byte order mark"))
        .at(Place::file(path))
        .hint_words(words!["if it is, use ", setting, format!(" {}", name.to_lowercase())])
}

/// The error for text whose byte order mark contradicts the encoding of the options.
pub(super) fn other_mark(encoding: &'static encoding_rs::Encoding, setting: Setting, path: &Path) -> Error {
    Error::new(ErrorKind::Malformed, format!("begins with the byte order mark of {}", encoding.name()))
        .at(Place::file(path))
        .hint_words(words!["if the mark is right, use ", setting, " auto"])
}

/// The error for a file that was compressed more than once.
pub(super) fn compressed_twice(path: &Path) -> Error {
    error(path, "is compressed twice".into()).hint("decompress it once, and run again on the result")
}

/// The error for an archive with several files, of which it is not clear which one to read.
pub(super) fn several_members(names: &[String], path: &Path) -> Error {
    let listed: Vec<String> = names.iter().take(MAX_LISTED).map(|name| escape(name.as_bytes())).collect();
    let more = names.len().saturating_sub(MAX_LISTED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    // unzip takes names as patterns.
    let pattern: String = names.first().map_or("FILE", String::as_str).chars().fold(String::new(), |pattern, next| {
        let escape = if matches!(next, '[' | ']' | '*' | '?' | '\\') { "\\" } else { "" };
        pattern + escape + next.encode_utf8(&mut [0; 4])
    });
    let first = shell_word(Path::new(&pattern));
    error(path, format!("contains several files: {}{more}", listed.join(", "))).hint(format!(
        "unpack the one to read: unzip -p {} {first} > {}",
        shell_word(path),
        unused_name("unpacked")
    ))
}

/// The error for an archive without a file.
pub(super) fn empty_archive(path: &Path) -> Error {
    error(path, "is a zip archive without a file".into()).hint("check that this is the right archive")
}

/// The error for an archive that cannot be read for another reason.
pub(super) fn unreadable_archive(what: String, path: &Path) -> Error {
    error(path, what).hint(format!("unpack it first: unzip {}", shell_word(path)))
}

/// The error for an archive whose list of files cannot be read.
pub(super) fn damaged_archive(why: &str, path: &Path) -> Error {
    Error::new(ErrorKind::Malformed, format!("is a damaged zip archive: {why}")).at(Place::file(path)).hint(COPY_AGAIN)
}

/// The error for an archive that is read from a pipe.
pub(super) fn archive_in_a_pipe(path: &Path) -> Error {
    error(path, "is a zip archive in a pipe, which cannot be read: the list of its files is at its end".into())
        .hint("save it as a file first, or unpack it on the way: unzip -p ARCHIVE FILE | spendfold ...")
}

fn error(path: &Path, what: String) -> Error {
    Error::new(ErrorKind::Format, what).at(Place::file(path))
}

/// A path as text in SQL, within double quotes of a shell.
fn sql_text(path: &Path) -> String {
    let text = if is_stdin(path) { "FILE".into() } else { crate::error::escape_path(path).replace('\'', "''") };
    let mut quoted = String::new();
    for character in text.chars() {
        if matches!(character, '"' | '\\' | '$' | '`') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    format!("'{quoted}'")
}
