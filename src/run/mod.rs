//! The stages of a run, in order: open the inputs, load the customers, join the purchases, append the unmatched
//! customers, check the invariants and the limits, publish or hold. A run publishes all of its files or none.
//!
//! `join_inputs` is the join without the publication. It writes rows and rejects to targets, so a run and [`rejoin`],
//! which compares a published set with its inputs, share it. Its stages are in [`resolve_columns`], `load_customers`,
//! `join_purchases` and `append_unmatched`; they share a `context`. `expected_work` tells the monitor how much there is
//! to do, `damaged_inputs` looks for the cause of a failure, and `draw_chart` lays out the chart.

mod append_unmatched;
mod chunk_sizes;
mod context;
mod damaged_inputs;
mod draw_chart;
mod expected_work;
mod join_purchases;
mod load_customers;
mod read_headers;
pub(crate) mod rejoin;
pub(crate) mod resolve_columns;

use crate::config::Config;
use crate::error::{Error, ErrorKind, Result, Setting, words};
use crate::input::file::{InputFile, Keep};
use crate::input::list_inputs::list_inputs;
use crate::ledger::invariants::check_invariants;
use crate::ledger::report_assembly::{CombinedShape, assemble, exact_totals};
use crate::ledger::tally::Tally;
use crate::model::digest::Digest;
use crate::model::encoding::Encoding;
use crate::model::inputs::Inputs;
use crate::model::reject::ReasonNames;
use crate::model::sides::{Side, Sides};
use crate::monitor::{Monitor, Phase};
use crate::output::chart::Chart;
use crate::output::compressed_file::CompressedFile;
use crate::output::file_names::{
    CHART, COMBINED, COMBINED_GZ, COMBINED_ZST, NAMES, PAGE, REJECTS, REPORT, SPENDING, SUMS, combined_name,
};
use crate::output::ordered_writer::OrderedWriter;
use crate::output::page::{self, content::Content};
use crate::output::publish_set::publish_set;
use crate::output::rejects::RejectsFile;
use crate::output::report_dialects::InputDialect;
use crate::output::report_json::{Report, timestamp};
use crate::output::report_limits::Outcome;
use crate::output::report_parts::OutputFile;
use crate::output::sha256_sums::sha256_sums;
use crate::output::spending;
use crate::output::staged_file::FinishedFile;
use crate::output::staging::Staging;
use crate::output::target_file::TargetFile;
use crate::purchases::row_suffix::RowSuffixes;
use append_unmatched::append_unmatched;
use chunk_sizes::ChunkSizes;
use context::Context;
use draw_chart::draw_chart;
use expected_work::ExpectedWork;
use join_purchases::join_purchases;
use load_customers::load_customers;
use read_headers::{ReadHeaders, read_headers};
use resolve_columns::Layout;
use std::borrow::Cow;
use std::collections::HashSet;
use std::path::Path;
use std::time::SystemTime;

/// Joins the customers with the purchases and publishes the output set in the configuration's directory. A set that
/// exceeds a limit is held, published or discarded, as configured. Returns the report of the set.
///
/// # Errors
/// If the run fails, nothing is published or held and older sets in the directory are unchanged, unless the hint of the
/// error says that the old set could not be restored.
pub(crate) fn run(config: &Config, monitor: &Monitor) -> Result<crate::Report> {
    config.validate()?;
    monitor.enter(Phase::Opening);
    let config = &with_listed_inputs(config)?;
    let started = SystemTime::now();
    let names = NAMES.map(Cow::Borrowed);
    let mut staging =
        Staging::prepare(&config.out_dir, &names, config.no_clobber, config.inputs().iter().copied(), monitor)?;
    staging.check_held()?;
    let inputs = config.inputs().zip(config.input_encodings());
    let keep = Keep::of_inputs(inputs.iter().count());
    let files = inputs.try_map(|(path, option)| {
        // Text to convert is read through a buffer.
        open_input(path, config.mmap && option.encoding == Encoding::Auto, keep)
    })?;
    staging.refuse_inputs(&names, &files)?;

    let outcome = stage_set(config, monitor, &mut staging, &files, started);
    // A changed input is the likely cause of any other error, violated invariants included, so it is reported instead.
    let changed = files.iter().find_map(|input| input.check_unchanged().err());
    let report = match (outcome, changed) {
        (Err(error), _)
            if matches!(error.kind(), ErrorKind::Interrupted(_) | ErrorKind::Cancelled | ErrorKind::Output) =>
        {
            return Err(error);
        }
        (_, Some(changed)) => return Err(changed),
        (outcome, None) => outcome.map_err(|error| damaged_inputs::explain(error, config, &files, monitor))?,
    };
    monitor.enter(Phase::Publishing);
    match report.outcome {
        Outcome::Published => publish_set(&mut staging, set_names(config), config.sync, monitor)?,
        Outcome::Held => staging.hold(config.sync, monitor)?,
        Outcome::Discarded => {}
    }
    // The conversion cannot fail for a report that this run assembled.
    crate::Report::try_from(report).map_err(|what| Error::new(ErrorKind::Panic, format!("internal error: {what}")))
}

