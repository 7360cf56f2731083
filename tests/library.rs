//! The library from outside: settings, progress, cancellation, typed reports and errors.

use spendfold::report::AgeGroupTotal;
use spendfold::{
    Against, AgeGroups, Digest, ErrorKind, Job, Join, Limit, Money, Outcome, OverLimit, Phase, RejectReason, Report,
    Setting, Verifier,
};
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

const CUSTOMERS: &str = "customer_id,first_name,last_name,age\n1,Ada,Byron,36\n2,Alan,Turing,18\n2,Alan,Again,19\n";
const PURCHASES: &str = "customer_id,product,price\n1,Pen,0.10\n9,Lost,5\n2,Ink,x\n1,Tea,-1.5\n";

/// A folder with two small inputs.
struct Case(tempfile::TempDir);

impl Case {
    fn new() -> Self {
        let case = Self(tempfile::tempdir().expect("a directory"));
        fs::write(case.path("c.csv"), CUSTOMERS).expect("written");
        fs::write(case.path("p.csv"), PURCHASES).expect("written");
        case
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn job(&self) -> Job {
        Job::new(self.path("c.csv"), [self.path("p.csv")]).out_dir(self.path("out"))
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path("out").join(name)).expect(name)
    }
}

fn money(text: &str) -> Money {
    text.parse().expect("money")
}

#[test]
fn the_report_is_typed_and_is_the_one_that_is_published() {
    let case = Case::new();
    let report = case.job().join(Join::Left).run().expect("published");
    assert_eq!(report.options.join, Join::Left);
    assert_eq!((report.total_spending, report.purchases.unmatched_spending), (money("3.60"), money("5.00")));
    assert_eq!(report.rejects, [(RejectReason::AmountNotDecimal, 1), (RejectReason::DuplicateCustomer, 1)]);
    assert_eq!(report.rejected_for(RejectReason::EmptyRecord), 0);
    assert!(!report.within_limits() && report.outcome == Outcome::Held);
    let totals: Vec<(&str, Money)> =
        report.age_groups.iter().map(|AgeGroupTotal { name, total_spending, .. }| (&**name, *total_spending)).collect();
    let expected = [("Young", "0.00"), ("Middle-aged", "-1.40"), ("Senior", "0.00"), ("Unknown", "5.00")];
    assert_eq!(totals, expected.map(|(name, total)| (name, money(total))));
    assert_eq!(Report::read(case.path("out/held")).expect("readable"), report);
    // Serde keeps the form of the file.
    let json = serde_json::to_vec_pretty(&report).expect("JSON");
    assert_eq!([&json[..], b"\n"].concat(), case.read("held/report.json"));
}

#[test]
fn digests_and_inputs_can_be_checked() {
    let case = Case::new();
    let report = case.job().max_rejects(Limit::Count(2)).digest(Digest::Sha256).run().expect("published");
    assert_eq!(report.options.digest, Some(Digest::Sha256));
    assert!(report.inputs.iter().all(|input| input.sha256.as_ref().is_some_and(|digest| digest.len() == 64)));
    assert_eq!(report.outputs.last().expect("outputs").path, "SHA256SUMS");
    assert_eq!(Report::read(case.path("out")).expect("readable"), report);
    let verifier = Verifier::new(case.path("out")).inputs(true);
    assert!(verifier.run().expect("readable").is_empty());
    fs::write(case.path("p.csv"), PURCHASES.replace("Pen", "Pin")).expect("written");
    let differences = verifier.run().expect("readable");
    assert!(differences.iter().all(|found| found.path == case.path("p.csv") && found.against == Against::Report));
    assert_eq!(differences.len(), 2, "CRC-32 and SHA-256");
    assert!(Verifier::new(case.path("out")).run().expect("readable").is_empty());
}

#[test]
fn a_refused_setting_is_data() {
    let case = Case::new();
    let error = case.job().delimiter(b'0').run().expect_err("refused");
    let config = error.config_error().expect("a setting");
    assert_eq!(
        (error.kind(), &config.settings[..], config.value.as_deref()),
        (ErrorKind::Config, &[Setting::Delimiter][..], Some("0"))
    );
    assert!(error.to_string().starts_with("delimiter: cannot be"), "{error}");
    let error = case.job().delimiter(b',').quote(b',').run().expect_err("refused");
    assert_eq!(error.config_error().expect("settings").settings, [Setting::Delimiter, Setting::Quote]);
    let error = AgeGroups::parse("A=1").expect_err("refused");
    assert_eq!(error.config_error().expect("a setting").settings, [Setting::AgeGroups]);
    assert!(Limit::parse(Setting::MaxUnmatched, "101%").expect_err("refused").config_error().is_some());
    // A hint names settings too, by the caller's names.
    let error = case.job().amount("total").run().expect_err("no such column");
    assert!(error.config_error().is_none() && error.hint_text().expect("a hint").contains("amount"), "{error}");
    let error = error.with_setting_names(|setting| format!("<{}>", setting.name()));
    assert!(error.hint_text().expect("a hint").contains("<amount>"), "{error}");
    assert!(!case.path("out").exists());
}

#[test]
fn mapping_changes_no_output() {
    let (mapped, buffered) = (Case::new(), Case::new());
    mapped.job().over_limit(OverLimit::Publish).run().expect("published");
    buffered.job().over_limit(OverLimit::Publish).mmap(false).chunk_bytes(1).run().expect("published");
    for name in ["combined_data.csv", "age_group_spending.csv", "total_spending_by_age_group.png"] {
        assert_eq!(mapped.read(name), buffered.read(name), "{name}");
    }
}

#[test]
fn progress_is_reported_up_to_the_end() {
    let case = Case::new();
    let seen = Arc::new(Mutex::new(vec![]));
    let handler = Arc::clone(&seen);
    case.job()
        .on_progress(move |progress| handler.lock().expect("not poisoned").push(*progress))
        .run()
        .expect("published");
    let seen = seen.lock().expect("not poisoned");
    let last = seen.last().expect("at least the last call");
    let bytes = (CUSTOMERS.len() + PURCHASES.len()) as u64;
    assert_eq!((last.phase, last.bytes_done, last.bytes_total), (Phase::Publishing, bytes, Some(bytes)));
}

#[test]
fn a_cancelled_job_publishes_nothing() {
    let case = Case::new();
    let job = case.job();
    let token = job.cancel_token();
    token.cancel();
    let error = job.run().expect_err("cancelled");
    assert_eq!(
        (error.kind(), error.to_string()),
        (ErrorKind::Cancelled, "cancelled; nothing was published".to_owned())
    );
    assert!(token.is_cancelled() && !case.path("out").exists());
}
