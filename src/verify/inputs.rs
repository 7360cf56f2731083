//! Checks the inputs of a set: whether they are still those of the report, and whether joining them again gives the
//! set.

use super::answer_key::diff;
use super::check::Check;
use super::difference::{Against, Difference, InputsChecked};
use super::first_difference::{FirstDifference, locate};
use super::row_file::{FrameDecoder, RowFile, format_of};
use crate::config::{Columns, Config};
use crate::error::{Error, ErrorKind, Result, Setting, escape_line, escape_path};
use crate::input::file::{InputFile, Keep};
use crate::ledger::invariants::join_of;
use crate::model::age_group::AgeGroups;
use crate::model::csv_format::CsvFormat;
use crate::model::delimiter_source::DelimiterSource;
use crate::model::dialect::Dialect;
use crate::model::encoding::Encoding;
use crate::model::inputs::is_stdin;
use crate::model::limit::Limit;
use crate::model::sides::{Side, Sides};
use crate::output::compared_file::{ComparedFile, Mismatch};
use crate::output::file_names::{PAGE, REJECTS, REPORT, combined_name};
use crate::output::report_dialects::InputDialect;
use crate::output::report_json::Report;
use crate::output::report_parts::InputSummary;
use crate::run::rejoin::rejoin;
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The parts of a report that depend on the inputs and the options alone.
const JOINED: [&str; 14] = [
    "dialects",
    "customers",
    "purchases",
    "combined",
    "age_groups",
    "total_spending",
    "rejects",
    "reject_samples",
    "reject_patterns",
    "unmatched_samples",
    "notices",
    "exceeded",
    "outcome",
    "inputs",
];

/// The most characters of a line of the page that are shown, from the difference on.
const SHOWN_CHARS: usize = 40;

/// The result of checking an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It is still the input of the report.
    Same,
    /// It differs, or cannot be read.
    Different,
    /// It cannot be read a second time.
    Unchecked,
}