/// The configuration with the files that its inputs name: those of directories and patterns.
fn with_listed_inputs(config: &Config) -> Result<Config> {
    let mut config = config.clone();
    config.customers = list_inputs(Side::Customers, &config.customers)?;
    config.purchases = list_inputs(Side::Purchases, &config.purchases)?;
    Ok(config)
}

/// The paths of inputs that are the same file as an earlier input.
fn same_inputs(files: &Inputs<InputFile>) -> Vec<&Path> {
    let mut seen = HashSet::new();
    let repeated = files.iter().filter(|file| file.is_regular() && !seen.insert(file.id()));
    repeated.map(|file| &*file.path).collect()
}

/// The names of the files of a set, the commit marker last.
fn set_names(config: &Config) -> Vec<Cow<'static, str>> {
    let has = |name| match name {
        COMBINED | COMBINED_ZST | COMBINED_GZ => config.combined && name == combined_name(config.compress),
        PAGE => config.html,
        SUMS => config.digest == Some(Digest::Sha256),
        _ => true,
    };
    NAMES.into_iter().filter(|&name| has(name)).map(Cow::Borrowed).collect()
}

/// Opens an input. If nothing is at the path, the error has a hint.
fn open_input(path: &Path, mmap: bool, keep: Keep) -> Result<InputFile> {
    InputFile::open_part(path, mmap, keep).map_err(|error| match path.symlink_metadata().is_ok() {
        true => error,
        false => error.hint_words(words!["name the inputs with ", Setting::Customers, " and ", Setting::Purchases]),
    })
}

/// Runs the stages, checks the invariants and writes every file of the set to the staging directory.
fn stage_set(
    config: &Config,
    monitor: &Monitor,
    staging: &mut Staging,
    files: &Inputs<InputFile>,
    started: SystemTime,
) -> Result<Report> {
    let (mut report, writer, rejects) = join_inputs(config, monitor, files, Purpose::Run, || {
        let rejects = TargetFile::Staged(Box::new(staging.create(REJECTS)?.with_digest(config.digest)));
        let combined = if config.combined { Some(combined_target(config, staging)?) } else { None };
        Ok(Targets { rejects, combined })
    })?;
    if config.sync {
        monitor.enter(Phase::Syncing);
    }
    report.outputs = write_outputs(config, monitor, staging, writer, rejects, &report)?;
    if report.outcome == Outcome::Held {
        report.run.held_against = staging.published_crc32()?;
    }
    report.run.started = timestamp(started);
    report.run.threads = monitor.workers();
    report.run.seconds = monitor.stop_clock().as_secs_f64();
    write_whole(config, staging, REPORT, &report.to_json())?;
    Ok(report)
}

/// The target of the rows of a run.
fn combined_target(config: &Config, staging: &mut Staging) -> Result<TargetFile> {
    let file = staging.create(combined_name(config.compress))?.streamed(config.sync).with_digest(config.digest);
    Ok(match config.compress {
        None => TargetFile::Staged(Box::new(file)),
        Some(compression) => TargetFile::Compressed(Box::new(CompressedFile::new(file, compression, config.threads))),
    })
}

/// What a join is for. A run reports its phases and its work; a verification has its own plan of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Run,
    Verification,
}

/// Where rows and rejects go. Without combined data there is no target for rows.
struct Targets {
    rejects: TargetFile,
    combined: Option<TargetFile>,
}

