//! Compares whole runs, in this process and on files and pipes, with the oracle of `tests/contract`: every byte of
//! every CSV file, the report, the exit status and the place of an error. Published sets are also verified, with their
//! inputs.

use super::choices::Choices;
use contract::oracle::{self, Input, Join, Options, Outcome};
use serde_json::Value;
use spendfold::{
    AgeGroups, Compression, CsvFormat, Error, ErrorKind, Job, Limit, OverLimit, Ragged, Setting, Verifier,
};
use std::ffi::OsStr;
use std::fs;
use std::io::{PipeReader, Write};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

#[path = "../../tests/contract"]
#[allow(dead_code, reason = "a check does not use everything the oracle returns")]
mod contract {
    pub(crate) mod oracle;
}

/// Choices: join, delimiter, quote, headers, threads, chunk size, longest record, reject limit, flags, age groups.
const CHOICES: usize = 10;
/// Separates the customers and the purchases files.
const SEPARATOR: u8 = 0x1e;
const MAX_PURCHASES_FILES: usize = 3;

const JOINS: [(spendfold::Join, Join); 3] =
    [(spendfold::Join::Full, Join::Full), (spendfold::Join::Left, Join::Left), (spendfold::Join::Inner, Join::Inner)];
const MAX_REJECTS: [&str; 6] = ["0", "100%", "1", "3", "25%", "0.5%"];
const AGE_GROUPS: [&str; 5] = [
    "Young=18-30,Middle-aged=30-45,Senior=45+",
    "Young=18-31,Middle-aged=31-46,Senior=46+",
    "a=0-0.5,b=0.5-7.25,c=100+",
    "one=149.999+",
    "=1-2",
];
/// Headers of the customers and of every purchases file, with a comma in place of the delimiter.
const HEADERS: [[&str; 2]; 4] = [
    ["customer_id,first_name,last_name,age\n", "customer_id,price\n"],
    ["", ""],
    ["\u{feff}\r\nage,last_name,email,customer_id,first_name\r\n", "\u{feff}\nproduct,price,email,customer_id\r\n"],
    ["first_name,age_group,customer_id,age,last_name\n", "price,price_note,price_note,first_name,customer_id\n"],
];

/// Runs a case with its number of threads and chunk size.
pub fn check(data: &[u8]) {
    let (choices, text) = Choices::split(data, CHOICES);
    let case = Case::new(choices, text);
    let dir = scratch();
    let mut options = case.options.clone();
    // Held until the end of the run: a pipe without a reader is closed.
    let mut pipes = vec![];
    let first_purchases = options.customers.len();
    let inputs = options.customers.iter_mut().chain(&mut options.purchases);
    for (number, input) in inputs.enumerate() {
        let piped = if number < first_purchases { case.pipe_customers } else { case.pipe_purchases };
        let path = match piped.then(|| pipe(&input.bytes, case.piece)).flatten() {
            Some((path, pipe)) => {
                pipes.push(pipe);
                path
            }
            None => {
                let path = dir.path().join(format!("{number}.csv"));
                fs::write(&path, &input.bytes).expect("a scratch file can be written");
                path
            }
        };
        input.path = path.into_os_string().into_encoded_bytes();
    }
    let expected = oracle::run(&options);
    let is_compressed = |problem: &oracle::Problem| problem.kind == oracle::Kind::Compressed;
    let out = dir.path().join("out");
    let found = case.job(&options, &out).and_then(|job| {
        let report = job.run()?;
        Ok(if report.within_limits() { 0 } else { 3 })
    });
    // The oracle does not decompress; the check `stored` does.
    if !expected.error.as_ref().is_some_and(is_compressed) {
        compare(&options, &expected, found, &out);
    }
}

/// A scratch directory, in memory if possible.
fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a scratch directory can be made")
}

