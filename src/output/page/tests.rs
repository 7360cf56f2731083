//! Tests of the whole page, from its content to the HTML.

use super::content::Content;
use super::render;
use crate::config::Config;
use crate::ledger::report_assembly::options;
use crate::model::age_group::AgeGroups;
use crate::model::digest::Digest;
use crate::model::limit::OverLimit;
use crate::model::reject_pattern::PatternName;
use crate::model::reject_reason::RejectReason;
use crate::model::sides::Side;
use crate::output::chart::{Bar, Captions, Chart};
use crate::output::report_dialects::InputDialect;
use crate::output::report_json::{Report, rejects_object};
use crate::output::report_limits::{Acceptance, ExceededLimit, LimitName, Outcome};
use crate::output::report_notices::{Notice, NoticeName};
use crate::output::report_parts::{AgeGroupTotal, CombinedSummary, InputSummary, RunSummary};
use crate::output::report_patterns::RejectPattern;
use crate::output::report_samples::{RejectSample, SamplePlace};

const HOSTILE: &str = "<script>alert(1)</script>\"'&\u{202e}\u{1b}[1m";

/// A report with one total for each group.
fn report(config: &Config, groups: &[(&str, i128)], inputs: usize) -> Report {
    let mut customers = crate::output::report_parts::CustomersSummary::default();
    (customers.records, customers.accepted, customers.rejected) = (1000, 990, 10);
    (customers.with_purchases, customers.without_purchases, customers.age_missing) = (800, 190, 3);
    let mut purchases = crate::output::report_parts::PurchasesSummary::<String>::default();
    (purchases.records, purchases.matched, purchases.unmatched, purchases.rejected) = (50_000, 48_000, 1_500, 500);
    purchases.unmatched_spending = "12345.00".to_owned();
    let money = |total: i128| format!("{total}.00");
    let sample = |reason: RejectReason, line| RejectSample {
        reason: reason.name().to_owned(),
        text: reason.name().to_owned(),
        place: SamplePlace { path: HOSTILE.to_owned(), line, column: 3 },
        value: format!("{HOSTILE} 1.234,00"),
    };
    Report {
        run: RunSummary {
            spendfold: "0.0.0".into(),
            started: "2026-01-02T03:04:05Z".into(),
            seconds: 7.125,
            threads: 7777,
            held_against: None,
        },
        options: options(config, &InputDialect::given(',', Some('"'))),
        dialects: None,
        outcome: Outcome::Held,
        exceeded: vec![ExceededLimit {
            limit: LimitName::MaxRejects,
            allowed: HOSTILE.to_owned(),
            found: 510,
            of: 51_000,
        }],
        acceptance: Some(Acceptance::new(
            vec![],
            Some("signed by Eve".to_owned()),
            "2026-02-03".to_owned(),
            "00000000".to_owned(),
        )),
        customers,
        purchases,
        combined: CombinedSummary { rows: 49_690, columns: 9, amount_column: 3 },
        age_groups: groups
            .iter()
            .map(|&(name, total)| AgeGroupTotal {
                name: name.to_owned(),
                total_spending: money(total),
                purchases: 5,
                customers: 6,
            })
            .collect(),
        total_spending: money(groups.iter().map(|group| group.1).sum()),
        rejects: rejects_object([(RejectReason::AmountNotDecimal, 500), (RejectReason::DuplicateCustomer, 10)]),
        reject_samples: vec![
            sample(RejectReason::AmountNotDecimal, 17),
            sample(RejectReason::AmountNotDecimal, 23),
            sample(RejectReason::AmountNotDecimal, 24),
            sample(RejectReason::AmountNotDecimal, 99),
            sample(RejectReason::DuplicateCustomer, 5),
        ],
        reject_patterns: vec![RejectPattern {
            side: Side::Purchases,
            reason: RejectReason::AmountNotDecimal.name().to_owned(),
            pattern: PatternName::DecimalComma,
            records: 400,
            place: SamplePlace { path: HOSTILE.to_owned(), line: 17, column: 3 },
            value: format!("12,50{HOSTILE}"),
            option: Some(HOSTILE.to_owned()),
        }],
        unmatched_samples: vec![],
        notices: vec![Notice {
            notice: NoticeName::FewMatched,
            message: format!("47 % of the purchases have a customer {HOSTILE}"),
            fix: format!("Compare the keys of both files {HOSTILE}"),
            found: 47,
            of: 100,
        }],
        inputs: (0..inputs)
            .map(|number| InputSummary {
                side: if number == 0 { Side::Customers } else { Side::Purchases },
                path: format!("{HOSTILE}/{number}.csv"),
                path_lossy: false,
                decoded: None,
                bytes: 1_234_567,
                records: 1000,
                padded: 0,
                trimmed: 0,
                crc32: "0123abcd".to_owned(),
                sha256: Some("ab".repeat(32)),
            })
            .collect(),
        outputs: vec![],
    }
}

