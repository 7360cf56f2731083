//! The checks before the first record: options, headers, column names (docs/contract.md#dialect,
//! docs/contract.md#header and docs/contract.md#combined-data).

use std::collections::BTreeSet;
use std::ops::Range;

use super::reader::{CR, Field, LF, Reader};
use super::rejects::{can_be_written, too_many, written as field_of};
use super::values::{Group, age_groups};
use super::{Dialect, Kind, Options, Problem, problem};

/// The layout of a run, once all headers are valid.
pub(super) struct Plan<'a> {
    pub(super) options: &'a Options,
    /// How the customers and the purchases are read.
    pub(super) dialects: [Dialect; 2],
    pub(super) groups: Vec<Group>,
    pub(super) customers: Vec<Reader<'a>>,
    pub(super) purchases: Vec<Reader<'a>>,
    /// The names of the columns.
    pub(super) customers_names: Vec<Vec<u8>>,
    pub(super) purchases_names: Vec<Vec<u8>>,
    pub(super) customers_width: usize,
    pub(super) purchases_width: usize,
    /// Column indices, from 0.
    pub(super) customers_key: usize,
    pub(super) first_name: usize,
    pub(super) last_name: usize,
    pub(super) age: usize,
    pub(super) purchases_key: usize,
    pub(super) amount: usize,
    /// The header of the combined data.
    pub(super) combined_header: Vec<Vec<u8>>,
}

impl<'a> Plan<'a> {
    /// Opens every file and reads its header. The file of `undecodable` cannot be opened.
    pub(super) fn new(options: &'a Options, undecodable: Option<Problem>) -> Result<Self, Problem> {
        let groups = checked_options(options)?;
        // Reading: each file's header is read and checked before the next file's; the names of the combined data
        // are claimed last.
        let first_purchases = options.customers.len();
        let customers = Side::open(options, 0..first_purchases, undecodable)?;
        let [customers_key, first_name, last_name, age] = customers.columns[..] else { panic!("four columns") };
        let purchases = Side::open(options, first_purchases..first_purchases + options.purchases.len(), undecodable)?;
        let [purchases_key, amount] = purchases.columns[..] else { panic!("two columns") };
        let dialects = [customers.dialect, purchases.dialect];
        let (customers_header, purchases_header) = (customers.header, purchases.header);
        checked_combined(&groups, &dialects[1])?;
        let combined_header =
            combined_header(&dialects, &purchases_header, &customers_header, customers_key, first_purchases)?;
        Ok(Plan {
            options,
            dialects,
            groups,
            customers: customers.readers,
            purchases: purchases.readers,
            customers_names: owned_names(&customers_header),
            purchases_names: owned_names(&purchases_header),
            customers_width: customers_header.len(),
            purchases_width: purchases_header.len(),
            customers_key,
            first_name,
            last_name,
            age,
            purchases_key,
            amount,
            combined_header,
        })
    }
}

/// The files of one side, after their headers.
struct Side<'a> {
    readers: Vec<Reader<'a>>,
    /// The first header.
    header: Vec<Field>,
    dialect: Dialect,
    /// The needed columns.
    columns: Vec<usize>,
}

impl<'a> Side<'a> {
    fn open(options: &'a Options, files: Range<usize>, undecodable: Option<Problem>) -> Result<Self, Problem> {
        let (mut readers, mut first): (Vec<Reader>, Option<(Vec<Field>, Dialect)>) = (vec![], None);
        let mut columns = vec![];
        for file in files.clone() {
            if let Some(problem) = undecodable.filter(|problem| problem.file == Some(file)) {
                return Err(problem);
            }
            let mut reader = Reader::open(options, file, first.as_ref().map(|(_, dialect)| *dialect))?;
            let header = match reader.header() {
                // Of several files, one without a header is empty. Its delimiter is of no interest.
                Err(Problem { kind: Kind::NoHeader, .. }) if files.len() > 1 => None,
                header => Some(header?),
            };
            match (header, &first) {
                (None, _) => {}
                (Some(header), None) => {
                    for name in options.needed(file) {
                        columns.push(column(&header, name, file)?);
                    }
                    first = Some((header, reader.dialect));
                }
                // The names differ, not the bytes: a header may be quoted in one file and plain in the next.
                (Some(header), Some((other, _))) if names(&header) != names(other) => {
                    reader.order = match options.match_columns {
                        true => order(&names(other), &names(&header)),
                        false => None,
                    };
                    if reader.order.is_none() {
                        return problem(Kind::HeadersDiffer, file, None);
                    }
                }
                (Some(_), Some(_)) => {}
            }
            readers.push(reader);
        }
        match first {
            Some((header, dialect)) => {
                // A file without a header has no records, so its dialect does not matter.
                Ok(Side { readers, header, dialect, columns })
            }
            None => problem(Kind::NoHeader, files.start, None),
        }
    }
}

fn owned_names(header: &[Field]) -> Vec<Vec<u8>> {
    header.iter().map(|field| field.value.clone()).collect()
}