impl Check<'_> {
    /// Checks the inputs, and joins them again if all are still those of the report.
    pub(super) fn inputs(&mut self) -> Result<()> {
        let report = self.report;
        let states = report.inputs.iter().map(|input| self.input(input)).collect::<Result<Vec<State>>>()?;
        let checked = states.iter().filter(|state| **state != State::Unchecked).count();
        self.inputs = Some(InputsChecked { listed: states.len(), checked, joined: false });
        if states.contains(&State::Unchecked) {
            self.monitor.notice("the inputs were not joined again: not all of them can be read again".to_owned());
            return Ok(());
        }
        if states.contains(&State::Different) {
            return Ok(());
        }
        match self.config() {
            Ok(config) => {
                self.inputs = Some(InputsChecked { listed: states.len(), checked, joined: true });
                self.rejoin(&config)
            }
            Err(why) => {
                self.monitor.notice(format!("the inputs were not joined again: {}", escape_line(&why)));
                Ok(())
            }
        }
    }

    /// Compares an input with the report.
    fn input(&mut self, input: &InputSummary) -> Result<State> {
        let path = Path::new(&input.path);
        let unchecked = |why: &str| {
            self.monitor.notice(format!("{}: was not checked: {why}", escape_path(path)));
            Ok(State::Unchecked)
        };
        if input.path_lossy {
            return unchecked("its path is not UTF-8, so the report does not have it");
        }
        if is_stdin(path) || is_descriptor(path) {
            return unchecked("it was standard input or another open file");
        }
        if std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
            return unchecked("it is not a regular file");
        }
        let differences = self.differences.len();
        let file = match InputFile::reopen(path, true, Keep::Open) {
            Ok(file) => file,
            Err(error) => {
                self.input_differs(path, error.message());
                return Ok(State::Different);
            }
        };
        let size = file.size().unwrap_or(input.bytes);
        if size != input.bytes {
            self.input_differs(path, &format!("size in bytes: found {size}, the report says {}", input.bytes));
        }
        let found = self.fingerprint(&file)?;
        let digests =
            found.sha256.as_deref().zip(input.sha256.as_deref()).map(|(found, said)| ("SHA-256", found, said));
        for (what, found, said) in [("CRC-32", found.crc32.as_str(), input.crc32.as_str())].into_iter().chain(digests) {
            if found != said {
                self.input_differs(path, &format!("{what}: found {found}, the report says {said}"));
            }
        }
        Ok(if self.differences.len() > differences { State::Different } else { State::Same })
    }

    /// The configuration of the run, from the report.
    ///
    /// # Errors
    /// Why the report does not determine it.
    fn config(&self) -> Result<Config, String> {
        let options = &self.report.options;
        let names = [
            &options.customers_key,
            &options.purchases_key,
            &options.first_name,
            &options.last_name,
            &options.age,
            &options.amount,
        ];
        let Sides { customers, purchases } = self.report.dialects();
        let given = [customers.columns, purchases.columns].into_iter().flatten().flatten().collect::<Vec<_>>();
        // JSON is text, so bytes that are not UTF-8 were replaced by this character.
        if let Some(name) = names.iter().copied().chain(&given).find(|name| name.contains(char::REPLACEMENT_CHARACTER))
        {
            return Err(format!("the report does not have the bytes of the column name {name}"));
        }
        let [customers_key, purchases_key, first_name, last_name, age, amount] =
            names.map(|name| name.clone().into_bytes());
        let mut config = Config::new("", "", self.dir.path());
        let paths = |side| self.report.inputs_of(side).map(|input| PathBuf::from(&input.path)).collect();
        (config.customers, config.purchases) = (paths(Side::Customers), paths(Side::Purchases));
        config.join = join_of(self.report).ok_or("the join in the report is unknown")?;
        config.age_groups = AgeGroups::parse(&options.age_groups).map_err(|error| error.message().to_owned())?;
        config.columns = Columns { customers_key, purchases_key, first_name, last_name, age, amount };
        config.formats = formats(self.report).ok_or("the delimiter and quote in the report cannot be used")?;
        config.match_columns = options.match_columns;
        let encoding = |name: &str| Encoding::from_name(name).ok_or("an encoding in the report is unknown");
        config.encodings.customers = encoding(&options.customers_encoding)?;
        config.encodings.purchases = encoding(&options.purchases_encoding)?;
        (config.combined, config.compress) = (options.combined, options.compress);
        config.max_record_bytes = options.max_record_bytes;
        let limit = |setting, text: &str| Limit::parse(setting, text).map_err(|error| error.message().to_owned());
        config.max_rejects = limit(Setting::MaxRejects, &options.max_rejects)?;
        let max_unmatched = options.max_unmatched.as_ref().map(|text| limit(Setting::MaxUnmatched, text));
        config.max_unmatched = max_unmatched.transpose()?;
        config.over_limit = options.over_limit;
        config.digest = options.digest;
        (config.chart_title, config.currency) = (options.chart_title.clone(), options.currency.clone());
        config.html = options.html;
        config.threads = self.threads;
        config.validate().map_err(|error| error.message().to_owned())?;
        Ok(config)
    }

    /// Joins the inputs again, and compares the result with the set.
    fn rejoin(&mut self, config: &Config) -> Result<()> {
        // Opened anew, because a map releases each page only once. If a file has changed since it was checked, its
        // checksum in the new report differs.
        let inputs = config.inputs().zip(config.input_encodings());
        let keep = Keep::of_inputs(inputs.iter().count());
        let files =
            inputs.try_map(|(path, option)| InputFile::reopen(path, option.encoding == Encoding::Auto, keep))?;
        let name = combined_name(config.compress);
        // Damage has already been reported.
        let combined = if config.combined && !self.damaged { self.published(name)? } else { None };
        let rejects = self.published(REJECTS)?;
        let listed = self.report.outputs.iter().find(|output| output.path == name);
        let rejoined = match rejoin(config, self.monitor, &files, combined, rejects, listed) {
            Ok(rejoined) => rejoined,
            Err(error) => match error.kind() {
                // The options in the report are not those of the run.
                ErrorKind::Config
                | ErrorKind::Header
                | ErrorKind::Format
                | ErrorKind::Malformed
                | ErrorKind::Overflow => {
                    self.rejoined_differs(REPORT, format!("the inputs cannot be joined again: {}", error.message()));
                    return Ok(());
                }
                _ => return Err(error),
            },
        };
        if let Some(dialect) = rejoined.report.combined_dialect() {
            self.rows(name, rejoined.combined, dialect)?;
        }
        self.rows(REJECTS, rejoined.rejects, Dialect::default())?;
        self.numbers(&rejoined.report);
        rejoined.page.map_or(Ok(()), |page| self.page(&page))
    }

    /// A published file to compare with, decompressed if it is compressed; `None` if it cannot be opened, which the
    /// list of files has already reported.
    fn published(&self, name: &str) -> Result<Option<ComparedFile>> {
        let Ok(Some(file)) = self.dir.open_file(name, ErrorKind::Input, super::CANNOT_OPEN) else { return Ok(None) };
        let path = self.dir.path_of(name);
        let content: Box<dyn Read + Send> = match format_of(name) {
            None => Box::new(file),
            Some(format) => {
                let cannot = |error| Error::io(ErrorKind::Input, &path, "cannot read", error);
                Box::new(FrameDecoder::new(file, format).map_err(cannot)?)
            }
        };
        Ok(Some(ComparedFile::new(content, &path)))
    }

    /// Compares the report page with that of the inputs.
    fn page(&mut self, expected: &str) -> Result<()> {
        let (own, version) = (env!("CARGO_PKG_VERSION"), &self.report.run.spendfold);
        if version != own {
            // Its words and its style may have been others.
            let text = format!("{PAGE} was made by spendfold {version} and was not compared with the inputs by {own}");
            self.monitor.notice(escape_line(&text));
            return Ok(());
        }
        // If it is missing, the list of files says so.
        let Some(file) = self.dir.open_file(PAGE, ErrorKind::Input, super::CANNOT_OPEN)? else { return Ok(()) };
        let mut found = vec![];
        // One more byte than expected shows that the file is longer.
        let read = file.take(expected.len() as u64 + 1).read_to_end(&mut found);
        read.map_err(|error| Error::io(ErrorKind::Input, &self.dir.path_of(PAGE), "cannot read", error))?;
        if let Some(what) = first_different_line(&found, expected.as_bytes()) {
            self.rejoined_differs(PAGE, what);
        }
        Ok(())
    }

    /// Names the first row of a file that differs.
    fn rows(&mut self, name: &str, mismatch: Option<Mismatch>, dialect: Dialect) -> Result<()> {
        let Some(mismatch) = mismatch else { return Ok(()) };
        let file = self.open(name)?;
        let first = locate(&RowFile::new(&file, name, u64::MAX), self.monitor, dialect, &mismatch)?;
        let FirstDifference { row, line, byte, found, expected } = first;
        let row = if row == 0 { "the header".to_owned() } else { format!("row {row}") };
        let what = format!("{row} (line {line}, byte {byte}): found {found}, the inputs give {expected}");
        self.rejoined_differs(name, what);
        Ok(())
    }

    /// Compares the numbers of the report.
    fn numbers(&mut self, again: &Report) {
        let json = |report: &Report| serde_json::to_value(report).unwrap_or_default();
        let (found, expected) = (json(self.report), json(again));
        let mut differences = vec![];
        // Older reports do not have the part `dialects`.
        let is_old = self.report.dialects.is_none();
        for name in JOINED.into_iter().filter(|name| !(is_old && *name == "dialects")) {
            diff(name, &found[name], &expected[name], name == "rejects", &mut |path, found, expected| {
                let show = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
                differences.push(format!("{path}: found {}, the inputs give {}", show(found), show(expected)));
            });
        }
        differences.into_iter().for_each(|what| self.rejoined_differs(REPORT, what));
    }

    /// Adds a difference between an input and the report.
    fn input_differs(&mut self, path: &Path, what: &str) {
        let what = escape_line(what);
        self.differences.push(Difference { path: path.to_owned(), what, against: Against::Report });
    }

    /// Adds a difference between the file `name` and the result of joining again.
    fn rejoined_differs(&mut self, name: &str, what: String) {
        let what = escape_line(&what);
        self.differences.push(Difference { path: self.dir.path_of(name), what, against: Against::Inputs });
    }
}

