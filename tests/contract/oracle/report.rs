//! The ledger as JSON text, for comparison with `report.json` (docs/contract.md#report).

use super::{Dialect, Format, LedgerInput, Outcome};

impl Outcome {
    /// The ledger as JSON text: the keys of `report.json` except `run`, `options`, the samples and the chart's output.
    /// `null` when nothing is published.
    pub(crate) fn report_json(&self) -> String {
        let Some(ledger) = &self.ledger else {
            return "null".to_string();
        };
        let c = &ledger.customers;
        let customers = object(&[
            ("records", c.records.to_string()),
            ("accepted", c.accepted.to_string()),
            ("rejected", c.rejected.to_string()),
            ("with_purchases", c.with_purchases.to_string()),
            ("without_purchases", c.without_purchases.to_string()),
            ("key_missing", c.key_missing.to_string()),
            ("age_missing", c.age_missing.to_string()),
            ("age_invalid", c.age_invalid.to_string()),
            ("blank_lines", c.blank_lines.to_string()),
            ("comments", c.comments.to_string()),
            ("skipped_lines", c.skipped_lines.to_string()),
        ]);
        let p = &ledger.purchases;
        let purchases = object(&[
            ("records", p.records.to_string()),
            ("matched", p.matched.to_string()),
            ("unmatched", p.unmatched.to_string()),
            ("rejected", p.rejected.to_string()),
            ("key_missing", p.key_missing.to_string()),
            ("amount_missing", p.amount_missing.to_string()),
            ("unmatched_spending", string(&p.unmatched_spending)),
            ("blank_lines", p.blank_lines.to_string()),
            ("comments", p.comments.to_string()),
            ("skipped_lines", p.skipped_lines.to_string()),
        ]);
        let mut rejects = Vec::new();
        for (reason, count) in &ledger.rejects {
            rejects.push((*reason, count.to_string()));
        }
        let mut age_groups = Vec::new();
        for line in &ledger.age_groups {
            age_groups.push(object(&[
                ("age_group", string(&line.age_group)),
                ("total_spending", string(&line.total_spending)),
                ("purchases", line.purchases.to_string()),
                ("customers", line.customers.to_string()),
            ]));
        }
        let mut inputs = Vec::new();
        for LedgerInput { side, path, stored, text, records, padded, trimmed, crc } in &ledger.inputs {
            let mut input = vec![("side", string(side)), ("path", string(&String::from_utf8_lossy(path)))];
            if std::str::from_utf8(path).is_err() {
                input.push(("path_lossy", "true".to_string()));
            }
            match stored {
                None => input.push(("bytes", text.to_string())),
                Some(stored) => {
                    input.push(("bytes", stored.bytes.len().to_string()));
                    let mut decoded = Vec::new();
                    decoded.extend(stored.compression.map(|name| ("compression", string(name))));
                    decoded.extend(stored.encoding.map(|name| ("encoding", string(name))));
                    decoded.push(("bytes", text.to_string()));
                    input.push(("decoded", object(&decoded)));
                }
            }
            input.push(("records", records.to_string()));
            input.push(("padded", padded.to_string()));
            input.push(("trimmed", trimmed.to_string()));
            input.push(("crc32", string(&format!("{crc:08x}"))));
            inputs.push(object(&input));
        }
        let mut outputs = Vec::new();
        for (path, bytes, crc) in &ledger.outputs {
            let content = [("bytes", bytes.to_string()), ("crc32", string(&format!("{crc:08x}")))];
            // Size and checksum of a compressed file are left out: they depend on the compressor.
            outputs.push(match path.ends_with(".csv") {
                true => object(&[&[("path", string(path))][..], &content].concat()),
                false => object(&[("path", string(path)), ("plain", object(&content))]),
            });
        }
        let mut exceeded = Vec::new();
        for (limit, allowed, found, of) in &ledger.exceeded {
            exceeded.push(object(&[
                ("limit", string(limit)),
                ("allowed", string(allowed)),
                ("found", found.to_string()),
                ("of", of.to_string()),
            ]));
        }
        let mut notices = Vec::new();
        for (notice, found, of) in &ledger.notices {
            notices.push(object(&[("notice", string(notice)), ("found", found.to_string()), ("of", of.to_string())]));
        }
        let dialect = |dialect: &Dialect, format: &Format| {
            let byte = |byte: u8| string(&char::from(byte).to_string());
            let text = |name: &Vec<u8>| string(&String::from_utf8_lossy(name));
            let names = |names: &Vec<Vec<u8>>| list(&names.iter().map(text).collect::<Vec<String>>());
            object(&[
                ("delimiter", byte(dialect.delimiter)),
                ("delimiter_source", string(dialect.source)),
                ("quote", dialect.quote.map_or("null".to_string(), byte)),
                ("escape", dialect.escape.map_or("null".to_string(), byte)),
                ("comment", format.comment.map_or("null".to_string(), byte)),
                ("skip_initial_space", dialect.skip_initial_space.to_string()),
                ("skip_lines", format.skip_lines.to_string()),
                ("columns", format.columns.as_ref().map_or("null".to_string(), names)),
                ("ragged", string(if format.pad { "pad" } else { "reject" })),
            ])
        };
        let [customers_read, purchases_read] =
            [0, 1].map(|side| dialect(&ledger.dialects[side], &ledger.formats[side]));
        object(&[
            ("dialects", object(&[("customers", customers_read), ("purchases", purchases_read)])),
            ("notices", list(&notices)),
            ("outcome", string(ledger.outcome)),
            ("exceeded", list(&exceeded)),
            ("customers", customers),
            ("purchases", purchases),
            ("combined", object(&[("rows", ledger.combined_rows.to_string())])),
            ("age_groups", list(&age_groups)),
            ("total_spending", string(&ledger.total_spending)),
            ("rejects", object(&rejects)),
            ("inputs", list(&inputs)),
            ("outputs", list(&outputs)),
        ])
    }
}

fn object(members: &[(&str, String)]) -> String {
    let members: Vec<String> = members.iter().map(|(key, value)| format!("{}:{value}", string(key))).collect();
    format!("{{{}}}", members.join(","))
}

fn list(items: &[String]) -> String {
    format!("[{}]", items.join(","))
}

fn string(text: &str) -> String {
    let mut out = "\"".to_string();
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => out += &format!("\\u{:04x}", u32::from(c)),
            c => out.push(c),
        }
    }
    out + "\""
}
