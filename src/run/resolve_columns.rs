//! Resolves the columns of the join in the headers of the inputs (docs/contract.md#columns).

use crate::config::Config;
use crate::error::{Error, Result, Setting, escape, escape_path};
use crate::input::column_lookup::ColumnLookup;
use crate::input::header::Header;
use crate::model::columns::{CustomerColumns, PurchaseColumns};
use crate::model::delimiter_source::DelimiterSource;
use crate::model::dialect::Dialect;
use crate::model::inputs::Inputs;
use crate::model::sides::{Side, Sides};
use crate::output::combined_header::combined_header;

/// The resolved columns of both sides, and the header of the combined data.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) customers: CustomerColumns,
    pub(crate) purchases: PurchaseColumns,
    /// The dialect of each side. The combined data has that of the purchases.
    pub(crate) dialects: Sides<Dialect>,
    pub(crate) delimiter_sources: Sides<DelimiterSource>,
    /// The names of the columns of each side, without enclosing quotes.
    pub(crate) names: Sides<Vec<Vec<u8>>>,
    /// The header record of the combined data, LF included.
    pub(crate) header: Vec<u8>,
}

impl Layout {
    /// Resolves the columns in these headers, and checks them. The error of a header that was `unreadable` comes last.
    ///
    /// # Errors
    /// All faults of the headers as one error. In this order: [`ErrorKind::Header`](crate::ErrorKind::Header) for
    /// columns that are missing or occur twice and for files of a side with different column names, by file; the
    /// `unreadable` header; those of [`Config::check_combined`]; those of [`combined_header`].
    pub(super) fn resolve(config: &Config, headers: &Inputs<Header>, unreadable: Option<Error>) -> Result<Self> {
        // Proof: there is no layout only because of a fault.
        Self::try_resolve(config, headers, unreadable).map_err(|faults| Error::all(faults).expect("at least one fault"))
    }

    fn try_resolve(config: &Config, headers: &Inputs<Header>, unreadable: Option<Error>) -> Result<Self, Vec<Error>> {
        let names = &config.columns;
        let mut lookup = ColumnLookup::default();
        let (customers, [key, first_name, last_name, age]) = lookup_side(
            &mut lookup,
            Side::Customers,
            &headers.customers,
            [
                (&names.customers_key, Setting::CustomersKey),
                (&names.first_name, Setting::FirstName),
                (&names.last_name, Setting::LastName),
                (&names.age, Setting::Age),
            ],
        );
        let (purchases, [purchases_key, amount]) = lookup_side(
            &mut lookup,
            Side::Purchases,
            &headers.purchases,
            [(&*names.purchases_key, Setting::PurchasesKey), (&*names.amount, Setting::Amount)],
        );
        let mut faults = lookup.faults;
        let (Some(key), Some(customers), Some(purchases), None) = (key, customers, purchases, &unreadable) else {
            faults.extend(unreadable);
            return Err(faults);
        };
        if let Err(error) = config.check_combined(purchases.dialect) {
            faults.push(error);
            return Err(faults);
        }
        let header = combined_header(customers, key, purchases);
        match (header, first_name, last_name, age, purchases_key, amount) {
            (Ok(header), Some(first_name), Some(last_name), Some(age), Some(purchases_key), Some(amount))
                if faults.is_empty() =>
            {
                let count = customers.names.len();
                Ok(Self {
                    customers: CustomerColumns { count, key, first_name, last_name, age },
                    purchases: PurchaseColumns { count: purchases.names.len(), key: purchases_key, amount },
                    dialects: Sides { customers: customers.dialect, purchases: purchases.dialect },
                    delimiter_sources: Sides {
                        customers: customers.delimiter_source,
                        purchases: purchases.delimiter_source,
                    },
                    names: Sides { customers: customers.names.clone(), purchases: purchases.names.clone() },
                    header,
                })
            }
            (header, ..) => {
                faults.extend(header.err().into_iter().flatten());
                Err(faults)
            }
        }
    }

    /// Number of columns of the combined data: the columns of both sides without the customers' key, `full_name` and
    /// `age_group`.
    pub(crate) fn combined_columns(&self) -> usize {
        self.purchases.count + self.customers.count - 1 + 2
    }
}

/// Looks up columns in the headers of a side. Returns the first header, which the others must agree with, and the
/// columns in it.
fn lookup_side<'h, const N: usize>(
    lookup: &mut ColumnLookup,
    side: Side,
    headers: &'h [Header],
    wanted: [(&[u8], Setting); N],
) -> (Option<&'h Header>, [Option<usize>; N]) {
    let (mut first, mut columns) = (None, [None; N]);
    for header in headers.iter().filter(|header| !header.is_missing()) {
        let Some(first) = first else {
            columns = lookup.columns(side, header, None, wanted);
            first = Some(header);
            continue;
        };
        // A header of one field that lacks a column differs from the others for the same reason.
        let faults = lookup.faults.len();
        if !header.is_separated() {
            lookup.columns(side, header, Some(first), wanted);
        }
        if lookup.faults.len() == faults {
            lookup.faults.extend(check_same_names(side, first, header).err());
        }
    }
    (first, columns)
}

/// Checks that two inputs of a side have the same header.
fn check_same_names(side: Side, first: &Header, other: &Header) -> Result<()> {
    if first.names == other.names {
        return Ok(());
    }
    let column = (0..).find(|&column| first.names.get(column) != other.names.get(column)).unwrap_or(0);
    let name_at = |header: &Header| header.names.get(column).map_or("nothing".into(), |name| escape(name));
    Err(other
        .error(format!(
            "the header differs from that of {}: column {} is {} instead of {}",
            escape_path(first.path()),
            column + 1,
            name_at(other),
            name_at(first)
        ))
        .hint(format!("give each run only {} files with the same header", side.name())))
}