/// A pipe that holds the bytes and delivers them in pieces; `None` if it cannot hold them all.
fn pipe(bytes: &[u8], piece: usize) -> Option<(PathBuf, PipeReader)> {
    use rustix::fs::OFlags;
    /// A pipe has 16 buffers; a packet of up to a page takes one.
    const BUFFERS: usize = 16;
    const PAGE: usize = 4096;
    let piece = piece.max(bytes.len().div_ceil(BUFFERS));
    let (reader, mut writer) = std::io::pipe().ok()?;
    // In packet mode, each read returns the bytes of one write. A full pipe is an error instead of a deadlock.
    rustix::fs::fcntl_setfl(&writer, OFlags::DIRECT | OFlags::NONBLOCK).ok()?;
    if piece > PAGE {
        return None;
    }
    for piece in bytes.chunks(piece) {
        writer.write_all(piece).ok()?;
    }
    Some((format!("/dev/fd/{}", reader.as_raw_fd()).into(), reader))
}

/// A decoded case.
struct Case {
    options: Options,
    join: spendfold::Join,
    threads: usize,
    chunk_bytes: Option<usize>,
    pipe_customers: bool,
    pipe_purchases: bool,
    /// Bytes that come out of a pipe together.
    piece: usize,
}

impl Case {
    fn new(mut choices: Choices<'_>, text: &[u8]) -> Self {
        let (join, oracles_join) = choices.one_of(&JOINS);
        let (customers_format, purchases_format) = formats(&mut choices);
        let headers = choices.one_of(&HEADERS);
        let input = |header: &str, bytes: &[u8]| {
            let format = if header == headers[0] { &customers_format } else { &purchases_format };
            let delimiter = format.delimiter.unwrap_or(b';');
            let header = header.bytes().map(|byte| if byte == b',' { delimiter } else { byte });
            Input { path: vec![], bytes: header.chain(bytes.iter().copied()).collect(), stored: None }
        };
        let threads = choices.number();
        let more_customers = threads / 9 % 3;
        let mut files = text.splitn(1 + more_customers + MAX_PURCHASES_FILES, |&byte| byte == SEPARATOR);
        let customers = input(headers[0], files.next().unwrap_or(b""));
        let more_customers: Vec<Input> =
            files.by_ref().take(more_customers).map(|bytes| input(headers[0], bytes)).collect();
        let match_columns = (threads / 27) & 1 > 0;
        let mut purchases: Vec<Input> = vec![];
        for bytes in files {
            // Files after the first have the columns in reverse order.
            let is_moved = match_columns && !purchases.is_empty() && headers[1].starts_with(char::is_alphabetic);
            let header = if is_moved { reversed(headers[1]) } else { headers[1].to_owned() };
            purchases.push(input(&header, bytes));
        }
        if purchases.is_empty() {
            purchases.push(input(headers[1], b""));
        }
        let mut options = Options::new(customers, purchases);
        options.customers.extend(more_customers);
        options.join = oracles_join;
        (options.customers_format, options.purchases_format) = (customers_format, purchases_format);
        options.match_columns = match_columns;
        // Of the number of threads modulo 9 with combined data, 0 to 2 write it as it is, 3 to 5 compress it with zstd,
        // 6 to 8 with gzip.
        let compress = [None, Some("zst"), Some("gz")][threads / 3 % 3];
        let threads = 1 + threads % 3;
        let chunk = choices.number();
        match choices.number() {
            0 => {}
            // The headers above fit, most of the time.
            more => options.max_record_bytes = 29 + more as u64,
        }
        options.max_rejects = choices.one_of(&MAX_REJECTS).to_owned();
        let flags = choices.number();
        options.strict = flags & 1 > 0;
        options.no_combined = flags & 2 > 0;
        options.compress = compress.filter(|_| !options.no_combined);
        options.over_limit = match flags >> 6 {
            1 => oracle::OverLimit::Publish,
            2 => oracle::OverLimit::Discard,
            3 => {
                options.max_unmatched = Some("1".to_owned());
                oracle::OverLimit::Hold
            }
            _ => oracle::OverLimit::Hold,
        };
        options.age_groups = choices.one_of(&AGE_GROUPS).to_owned();
        Self {
            options,
            join,
            threads,
            chunk_bytes: (chunk > 0).then_some(chunk),
            pipe_customers: flags & 4 > 0,
            pipe_purchases: flags & 8 > 0,
            piece: 1 + (flags >> 4 & 3) * 30,
        }
    }

