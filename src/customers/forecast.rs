//! How many customers a file will turn out to hold, judged by what has been read of it.
//!
//! A file may go on differently from how it began, so a forecast is never a promise. Whoever makes memory by it bounds
//! that memory by what is stored already: see [`super::capacity`] and [`super::arena`].

/// What is known about the customers to come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Forecast {
    /// Bytes of the file that have been read.
    read: u64,
    /// Bytes of the whole file; `None` for a pipe.
    size: Option<u64>,
    /// Lines in the whole file, estimated from samples. Quoted line breaks and rejected records count too.
    lines: Option<u64>,
}

impl Forecast {
    /// A file of this size, none of it read yet, that has about so many lines.
    pub(crate) fn new(size: Option<u64>, lines: Option<u64>) -> Self {
        Self { read: 0, size, lines }
    }

    /// The same file, read up to this byte.
    pub(crate) fn at(self, read: u64) -> Self {
        Self { read, ..self }
    }

    /// What `so_far` becomes by the end of the file if it keeps its rate per byte; `None` for a pipe.
    pub(crate) fn extrapolate(&self, so_far: usize) -> Option<usize> {
        let (read, size) = (self.read.max(1), self.size?.max(self.read));
        let all = so_far as u128 * u128::from(size) / u128::from(read);
        Some(usize::try_from(all).unwrap_or(usize::MAX).max(so_far))
    }

    /// The number of customers at the end, after `so_far` of them; `None` for a pipe.
    pub(crate) fn customers(&self, so_far: usize) -> Option<usize> {
        let at_this_rate = self.extrapolate(so_far)?;
        // A little more, so that the last customers do not need a larger table.
        let expected = at_this_rate.saturating_add(at_this_rate / 32);
        // Customers end with a line. The samples are rough, so they only correct a rate that is far too high.
        let most = self
            .lines
            .map_or(usize::MAX, |lines| usize::try_from(lines.saturating_add(lines / 4)).unwrap_or(usize::MAX));
        Some(expected.min(most).max(so_far))
    }

    /// Customers to make room for before the first one has been read: few, as nothing is known about them yet.
    pub(crate) fn first(&self) -> usize {
        const MOST: u64 = 64 * 1024;
        self.lines.unwrap_or(0).min(MOST) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_keeps_its_rate_is_forecast_within_a_few_percent() {
        for lines in [None, Some(1_000_000)] {
            let forecast = Forecast::new(Some(50_000_000), lines);
            for read in [50_000, 1_000_000, 49_999_950] {
                let customers = forecast.at(read).customers(read as usize / 50).expect("a size");
                assert!((1_000_000..=1_050_000).contains(&customers), "{customers} after {read} bytes");
            }
        }
    }

    /// Only accepted customers count, so the line feeds of a beginning without customers do not.
    #[test]
    fn what_is_not_accepted_is_not_expected() {
        let forecast = Forecast::new(Some(50_000_000), Some(25_000_000));
        assert_eq!((forecast.at(500_000).customers(0), forecast.at(500_000).customers(1)), (Some(0), Some(103)));
    }

    /// A dense beginning does not raise the forecast above the number of lines.
    #[test]
    fn there_are_no_more_customers_than_lines() {
        let forecast = Forecast::new(Some(1 << 40), Some(1_000)).at(100);
        assert_eq!((forecast.customers(10), forecast.customers(2_000)), (Some(1_250), Some(2_000)));
    }

    #[test]
    fn a_pipe_has_no_forecast_and_odd_numbers_do_no_harm() {
        assert_eq!((Forecast::default().customers(10), Forecast::default().first()), (None, 0));
        // A file that has grown, one that ends with its header, and sizes that no file has.
        assert_eq!(Forecast::new(Some(10), None).at(20).extrapolate(7), Some(7));
        assert_eq!(Forecast::new(Some(0), Some(0)).customers(0), Some(0));
        let most = Forecast::new(Some(u64::MAX), Some(u64::MAX / 2));
        assert_eq!((most.extrapolate(usize::MAX), most.first()), (Some(usize::MAX), 64 * 1024));
    }
}
