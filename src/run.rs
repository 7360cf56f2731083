//! The main job from start to end: open, load, join, append, account, publish.

use crate::account::Account;
use crate::config::{Config, Join};
use crate::error::{Error, ErrorKind, Result};
use crate::input::bytes::Bytes;
use crate::input::chunks::Chunks;
use crate::input::opened::Opened;
use crate::join::customers::{Customers, Matched, Segment};
use crate::join::kernel::{JoinScratch, Joined, Kernel, Policy};
use crate::join::layout::Layout;
use crate::join::load::{LoadScratch, Loaded, Loader};
use crate::join::remainder::{Remainder, RemainderRows};
use crate::ledger::assert_laws;
use crate::monitor::{Monitor, Phase};
use crate::output::chart::{self, Bar};
use crate::output::publish::Moves;
use crate::output::rejects::{Rejects, place_in};
use crate::output::report::Report;
use crate::output::set::{CHART, COMBINED, NAMES, REPORT, SPENDING};
use crate::output::spending;
use crate::output::stage::Stage;
use crate::output::staged_file::{StagedFile, Written};
use crate::pipeline::ordered;
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
    let mut stage = Stage::prepare(&config.out_dir, NAMES.map(Cow::Borrowed).to_vec(), config.no_clobber)?;
    let opened = config.inputs().map(open_input).collect::<Result<Vec<_>>>()?;
    stage.refuse_inputs(&opened)?;
    let sizes: Option<Vec<u64>> = opened.iter().map(Opened::size).collect();
    monitor.expect_total(sizes.map_or(0, |sizes| sizes.iter().sum()));

    let outcome = make_set(config, monitor, &stage, &opened, started, clock);
    // A changed input explains whatever else went wrong with it, broken laws included.
    let changed = opened.iter().find_map(|input| input.check_unchanged().err());
    let report = match (outcome, changed) {
        (Err(error), _) if matches!(error.kind(), ErrorKind::Interrupted(_) | ErrorKind::Output) => return Err(error),
        (_, Some(changed)) => return Err(changed),
        (outcome, None) => outcome?,
    };
    monitor.enter(Phase::Publishing);
    stage.publish(&Moves::of_run(&config.out_dir, config.combined, stage.lost()), config.sync, monitor)?;
    Ok(report)
}

fn open_input(path: &Path) -> Result<Opened> {
    Opened::open(path).map_err(|error| match path.exists() {
        true => error,
        false => error.hint("name the inputs with --customers and --purchases"),
    })
}

