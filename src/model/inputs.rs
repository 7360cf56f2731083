//! One value per input of a join, named instead of indexed.

use std::ffi::OsStr;
use std::path::Path;

/// One value for the customers input and one for each purchases input, in reading order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inputs<T> {
    pub(crate) customers: T,
    /// At least one.
    pub(crate) purchases: Vec<T>,
}

impl<T> Inputs<T> {
    /// All values in reading order: customers first, then purchases.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        std::iter::once(&self.customers).chain(&self.purchases)
    }

    /// All values in reading order, as in [`iter`](Self::iter).
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        std::iter::once(&mut self.customers).chain(&mut self.purchases)
    }

    /// All values in reading order, as in [`iter`](Self::iter).
    pub(crate) fn into_iter(self) -> impl Iterator<Item = T> {
        std::iter::once(self.customers).chain(self.purchases)
    }

    /// Maps all values in reading order, up to the first error.
    pub(crate) fn try_map<U, E>(self, mut map: impl FnMut(T) -> Result<U, E>) -> Result<Inputs<U>, E> {
        let customers = map(self.customers)?;
        Ok(Inputs { customers, purchases: self.purchases.into_iter().map(map).collect::<Result<_, E>>()? })
    }

    /// Pairs of the values of the same input; both have the same number of purchases.
    pub(crate) fn zip<U>(self, other: Inputs<U>) -> Inputs<(T, U)> {
        let purchases = self.purchases.into_iter().zip(other.purchases).collect();
        Inputs { customers: (self.customers, other.customers), purchases }
    }

    /// References to all values.
    pub(crate) fn as_ref(&self) -> Inputs<&T> {
        Inputs { customers: &self.customers, purchases: self.purchases.iter().collect() }
    }
}

/// Whether the path of an input means standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == OsStr::new("-")
}
