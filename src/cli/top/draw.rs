//! A frame.

use ratatui::{
    Frame, Terminal,
    backend::TestBackend,
    layout::{Constraint, Layout},
    style::{Color, Style, Stylize as _},
    text::{Line, Text},
    widgets::{Row as TableRow, Table},
};

use super::{
    super::quality::{percent, rating},
    senders::{Row, Senders},
};
use crate::grpc::pb::Rating;

const HEADS: [&str; 10] = [
    "SENDER",
    "RATING",
    "PLATFORM",
    "ALLOW/s",
    "DENY/s",
    "SENT 24h",
    "DELIVERED",
    "READ",
    "BLOCKED",
    "REPORTED",
];
/// Wide enough for phone number IDs and six digits of messages.
const WIDTHS: [u16; 10] = [18, 8, 8, 9, 9, 9, 9, 9, 8, 8];
const RATIO_HEAD: &str = "BLOCK+REP";
const RATIO_WIDTH: u16 = 9;
const THROTTLED_HEAD: &str = "THROTTLED";
const THROTTLED_WIDTH: u16 = 30;
/// Lines above the rows.
const ABOVE: u16 = 4;
/// The most rows of a frame of text.
const TEXT_ROWS_MAX: usize = 1000;

/// Draws all of it.
pub(super) fn frame(frame: &mut Frame<'_>, senders: &Senders) {
    let [head, rows] =
        Layout::vertical([Constraint::Length(ABOVE - 1), Constraint::Min(1)]).areas(frame.area());
    frame.render_widget(Text::from(vec![state(senders), sums(senders), Line::from("")]), head);
    let shown = senders.sorted().into_iter().skip(senders.scrolled()).map(row);
    let widths = WIDTHS.into_iter().chain([RATIO_WIDTH, THROTTLED_WIDTH]).map(Constraint::Length);
    let heads = TableRow::new(
        HEADS
            .into_iter()
            .enumerate()
            .map(|(at, head)| cell(at, head.to_owned()))
            .chain([cell(HEADS.len(), RATIO_HEAD.to_owned()), Text::from(THROTTLED_HEAD)]),
    );
    frame.render_widget(Table::new(shown, widths).header(heads.bold()).column_spacing(1), rows);
}

/// The same as text without colours, as long as it needs to be.
pub(super) fn text(senders: &Senders) -> String {
    let count = senders.sorted().len().min(TEXT_ROWS_MAX);
    let height = ABOVE.saturating_add(u16::try_from(count).unwrap_or(u16::MAX));
    let columns = u16::try_from(HEADS.len() + 1).unwrap_or_default();
    let table = WIDTHS.iter().sum::<u16>() + RATIO_WIDTH + THROTTLED_WIDTH + columns;
    let heads = [state(senders).width(), sums(senders).width()].into_iter().max().unwrap_or_default();
    let width = table.max(u16::try_from(heads).unwrap_or(u16::MAX));
    // Drawing into memory does not fail.
    let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
    let Ok(_) = terminal.draw(|drawn| frame(drawn, senders));
    let buffer = terminal.backend().buffer();
    let lines = buffer.content().chunks(usize::from(width));
    let lines = lines.map(|cells| cells.iter().map(ratatui::buffer::Cell::symbol).collect::<String>());
    let lines: Vec<_> = lines.map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n").trim_end().to_owned()
}

fn state(senders: &Senders) -> Line<'static> {
    let name = format!("sendgate {} at {}  ", senders.version, senders.endpoint);
    let (state, colour) = match (&senders.trouble, senders.ready, senders.in_part.is_empty()) {
        (Some(trouble), ..) => (format!("NO ANSWER: {trouble}"), Color::Red),
        (None, false, _) => ("NOT READY".to_owned(), Color::Red),
        (None, true, false) => (format!("ready in part: {}", senders.in_part.join("; ")), Color::Yellow),
        (None, true, true) => ("ready".to_owned(), Color::Green),
    };
    Line::from(vec![name.into(), state.fg(colour)])
}

fn sums(senders: &Senders) -> Line<'static> {
    let (allowed, denied) = senders.rates();
    let (count, sort) = (senders.sorted().len(), senders.sort().word());
    Line::from(format!(
        "{count} senders  {allowed:.1} ALLOW/s  {denied:.1} DENY/s  by {sort}  (q ends, s or left and right sort, up and down scroll)"
    ))
}

fn row(row: &Row) -> TableRow<'static> {
    let told = |value: Option<String>| value.unwrap_or_else(|| "?".to_owned());
    let quality = row.quality.as_ref();
    let count =
        |of: fn(&crate::grpc::pb::QualityPeriod) -> u64| told(row.day().map(|day| of(day).to_string()));
    let platform = quality.map(|quality| match quality.platform_rating() {
        Rating::Unspecified => "-",
        told => rating(told),
    });
    let cells = [
        row.sender.clone(),
        told(quality.map(|_| rating(row.rating()).to_owned())),
        told(platform.map(str::to_owned)),
        format!("{:.1}", row.rates.0),
        format!("{:.1}", row.rates.1),
        count(|day| day.sent),
        count(|day| day.delivered),
        count(|day| day.read),
        count(|day| day.blocked),
        count(|day| day.reported),
        told(row.day().map(|day| percent(day.negative_ratio))),
    ];
    let cells = cells.into_iter().enumerate().map(|(at, text)| cell(at, text));
    let throttled = quality.map(|quality| quality.throttled.clone()).unwrap_or_default();
    TableRow::new(cells.chain([Text::from(throttled)])).style(colour(row.rating()))
}

