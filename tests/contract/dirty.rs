//! Generates random dirty inputs: small files with all kinds of faults, and options for them.
//!
//! A case depends only on its seed. Most records are clean or nearly so, and about one case in seven ends without
//! publishing, so that a thousand seeds reach every rule of the contract often.

mod dice;
mod features;
mod maker;
mod storage;
mod values;

#[allow(unused_imports, reason = "for looking at a case by hand")]
pub(crate) use features::features;

use super::oracle::{Format, Input, Join, Options, OverLimit};
use dice::Dice;
use maker::{Maker, Role};
use values::{DECIMAL_GROUPS, WRONG_GROUPS, key_pool};

/// The planned cause of a failed run, if any.
#[derive(Clone, Copy, PartialEq)]
enum Doom {
    None,
    UnclosedQuote,
    UnclosedHeader,
    LongRecord,
    Strict,
    MissingColumn,
    DoubledColumn,
    HeadersDiffer,
    NameTaken,
    NoHeader,
    HeaderText,
    OldMac,
    Utf32,
    WrongDelimiter,
    WrongGroups,
    WrongMaxRejects,
}

const DOOMS: [Doom; 18] = [
    Doom::UnclosedQuote,
    Doom::UnclosedQuote,
    Doom::UnclosedHeader,
    Doom::LongRecord,
    Doom::LongRecord,
    Doom::LongRecord,
    Doom::Strict,
    Doom::Strict,
    Doom::MissingColumn,
    Doom::DoubledColumn,
    Doom::HeadersDiffer,
    Doom::NameTaken,
    Doom::NoHeader,
    Doom::HeaderText,
    Doom::OldMac,
    Doom::Utf32,
    Doom::WrongDelimiter,
    Doom::WrongGroups,
];

/// Extra columns of the customers and of the purchases. Each pair can be claimed; some need the prefix.
const EXTRAS: [(&[&str], &[&str]); 12] = [
    (&[], &[]),
    (&["email"], &["item"]),
    (&["email", "city"], &["item", "qty", "shop"]),
    (&["full_name"], &["item", "item"]),
    (&["age_group", "note"], &["note"]),
    (&[], &["full_name"]),
    (&["note"], &["age_group", "note"]),
    (&["city"], &["first_name", "city", "city", "city"]),
    (&["customer_note"], &["customer_note"]),
    (&["full_name", "age_group"], &[""]),
    (&["we,i;r|d\t\"na'me\"\n"], &["we,i;r|d\t\"na'me\"\n", "=x"]),
    (&["price", "customer_id2"], &["age", "customer_id2", "Zoë"]),
];

/// Extra columns that cannot be claimed.
const TAKEN: [(&[&str], &[&str]); 5] = [
    (&["x", "x"], &[]),
    (&["x"], &["x", "customer_x"]),
    (&["full_name"], &["full_name"]),
    (&[], &["full_name", "customer_full_name"]),
    (&["customer_x", "x"], &["x"]),
];