    /// The same as a job of the library. Values are parsed as the command line parses them.
    fn job(&self, options: &Options, out: &Path) -> Result<Job, Error> {
        let path = |input: &Input| PathBuf::from(OsStr::from_bytes(&input.path));
        let mut job = Job::new("", options.purchases.iter().map(path))
            .customers(options.customers.iter().map(path))
            .out_dir(out)
            .join(self.join)
            .customers_format(format(&options.customers_format))
            .purchases_format(format(&options.purchases_format))
            .match_columns(options.match_columns)
            .max_rejects(Limit::parse(Setting::MaxRejects, &options.max_rejects)?)
            .over_limit(match options.over_limit {
                oracle::OverLimit::Hold => OverLimit::Hold,
                oracle::OverLimit::Publish => OverLimit::Publish,
                oracle::OverLimit::Discard => OverLimit::Discard,
            })
            .age_groups(AgeGroups::parse(&options.age_groups)?)
            .strict(options.strict)
            .combined(!options.no_combined)
            .threads(self.threads)
            .max_record_bytes(options.max_record_bytes as usize);
        if let Some(compress) = options.compress {
            job = job.compress(Compression::parse(compress)?);
        }
        if let Some(limit) = &options.max_unmatched {
            job = job.max_unmatched(Limit::parse(Setting::MaxUnmatched, limit)?);
        }
        Ok(match self.chunk_bytes {
            Some(bytes) => job.chunk_bytes(bytes),
            None => job,
        })
    }
}

/// A header line with its names in reverse order.
fn reversed(header: &str) -> String {
    let names = header.trim_end();
    let reversed: Vec<&str> = names.split(',').rev().collect();
    reversed.join(",") + &header[names.len()..]
}

/// The formats of both sides. Small numbers give both sides the same format, as the older seeds do.
fn formats(choices: &mut Choices<'_>) -> (oracle::Format, oracle::Format) {
    const DELIMITERS: [u8; 6] = *b",;\t|\xff ";
    const QUOTES: [Option<u8>; 3] = [Some(b'"'), None, Some(b'\'')];
    let (delimiter, quote) = (choices.number(), choices.number());
    let format = |delimiter: usize, quote: usize| oracle::Format {
        delimiter: if delimiter % 7 == 6 { None } else { Some(DELIMITERS[delimiter % 7]) },
        quote: QUOTES[quote % QUOTES.len()],
        ..oracle::Format::default()
    };
    let purchases = format(delimiter, quote);
    // The quotients choose another delimiter for the customers, and further options.
    let mut customers = match delimiter / 7 {
        0 => purchases.clone(),
        more => format(more - 1, quote),
    };
    let mut purchases = purchases;
    let more = quote / QUOTES.len();
    for format in [&mut customers, &mut purchases].into_iter().take(if more & 1 > 0 { 1 } else { 2 }) {
        format.comment = (more & 2 > 0).then_some(b'#');
        format.escape = (more & 32 > 0).then_some(b'\\');
        format.skip_initial_space = more & 4 > 0;
        format.skip_lines = (more >> 3 & 1) as u64;
        format.pad = more & 32 > 0;
    }
    if more & 16 > 0 {
        let names = |names: &[&str]| Some(names.iter().map(|name| name.as_bytes().to_vec()).collect());
        customers.columns = names(&["customer_id", "first_name", "last_name", "age"]);
        purchases.columns = names(&["customer_id", "price"]);
    }
    (customers, purchases)
}

/// The same as a format of the library.
fn format(format: &oracle::Format) -> CsvFormat {
    let new = match format.delimiter {
        Some(delimiter) => CsvFormat::new().delimiter(delimiter),
        None => CsvFormat::new(),
    };
    let new = match format.quote {
        Some(quote) => new.quote(quote),
        None => new.no_quoting(),
    };
    let new = match format.escape {
        Some(escape) => new.escape(escape),
        None => new,
    };
    let new = match format.comment {
        Some(comment) => new.comment(comment),
        None => new,
    };
    let new = match &format.columns {
        Some(names) => new.columns(names.iter().cloned()),
        None => new,
    };
    let new = new.skip_lines(format.skip_lines);
    let new = if format.pad { new.ragged(Ragged::Pad) } else { new };
    if format.skip_initial_space { new.skip_initial_space() } else { new }
}