/// The page of a report, with everything in it that a page can have.
fn page(config: &Config, report: &Report, totals: &[i128]) -> String {
    let bars: Vec<Bar<'_>> = (report.age_groups.iter().zip(totals))
        .map(|(group, &total)| Bar { label: &group.name, bounds: None, total })
        .collect();
    let captions = Captions { title: "", notes: &[], currency: config.currency.as_deref() };
    let chart = Chart::new(&bars, 0, &captions).expect("a chart");
    let content = Content { config, report, combined: None, totals, chart: Some(&chart) };
    render(&content)
}

fn hostile() -> (Config, Report, Vec<i128>) {
    let mut config = Config::new(HOSTILE, HOSTILE, "o");
    config.chart_title = Some(HOSTILE.to_owned());
    config.currency = Some("<b>".to_owned());
    config.columns.amount = HOSTILE.as_bytes().to_vec();
    let groups = [(HOSTILE, 10), ("Middle <i>&", 20), ("Unknown", 30)];
    let report = report(&config, &groups, 2);
    (config, report, groups.map(|group| group.1).to_vec())
}

/// The elements and attributes of a page, without its text.
fn tags(page: &str) -> Vec<&str> {
    page.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or_default()).collect()
}

#[test]
fn data_stays_text_everywhere() {
    let (config, report, totals) = hostile();
    let page = page(&config, &report, &totals);
    assert!(page.matches("&lt;script&gt;").count() > 15);
    for tag in tags(&page) {
        let name = tag.trim_start_matches('/').split([' ', '>']).next().unwrap_or_default();
        assert!(!["script", "b", "i"].contains(&name), "{tag}");
    }
    // A quote in an attribute must not end it.
    assert!(!page.contains("script>\""), "an attribute is not escaped");
    for hidden in ['\u{202e}', '\u{1b}'] {
        assert!(!page.contains(hidden), "{hidden:?}");
    }
}

#[test]
fn the_page_depends_on_nothing_outside_inputs_and_options() {
    let (mut config, mut report, totals) = hostile();
    let first = page(&config, &report, &totals);
    report.run = RunSummary {
        spendfold: "9".into(),
        started: String::new(),
        seconds: 1.0,
        threads: 1,
        held_against: Some("0".to_owned()),
    };
    (report.acceptance, report.outcome) = (None, Outcome::Published);
    (config.threads, config.chunk_bytes, config.sync, config.mmap) = (1, 1, true, false);
    config.out_dir = "elsewhere".into();
    assert!(first == page(&config, &report, &totals));
    for private in ["2026-01-02", "7.125", "0.0.0", "7777", "Eve"] {
        assert!(!first.contains(private), "{private}");
    }
}

