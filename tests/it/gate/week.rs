//! A week of three numbers, event by event: one that is well, one that slowly turns, one that is suddenly reported. What each is
//! rated at every hour against counting by hand, and what became of its marketing.

use sendgate::{
    gate::{Check, Consistency, DeliveryEvent, OptInRequest, Who},
    model::{
        Category, Millis, ScopeSet, SenderId, Time,
        evidence::{Action, Evidence},
    },
    policy::{Kind, Reason, Request},
    quality::{Happened, Rating},
};

use super::world::{OWN, PERSON, World, at, recipient, settings};
use crate::faults::Faulty;

const CONFIG: &str = "
policy: {quality: {throttle: {max: 1, per: 1h}}}
businesses:
  - id: acme
    names: [Acme Shoes]
    senders: ['+15550001111', '+15550002222', '+15550003333']
";

const SENDERS: [&str; 3] = ["15550001111", "15550002222", "15550003333"];
const HOURS: i64 = 7 * 24;

/// What happened in an hour: messages delivered, and how many of them were blocked or reported.
fn hour_of(sender: usize, hour: i64) -> (i64, i64) {
    match sender {
        // One in three hundred.
        0 => (60, i64::from(hour % 5 == 0)),
        // From nothing to one in twelve.
        1 => (60, hour * 5 / HOURS),
        // Like the first, but for a campaign on the fourth day.
        _ if (80..83).contains(&hour) => (400, 30),
        _ => (60, i64::from(hour % 7 == 0)),
    }
}

/// Rates by hand: every event of the week is looked at for every hour.
#[derive(Clone, Debug, Default)]
struct ByHand {
    /// Slot of five minutes, delivered, negative.
    all: Vec<(i64, i32, i32)>,
    rating: Rating,
    since: Option<Time>,
    better_since: Option<Time>,
}

impl ByHand {
    fn grade(&self, now: Time, scale: f64) -> Rating {
        let slot = |time: Time| time.millis() / 300_000;
        let within = |hours: i64| {
            let from = slot(now - Millis::hours(hours));
            self.all.iter().filter(move |(at, ..)| *at >= from && *at <= slot(now))
        };
        let plain = |hours: i64| {
            let (reached, negative) =
                within(hours).fold((0, 0), |sum, (_, reached, negative)| (sum.0 + reached, sum.1 + negative));
            (f64::from(reached), f64::from(negative))
        };
        let (week_reached, week_negative) = plain(168);
        let weighted = within(168).fold((0.0, 0.0), |sum, (at, reached, negative)| {
            let age = f64::from(i32::try_from(slot(now) - at).unwrap());
            let weight = 0.5_f64.powf(age * 300.0 / 86_400.0);
            (sum.0 + weight * f64::from(*reached), sum.1 + weight * f64::from(*negative))
        });
        let ratio = |(reached, negative): (f64, f64), volume: f64, negatives: f64| {
            (volume >= 100.0).then(|| if negatives < 3.0 { 0.0 } else { negative / reached })
        };
        let mut worst = Rating::Unrated;
        for hours in [1, 24, 168] {
            let sums = plain(hours);
            worst = worst.max(graded(ratio(sums, sums.0, sums.1), scale));
        }
        worst.max(graded(ratio(weighted, week_reached, week_negative), scale))
    }

    fn look(&mut self, now: Time) -> Rating {
        let (strict, recovering) = (self.grade(now, 1.0), self.grade(now, 0.8));
        let first = self.rating == Rating::Unrated && strict != Rating::Unrated;
        let becomes = if strict > self.rating || first {
            Some(strict)
        } else if recovering >= self.rating {
            self.better_since = None;
            None
        } else {
            let since = *self.better_since.get_or_insert(now);
            (now.since(since) >= Millis::hours(6)).then_some(recovering)
        };
        if let Some(rating) = becomes {
            (self.rating, self.since, self.better_since) = (rating, Some(now), None);
        }
        self.rating
    }
}

fn graded(ratio: Option<f64>, scale: f64) -> Rating {
    match ratio {
        None => Rating::Unrated,
        Some(ratio) if ratio >= 0.03 * scale => Rating::Low,
        Some(ratio) if ratio >= 0.01 * scale => Rating::Medium,
        Some(_) => Rating::High,
    }
}