/// Options come before any file. Returns the age groups.
pub(super) fn checked_options(options: &Options) -> Result<Vec<Group>, Problem> {
    let configuration = Problem { kind: Kind::Configuration, file: None, place: None };
    for format in [&options.customers_format, &options.purchases_format] {
        let plain_delimiter = !format.delimiter.is_some_and(|delimiter| b"\"\r\n.+-0123456789".contains(&delimiter));
        // Without a header, the delimiter that is not given is the comma.
        let delimiter = format.delimiter.or(format.columns.as_ref().map(|_| b','));
        // Reading: a quote byte that is the delimiter or part of a line ending is refused too.
        let plain_quote = !format.quote.is_some_and(|quote| delimiter == Some(quote) || [CR, LF].contains(&quote));
        let plain_escape = !format.escape.is_some_and(|escape| {
            b" \t\r\n.+-N0123456789".contains(&escape)
                || [delimiter, format.quote].contains(&Some(escape))
                || delimiter == Some(b'N')
        });
        let plain_comment = !format.comment.is_some_and(|comment| {
            b" \t\r\n.+-0123456789".contains(&comment)
                || [delimiter, format.quote, format.escape].contains(&Some(comment))
        });
        if !plain_delimiter || !plain_quote || !plain_escape || !plain_comment {
            return Err(configuration);
        }
    }
    if options.purchases.is_empty() || options.customers.is_empty() {
        return Err(configuration);
    }
    if let Some(delimiter) = options.purchases_format.delimiter {
        let groups = age_groups(options).ok_or(configuration)?;
        checked_combined(
            &groups,
            &Dialect {
                delimiter,
                quote: options.purchases_format.quote,
                escape: options.purchases_format.escape,
                ..Dialect::default()
            },
        )?;
    }
    too_many(&options.max_rejects, 0, 0).ok_or(configuration)?;
    if let Some(limit) = &options.max_unmatched {
        too_many(limit, 0, 0).ok_or(configuration)?;
    }
    age_groups(options).ok_or(configuration)
}

/// Whether the program's own names can be written in the dialect of the purchases.
fn checked_combined(groups: &[Group], dialect: &Dialect) -> Result<(), Problem> {
    let special = |byte: u8| byte == dialect.delimiter || [dialect.quote, dialect.escape].contains(&Some(byte));
    // Reading: without quoting and escapes, `full_name` and the blank in its values could not be written with these
    // delimiters.
    let writable = dialect.quote.is_some() || dialect.escape.is_some() || !b" _".contains(&dialect.delimiter);
    if !writable || groups.iter().any(|group| group.name.bytes().any(special)) {
        return Err(Problem { kind: Kind::Configuration, file: None, place: None });
    }
    Ok(())
}

/// The column with this name, which must occur exactly once.
fn column(header: &[Field], name: &[u8], file: usize) -> Result<usize, Problem> {
    let mut found = None;
    for (index, field) in header.iter().enumerate() {
        if field.value == name {
            if found.is_some() {
                return problem(Kind::DoubledColumn, file, None);
            }
            found = Some(index);
        }
    }
    match found {
        Some(index) => Ok(index),
        None => problem(Kind::MissingColumn, file, None),
    }
}

/// For each column of the first file, its index in another file; `None` unless each name occurs once in both.
fn order(first: &[&[u8]], other: &[&[u8]]) -> Option<Vec<usize>> {
    let mut order = Vec::new();
    for name in first {
        let found: Vec<usize> = (0..other.len()).filter(|&index| other[index] == *name).collect();
        let &[index] = found.as_slice() else { return None };
        order.push(index);
    }
    let distinct: BTreeSet<usize> = order.iter().copied().collect();
    (distinct.len() == first.len() && first.len() == other.len()).then_some(order)
}

fn names(header: &[Field]) -> Vec<&[u8]> {
    header.iter().map(|field| field.value.as_slice()).collect()
}

/// Claims a name: itself, or with the prefix; `None` when both are taken.
fn claim(taken: &mut BTreeSet<Vec<u8>>, name: &[u8]) -> Option<Vec<u8>> {
    let prefixed = [b"customer_", name].concat();
    [name.to_vec(), prefixed].into_iter().find(|candidate| taken.insert(candidate.clone()))
}

/// The header fields of the combined data. The order in which names are claimed is not the column order: purchases,
/// `full_name`, `age_group`, customers.
fn combined_header(
    dialects: &[Dialect; 2],
    purchases: &[Field],
    customers: &[Field],
    key: usize,
    first_purchases: usize,
) -> Result<Vec<Vec<u8>>, Problem> {
    let [read, written] = dialects;
    let rewritten = |name: &[u8]| field_of(name, written);
    let mut taken: BTreeSet<Vec<u8>> = BTreeSet::new();
    for field in purchases {
        taken.insert(field.value.clone()); // a doubled purchases name is no fault
    }
    let mut computed = Vec::new();
    for name in ["full_name", "age_group"] {
        match claim(&mut taken, name.as_bytes()) {
            Some(claimed) => computed.push(rewritten(&claimed)),
            None => return problem(Kind::NameTaken, first_purchases, None),
        }
    }
    if purchases.iter().any(|field| !can_be_written(&field.value, written)) {
        return problem(Kind::NameTaken, first_purchases, None);
    }
    let mut out: Vec<Vec<u8>> = purchases.iter().map(|field| field.raw.clone()).collect();
    for (index, field) in customers.iter().enumerate() {
        if index == key {
            continue;
        }
        if field.value.is_empty() {
            out.push(if read.writes_like(written) { field.raw.clone() } else { Vec::new() });
            continue;
        }
        if names(customers).iter().filter(|name| **name == field.value).count() > 1 {
            return problem(Kind::NameTaken, 0, None);
        }
        match claim(&mut taken, &field.value) {
            Some(_) if !can_be_written(&field.value, written) => {
                return problem(Kind::NameTaken, 0, None);
            }
            Some(claimed) if claimed == field.value && read.writes_like(written) => out.push(field.raw.clone()),
            Some(claimed) => out.push(rewritten(&claimed)),
            None => return problem(Kind::NameTaken, 0, None),
        }
    }
    out.extend(computed);
    Ok(out)
}
