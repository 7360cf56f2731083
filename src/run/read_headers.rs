//! Reads the headers of all inputs.

use crate::config::Config;
use crate::error::{Error, ErrorKind, Result};
use crate::input::file::InputFile;
use crate::input::header::{Header, HeaderReader};
use crate::input::reader::InputReader;
use crate::input::waiting_input::WaitingInput;
use crate::model::encoding::EncodingOption;
use crate::model::inputs::Inputs;
use crate::model::sides::Side;
use crate::monitor::Monitor;

/// The headers of the inputs, and the inputs after their headers.
pub(super) struct ReadHeaders<'m> {
    /// One header for each input, up to one that is `unreadable`.
    pub(super) headers: Inputs<Header>,
    pub(super) inputs: Inputs<WaitingInput<'m>>,
    /// The error of the first header that cannot be read. Headers before it may have faults too, which the user should
    /// see at the same time.
    pub(super) unreadable: Option<Error>,
}

/// Opens every input and reads its header, in reading order, up to one for which that fails.
///
/// # Errors
/// An interrupt. The errors of [`InputReader::decode`] and [`HeaderReader::read`] are returned as `unreadable`.
pub(super) fn read_headers<'m>(
    config: &Config,
    files: &'m Inputs<InputFile>,
    monitor: &'m Monitor,
) -> Result<ReadHeaders<'m>> {
    let names = &config.columns;
    let encodings = config.input_encodings();
    let customers = SideHeaders {
        config,
        side: Side::Customers,
        wanted: &[&names.customers_key, &names.first_name, &names.last_name, &names.age],
        monitor,
    };
    let customers = customers.read(&files.customers, &encodings.customers)?;
    let purchases =
        SideHeaders { config, side: Side::Purchases, wanted: &[&names.purchases_key, &names.amount], monitor };
    let purchases = match customers.unreadable {
        None => purchases.read(&files.purchases, &encodings.purchases)?,
        Some(_) => ReadSide::default(),
    };
    Ok(ReadHeaders {
        headers: Inputs { customers: customers.headers, purchases: purchases.headers },
        inputs: Inputs { customers: customers.inputs, purchases: purchases.inputs },
        unreadable: customers.unreadable.or(purchases.unreadable),
    })
}

/// Reads the headers of one side.
struct SideHeaders<'a, 'm> {
    config: &'a Config,
    side: Side,
    /// The names by which a delimiter is found that is not given.
    wanted: &'a [&'a [u8]],
    monitor: &'m Monitor,
}

/// The headers of one side; as in [`ReadHeaders`].
#[derive(Default)]
struct ReadSide<'m> {
    headers: Vec<Header>,
    inputs: Vec<WaitingInput<'m>>,
    unreadable: Option<Error>,
}

impl<'m> SideHeaders<'_, 'm> {
    fn read(&self, files: &'m [InputFile], encodings: &[EncodingOption]) -> Result<ReadSide<'m>> {
        let Self { config, side, wanted, monitor } = *self;
        let mut reader = HeaderReader {
            side,
            format: config.formats.of(side),
            known: None,
            wanted,
            max_record: config.max_record_bytes,
            digest: config.digest,
        };
        let mut read = ReadSide::default();
        for (file, &option) in files.iter().zip(encodings) {
            monitor.check()?;
            let opened = InputReader::decode(file, option, config.digest, monitor);
            match opened.and_then(|mut input| Ok((reader.read(&mut input)?, input))) {
                Ok((header, mut input)) => {
                    if !header.is_missing() {
                        reader.known.get_or_insert(header.found_delimiter());
                    }
                    monitor.advance(input.newly_stored(input.offset()));
                    // A file of unknown size, as in /proc, may have other content when it is read again.
                    let can_close = file.is_regular() && (file.size().is_some() || header.is_missing());
                    read.inputs.push(match files {
                        [_, _, ..] if can_close => WaitingInput::close(input, option, config.digest, monitor),
                        _ => input.into(),
                    });
                    read.headers.push(header);
                }
                Err(error) if matches!(error.kind(), ErrorKind::Interrupted(_) | ErrorKind::Cancelled) => {
                    return Err(error);
                }
                Err(error) => {
                    read.unreadable = Some(error);
                    break;
                }
            }
        }
        // One input without a header among several is a part without records. The side needs one header.
        if read.unreadable.is_none() && read.headers.iter().all(Header::is_missing) {
            read.unreadable = read.headers.first().map(Header::missing);
        }
        Ok(read)
    }
}
