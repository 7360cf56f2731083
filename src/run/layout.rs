//! Which columns are where, and the header of the combined data (SPEC: "Output set").

use crate::config::Config;
use crate::error::{Error, ErrorKind, Result, escape};
use crate::input::header::Header;
use crate::input::reader::InputReader;
use std::collections::HashSet;

/// Columns of the customers file, from 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CustomerColumns {
    pub(crate) count: usize,
    pub(crate) key: usize,
    pub(crate) first_name: usize,
    pub(crate) last_name: usize,
    pub(crate) age: usize,
}

/// Columns of the purchases files, from 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PurchaseColumns {
    pub(crate) count: usize,
    pub(crate) key: usize,
    pub(crate) amount: usize,
}

/// Columns of both sides and of what they make.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) customers: CustomerColumns,
    pub(crate) purchases: PurchaseColumns,
    /// The value of the customers' key column's name.
    pub(crate) customers_key: Vec<u8>,
    /// The combined data's header record, LF included.
    pub(crate) header: Vec<u8>,
}

impl CustomerColumns {
    /// Finds the needed columns of the customers file.
    ///
    /// # Errors
    /// [`ErrorKind::Header`] for a column that is missing or stands twice.
    pub(crate) fn find(config: &Config, header: &Header) -> Result<Self> {
        let names = &config.columns;
        Ok(Self {
            count: header.names.len(),
            key: header.column(&names.customers_key, "--customers-key", config.dialect)?,
            first_name: header.column(&names.first_name, "--first-name", config.dialect)?,
            last_name: header.column(&names.last_name, "--last-name", config.dialect)?,
            age: header.column(&names.age, "--age", config.dialect)?,
        })
    }
}

impl PurchaseColumns {
    /// Finds the needed columns of a purchases file, whose names must be those of the first one.
    ///
    /// # Errors
    /// [`ErrorKind::Header`] for a column that is missing or stands twice, and for names that differ.
    pub(crate) fn find(config: &Config, header: &Header, first: &Header) -> Result<Self> {
        let names = &config.columns;
        let columns = Self {
            count: header.names.len(),
            key: header.column(&names.purchases_key, "--purchases-key", config.dialect)?,
            amount: header.column(&names.amount, "--amount", config.dialect)?,
        };
        same_names(first, header)?;
        Ok(columns)
    }
}

impl Layout {
    /// Reads every header and checks it before the next one is read, in reading order; then claims the names
    /// of the combined data. The headers come back in that order.
    ///
    /// # Errors
    /// What [`Header::read`] and the columns say; [`ErrorKind::Header`] for a name that cannot be claimed.
    pub(crate) fn read(config: &Config, inputs: &mut [InputReader<'_>]) -> Result<(Self, Vec<Header>)> {
        let mut headers: Vec<Header> = Vec::new();
        let (mut customers, mut purchases) = (None, None);
        for (number, input) in inputs.iter_mut().enumerate() {
            let header = Header::read(input, config.dialect, config.max_record_bytes)?;
            if number == 0 {
                customers = Some(CustomerColumns::find(config, &header)?);
            } else {
                purchases = Some(PurchaseColumns::find(config, &header, headers.get(1).unwrap_or(&header))?);
            }
            headers.push(header);
        }
        // Proof: a configuration has a customers file, and one without purchases files is refused.
        let customers = customers.expect("there is a customers file");
        let purchases = purchases.expect("there is a purchases file");
        let header = combined_header(config, &headers[0], customers.key, &headers[1])?;
        let customers_key = headers[0].names[customers.key].clone();
        Ok((Self { customers, purchases, customers_key, header }, headers))
    }

    /// Columns of the combined data; the last is the age group.
    pub(crate) fn combined_columns(&self) -> usize {
        self.purchases.count + self.customers.count - 1 + 2
    }
}

fn same_names(first: &Header, other: &Header) -> Result<()> {
    if first.names == other.names {
        return Ok(());
    }
    let place = (0..).find(|&place| first.names.get(place) != other.names.get(place)).unwrap_or(0);
    let shown = |header: &Header| header.names.get(place).map_or("nothing".into(), |name| escape(name));
    Err(other
        .error(format!(
            "the header differs from that of {}: column {} is {} instead of {}",
            crate::error::escape_path(first.path()),
            place + 1,
            shown(other),
            shown(first)
        ))
        .hint("purchases files read together have the same header; join the others in a run of their own"))
}

/// Names are claimed in the order purchases, `full_name`, `age_group`, customers.
fn combined_header(config: &Config, customers: &Header, key: usize, purchases: &Header) -> Result<Vec<u8>> {
    let dialect = config.dialect;
    let mut taken: HashSet<Vec<u8>> = purchases.names.iter().cloned().collect();
    // None: the name stays as it is.
    let mut claim = |name: &[u8], header: &Header| -> Result<Option<Vec<u8>>> {
        if taken.insert(name.to_vec()) {
            return Ok(None);
        }
        let prefixed = [b"customer_".as_slice(), name].concat();
        if taken.insert(prefixed.clone()) {
            return Ok(Some(prefixed));
        }
        let text = format!("no column name is left for {}: it and {} are taken", escape(name), escape(&prefixed));
        Err(header.error(text).hint("rename one of the columns"))
    };
    let write = |name: &[u8]| {
        let mut written = Vec::new();
        dialect.write_field(name, &mut written);
        written
    };
    let mut made = Vec::new();
    for name in ["full_name", "age_group"] {
        let claimed = claim(name.as_bytes(), purchases)?;
        made.push(write(claimed.as_deref().unwrap_or(name.as_bytes())));
    }
    let mut seen = HashSet::new();
    let mut fields = purchases.raw.clone();
    for (column, name) in customers.names.iter().enumerate().filter(|&(column, _)| column != key) {
        if !seen.insert(name) {
            let text = format!("column {} stands twice", escape(name));
            return Err(customers.error(text).hint("rename one of the two"));
        }
        fields.push(match claim(name, customers)? {
            Some(prefixed) => write(&prefixed),
            None => customers.raw[column].clone(),
        });
    }
    fields.append(&mut made);
    let mut header = fields.join(&dialect.delimiter);
    header.push(b'\n');
    if dialect.quote.is_none() && memchr::memchr_iter(dialect.delimiter, &header).count() + 1 != fields.len() {
        return Err(Error::new(
            ErrorKind::Config,
            "--no-quoting: a made name holds the delimiter and could not be written",
        ));
    }
    Ok(header)
}
