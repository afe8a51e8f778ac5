//! `sendgate quality`: how a sender's messages were received, and how it is rated.

use clap::Args;
use comfy_table::{CellAlignment, Table, presets};

use super::{Exit, Failure, plot, session::Session, times, words};
use crate::{
    grpc::pb::{
        GetSenderQualityRequest, GetSenderQualityResponse, QualityPeriod, QualityPoint, QualitySplit, Rating,
        SenderQuality,
    },
    model::{Millis, Time},
};

/// Parts that are shown of each kind; an answer in JSON has all.
const SPLITS_MAX: usize = 20;

/// Arguments of `quality`.
#[derive(Debug, Args)]
pub struct QualityArgs {
    /// The business number: its phone number ID or its E.164 number.
    pub sender: String,
}

pub(super) async fn run(args: &QualityArgs, session: &mut Session<'_, '_>) -> Result<Exit, Failure> {
    let request = session.request(GetSenderQualityRequest { sender: args.sender.clone() });
    let answer = session.quality.get_sender_quality(request).await?.into_inner();
    if session.wrote_json(&answer)? {
        return Ok(Exit::Yes);
    }
    let unicode = plot::speaks_unicode(session.console.terminal);
    let page = page(&answer, session.console.now, unicode);
    session.line(format_args!("{page}"))?;
    Ok(Exit::Yes)
}

fn page(answer: &GetSenderQualityResponse, now: Time, unicode: bool) -> String {
    let quality = answer.quality.clone().unwrap_or_default();
    let mut parts = vec![standing(&quality, now), periods(&quality.periods)];
    parts.extend(failures(&quality.periods));
    parts.extend(splits(&quality, "template, 7d", |split| &split.template));
    parts.extend(splits(&quality, "opt-in by, 7d", |split| &split.opt_in_method));
    parts.extend(week(&answer.history, unicode));
    parts.join("\n\n")
}

/// A rating as people say it.
pub(super) fn rating(rating: Rating) -> &'static str {
    match rating {
        Rating::Unspecified => "unrated",
        rating => words::code(rating),
    }
}

fn standing(quality: &SenderQuality, now: Time) -> String {
    let since = quality.since.as_ref().filter(|_| quality.rating() != Rating::Unspecified);
    let since = since.map(|at| format!(" since {}", times::with_distance(at, now))).unwrap_or_default();
    let sustained = if quality.sustained_low { ", low for a day and more" } else { "" };
    let platform = match quality.platform_rating() {
        Rating::Unspecified => "nothing told",
        told => rating(told),
    };
    let throttled = if quality.throttled.is_empty() { "nothing" } else { &quality.throttled };
    format!(
        "sender     {}\nrating     {}{since}\nby counts  {}{sustained}\nplatform   {platform}\nthrottled  {throttled}",
        quality.sender,
        rating(quality.rating()),
        rating(quality.own_rating()),
    )
}

fn periods(periods: &[QualityPeriod]) -> String {
    let lengths = periods.iter().map(length);
    let mut table = plain(std::iter::once(String::new()).chain(lengths));
    let mut row = |label: &str, value: fn(&QualityPeriod) -> String| {
        table.add_row(std::iter::once(label.to_owned()).chain(periods.iter().map(value)));
    };
    row("sent", |period| period.sent.to_string());
    row("delivered", |period| period.delivered.to_string());
    row("undelivered", |period| period.undelivered.to_string());
    row("read", |period| period.read.to_string());
    row("failed", |period| period.failed.to_string());
    row("blocked", |period| period.blocked.to_string());
    row("reported", |period| period.reported.to_string());
    row("blocks and reports", |period| percent(period.negative_ratio));
    row("read of delivered", |period| percent(period.read_ratio));
    columns(table)
}

fn failures(periods: &[QualityPeriod]) -> Option<String> {
    let week = periods.last()?;
    let of = |period: &QualityPeriod, class: &str| {
        period.failures.iter().find(|failure| failure.class == class).map_or(0, |failure| failure.count)
    };
    let mut table = plain(std::iter::once("failed by class".to_owned()).chain(periods.iter().map(length)));
    for failure in &week.failures {
        let counts = periods.iter().map(|period| of(period, &failure.class).to_string());
        table.add_row(std::iter::once(failure.class.replace('_', " ")).chain(counts));
    }
    (!week.failures.is_empty()).then(|| columns(table))
}

/// The parts that have a name of one kind.
fn splits(quality: &SenderQuality, head: &str, name: impl Fn(&QualitySplit) -> &String) -> Option<String> {
    let heads = [head, "sent", "delivered", "read", "blocked", "reported", "blocks and reports"];
    let mut table = plain(heads.map(str::to_owned));
    let named = quality.splits.iter().filter(|split| !name(split).is_empty());
    let mut splits: Vec<_> = named.filter_map(|split| Some((name(split), split.counts.as_ref()?))).collect();
    // The worst first.
    splits.sort_by(|(_, a), (_, b)| b.negative_ratio.total_cmp(&a.negative_ratio).then(b.sent.cmp(&a.sent)));
    for (name, counts) in splits.iter().take(SPLITS_MAX) {
        let numbers = [counts.sent, counts.delivered, counts.read, counts.blocked, counts.reported];
        let numbers = numbers.iter().map(u64::to_string).chain([percent(counts.negative_ratio)]);
        table.add_row(std::iter::once((*name).clone()).chain(numbers));
    }
    let more = splits.len().saturating_sub(SPLITS_MAX);
    let note = if more > 0 { format!("\nand {more} more, told with --json") } else { String::new() };
    (!splits.is_empty()).then(|| columns(table) + &note)
}

