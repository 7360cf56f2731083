//! Reads the headers of all inputs and resolves the columns of the join (docs/contract.md#columns).

use crate::config::Config;
use crate::error::{Error, ErrorKind, Result, Setting};
use crate::input::column_lookup::ColumnLookup;
use crate::input::column_match::match_columns;
use crate::input::header::{Header, HeaderReader};
use crate::input::reader::InputReader;
use crate::model::column_order::ColumnOrder;
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
    /// For each file of a side, the order of its columns if it differs from that of the first one.
    orders: Sides<Vec<Option<ColumnOrder>>>,
    /// The dialect of each side. The combined data has that of the purchases.
    pub(crate) dialects: Sides<Dialect>,
    pub(crate) delimiter_sources: Sides<DelimiterSource>,
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
    /// occur twice and for purchases files with different column names, by file; those of [`HeaderReader::read`] for a
    /// header that cannot be read; those of [`Config::check_combined`]; those of [`combined_header`].
    pub(crate) fn read(config: &Config, inputs: &mut Inputs<InputReader<'_>>) -> Result<(Self, Inputs<Header>)> {
        let names = &config.columns;
        let reader = |side, wanted| HeaderReader {
            side,
            format: config.formats.of(side),
            known: None,
            wanted,
            max_record: config.max_record_bytes,
            digest: config.digest,
        };
        let wanted: [&[u8]; 4] = [&names.customers_key, &names.first_name, &names.last_name, &names.age];
        let customers = reader(Side::Customers, &wanted).read(&mut inputs.customers)?;
        let mut headers = Inputs { customers, purchases: vec![] };
        let mut unreadable = None;
        let wanted: [&[u8]; 2] = [&names.purchases_key, &names.amount];
        let mut reader = reader(Side::Purchases, &wanted);
        for input in &mut inputs.purchases {
            match reader.read(input) {
                Ok(header) => {
                    reader.known.get_or_insert(header.found_delimiter());
                    headers.purchases.push(header);
                }
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
        let mut lookup = ColumnLookup::default();
        let [key, first_name, last_name, age] = lookup.columns(
            Side::Customers,
            &headers.customers,
            None,
            [
                (&names.customers_key, Setting::CustomersKey),
                (&names.first_name, Setting::FirstName),
                (&names.last_name, Setting::LastName),
                (&names.age, Setting::Age),
            ],
        );
        let (mut first, mut purchases, mut orders) = (None, None, vec![]);
        for header in &headers.purchases {
            let faults = lookup.faults.len();
            let wanted = [(&*names.purchases_key, Setting::PurchasesKey), (&*names.amount, Setting::Amount)];
            let columns = lookup.columns(Side::Purchases, header, first, wanted);
            // Those of the first file count.
            purchases.get_or_insert(columns);
            // A header of one field that has a fault differs from the others for the same reason.
            if header.is_separated() || lookup.faults.len() == faults {
                match match_columns(first.get_or_insert(header), header, config.match_columns) {
                    Ok(order) => orders.push(order),
                    Err(differences) => lookup.faults.extend(differences),
                }
            }
        }
        let mut faults = lookup.faults;
        let (Some(key), Some(first), None) = (key, first, &unreadable) else {
            faults.extend(unreadable);
            return Err(faults);
        };
        if let Err(error) = config.check_combined(first.dialect) {
            faults.push(error);
            return Err(faults);
        }
        let header = combined_header(&headers.customers, key, first);
        match (header, first_name, last_name, age, purchases) {
            (Ok(header), Some(first_name), Some(last_name), Some(age), Some([Some(purchases_key), Some(amount)]))
                if faults.is_empty() =>
            {
                let count = headers.customers.names.len();
                Ok(Self {
                    customers: CustomerColumns { count, key, first_name, last_name, age },
                    purchases: PurchaseColumns { count: first.names.len(), key: purchases_key, amount },
                    orders: Sides { customers: vec![], purchases: orders },
                    dialects: Sides { customers: headers.customers.dialect, purchases: first.dialect },
                    delimiter_sources: Sides {
                        customers: headers.customers.delimiter_source,
                        purchases: first.delimiter_source,
                    },
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

    /// The order of the columns of a file of a side, by its index; `None` if it is that of the first one.
    pub(crate) fn order(&self, side: Side, file: usize) -> Option<&ColumnOrder> {
        self.orders.of(side).get(file)?.as_ref()
    }

    /// Number of columns of the combined data: the columns of both sides without the customers' key, `full_name` and
    /// `age_group`.
    pub(crate) fn combined_columns(&self) -> usize {
        self.purchases.count + self.customers.count - 1 + 2
    }
}
