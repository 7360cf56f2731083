//! Joins the inputs of a published set again and compares the result with the set. Nothing is written: the rows and the
//! rejects are compared with the published files as they are produced.

use super::{Purpose, Targets, draw, join_inputs, render_page};
use crate::config::Config;
use crate::error::Result;
use crate::input::file::InputFile;
use crate::model::inputs::Inputs;
use crate::monitor::Monitor;
use crate::output::compared_file::{ComparedFile, Mismatch};
use crate::output::report_json::Report;
use crate::output::report_parts::OutputFile;
use crate::output::target_file::TargetFile;

/// The result of joining again.
#[derive(Debug)]
pub(crate) struct Rejoined {
    /// The report, without outputs.
    pub(crate) report: Report,
    /// The first difference of the combined data.
    pub(crate) combined: Option<Mismatch>,
    /// The first difference of the rejects.
    pub(crate) rejects: Option<Mismatch>,
    /// The report page; `None` if the configuration has none.
    pub(crate) page: Option<String>,
}

/// Joins the inputs and compares the rows and the rejects with these files. A file that is `None` is not compared. The
/// page shows what the set's report says of the combined data, `listed`.
///
/// # Errors
/// As for a run.
pub(crate) fn rejoin(
    config: &Config,
    monitor: &Monitor,
    files: &Inputs<InputFile>,
    combined: Option<ComparedFile>,
    rejects: Option<ComparedFile>,
    listed: Option<&OutputFile>,
) -> Result<Rejoined> {
    let target = |file: Option<ComparedFile>| file.map_or(TargetFile::Discarded, TargetFile::Compared);
    let targets = || {
        let combined = config.combined.then(|| target(combined));
        Ok(Targets { rejects: target(rejects), combined })
    };
    let (report, writer, rejects) = join_inputs(config, monitor, files, Purpose::Verification, targets)?;
    files.iter().try_for_each(InputFile::check_unchanged)?;
    let page = || draw(config, &report).map(|chart| render_page(config, &report, listed, chart.as_ref()));
    let page = config.html.then(page).transpose()?;
    Ok(Rejoined { report, combined: writer.mismatch()?, rejects: rejects.mismatch()?, page })
}