/// Two rows of bars over the days.
fn week(history: &[QualityPoint], unicode: bool) -> Option<String> {
    let sent: Vec<f64> = history.iter().map(|point| number(point.sent)).collect();
    let negative: Vec<f64> = history.iter().map(|point| number(point.blocked + point.reported)).collect();
    let most = |numbers: &[f64]| numbers.iter().copied().fold(0.0, f64::max);
    let days: String = history.iter().filter_map(mark).collect();
    let row = |label: &str, numbers: &[f64]| {
        format!("{label:<18} |{}| at most {}", plot::bars(numbers, unicode), most(numbers))
    };
    let head = format!("{:<18} |{days}|", "by 6 hours, UTC");
    let rows = [head, row("sent", &sent), row("blocks and reports", &negative)];
    (!history.is_empty()).then(|| rows.join("\n"))
}

/// What stands above the bar of a quarter of a day: four of them show the day of the month.
fn mark(point: &QualityPoint) -> Option<char> {
    let start = times::time(point.start.as_ref()?)?;
    let at = jiff::Timestamp::from_millisecond(start.millis()).ok()?.to_zoned(jiff::tz::TimeZone::UTC);
    let day = format!("{:02}", at.day());
    Some(match at.hour() / 6 {
        0 => day.chars().next()?,
        1 => day.chars().nth(1)?,
        _ => ' ',
    })
}

fn plain(heads: impl IntoIterator<Item = String>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(heads.into_iter().collect::<Vec<_>>());
    table
}

/// Numbers to the right.
fn columns(mut table: Table) -> String {
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let text = table.trim_fmt();
    // Tables of no style begin with a blank.
    text.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

fn length(period: &QualityPeriod) -> String {
    let seconds = period.period.as_ref().map_or(0, |period| period.seconds);
    // 24 hours are a day, but nobody asks for the last `1d`.
    if seconds == 86_400 { "24h".to_owned() } else { times::length(Millis::seconds(seconds)) }
}

/// A part of a whole for people.
pub(super) fn percent(ratio: f64) -> String {
    format!("{:.2} %", ratio * 100.0)
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
const fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grpc::pb::FailureCount;

    const NOW: i64 = 1_772_452_800_000;

    fn answer() -> GetSenderQualityResponse {
        let period = |seconds, sent| QualityPeriod {
            period: Some(prost_types::Duration { seconds, nanos: 0 }),
            sent,
            delivered: sent,
            blocked: sent / 50,
            negative_ratio: 0.02,
            failures: vec![FailureCount { class: "cool_off".to_owned(), count: sent / 100 }],
            ..Default::default()
        };
        let periods = vec![period(3600, 100), period(86_400, 1000), period(7 * 86_400, 5000)];
        let split = QualitySplit {
            template: "spring".to_owned(),
            counts: Some(period(7 * 86_400, 200)),
            ..QualitySplit::default()
        };
        // 2026-02-23T12:00:00Z and on.
        let start = |n: i64| prost_types::Timestamp { seconds: NOW / 1000 - (28 - n) * 21_600, nanos: 0 };
        let point = |n: i64| QualityPoint {
            start: Some(start(n)),
            sent: n.unsigned_abs() * 10,
            blocked: u64::from(n == 28),
            ..Default::default()
        };
        let since = Some(prost_types::Timestamp { seconds: NOW / 1000 - 7200, nanos: 0 });
        let quality = SenderQuality {
            sender: "15550001111".to_owned(),
            rating: Rating::Medium.into(),
            own_rating: Rating::Medium.into(),
            since,
            periods,
            splits: vec![split],
            ..Default::default()
        };
        GetSenderQualityResponse { quality: Some(quality), history: (0..29).map(point).collect() }
    }

    fn shown(unicode: bool) -> String {
        page(&answer(), Time::from_millis(NOW).unwrap(), unicode)
    }

    #[test]
    fn the_page_has_ratings_counts_failures_templates_and_the_week() {
        let page = shown(true);
        let line = |begin: &str| {
            let line = page
                .lines()
                .find(|line| line.starts_with(begin))
                .unwrap_or_else(|| panic!("{begin}: {page}"));
            line.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ")
        };
        for (begin, expected) in [
            ("rating", "rating MEDIUM since 2026-03-02T10:00:00Z (2h ago)"),
            ("platform", "platform nothing told"),
            ("throttled", "throttled nothing"),
            ("delivered", "delivered 100 1000 5000"),
            ("blocks and reports  ", "blocks and reports 2.00 % 2.00 % 2.00 %"),
            ("failed by class", "failed by class 1h 24h 7d"),
            ("cool off", "cool off 1 10 50"),
            ("spring", "spring 200 200 0 4 0 2.00 %"),
        ] {
            assert_eq!(line(begin), expected, "{page}");
        }
        let week: Vec<_> = page.lines().rev().take(3).collect();
        assert_eq!(week[2], "by 6 hours, UTC    |  24  25  26  27  28  01  02 |");
        assert_eq!(week[1], "sent               | ▁▁▁▂▂▂▂▃▃▃▄▄▄▄▅▅▅▆▆▆▆▇▇▇████| at most 280");
        assert_eq!(week[0], "blocks and reports |                            █| at most 1");
        assert!(
            page.lines().all(|line| !line.starts_with(' ') || line.trim_start().starts_with("1h")),
            "{page}"
        );
    }

    #[test]
    fn where_only_ascii_is_shown_there_is_nothing_else() {
        assert!(shown(false).is_ascii(), "{}", shown(false));
    }

    #[test]
    fn a_sender_of_which_nothing_is_known_has_a_page_too() {
        let page = page(&GetSenderQualityResponse::default(), Time::EPOCH, true);
        assert!(page.contains("rating     unrated\n"), "{page}");
    }
}
