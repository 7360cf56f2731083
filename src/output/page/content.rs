//! What a report page shows.

use crate::config::Config;
use crate::model::currency::with_currency;
use crate::model::readable_numbers::grouped;
use crate::output::chart::{Chart, DEFAULT_TITLE};
use crate::output::report_json::Report;
use crate::output::report_parts::OutputFile;

/// The content of a report page. Everything in it depends only on the inputs and the options, so the page does too.
pub(crate) struct Content<'a> {
    pub(crate) config: &'a Config,
    /// The objects `run` and `acceptance` are not shown.
    pub(crate) report: &'a Report,
    /// The combined data; `None` if it is not written.
    pub(crate) combined: Option<&'a OutputFile>,
    /// The total of each age group of the report, all in the same unit.
    pub(crate) totals: &'a [i128],
    /// `None` if no chart was drawn.
    pub(crate) chart: Option<&'a Chart>,
}

impl Content<'_> {
    pub(super) fn title(&self) -> &str {
        self.config.chart_title.as_deref().unwrap_or(DEFAULT_TITLE)
    }

    /// An amount of the report with thousands separators and currency.
    pub(super) fn money(&self, amount: &str) -> String {
        with_currency(&number(amount), self.config.currency.as_deref())
    }
}

/// An amount of the report with thousands separators and a minus sign that is as wide as a digit.
pub(super) fn number(amount: &str) -> String {
    grouped(amount).replace('-', "−")
}
