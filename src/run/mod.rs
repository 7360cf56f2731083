//! The stages of a run, in order: open the inputs, load the customers, join the purchases, append the unmatched
//! customers, check the invariants, publish. A run publishes all of its files or none.

mod append_unmatched;
mod chunk_sizes;
mod context;
mod expected_work;
mod join_purchases;
mod load_customers;
pub(crate) mod resolve_columns;

use crate::config::Config;
use crate::error::{Error, ErrorKind, Result, Setting, escape_path, words};
use crate::input::file::InputFile;
use crate::input::reader::InputReader;
use crate::ledger::invariants::check_invariants;
use crate::ledger::report_assembly::{CombinedShape, assemble, exact_totals};
use crate::ledger::tally::Tally;
use crate::model::inputs::Inputs;
use crate::model::readable_numbers::grouped;
use crate::monitor::{Monitor, Phase};
use crate::output::chart::{self, Bar};
use crate::output::file_names::{CHART, COMBINED, NAMES, REPORT, SPENDING};
use crate::output::ordered_writer::OrderedWriter;
use crate::output::publish::Moves;
use crate::output::rejects::RejectsFile;
use crate::output::report_json::Report;
use crate::output::report_parts::OutputFile;
use crate::output::spending;
use crate::output::staged_file::FinishedFile;
use crate::output::staging::Staging;
use crate::purchases::row_suffix::RowSuffixes;
use append_unmatched::append_unmatched;
use chunk_sizes::ChunkSizes;
use context::Context;
use expected_work::ExpectedWork;
use join_purchases::join_purchases;
use load_customers::load_customers;
use resolve_columns::Layout;
use std::borrow::Cow;
use std::path::Path;
use std::time::SystemTime;

/// Joins the customers with the purchases and publishes the output set in the configuration's directory. Returns the
/// report that was published.
///
/// # Errors
/// If the run fails, nothing is published and an older set in the directory is unchanged, unless the hint of the error
/// says that the old set could not be restored.
pub(crate) fn run(config: &Config, monitor: &Monitor) -> Result<crate::Report> {
    config.validate()?;
    monitor.enter(Phase::Opening);
    let started = SystemTime::now();
    let names = NAMES.map(Cow::Borrowed);
    let mut staging = Staging::prepare(&config.out_dir, &names, config.no_clobber, config.inputs().iter().copied())?;
    let files = config.inputs().try_map(|path| open_input(path, config.mmap))?;
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
        (outcome, None) => outcome?,
    };
    monitor.enter(Phase::Publishing);
    // An old `combined_data.csv` must be moved away only if the new set has none.
    let old_outputs = if config.combined { vec![] } else { staging.old_outputs(REPORT)? };
    let moves = Moves::of_run(config.combined, &old_outputs);
    staging.publish(&moves, config.sync, monitor)?;
    if !config.combined && staging.out().entry(COMBINED).is_ok_and(|entry| entry.is_some()) {
        let path = escape_path(&staging.out().path_of(COMBINED));
        monitor.notice(format!("{path}: does not belong to this set and was left unchanged"));
    }
    // The conversion cannot fail for a report that this run assembled.
    crate::Report::try_from(report).map_err(|what| Error::new(ErrorKind::Panic, format!("internal error: {what}")))
}

/// Opens an input. If the path does not exist, the error has a hint.
fn open_input(path: &Path, mmap: bool) -> Result<InputFile> {
    InputFile::open(path, mmap).map_err(|error| match path.exists() {
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
    let mut inputs = files.as_ref().map(|file| InputReader::new(file, monitor));
    let (layout, headers) = Layout::read(config, &mut inputs)?;
    let mut tally = Tally::new(config, files, &headers, &inputs);
    inputs.iter().for_each(|input| monitor.advance(input.offset()));
    let mut rejects = RejectsFile::create(staging, &layout.customers_key, config.strict.then_some(config.dialect))?;
    let mut writer = OrderedWriter::create(staging, config.combined, config.sync)?;
    let context = Context { config, sizes: ChunkSizes::of(config), monitor, files, layout: &layout };

    monitor.enter(Phase::Customers);
    let work = ExpectedWork::of(&context, &inputs);
    work.plan(monitor);
    let mut customers = load_customers(&context, inputs.customers, &mut rejects, &mut tally)?;
    work.customers_loaded(monitor, &customers);

    monitor.enter(Phase::Purchases);
    writer.write(&layout.header)?;
    let suffixes = RowSuffixes::new(config.dialect, &config.age_groups);
    join_purchases(&context, inputs.purchases, &mut customers, &suffixes, &mut rejects, &mut writer, &mut tally)?;

    monitor.enter(Phase::UnmatchedCustomers);
    append_unmatched(&context, &mut customers, &suffixes, &mut writer, &mut tally)?;

    monitor.enter(Phase::Finishing);
    let shape = CombinedShape { columns: layout.combined_columns(), amount: layout.purchases.amount };
    let (mut report, observed) = assemble(tally, config, shape, &rejects)?;
    check_invariants(config.join, &report, &observed)?;
    if config.sync {
        monitor.enter(Phase::Syncing);
    }
    report.outputs = write_outputs(config, monitor, staging, writer, rejects, &report)?;
    report.run.started = humantime::format_rfc3339_seconds(started).to_string();
    report.run.threads = monitor.workers();
    report.run.seconds = monitor.stop_clock().as_secs_f64();
    write_whole(staging, REPORT, &report.to_json(), config.sync)?;
    Ok(report)
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
    let mut list = |file: FinishedFile| outputs.push(file.listed());
    if let Some(combined) = writer.finish(monitor)? {
        list(combined);
    }
    list(write_whole(staging, SPENDING, &spending::to_csv(&report.age_groups)?, config.sync)?);
    list(write_whole(staging, CHART, &render_chart(report)?, config.sync)?);
    list(rejects.finish(config.sync)?);
    Ok(outputs)
}

/// Writes a file of the set in one piece.
fn write_whole(staging: &mut Staging, name: &'static str, bytes: &[u8], sync: bool) -> Result<FinishedFile> {
    let mut file = staging.create(name)?;
    file.write(bytes)?;
    file.finish(sync)
}

/// Renders the chart of the age groups as PNG.
fn render_chart(report: &Report) -> Result<Vec<u8>> {
    if cfg!(fuzzing) {
        // Rendering takes most of the time of a small run, and no fuzz check reads the chart. Only `cargo fuzz` sets
        // this flag; it is never set in a release.
        return Ok(Vec::new());
    }
    let (totals, fraction) = exact_totals(report);
    let bars: Vec<Bar<'_>> =
        report.age_groups.iter().zip(totals).map(|(group, total)| Bar { label: &group.name, total }).collect();
    let note = format!(
        "{} purchases, {} customers, total spending {}",
        grouped(&report.age_groups.iter().map(|group| group.purchases).sum::<u64>().to_string()),
        grouped(&report.customers.accepted.to_string()),
        // The labels of the bars have this minus sign too.
        grouped(&report.total_spending).replace('-', "−"),
    );
    chart::render(&bars, fraction, &note)
        .map_err(|error| Error::new(ErrorKind::Output, format!("cannot draw the chart: {error}")))
}