/// The case of a seed.
pub(crate) fn case(seed: u64) -> Options {
    let mut dice = Dice::new(seed);
    let doom = if dice.chance(15) { *dice.pick(&DOOMS) } else { Doom::None };
    let doom = if dice.chance(1) { Doom::WrongMaxRejects } else { doom };
    let mut options = chosen_options(&mut dice, doom);
    let written = chosen_formats(&mut dice, doom, &mut options);
    let sep_lines = if dice.chance(8) { 80 } else { 0 };

    // Columns, in any order.
    let (more_customers, more_purchases) = *dice.pick(if doom == Doom::NameTaken { &TAKEN } else { &EXTRAS });
    let mut customers = vec![
        (Role::Key, options.customers_key.clone().into_bytes()),
        (Role::FirstName, options.first_name.clone().into_bytes()),
        (Role::Age, options.age.clone().into_bytes()),
    ];
    if options.last_name != options.first_name {
        customers.push((Role::LastName, options.last_name.clone().into_bytes()));
    }
    if options.age == options.customers_key {
        customers.retain(|(role, _)| *role != Role::Age);
    }
    let mut purchases = vec![
        (Role::Key, options.purchases_key.clone().into_bytes()),
        (Role::Amount, options.amount.clone().into_bytes()),
    ];
    if doom == Doom::DoubledColumn {
        let columns = if dice.chance(50) { &mut customers } else { &mut purchases };
        columns.push((Role::Extra, dice.pick(columns).1.clone()));
    }
    if !dice.chance(40) {
        dice.shuffle(&mut customers);
        dice.shuffle(&mut purchases);
    }
    for (columns, more) in [(&mut customers, more_customers), (&mut purchases, more_purchases)] {
        // The extra columns keep their order, as it decides whether a name can be claimed.
        let mut at = dice.below(columns.len() + 1);
        for name in more {
            columns.insert(at, (Role::Extra, name.as_bytes().to_vec()));
            at += 1 + dice.below(columns.len() - at);
        }
    }
    if doom == Doom::MissingColumn {
        options.amount = options.amount.to_uppercase();
    }

    // Records. Both files draw keys from one pool, so that keys occur in both, in one and in none.
    let mut counts = [0, 0];
    for count in &mut counts {
        *count = match dice.below(100) {
            0..4 => 0,
            4..30 => 1 + dice.below(6),
            30..97 => 1 + dice.below(60),
            _ => 150 + dice.below(250),
        };
    }
    // Files without a header. The option cannot name a column whose name contains a comma.
    for (format, columns) in [(&mut options.customers_format, &customers), (&mut options.purchases_format, &purchases)]
    {
        let names: Vec<Vec<u8>> = columns.iter().map(|(_, name)| name.clone()).collect();
        if dice.chance(8) && !names.iter().any(|name| name.contains(&b',')) {
            format.columns = Some(names);
        }
    }
    let pool_size = 1 + counts[0] * 3 / 4 + dice.below(counts[0] + 2);
    let pool = key_pool(&mut dice, pool_size);
    let fractions = dice.below(13);
    let (of_customers, of_purchases) = (written[0], written[1]);
    let formats = [options.customers_format.clone(), options.purchases_format.clone()];
    let (delimiter, quote, blanks) = (of_customers.0, of_customers.1, formats[0].skip_initial_space);
    let (escape, ragged) = (formats[0].escape, formats[0].pad);
    let mut maker = Maker { dice, delimiter, quote, escape, blanks, ragged, pool, fractions };
    let files = 1 + maker.dice.below(6).saturating_sub(3); // 1 file in four of six cases, else 2 or 3
    let files = if doom == Doom::HeadersDiffer { files.max(2) } else { files };
    // 1 customers file in five of eight cases, else 2 or 3.
    let customer_files = 1 + maker.dice.below(8).saturating_sub(5);
    let mut all = vec![];
    for part in 0..customer_files {
        let (from, to) = (counts[0] * part / customer_files, counts[0] * (part + 1) / customer_files);
        let columns = maker.reordered(&customers, part > 0 && options.match_columns, &formats[0]);
        let records = maker.records(&columns, from..to);
        all.push((columns, records));
    }
    let side = |index: usize| usize::from(index >= customer_files);
    maker.write_in(of_purchases, &formats[1]);
    for file in 0..files {
        let columns = maker.reordered(&purchases, file > 0 && options.match_columns, &formats[1]);
        let records = maker.records(&columns, 0..counts[1] / files);
        all.push((columns, records));
    }
    if doom == Doom::HeadersDiffer {
        let of_customers = customer_files > 1 && maker.dice.chance(40);
        let differing = if of_customers { customer_files - 1 } else { customer_files + files - 1 };
        let names = &mut all[differing].0;
        match options.match_columns {
            false if names.len() > 1 && maker.dice.chance(30) => names.rotate_left(1),
            true if maker.dice.chance(30) => names.push((Role::Extra, b"more".to_vec())),
            _ => names[0].1.push(b'_'),
        }
    }
    let victim = maker.dice.below(all.len());
    maker.write_in(written[side(victim)], &formats[side(victim)]);
    if doom == Doom::UnclosedQuote {
        let records = &mut all[victim].1;
        let at = maker.dice.below(records.len() + 1);
        records.insert(at, vec![b'7', maker.delimiter, b'"', b'n', b'o']);
    }
    if doom == Doom::LongRecord {
        maker.long_record(&mut options, &mut all, victim);
    }

    // Bytes.
    let mut inputs = Vec::new();
    for (index, (columns, records)) in all.iter().enumerate() {
        let format = &formats[side(index)];
        maker.write_in(written[side(index)], format);
        let header_doom = if index == victim { doom } else { Doom::None };
        let header = maker.header(columns, |field| match header_doom {
            Doom::UnclosedHeader => field.insert(0, b'"'),
            Doom::HeaderText => *field = b"\"name\" ".to_vec(),
            _ => {}
        });
        // The line names the delimiter, or any other if that is given.
        let given = format.delimiter.is_some();
        let sep = maker.dice.chance(sep_lines).then_some(if given { b'!' } else { maker.delimiter });
        let mut records = records.clone();
        if maker.dice.chance(10) {
            // Files that were joined, with their headers and byte order marks; perhaps in the order of the first file.
            let of_first = maker.dice.chance(50);
            let first = if index < customer_files { &customers } else { &purchases };
            let mut repeated = maker.header(if of_first { first } else { columns }, |_| {});
            if maker.dice.chance(40) {
                repeated.splice(0..0, *b"\xEF\xBB\xBF");
            }
            records.insert(maker.dice.below(records.len() + 1), repeated);
        }
        let of_several = all.len() > 2 && [customer_files, files][side(index)] > 1;
        if of_several && index != victim && maker.dice.chance(15) {
            records.clear();
        }
        let mut bytes = maker.file(&header, &records, sep, format);
        if of_several && index != victim && maker.dice.chance(8) {
            bytes = maker.dice.pick(&[b"".as_slice(), b"\n", b"\xEF\xBB\xBF\r\n"]).to_vec();
        }
        if index == victim {
            match doom {
                Doom::NoHeader => bytes = maker.dice.pick(&[b"".as_slice(), b"\n\r\n\n", b"\xEF\xBB\xBF"]).to_vec(),
                Doom::OldMac => bytes = bytes.into_iter().map(|b| if b == b'\n' { b'\r' } else { b }).collect(),
                Doom::Utf32 => {
                    bytes.splice(0..0, *maker.dice.pick(&[*b"\xFF\xFE\0\0", *b"\0\0\xFE\xFF"])).for_each(drop);
                }
                _ => {}
            }
        }
        inputs.push(bytes);
    }
    let mut inputs = inputs.into_iter();
    let more: [&[u8]; 2] = [b"more\ncustomers.csv", b"customers.csv.gz"];
    options.customers.extend(more.map(|path| Input { path: path.to_vec(), bytes: vec![], stored: None }));
    options.customers.truncate(customer_files);
    for (input, bytes) in options.customers.iter_mut().zip(&mut inputs) {
        input.bytes = bytes;
    }
    let paths: [&[u8]; 3] = *maker.dice.pick(&[
        [b"p.csv".as_slice(), b"q.csv", b"r.csv"],
        [b"part-2.csv", b"part-2.csv.GZ", b"part-2.csv.zst"],
        [b"jan,feb.csv", b"\"mar\".csv", b"p\xFF.csv"],
        [b"purchases 1.csv", b"purchases 2.csv", b"purchases\n3.csv"],
    ]);
    options.purchases =
        paths.iter().zip(inputs).map(|(path, bytes)| Input { path: path.to_vec(), bytes, stored: None }).collect();
    if doom == Doom::WrongDelimiter {
        for (format, (written, _)) in
            [&mut options.customers_format, &mut options.purchases_format].into_iter().zip(written)
        {
            format.delimiter = Some(if written == b';' { b',' } else { b';' });
        }
    }
    if doom != Doom::Utf32 {
        storage::store(&mut maker.dice, &mut options);
    }
    options
}