fn compare(options: &Options, expected: &Outcome, found: Result<u8, Error>, out: &Path) {
    let error = match found {
        Ok(status) => {
            assert_eq!(status, expected.status, "{:?}", expected.error);
            return match expected.ledger.as_ref().map(|ledger| ledger.outcome) {
                Some("held") => compare_set(expected, &out.join("held")),
                Some("discarded") => assert!(!out.exists(), "something was left"),
                _ => compare_set(expected, out),
            };
        }
        Err(error) => error,
    };
    let Some(problem) = &expected.error else { panic!("nothing should have failed: {error}") };
    assert_eq!(error.exit_status(), expected.status, "{problem:?} and not {error}");
    let data_alone = [
        ErrorKind::Config,
        ErrorKind::Header,
        ErrorKind::Format,
        ErrorKind::Malformed,
        ErrorKind::Overflow,
        ErrorKind::Strict,
    ];
    assert!(data_alone.contains(&error.kind()), "{problem:?} and not {error}");
    assert!(!out.exists(), "something was left: {error}");
    let Some(file) = problem.file else { return };
    let path = &options.inputs().nth(file).expect("the oracle names one of the inputs").path;
    let place = error.place().unwrap_or_else(|| panic!("{problem:?} has a place: {error}"));
    assert_eq!(place.path, spendfold::text::escape_path(Path::new(OsStr::from_bytes(path))), "{error}");
    // Under --strict the message points at the field in the record.
    if let (Some(wanted), false) = (&problem.place, problem.kind == oracle::Kind::Rejected) {
        assert_eq!(place.line_column, Some((wanted.line, wanted.column)), "{error}");
    }
}

fn compare_set(expected: &Outcome, out: &Path) {
    for name in expected.files.keys().filter(|name| !name.ends_with(".csv")) {
        // The verification below decompresses it and compares its rows with the inputs.
        assert!(out.join(name).exists(), "{name}");
    }
    for name in ["combined_data.csv", "age_group_spending.csv", "rejects.csv"] {
        let found = fs::read(out.join(name)).ok();
        let show = |bytes: Option<&Vec<u8>>| bytes.map_or("nothing".into(), |bytes| bytes.escape_ascii().to_string());
        let wanted = expected.files.get(name);
        assert!(found.as_ref() == wanted, "{name}\nfound    {}\nexpected {}", show(found.as_ref()), show(wanted));
    }
    let report = fs::read(out.join("report.json")).expect("there is a report");
    let mut report: Value = serde_json::from_slice(&report).expect("the report is JSON");
    for notice in report["notices"].as_array_mut().expect("notices are a list") {
        // The oracle has only the figures.
        notice.as_object_mut().expect("a notice is an object").retain(|key, _| key != "message" && key != "fix");
    }
    let outputs = report["outputs"].as_array_mut().expect("outputs are a list");
    for output in outputs.iter_mut().filter(|output| output["plain"].is_object()) {
        // The oracle does not compress.
        output.as_object_mut().expect("an output is an object").retain(|key, _| key != "bytes" && key != "crc32");
    }
    outputs.retain(|output| output["path"] != "total_spending_by_age_group.png" && output["path"] != "report.html");
    let wanted: Value = serde_json::from_str(&expected.report_json()).expect("the ledger is JSON");
    for (key, wanted) in wanted.as_object().expect("the ledger is an object") {
        match (&report[key], wanted) {
            // More keys may be added to the single parts; those of the contract stay.
            (Value::Object(found), Value::Object(wanted)) if key != "rejects" => {
                for (name, value) in wanted {
                    assert_eq!(found.get(name), Some(value), "{key}.{name}");
                }
            }
            (found, _) => assert_eq!(found, wanted, "{key}"),
        }
    }
    let files = fs::read_dir(out).expect("the set can be listed").count();
    assert_eq!(files, expected.files.len() + 3, "the set, the chart, the page and the report");
    let differences = Verifier::new(out).threads(1).inputs(true).run().expect("the set can be read");
    assert!(differences.is_empty(), "the set is not what its report says and its inputs give: {differences:?}");
}
