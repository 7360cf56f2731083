//! The main job from start to end: open, load, join, append, account, publish.

pub(crate) mod layout;
pub(crate) mod stages;

use crate::config::Config;
use crate::error::{Error, ErrorKind, Result, escape_path};
use crate::input::file::InputFile;
use crate::input::reader::InputReader;
use crate::ledger::invariants::check_invariants;
use crate::ledger::tally::Tally;
use crate::monitor::{Monitor, Phase};
use crate::output::chart::{self, Bar};
use crate::output::file_names::{CHART, COMBINED, NAMES, REPORT, SPENDING};
use crate::output::publish::Moves;
use crate::output::rejects::RejectsFile;
use crate::output::report::{OutputInfo, Report};
use crate::output::spending;
use crate::output::staged_file::{FinishedFile, StagedFile};
use crate::output::staging::Staging;
use crate::purchases::row_suffix::RowSuffixes;
use crate::run::layout::Layout;
use crate::run::stages::Stages;
use std::borrow::Cow;
use std::path::Path;
use std::time::{Instant, SystemTime};

/// Joins the customers with the purchases and publishes the output set in the configuration's directory.
///
/// Returns the report that was published. Whether more records were rejected than the configuration
/// allows is told by [`within_max_rejects`](crate::within_max_rejects).
///
/// # Errors
/// Whatever can go wrong is an [`Error`] with a kind and a place; nothing has been published then, and the
/// set that was in the directory is as it was.
pub fn run(config: &Config, monitor: &Monitor) -> Result<Report> {
    config.validate()?;
    let (started, clock) = (SystemTime::now(), Instant::now());
    monitor.enter(Phase::Opening);
    let names = NAMES.map(Cow::Borrowed);
    let mut stage = Staging::prepare(&config.out_dir, &names, config.no_clobber, config.inputs())?;
    let opened = config.inputs().map(open_input).collect::<Result<Vec<_>>>()?;
    stage.refuse_inputs(&names, &opened)?;
    let sizes: Option<Vec<u64>> = opened.iter().map(InputFile::size).collect();
    monitor.expect_total(sizes.map_or(0, |sizes| sizes.iter().sum()));

    let outcome = make_set(config, monitor, &mut stage, &opened, started, clock);
    // A changed input explains whatever else went wrong with it, broken laws included.
    let changed = opened.iter().find_map(|input| input.check_unchanged().err());
    let report = match (outcome, changed) {
        (Err(error), _) if matches!(error.kind(), ErrorKind::Interrupted(_) | ErrorKind::Output) => return Err(error),
        (_, Some(changed)) => return Err(changed),
        (outcome, None) => outcome?,
    };
    monitor.enter(Phase::Publishing);
    // An old `combined_data.csv` must be moved away only if the new set has none.
    let old = if config.combined { vec![] } else { stage.old_outputs(REPORT)? };
    let moves = Moves::of_run(config.combined, &old);
    stage.publish(&moves, config.sync, monitor)?;
    if !config.combined && stage.out().entry(COMBINED).is_ok_and(|entry| entry.is_some()) {
        let path = escape_path(&stage.out().path_of(COMBINED));
        monitor.notice(format!("{path}: is not of this set, and was left as it is; verify will tell it apart"));
    }
    Ok(report)
}

fn open_input(path: &Path) -> Result<InputFile> {
    InputFile::open(path).map_err(|error| match path.exists() {
        true => error,
        false => error.hint("name the inputs with --customers and --purchases"),
    })
}

/// Makes every file of the set, staged; checks the laws.
fn make_set(
    config: &Config,
    monitor: &Monitor,
    stage: &mut Staging,
    opened: &[InputFile],
    started: SystemTime,
    clock: Instant,
) -> Result<Report> {
    let mut inputs: Vec<InputReader<'_>> = opened.iter().map(|input| InputReader::new(input, monitor)).collect();
    let (layout, headers) = Layout::read(config, &mut inputs)?;
    let mut account = Tally::new(config, opened, &headers, &inputs);
    for input in &inputs {
        monitor.advance(input.offset());
    }
    let purchases = inputs.split_off(1);
    let mut rejects = RejectsFile::create(stage, &layout.customers_key, config.strict.then_some(config.dialect))?;
    let mut combined = match config.combined {
        true => Some(stage.create(COMBINED)?.streamed(config.sync)),
        false => None,
    };

    let stages = Stages { config, monitor, opened, layout: &layout };
    monitor.enter(Phase::Customers);
    let mut customers = stages.load_customers(inputs, &mut rejects, &mut account)?;
    monitor.enter(Phase::Purchases);
    let tails = RowSuffixes::new(config.dialect, &config.age_groups);
    if let Some(combined) = &mut combined {
        combined.write(&layout.header)?;
    }
    stages.join_purchases(purchases, &mut customers, &tails, &mut rejects, &mut combined, &mut account)?;
    monitor.enter(Phase::Remainder);
    stages.append_remainder(&mut customers, &tails, &mut combined, &mut account)?;

    monitor.enter(Phase::Finishing);
    let (mut report, witness) = account.close(config, &layout, &rejects)?;
    check_invariants(config.join, &report, &witness)?;
    if config.sync {
        monitor.enter(Phase::Syncing);
    }
    report.outputs = write_outputs(config, stage, combined, rejects, &report)?;
    report.run.started = humantime::format_rfc3339_seconds(started).to_string();
    report.run.threads = monitor.workers();
    report.run.seconds = (clock.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
    write_whole(stage, REPORT, &report.to_json(), config.sync)?;
    Ok(report)
}

/// Ends the streamed files and writes the small ones; the manifest comes back.
fn write_outputs(
    config: &Config,
    stage: &mut Staging,
    combined: Option<StagedFile>,
    rejects: RejectsFile,
    report: &Report,
) -> Result<Vec<OutputInfo>> {
    let mut outputs = Vec::new();
    let mut list = |written: FinishedFile| outputs.push(written.listed());
    if let Some(combined) = combined {
        list(combined.finish(config.sync)?);
    }
    list(write_whole(stage, SPENDING, &spending::to_csv(&report.age_groups)?, config.sync)?);
    list(write_whole(stage, CHART, &draw(report)?, config.sync)?);
    list(rejects.finish(config.sync)?);
    Ok(outputs)
}

fn write_whole(stage: &mut Staging, name: &'static str, bytes: &[u8], sync: bool) -> Result<FinishedFile> {
    let mut file = stage.create(name)?;
    file.write(bytes)?;
    file.finish(sync)
}

/// The chart of the report's groups, as PNG.
fn draw(report: &Report) -> Result<Vec<u8>> {
    if cfg!(fuzzing) {
        // A chart takes longer than all the rest of a small run, and nothing in it is held against anything
        // there. `cargo fuzz` alone sets this; no build that a user gets has it.
        return Ok(Vec::new());
    }
    let (totals, fraction) = crate::ledger::tally::exact_totals(report);
    let bars: Vec<Bar<'_>> =
        report.age_groups.iter().zip(totals).map(|(group, total)| Bar { label: &group.age_group, total }).collect();
    let note = format!(
        "{} purchases, {} customers, total spending {}",
        crate::model::readable::grouped(
            &report.age_groups.iter().map(|group| group.purchases).sum::<u64>().to_string()
        ),
        crate::model::readable::grouped(&report.customers.accepted.to_string()),
        // The minus sign of the bars' labels.
        crate::model::readable::grouped(&report.total_spending).replace('-', "−"),
    );
    chart::render(&bars, fraction, &note)
        .map_err(|error| Error::new(ErrorKind::Output, format!("cannot draw the chart: {error}")))
}