/// Describes the first line of a text that differs, from the difference on. `None` if the texts are the same.
fn first_different_line(found: &[u8], expected: &[u8]) -> Option<String> {
    let same = found.iter().zip(expected).take_while(|(found, expected)| found == expected).count();
    if same == found.len() && same == expected.len() {
        return None;
    }
    let line = found[..same].iter().filter(|&&byte| byte == b'\n').count() + 1;
    let shown = |text: &[u8]| match text[same..].split(|&byte| byte == b'\n').next() {
        _ if same == text.len() => "the end of the file".to_owned(),
        rest => String::from_utf8_lossy(rest.unwrap_or_default()).chars().take(SHOWN_CHARS).collect(),
    };
    Some(format!("line {line} (byte {same}): found {}, the inputs give {}", shown(found), shown(expected)))
}

/// The formats of both sides, from the report of a run. `None` if a run would refuse them.
fn formats(report: &Report) -> Option<Sides<CsvFormat>> {
    let format = |read: InputDialect| {
        let Dialect { delimiter, quote, escape, comment, skip_initial_space } = read.dialect()?;
        // A delimiter that was not given is found again.
        let given = read.delimiter_source == DelimiterSource::Option;
        let columns = read.columns.map(|names| names.into_iter().map(String::into_bytes).collect());
        let delimiter = given.then_some(delimiter);
        let (skip_lines, ragged) = (read.skip_lines, read.ragged);
        Some(CsvFormat { delimiter, quote, escape, comment, skip_lines, columns, skip_initial_space, ragged })
    };
    let Sides { customers, purchases } = report.dialects();
    Some(Sides { customers: format(customers)?, purchases: format(purchases)? })
}

/// Whether a path denotes a descriptor of the process that opened it, such as that of a process substitution.
fn is_descriptor(path: &Path) -> bool {
    ["/dev/fd", "/dev/stdin", "/proc/self/fd"].iter().any(|prefix| path.starts_with(prefix))
}