/// Chooses the formats of both sides. Returns the delimiter and the quote with which each side is written.
fn chosen_formats(dice: &mut Dice, doom: Doom, options: &mut Options) -> [(u8, Option<u8>); 2] {
    let mut choose = || {
        let delimiter = *dice.pick(b",,,,,;;\t|");
        let quote = match dice.below(10) {
            0 => None,
            1 => Some(b'\''),
            _ => Some(b'"'),
        };
        let quote = match doom {
            Doom::UnclosedQuote | Doom::UnclosedHeader | Doom::HeaderText => Some(b'"'),
            _ => quote,
        };
        let given = if dice.chance(40) { None } else { Some(delimiter) };
        let escape = *dice.pick(&[None, None, None, None, None, Some(b'\\'), Some(b'\\'), Some(b'^')]);
        let comment = *dice.pick(&[None, None, None, None, None, Some(b'#'), Some(b'k')]);
        let skip_lines = if dice.chance(10) { 1 + dice.below(3) as u64 } else { 0 };
        let skip_initial_space = dice.chance(12);
        let pad = dice.chance(25);
        let format =
            Format { delimiter: given, quote, escape, comment, skip_lines, columns: None, skip_initial_space, pad };
        (format, (delimiter, quote))
    };
    let (customers, purchases) = (choose(), choose());
    let customers = if dice.chance(60) { purchases.clone() } else { customers };
    (options.customers_format, options.purchases_format) = (customers.0, purchases.0);
    [customers.1, purchases.1]
}