#[test]
fn nothing_is_loaded_from_elsewhere() {
    let (config, report, totals) = hostile();
    let page = page(&config, &report, &totals);
    for tag in tags(&page) {
        let loads = tag.contains(" src=") || tag.contains("href=") && !tag.contains("href=\"data:,\"");
        assert!(!loads && !tag.starts_with("script") && !tag.starts_with("a "), "{tag}");
    }
    assert!(!super::STYLE.contains("url(") && !super::STYLE.contains("@import"));
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn a_page_is_small_for_many_groups_and_inputs() {
    let few = {
        let (config, report, totals) = hostile();
        page(&config, &report, &totals).len()
    };
    assert!(few < 40_000, "{few} bytes");
    let names: Vec<String> = (0..4000).map(|number| format!("Group {number} with a name of usual length")).collect();
    let specs: Vec<String> = names
        .iter()
        .enumerate()
        .map(|(i, name)| format!("{name}={}-{}", i as f64 / 100.0, (i + 1) as f64 / 100.0))
        .collect();
    let mut config = Config::new("c", "p", "o");
    config.age_groups = AgeGroups::parse(&specs.join(",")).expect("groups");
    config.purchases = (0..5000).map(|number| format!("a/long/path/to/purchases-{number}.csv").into()).collect();
    let groups: Vec<(&str, i128)> = names.iter().map(|name| (name.as_str(), 1_000_000)).collect();
    let report = report(&config, &groups, 5001);
    let page = page(&config, &report, &vec![1_000_000; 4000]);
    assert!(page.len() < 100_000, "{} bytes", page.len());
    for text in ["3,900 more groups", "4,951 more inputs", "4950 more purchases inputs", "too many bars"] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn sections_without_content_are_left_out() {
    let config = Config::new("c", "p", "o");
    let mut report = report(&config, &[("Young", 5)], 2);
    report.rejects = rejects_object([]);
    (report.exceeded, report.notices, report.reject_samples) = (vec![], vec![], vec![]);
    let content = Content { config: &config, report: &report, combined: None, totals: &[5], chart: None };
    let page = render(&content);
    for absent in ["exceeded", "Before you use", "Examples", "without a known age"] {
        assert!(!page.contains(absent), "{absent}");
    }
    assert!(page.contains("No record was rejected."));
}

#[test]
fn what_scrolls_can_be_scrolled_with_the_keyboard() {
    let (config, report, totals) = hostile();
    let page = page(&config, &report, &totals);
    let regions: Vec<&str> = tags(&page).into_iter().filter(|tag| tag.starts_with("div class=\"scroll\"")).collect();
    // The chart, two flows and three tables.
    assert_eq!(regions.len(), 6);
    for tag in &regions {
        assert!(tag.contains("tabindex=\"0\" role=\"region\" aria-label=\""), "{tag}");
        assert_eq!(regions.iter().filter(|other| other == &tag).count(), 1, "a name of its own: {tag}");
    }
}

#[test]
fn options_without_a_default_are_in_force_only_if_set() {
    let options = |config: &Config| {
        let page = page(config, &report(config, &[("Young", 5)], 2), &[5]);
        let start = page.find("id=\"options\"").expect("the options");
        page[start..].split("</dl>").next().expect("an end").to_owned()
    };
    let mut config = Config::new("c", "p", "o");
    let usual = options(&config);
    assert!(usual.contains("<dt>A set beyond a limit</dt><dd>held</dd>"), "{usual}");
    for absent in ["Digest", "Chart title", "Currency"] {
        assert!(!usual.contains(absent), "{absent}");
    }
    (config.over_limit, config.digest) = (OverLimit::Discard, Some(Digest::Sha256));
    (config.chart_title, config.currency) = (Some("Our <title>".to_owned()), Some("€".to_owned()));
    let set = options(&config);
    for line in [
        "<dt>A set beyond a limit</dt><dd>discarded</dd>",
        "<dt>Digest</dt><dd>SHA-256</dd>",
        "<dt>Chart title</dt><dd><code>Our &lt;title&gt;</code></dd>",
        "<dt>Currency</dt><dd><code>€</code></dd>",
    ] {
        assert!(set.contains(line), "{line} in {set}");
    }
}

/// A custom property of the style sheet in the light and the dark scheme.
fn colors(name: &str) -> [String; 2] {
    let property = format!("--{name}: #");
    let mut values = super::STYLE.split(&property).skip(1);
    [(); 2].map(|()| values.next().and_then(|rest| rest.split(';').next()).expect("a color").to_owned())
}

/// Relative luminance as WCAG 2 defines it.
fn luminance(hex: &str) -> f64 {
    let hex = if hex.len() == 3 { hex.chars().flat_map(|digit| [digit, digit]).collect() } else { hex.to_owned() };
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).expect("two digits")) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4)
}

#[test]
fn contrast_is_sufficient_in_both_schemes() {
    let pairs = [
        ("ink", "bg", 4.5),
        ("muted", "bg", 4.5),
        ("accent", "bg", 4.5),
        ("ink", "panel", 4.5),
        ("muted", "panel", 4.5),
        ("ink", "alert-bg", 4.5),
        ("alert", "alert-bg", 4.5),
        // Graphics.
        ("bar", "bg", 3.0),
        ("negative", "bg", 3.0),
        ("neutral", "bg", 3.0),
    ];
    for (front, back, least) in pairs {
        for (front_color, back_color) in colors(front).iter().zip(colors(back)) {
            let (a, b) = (luminance(front_color), luminance(&back_color));
            let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(contrast >= least, "{front} on {back}: {contrast:.2}");
        }
    }
}