/// The events of an hour, spread over it.
fn events(sender: usize, hour: i64, by_hand: &mut ByHand) -> Vec<DeliveryEvent> {
    let (delivered, negative) = hour_of(sender, hour);
    let mut events = Vec::new();
    for n in 0..delivered {
        let then = at(hour * 60) + Millis::seconds(n * 3599 / delivered);
        let event = |happened| DeliveryEvent {
            message_id: format!("{sender} {hour} {n}"),
            happened,
            code: 0,
            recipient: None,
            at: Some(then),
            template: None,
            category: None,
            topic: None,
            reservation: None,
        };
        // Told twice, and read before delivered.
        events.extend([event(Happened::Read), event(Happened::Delivered), event(Happened::Read)]);
        let is_negative = n < negative;
        if is_negative {
            events.push(event(if n % 2 == 0 { Happened::Blocked } else { Happened::Reported }));
        }
        by_hand.all.push((then.millis() / 300_000, 1, i32::from(is_negative)));
    }
    events
}

fn wish(sender: &SenderId) -> Check {
    let request = Request {
        recipient: recipient(PERSON),
        kind: Kind::Template,
        category: Category::Marketing,
        topic: None,
        template: None,
        automated: false,
        human_escalation: false,
    };
    let (consistency, sender) = (Consistency::MinimizeLatency, sender.clone());
    Check { sender, request, consistency, explain: false, reserve: true }
}

/// What became of the two marketing messages that are tried every hour, in a word.
async fn tried(world: &World, sender: &SenderId) -> &'static str {
    let mut reasons = Vec::new();
    for _ in 0..2 {
        reasons.push(world.gate.check(&wish(sender)).await.verdict.reason);
    }
    match reasons.as_slice() {
        [Reason::OptedIn, Reason::OptedIn] => "sent",
        [Reason::OptedIn, Reason::QualityThrottled] => "throttled",
        [Reason::QualityPaused, Reason::QualityPaused] => "paused",
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_week_of_three_numbers_is_rated_as_by_hand_and_throttled_when_low() {
    let world = World::with(settings(CONFIG), Faulty::new()).await;
    let text = "Receive offers, codes and order updates on WhatsApp from Acme Shoes";
    let evidence = Evidence::new(OWN, Action::BoxChecked, "Acme Shoes".to_owned(), text.to_owned());
    let senders = SENDERS.map(|name| SenderId::parse(name).unwrap());
    let who = Who { sender: senders[0].clone(), ..world.who(PERSON, 0, "") };
    let scope = ScopeSet::everything();
    let request = OptInRequest { who, scope, evidence, expires_at: None, time_zone: None };
    world.gate.record_opt_in(&request).await.unwrap();
    let mut by_hand = [ByHand::default(), ByHand::default(), ByHand::default()];
    // Of each number the hours at which its rating, or what became of its marketing, changed.
    let mut story: [Vec<(i64, Rating, &str)>; 3] = Default::default();
    for hour in 0..HOURS {
        world.clock.set(at(hour * 60 + 59) + Millis::seconds(59));
        let now = world.clock.now();
        for (place, sender) in senders.iter().enumerate() {
            let events = events(place, hour, &mut by_hand[place]);
            world.gate.record_events(sender, &events).await.unwrap();
            let quality = world.gate.quality(sender).await.unwrap();
            let expected = by_hand[place].look(now);
            assert_eq!(quality.standing.rating, expected, "{sender} in hour {hour}: {quality:?}");
            assert_eq!(
                Some(quality.standing.since),
                by_hand[place].since.or(Some(now)),
                "{sender} in hour {hour}"
            );
            let chapter = (hour, expected, tried(&world, sender).await);
            let last = story[place].last().map(|(_, rating, marketing)| (*rating, *marketing));
            if last != Some((chapter.1, chapter.2)) {
                story[place].push(chapter);
            }
        }
    }
    let [well, turning, reported] = story;
    assert_eq!(well, [(0, Rating::Unrated, "sent"), (1, Rating::High, "sent")]);
    let throttled =
        [(48, Rating::Medium, "sent"), (87, Rating::Low, "throttled"), (111, Rating::Low, "paused")];
    assert_eq!(turning, [well.as_slice(), &throttled].concat());
    let paused =
        [(80, Rating::Low, "throttled"), (104, Rating::Low, "paused"), (111, Rating::Medium, "sent")];
    assert_eq!(reported, [well.as_slice(), &paused].concat());
}