/// The options of a case, without the content of the inputs.
fn chosen_options(dice: &mut Dice, doom: Doom) -> Options {
    let paths: [&[u8]; 4] = [b"customers.csv", b"customers.csv", b"cust,omers.csv", b"c\xE9.csv"];
    let customers = Input { path: dice.pick(&paths).to_vec(), bytes: Vec::new(), stored: None };
    let mut options = Options::new(customers, Vec::new());
    options.join = *dice.pick(&[Join::Full, Join::Full, Join::Left, Join::Inner]);
    options.no_combined = dice.chance(8);
    if !options.no_combined && dice.chance(25) {
        options.compress = Some(*dice.pick(&["zst", "zst:1", "zst:19", "gz", "gz:1", "gz:9"]));
    }
    options.max_rejects = dice.pick(&["0", "0", "1", "3", "100000", "100000", "100%", "10%", "2.5%"]).to_string();
    if dice.chance(30) {
        options.max_unmatched = Some(dice.pick(&["0", "2", "07", "100000", "0%", "20%", "66.6%", "100%"]).to_string());
    }
    options.over_limit = *dice.pick(&[OverLimit::Hold, OverLimit::Hold, OverLimit::Publish, OverLimit::Discard]);
    if dice.chance(40) {
        options.age_groups = dice.pick(&DECIMAL_GROUPS).to_string();
    }
    match doom {
        Doom::Strict => options.strict = true,
        Doom::WrongGroups => options.age_groups = dice.pick(&WRONG_GROUPS).to_string(),
        Doom::WrongMaxRejects => options.max_rejects = dice.pick(&["", "x", "-1", "%", "1.5"]).to_string(),
        _ => {}
    }
    if dice.chance(15) {
        options.customers_key = dice.pick(&["id", "Customer ID", "customer"]).to_string();
        options.purchases_key = dice.pick(&["id", "buyer", "customer"]).to_string();
    }
    if dice.chance(15) {
        options.amount = dice.pick(&["amount", "total", "prix €"]).to_string();
    }
    options.match_columns = dice.chance(40);
    if dice.chance(3) {
        options.last_name = options.first_name.clone();
    }
    if dice.chance(2) {
        options.age = options.customers_key.clone();
    }
    options
}
