//! Estimates how many customers a file holds from the part that has been read.
//!
//! A file may continue differently from how it began, so a forecast can be wrong by any factor. Code that allocates by
//! a forecast bounds the allocation by what it already stores: see [`super::capacity`] and [`super::arena`].

/// The numbers from which the customers of a file are estimated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forecast {
    /// Bytes of the file that have been read.
    read: u64,
    /// Bytes of the whole file; `None` for a pipe.
    size: Option<u64>,
    /// Lines of the whole file, estimated from samples. Lines inside quotes and of rejected records count too.
    lines: Option<u64>,
}

impl Forecast {
    /// A file of `size` bytes and about `lines` lines, of which nothing has been read.
    pub fn new(size: Option<u64>, lines: Option<u64>) -> Self {
        Self { read: 0, size, lines }
    }

    /// The same file after its first `read` bytes.
    pub fn at(self, read: u64) -> Self {
        Self { read, ..self }
    }

    /// Extrapolates `so_far`, a number that grows with the bytes read, to the end of the file; `None` for a pipe.
    pub(crate) fn extrapolate(&self, so_far: usize) -> Option<usize> {
        let (read, size) = (self.read.max(1), self.size?.max(self.read));
        let all = so_far as u128 * u128::from(size) / u128::from(read);
        Some(usize::try_from(all).unwrap_or(usize::MAX).max(so_far))
    }

    /// The expected number of customers in the file, of which `so_far` have been accepted; `None` for a pipe.
    pub(crate) fn customers(&self, so_far: usize) -> Option<usize> {
        let at_this_rate = self.extrapolate(so_far)?;
        // A margin, so that the last customers do not make the map grow.
        let expected = at_this_rate.saturating_add(at_this_rate / 32);
        // Every customer takes at least one line. The number of lines is a rough estimate, so it only caps a rate that
        // is far too high.
        let most = self
            .lines
            .map_or(usize::MAX, |lines| usize::try_from(lines.saturating_add(lines / 4)).unwrap_or(usize::MAX));
        Some(expected.min(most).max(so_far))
    }

    /// Number of customers to make room for before any has been read. At most 64 Ki, because the estimate may be wrong.
    pub fn first(&self) -> usize {
        const MAX: u64 = 64 * 1024;
        self.lines.unwrap_or(0).min(MAX) as usize
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

    /// The rate is that of accepted customers, not of lines.
    #[test]
    fn lines_without_customers_do_not_raise_the_forecast() {
        let forecast = Forecast::new(Some(50_000_000), Some(25_000_000));
        assert_eq!((forecast.at(500_000).customers(0), forecast.at(500_000).customers(1)), (Some(0), Some(103)));
    }

    #[test]
    fn a_dense_beginning_is_capped_by_the_number_of_lines() {
        let forecast = Forecast::new(Some(1 << 40), Some(1_000)).at(100);
        assert_eq!((forecast.customers(10), forecast.customers(2_000)), (Some(1_250), Some(2_000)));
    }

    #[test]
    fn a_pipe_has_no_forecast_and_extreme_numbers_do_not_overflow() {
        assert_eq!((Forecast::default().customers(10), Forecast::default().first()), (None, 0));
        // A file that has grown, a file without records, and the largest numbers.
        assert_eq!(Forecast::new(Some(10), None).at(20).extrapolate(7), Some(7));
        assert_eq!(Forecast::new(Some(0), Some(0)).customers(0), Some(0));
        let most = Forecast::new(Some(u64::MAX), Some(u64::MAX / 2));
        assert_eq!((most.extrapolate(usize::MAX), most.first()), (Some(usize::MAX), 64 * 1024));
    }
}