/// Joins the inputs, and writes the rows and the rejects to the targets that `targets` makes once the headers have been
/// read. Returns a report without outputs that satisfies the invariants.
fn join_inputs(
    config: &Config,
    monitor: &Monitor,
    files: &Inputs<InputFile>,
    purpose: Purpose,
    targets: impl FnOnce() -> Result<Targets>,
) -> Result<(Report, OrderedWriter, RejectsFile)> {
    let enter = |phase| {
        if purpose == Purpose::Run {
            monitor.enter(phase);
        }
    };
    let ReadHeaders { headers, inputs, unreadable } = read_headers(config, files, monitor)?;
    let layout = Layout::resolve(config, &headers, unreadable)?;
    let mut tally = Tally::new(config, files, headers, &inputs);
    let targets = targets()?;
    let mut rejects = RejectsFile::new(targets.rejects, reason_names(config, &layout), config.strict)?;
    let mut writer = OrderedWriter::new(targets.combined);
    let context = Context { config, sizes: ChunkSizes::of(config), monitor, files, layout: &layout };

    enter(Phase::Customers);
    let work = ExpectedWork::of(&context);
    if purpose == Purpose::Run {
        work.plan(monitor);
    }
    let mut customers = load_customers(&context, inputs.customers, &mut rejects, &mut tally)?;
    if purpose == Purpose::Run {
        work.customers_loaded(monitor, &customers);
    }

    enter(Phase::Purchases);
    writer.write(&layout.header)?;
    let suffixes = RowSuffixes::new(layout.dialects.purchases, &config.age_groups);
    join_purchases(&context, inputs.purchases, &mut customers, &suffixes, &mut rejects, &mut writer, &mut tally)?;

    enter(Phase::UnmatchedCustomers);
    append_unmatched(&context, &mut customers, &suffixes, &mut writer, &mut tally)?;

    enter(Phase::Finishing);
    let read = |side| {
        let (dialects, sources) = (&layout.dialects, &layout.delimiter_sources);
        InputDialect::new(config.formats.of(side), *dialects.of(side), *sources.of(side))
    };
    let dialects = Sides { customers: read(Side::Customers), purchases: read(Side::Purchases) };
    let shape = CombinedShape { columns: layout.combined_columns(), amount: layout.purchases.amount };
    let (report, observed) = assemble(tally, config, dialects, shape, &rejects, &same_inputs(files))?;
    check_invariants(config.join, &report, &observed)?;
    Ok((report, writer, rejects))
}

/// The names that the text of a reject's reason contains.
fn reason_names(config: &Config, layout: &Layout) -> ReasonNames {
    let files = if config.customers.len() > 1 { config.customers.clone() } else { vec![] };
    ReasonNames { key: layout.names.customers[layout.customers.key].clone(), files }
}

/// Finishes the streamed files and writes the others, except the report. Returns the manifest.
fn write_outputs(
    config: &Config,
    monitor: &Monitor,
    staging: &mut Staging,
    writer: OrderedWriter,
    rejects: RejectsFile,
    report: &Report,
) -> Result<Vec<OutputFile>> {
    let mut outputs = Vec::new();
    let mut list = |file: Option<FinishedFile>| outputs.extend(file.map(FinishedFile::listed));
    list(writer.finish(config.sync, monitor)?);
    list(Some(write_whole(config, staging, SPENDING, &spending::to_csv(&report.age_groups)?)?));
    let chart = draw(config, report)?;
    let png = chart.as_ref().map_or(Ok(vec![]), Chart::png).map_err(cannot_draw)?;
    list(Some(write_whole(config, staging, CHART, &png)?));
    list(rejects.finish(config.sync)?);
    if config.html {
        let combined = outputs.first().filter(|_| config.combined);
        let page = render_page(config, report, combined, chart.as_ref());
        outputs.push(write_whole(config, staging, PAGE, page.as_bytes())?.listed());
    }
    if config.digest == Some(Digest::Sha256) {
        let sums = sha256_sums(&outputs);
        outputs.push(write_whole(config, staging, SUMS, sums.as_bytes())?.listed());
    }
    Ok(outputs)
}

/// Writes a file of the set in one piece.
fn write_whole(config: &Config, staging: &mut Staging, name: &'static str, bytes: &[u8]) -> Result<FinishedFile> {
    let mut file = staging.create(name)?.with_digest(config.digest);
    file.write(bytes)?;
    file.finish(config.sync)
}

/// The report page of a set with this combined data, if any.
fn render_page(config: &Config, report: &Report, combined: Option<&OutputFile>, chart: Option<&Chart>) -> String {
    let (totals, _) = exact_totals(report);
    page::render(&Content { config, report, combined, totals: &totals, chart })
}

/// The chart; none under the fuzzer.
fn draw(config: &Config, report: &Report) -> Result<Option<Chart>> {
    if cfg!(fuzzing) {
        // Rendering takes most of the time of a small run, and no fuzz check reads the chart. Only `cargo fuzz` sets
        // this flag; it is never set in a release.
        return Ok(None);
    }
    draw_chart(config, report).map(Some).map_err(cannot_draw)
}

fn cannot_draw(reason: String) -> Error {
    Error::new(ErrorKind::Output, format!("cannot draw the chart: {reason}"))
}