/// Words to the left, numbers to the right.
fn cell(at: usize, text: String) -> Text<'static> {
    let text = Text::from(text);
    if at < 3 { text } else { text.right_aligned() }
}

fn colour(rating: Rating) -> Style {
    match rating {
        Rating::Low => Style::new().red(),
        Rating::Medium => Style::new().yellow(),
        Rating::High | Rating::Unspecified => Style::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{
        super::senders::{Senders, Sort},
        *,
    };
    use crate::grpc::pb::{GetActivityResponse, QualityPeriod, SenderActivity, SenderQuality};

    fn activity(numbers: &[(&str, u64, u64)]) -> GetActivityResponse {
        let of = |(sender, allowed, denied): &(&str, u64, u64)| SenderActivity {
            sender: (*sender).to_owned(),
            allowed: *allowed,
            denied: *denied,
        };
        GetActivityResponse {
            version: "1.2.3".to_owned(),
            ready: true,
            senders: numbers.iter().map(of).collect(),
            ..Default::default()
        }
    }

    fn quality(sender: &str, rating: Rating, sent: u64, blocked: u64) -> SenderQuality {
        let period = Some(prost_types::Duration { seconds: 86_400, nanos: 0 });
        let negative_ratio =
            f64::from(u32::try_from(blocked).unwrap()) / f64::from(u32::try_from(sent).unwrap());
        let day = QualityPeriod { period, sent, blocked, negative_ratio, ..Default::default() };
        SenderQuality {
            sender: sender.to_owned(),
            rating: rating.into(),
            periods: vec![day],
            ..Default::default()
        }
    }

    fn senders(sort: Sort) -> Senders {
        let mut senders = Senders::new("http://there".to_owned(), sort);
        senders.count(activity(&[("15550001111", 100, 10), ("15550002222", 5, 0)]), None);
        senders.count(
            activity(&[("15550001111", 120, 15), ("15550002222", 105, 0)]),
            Some(Duration::from_secs(2)),
        );
        senders.rate(quality("15550001111", Rating::Low, 1000, 50));
        senders
    }

    #[test]
    fn a_frame_says_what_is_known_of_each_sender() {
        let text = text(&senders(Sort::Rate));
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "sendgate 1.2.3 at http://there  ready");
        assert!(lines[1].starts_with("2 senders  60.0 ALLOW/s  2.5 DENY/s  by decisions a second"), "{text}");
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(lines[3])[..5], ["SENDER", "RATING", "PLATFORM", "ALLOW/s", "DENY/s"]);
        assert_eq!(words(lines[4]), ["15550002222", "?", "?", "50.0", "0.0", "?", "?", "?", "?", "?", "?"]);
        let low = ["15550001111", "LOW", "-", "10.0", "2.5", "1000", "0", "0", "50", "0", "5.00", "%"];
        assert_eq!(words(lines[5]), low);
    }

    #[test]
    fn what_is_wrong_is_told_at_the_top_and_by_colour() {
        let mut senders = senders(Sort::Rating);
        senders.in_part = vec!["3 refusals wait".to_owned()];
        assert!(
            text(&senders).starts_with("sendgate 1.2.3 at http://there  ready in part: 3 refusals wait\n")
        );
        senders.fail("gone");
        let told = text(&senders);
        assert!(told.starts_with("sendgate 1.2.3 at http://there  NO ANSWER: gone\n"), "{told}");
        assert!(told.contains(" 0.0 ALLOW/s"), "what is not counted is not shown as if: {told}");
        let mut terminal = Terminal::new(TestBackend::new(140, 10)).unwrap();
        terminal.draw(|drawn| frame(drawn, &senders)).unwrap();
        let buffer = terminal.backend().buffer();
        assert_eq!(buffer[(0, 4)].symbol(), "1");
        assert_eq!(buffer[(0, 4)].fg, Color::Red, "the low one comes first");
        assert_eq!(buffer[(0, 5)].fg, Color::Reset);
    }

    #[test]
    fn rows_are_sorted_and_scrolled() {
        let first = |senders: &Senders| text(senders).lines().nth(4).unwrap_or_default().trim().to_owned();
        let mut senders = senders(Sort::Sender);
        assert!(first(&senders).starts_with("15550001111"));
        senders.scroll(1);
        assert!(first(&senders).starts_with("15550002222"));
        senders.scroll(9);
        assert!(first(&senders).starts_with("15550002222"), "not beyond the last");
        senders.sort_by(senders.sort().next());
        assert_eq!((senders.sort(), senders.scrolled()), (Sort::Rate, 0));
        assert_eq!(senders.sort().previous(), Sort::Sender);
        // A sidecar that was restarted counts anew.
        senders.count(activity(&[("15550001111", 4, 0)]), Some(Duration::from_secs(2)));
        assert!((senders.rates().0 - 52.0).abs() < 0.1, "{:?}", senders.rates());
    }

    #[test]
    fn a_small_terminal_is_no_reason_to_fail() {
        for (width, height) in [(1, 1), (20, 3), (80, 5)] {
            let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
            terminal.draw(|drawn| frame(drawn, &senders(Sort::Rate))).unwrap();
        }
    }
}
