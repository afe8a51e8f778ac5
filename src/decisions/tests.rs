//! What is logged, how much of it, and what happens when it cannot be.

use std::{fs, path::Path};

use serde_json::Value;

use super::*;
use crate::{
    metrics::Metrics,
    model::{Category, Recipient},
    policy::{Kind, Reason, RuleId},
};

const PERSON: &str = "4915112345678";

fn request() -> Request {
    Request {
        recipient: Recipient::parse(PERSON).unwrap(),
        kind: Kind::Template,
        category: Category::Marketing,
        topic: Some(Topic::parse("offers").unwrap()),
        template: Some(TemplateName { name: "spring".to_owned(), language: "de".to_owned() }),
        automated: false,
        human_escalation: false,
    }
}

fn verdict(allowed: bool) -> Verdict {
    let reason = if allowed { Reason::OptedIn } else { Reason::QuietHours };
    Verdict { allowed, reason, rule: RuleId::A20, ..Verdict::state_unavailable() }
}

fn decision(allowed: bool) -> Decision {
    Decision {
        at: Time::EPOCH,
        sender: Some(SenderId::parse("15550001111").unwrap()),
        business: Some(BusinessId::parse("acme").unwrap()),
        contact: Some([1, 2, 3, 4, 5, 6, 7, 8]),
        revision: Some("AQIDBAUGBwgAAAAAAAAAAQ".to_owned()),
        degraded: false,
        asked: Asked::from(&request()),
        verdict: verdict(allowed),
    }
}

fn options(path: &Path, sample_ratio: f64, keep_denials: bool) -> Options {
    let to = Target::File { path: path.to_owned(), bytes_max: 1 << 30, older_max: 2 };
    Options { to, sample_ratio, keep_denials }
}

fn begin(options: &Options) -> (DecisionLog, Metrics) {
    let metrics = Metrics::new();
    let log = DecisionLog::begin(options, "abc".to_owned(), metrics.decision_log.clone()).unwrap();
    (log, metrics)
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_line_says_what_was_decided_and_not_about_whom() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("decisions.jsonl");
    let (log, metrics) = begin(&options(&path, 1.0, false));
    log.note(&verdict(false), || Decision {
        verdict: Verdict { retry_at: Some(Time::EPOCH), ..verdict(false) },
        degraded: true,
        ..decision(false)
    });
    log.flush().await;
    let [line] = lines(&path).try_into().unwrap();
    for (field, value) in [
        ("time", "1970-01-01T00:00:00Z"),
        ("policy", "abc"),
        ("sender", "15550001111"),
        ("business", "acme"),
        ("contact", "0102030405060708"),
        ("revision", "AQIDBAUGBwgAAAAAAAAAAQ"),
        ("kind", "template"),
        ("category", "marketing"),
        ("topic", "offers"),
        ("template", "spring"),
        ("language", "de"),
        ("decision", "DENY"),
        ("reason", "QUIET_HOURS"),
        ("rule", "A20"),
        ("retry_at", "1970-01-01T00:00:00Z"),
    ] {
        assert_eq!(line[field], value, "{field} in {line}");
    }
    assert_eq!(line["degraded"], true);
    assert!(line["id"].as_str().unwrap().ends_with("-0"), "{line}");
    assert!(!fs::read_to_string(&path).unwrap().contains(PERSON));
    assert_eq!(metrics.decision_log.written.get(), 1);
}

#[tokio::test]
async fn the_ratio_is_kept_and_denials_are_if_asked_for() {
    for (ratio, keep_denials, allowed, denied) in [
        (1.0, false, 2000..=2000, 2000..=2000),
        (0.0, false, 0..=0, 0..=0),
        (0.0, true, 0..=0, 2000..=2000),
        // Five standard deviations.
        (0.1, true, 132..=268, 2000..=2000),
        (0.1, false, 132..=268, 132..=268),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("d");
        let (log, _) = begin(&options(&path, ratio, keep_denials));
        for _ in 0..2000 {
            for answer in [true, false] {
                log.note(&verdict(answer), || decision(answer));
            }
        }
        log.flush().await;
        let lines = lines(&path);
        let count = |decision: &str| lines.iter().filter(|line| line["decision"] == decision).count();
        assert!(allowed.contains(&count("ALLOW")), "{ratio} {keep_denials}: {}", count("ALLOW"));
        assert!(denied.contains(&count("DENY")), "{ratio} {keep_denials}: {}", count("DENY"));
    }
}

#[test]
fn a_file_that_is_long_enough_is_put_aside_and_the_oldest_goes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d");
    let to = Target::File { path: path.clone(), bytes_max: 20, older_max: 2 };
    let mut output = output::Output::new(to);
    for line in [
        "one......\n",
        "two......\n",
        "three....\n",
        "four.....\n",
        "five.....\n",
        "six......\n",
        "seven....\n",
    ] {
        output.write(line.as_bytes()).unwrap();
    }
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("d"), "seven....\n");
    assert_eq!(read("d.1"), "five.....\nsix......\n");
    assert_eq!(read("d.2"), "three....\nfour.....\n");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    // A later process goes on where this one was, and puts aside what is too long already.
    drop(output);
    let to = Target::File { path, bytes_max: 20, older_max: 0 };
    let mut output = output::Output::new(to);
    output.prepare().unwrap();
    output.write(b"eight....\n").unwrap();
    assert_eq!(read("d"), "seven....\neight....\n");
    output.write(b"nine.....\n").unwrap();
    assert_eq!((read("d").as_str(), read("d.1").as_str()), ("nine.....\n", "five.....\nsix......\n"));
}

#[tokio::test]
async fn what_cannot_be_written_is_counted_and_what_can_again_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("not-there-yet").join("d");
    let (log, metrics) = begin(&options(&path, 1.0, false));
    log.note(&verdict(true), || decision(true));
    log.flush().await;
    assert_eq!((metrics.decision_log.failed.get(), metrics.decision_log.written.get()), (1, 0));
    fs::create_dir(path.parent().unwrap()).unwrap();
    log.note(&verdict(true), || decision(true));
    log.flush().await;
    assert_eq!((metrics.decision_log.failed.get(), metrics.decision_log.written.get()), (1, 1));
    assert_eq!(lines(&path).len(), 1);
}

#[test]
fn the_name_of_settings_tells_other_settings_and_nothing_else() {
    use crate::policy::Rules;
    let same = policy_version(&Rules::default());
    assert_eq!(same, policy_version(&Rules::default()));
    assert_ne!(same, policy_version(&Rules { free_form_requires_opt_in: true, ..Rules::default() }));
    assert_eq!(same.len(), 16);
}