/// Makes every file of the set, staged; checks the laws.
fn make_set(
    config: &Config,
    monitor: &Monitor,
    stage: &Stage,
    opened: &[Opened],
    started: SystemTime,
    clock: Instant,
) -> Result<Report> {
    let mut inputs: Vec<Bytes<'_>> = opened.iter().map(|input| Bytes::new(input, monitor)).collect();
    let (layout, headers) = Layout::read(config, &mut inputs)?;
    let mut account = Account::new(config, opened, &headers, &inputs);
    for input in &inputs {
        monitor.advance(input.offset());
    }
    let purchases = inputs.split_off(1);
    let mut rejects = Rejects::create(stage, &layout.customers_key, config.strict.then_some(config.dialect))?;
    let mut combined = if config.combined { Some(stage.create(COMBINED)?) } else { None };

    let job = Job { config, monitor, opened, layout: &layout };
    monitor.enter(Phase::Customers);
    let customers = job.load_customers(inputs, &mut rejects, &mut account)?;
    monitor.enter(Phase::Purchases);
    let matched = Matched::new(customers.table().capacity());
    if let Some(combined) = &mut combined {
        combined.write(&layout.header)?;
    }
    job.join_purchases(purchases, &customers, &matched, &mut rejects, &mut combined, &mut account)?;
    monitor.enter(Phase::Remainder);
    job.append_remainder(&customers, &matched, &mut combined, &mut account)?;
    account.customers.with_purchases = matched.count();

    monitor.enter(Phase::Finishing);
    let (mut report, witness) = account.close(config, &layout, &rejects)?;
    assert_laws(config.join, &report, &witness)?;
    report.outputs = write_outputs(config, stage, combined, rejects, &report)?;
    report.run.started = humantime::format_rfc3339_seconds(started).to_string();
    report.run.seconds = (clock.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
    write_whole(stage, REPORT, &report.to_json(), config.sync)?;
    Ok(report)
}

/// Ends the streamed files and writes the small ones; the manifest comes back.
fn write_outputs(
    config: &Config,
    stage: &Stage,
    combined: Option<StagedFile>,
    rejects: Rejects,
    report: &Report,
) -> Result<Vec<crate::output::report::OutputInfo>> {
    let mut outputs = Vec::new();
    let mut list = |written: Written| {
        let crc32 = format!("{:08x}", written.crc32);
        outputs.push(crate::output::report::OutputInfo {
            path: written.name.into_owned(),
            bytes: written.bytes,
            crc32,
        });
    };
    if let Some(combined) = combined {
        list(combined.finish(config.sync)?);
    }
    list(write_whole(stage, SPENDING, &spending::to_csv(&report.age_groups)?, config.sync)?);
    list(write_whole(stage, CHART, &draw(report)?, config.sync)?);
    list(rejects.finish(config.sync)?);
    Ok(outputs)
}

fn write_whole(stage: &Stage, name: &'static str, bytes: &[u8], sync: bool) -> Result<Written> {
    let mut file = stage.create(name)?;
    file.write(bytes)?;
    file.finish(sync)
}

/// The chart of the report's groups, as PNG.
fn draw(report: &Report) -> Result<Vec<u8>> {
    let (totals, fraction) = crate::account::exact_totals(report);
    let bars: Vec<Bar<'_>> =
        report.age_groups.iter().zip(totals).map(|(group, total)| Bar { label: &group.age_group, total }).collect();
    let note = format!(
        "{} purchases, {} customers, total spending {}",
        crate::text::grouped(&(report.purchases.records - report.purchases.rejected).to_string()),
        crate::text::grouped(&report.customers.accepted.to_string()),
        crate::text::grouped(&report.total_spending),
    );
    chart::render(&bars, fraction, &note)
        .map_err(|error| Error::new(ErrorKind::Output, format!("cannot draw the chart: {error}")))
}

/// What the three streaming stages share.
struct Job<'a> {
    config: &'a Config,
    monitor: &'a Monitor,
    opened: &'a [Opened],
    layout: &'a Layout,
}

