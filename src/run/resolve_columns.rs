//! Reads the headers of all inputs and resolves the columns of the join (docs/contract.md#columns).

use crate::config::Config;
use crate::error::{Error, ErrorKind, Result, Setting, escape, escape_path};
use crate::input::column_lookup::ColumnLookup;
use crate::input::header::Header;
use crate::input::reader::InputReader;
use crate::model::columns::{CustomerColumns, PurchaseColumns};
use crate::model::inputs::Inputs;
use crate::output::combined_header::combined_header;

/// The resolved columns of both sides, and the header of the combined data.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) customers: CustomerColumns,
    pub(crate) purchases: PurchaseColumns,
    /// The name of the customers' key column, without enclosing quotes.
    pub(crate) customers_key: Vec<u8>,
    /// The header record of the combined data, LF included.
    pub(crate) header: Vec<u8>,
}

impl Layout {
    /// Reads the header of every input in reading order, up to one that cannot be read, and checks them. Also returns
    /// the headers.
    ///
    /// # Errors
    /// All faults of the headers as one error. In this order: [`ErrorKind::Header`] for columns that are missing or
    /// occur twice and for purchases files with different column names, by file; those of [`Header::read`] for a header
    /// that cannot be read; those of [`combined_header`].
    pub(crate) fn read(config: &Config, inputs: &mut Inputs<InputReader<'_>>) -> Result<(Self, Inputs<Header>)> {
        let read = |input: &mut InputReader<'_>, delimiter_is_right| {
            // The digest of a decoded input is that of its stored bytes, which the decoder computes.
            let digest = config.digest.filter(|_| input.decoding().is_none());
            Header::read(input, config.dialect, config.max_record_bytes, digest, delimiter_is_right)
        };
        let mut headers = Inputs { customers: read(&mut inputs.customers, false)?, purchases: vec![] };
        let mut unreadable = None;
        for input in &mut inputs.purchases {
            let delimiter_is_right = headers.iter().any(Header::is_separated);
            match read(input, delimiter_is_right) {
                Ok(header) => headers.purchases.push(header),
                Err(error) if matches!(error.kind(), ErrorKind::Interrupted(_) | ErrorKind::Cancelled) => {
                    return Err(error);
                }
                Err(error) => {
                    unreadable = Some(error);
                    break;
                }
            }
        }
        match Self::resolve(config, &headers, unreadable) {
            Ok(layout) => Ok((layout, headers)),
            // Proof: there is no layout only because of a fault.
            Err(faults) => Err(Error::all(faults).expect("at least one fault")),
        }
    }

    /// Resolves the columns in these headers. After them, a header may have been `unreadable`.
    fn resolve(config: &Config, headers: &Inputs<Header>, unreadable: Option<Error>) -> Result<Self, Vec<Error>> {
        let names = &config.columns;
        let mut lookup = ColumnLookup::new(headers, config.dialect);
        let [key, first_name, last_name, age] = lookup.columns(
            &headers.customers,
            [
                (&names.customers_key, Setting::CustomersKey),
                (&names.first_name, Setting::FirstName),
                (&names.last_name, Setting::LastName),
                (&names.age, Setting::Age),
            ],
        );
        let (mut first, mut purchases) = (None, [None; 2]);
        for header in &headers.purchases {
            let faults = lookup.faults.len();
            purchases = lookup
                .columns(header, [(&names.purchases_key, Setting::PurchasesKey), (&names.amount, Setting::Amount)]);
            // A header of one field that has a fault differs from the others for the same reason.
            if header.is_separated() || lookup.faults.len() == faults {
                lookup.faults.extend(check_same_names(first.get_or_insert(header), header).err());
            }
        }
        let mut faults = lookup.faults;
        let (Some(key), Some(first), None) = (key, first, &unreadable) else {
            faults.extend(unreadable);
            return Err(faults);
        };
        let header = combined_header(config.dialect, &headers.customers, key, first);
        match (header, first_name, last_name, age, purchases) {
            (Ok(header), Some(first_name), Some(last_name), Some(age), [Some(purchases_key), Some(amount)])
                if faults.is_empty() =>
            {
                let count = headers.customers.names.len();
                Ok(Self {
                    customers: CustomerColumns { count, key, first_name, last_name, age },
                    purchases: PurchaseColumns { count: first.names.len(), key: purchases_key, amount },
                    customers_key: headers.customers.names[key].clone(),
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

/// Checks that two purchases inputs have the same header.
fn check_same_names(first: &Header, other: &Header) -> Result<()> {
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
        .hint("give each run only purchases files with the same header"))
}