impl Job<'_> {
    /// Customers file → customers in memory.
    fn load_customers(
        &self,
        mut inputs: Vec<Bytes<'_>>,
        rejects: &mut Rejects,
        account: &mut Account,
    ) -> Result<Customers> {
        let config = self.config;
        let expected = inputs[0].estimate_records()?;
        let groups = config.age_groups.names().len();
        let mut customers = Customers::new(config.dialect, groups, expected)?;
        let hasher = customers.table().hasher().clone();
        let (dialect, columns) = (config.dialect, self.layout.customers);
        let loader = Loader::new(dialect, columns, &config.age_groups, hasher, config.max_record_bytes);
        let mut chunks = Chunks::new(inputs, config.customers_chunk(), config.max_record_bytes, dialect);
        ordered(
            config.threads,
            self.monitor,
            || chunks.next(),
            LoadScratch::default,
            Loaded::default,
            |chunk, scratch, out| loader.load(&chunk.bytes, scratch, out),
            |chunk, loaded: &mut Loaded| {
                let line = account.next_line(0);
                customers.add(loaded, line)?;
                rejects.add(&self.opened[0].path, &chunk, line, &loaded.rejects)?;
                if let Some(fatal) = loaded.fatal {
                    let base = line + memchr::memchr_iter(b'\n', &chunk.bytes[..fatal.place as usize]).count() as u64;
                    let place = place_in(&self.opened[0].path, &chunk, base, fatal.place, fatal.place);
                    return Err(fatal.error(place, config.max_record_bytes));
                }
                account.add_customers(&chunk, loaded);
                self.consumed(0, &chunk);
                Ok(())
            },
        )?;
        account.take_customers(&customers);
        Ok(customers)
    }

    /// Purchases files × customers → rows, totals, rejects.
    fn join_purchases(
        &self,
        inputs: Vec<Bytes<'_>>,
        customers: &Customers,
        matched: &Matched,
        rejects: &mut Rejects,
        combined: &mut Option<StagedFile>,
        account: &mut Account,
    ) -> Result<()> {
        let config = self.config;
        let kernel = Kernel {
            dialect: config.dialect,
            columns: self.layout.purchases,
            max_record: config.max_record_bytes,
            probe: customers.probe(),
            matched,
            policy: self.policy(),
            exact_only: false,
        };
        let groups = config.age_groups.names().len();
        let mut chunks = Chunks::new(inputs, config.purchases_chunk(), config.max_record_bytes, config.dialect);
        ordered(
            config.threads,
            self.monitor,
            || chunks.next(),
            JoinScratch::default,
            || Joined::new(groups),
            |chunk, scratch, out| kernel.join(&chunk.bytes, scratch, out),
            |chunk, joined: &mut Joined| {
                let file = chunk.file + 1;
                let path = &self.opened[file].path;
                let line = account.next_line(file);
                rejects.add(path, &chunk, line, &joined.rejects)?;
                if let Some(fatal) = joined.fatal {
                    let base = line + memchr::memchr_iter(b'\n', &chunk.bytes[..fatal.place as usize]).count() as u64;
                    let place = place_in(path, &chunk, base, fatal.place, fatal.place);
                    return Err(fatal.error(place, config.max_record_bytes));
                }
                if let Some(combined) = combined {
                    combined.write_summed(joined.rows.bytes(), &joined.crc)?;
                }
                account.add_purchases(file, &chunk, joined)?;
                self.consumed(file, &chunk);
                Ok(())
            },
        )
    }

    /// Customers without purchases, appended under a full join and counted under every join.
    fn append_remainder(
        &self,
        customers: &Customers,
        matched: &Matched,
        combined: &mut Option<StagedFile>,
        account: &mut Account,
    ) -> Result<()> {
        let config = self.config;
        let purchases = self.layout.purchases;
        let remainder = Remainder {
            probe: customers.probe(),
            matched,
            delimiter: config.dialect.delimiter,
            columns_before: purchases.key,
            columns_after: purchases.count - purchases.key - 1,
        };
        let appended = config.join == Join::Full;
        let mut segments = customers.segments().iter().copied();
        ordered(
            config.threads,
            self.monitor,
            || Ok(segments.next()),
            || (),
            RemainderRows::default,
            |segment: &Segment, (), out| remainder.collect(*segment, appended && config.combined, out),
            |_, out: &mut RemainderRows| {
                if let (Some(combined), true) = (&mut *combined, appended) {
                    combined.write_summed(out.rows.bytes(), &out.crc)?;
                }
                account.add_remainder(out.count, appended);
                Ok(())
            },
        )
    }

    /// What a row of a purchase without a customer ends with, and which rows are kept.
    fn policy(&self) -> Policy {
        let config = self.config;
        let mut tail = vec![config.dialect.delimiter; self.layout.customers.count - 1 + 2];
        config.dialect.write_field(crate::age::UNKNOWN.as_bytes(), &mut tail);
        tail.push(b'\n');
        Policy {
            emit: config.combined,
            keep_unmatched: config.join != Join::Inner,
            unknown: usize::from(config.age_groups.unknown()),
            unmatched_tail: tail,
        }
    }

    /// A chunk is done with: tell the watcher, and give its pages back.
    fn consumed(&self, file: usize, chunk: &crate::input::chunks::Chunk<'_>) {
        let end = chunk.offset + chunk.bytes.len() as u64;
        self.monitor.advance(chunk.bytes.len() as u64);
        if let Some(mapped) = self.opened[file].mapped() {
            mapped.release(end as usize);
        }
    }
}
