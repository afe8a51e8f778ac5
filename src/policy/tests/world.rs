//! Everything one decision is made from, at random: times close to each other and to the request, so that ends of
//! windows, pauses and opt-ins do fall between them.

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::super::*;
use crate::{
    limits::{Counted, FrequencyCap, Pair, PairRate, Quota, Room, SendLog, Sent},
    model::{
        Category, Contact, Millis, OptIn, OptOut, Phone, Recipient, Scope, SenderId, StatementId, Topic,
        UserId,
        contact::{PlatformFlag, Prompt, Reach, SenderRegisters},
        statement::{Registers, Weak},
    },
    quality::Rating,
};

/// Monday, 2 March 2026, 00:00 UTC.
const BASE_SECONDS: i64 = 1_772_409_600;

#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) rules: Rules,
    pub(super) contact: Contact,
    pub(super) sender: Option<SenderFacts>,
    pub(super) last_inbound: Option<Time>,
    registers: SenderRegisters,
    pub(super) request: Request,
    pub(super) now: Time,
    counts: Counts,
}

/// What limits counted.
#[derive(Clone, Debug)]
struct Counts {
    log: Option<SendLog>,
    counted_as: SenderId,
    reserve: bool,
    rooms: [Option<Room>; 3],
}

impl World {
    pub(super) fn facts(&self) -> Facts<'_> {
        Facts {
            sender: self.sender,
            contact: &self.contact,
            last_inbound: self.last_inbound,
            registers: self.registers,
            usage: Usage {
                person: self.counts.log.as_ref(),
                counted_as: Some(&self.counts.counted_as),
                reserve: self.counts.reserve,
                reached: self.counts.rooms[0],
                throughput: self.counts.rooms[1],
                throttle: self.counts.rooms[2],
            },
        }
    }

    pub(super) fn decide_at(&self, now: Time) -> Verdict {
        decide(&self.rules, &self.facts(), &self.request, now)
    }
}

/// Around the base, four days each way, mostly on the hour.
fn time() -> impl Strategy<Value = Time> + Clone {
    let base = Time::from_seconds(BASE_SECONDS).unwrap();
    (-96..96_i64, prop_oneof![3 => Just(0_i64), 1 => -2..3_i64])
        .prop_map(move |(hours, millis)| base + Millis::hours(hours) + Millis::new(millis))
}

fn rarely<T: std::fmt::Debug + Clone + 'static>(
    strategy: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Option<T>> {
    prop_oneof![5 => Just(None), 1 => strategy.prop_map(Some)]
}

fn topic() -> impl Strategy<Value = Topic> + Clone {
    select(vec![Topic::parse("orders").unwrap(), Topic::parse("news").unwrap()])
}

fn category() -> impl Strategy<Value = Category> + Clone {
    select(&Category::ALL[..])
}

fn registers() -> impl Strategy<Value = Registers> {
    let opt_in = || {
        (time(), option::of(time()), prop_oneof![Just(0_u16), Just(1)]).prop_map(|(at, expires_at, weak)| {
            OptIn { at, id: StatementId([1; 16]), expires_at, weak: Weak(weak), method: 1 }
        })
    };
    let out = || time().prop_map(|at| OptOut { at, id: StatementId([2; 16]), channel: 1 });
    (option::of(opt_in()), rarely(opt_in()), rarely(out()), rarely(out())).prop_map(
        |(own_in, asserted_in, own_out, asserted_out)| Registers {
            own_in,
            asserted_in,
            own_out,
            asserted_out,
        },
    )
}

fn contact() -> impl Strategy<Value = Contact> {
    let scope = prop_oneof![
        Just(Scope::Everything),
        category().prop_map(Scope::Category),
        topic().prop_map(Scope::Topic),
    ];
    let said = vec((scope.clone(), registers()), 0..4);
    let some = || rarely(time());
    let declined = rarely((scope, time().prop_map(Some)));
    let prompt = (rarely((time(), "[ab]?")), some(), declined);
    let marks = (some(), some(), some(), some(), some(), some(), some());
    let zone = rarely((time(), select(vec!["Europe/Berlin", "America/New_York", "Asia/Kolkata"])));
    let law = rarely((time(), select(vec!["DE", "US-CA", "BR"])));
    let rest = (some(), some(), some(), some(), zone, law);
    (said, prompt, marks, rest).prop_map(|(said, prompt, marks, (erased, known, in_, out, zone, law))| {
        Contact {
            scopes: said.into_iter().collect(),
            platform: PlatformFlag { stopped: marks.0, resumed: marks.1 },
            held: marks.2,
            hold_cleared: marks.3,
            prompt: Prompt {
                recent: prompt.0.into_iter().collect(),
                accepted: prompt.1,
                declined: prompt.2.into_iter().collect(),
            },
            confirmed_in: in_,
            confirmed_out: out,
            reach: Reach { not_on_whatsapp: marks.4, undeliverable: marks.5, alive: marks.6 },
            erased,
            known,
            time_zone: zone.map(|(at, zone)| (at, zone.to_owned())),
            jurisdiction: law.map(|(at, law)| (at, law.to_owned())),
            ..Contact::default()
        }
    })
}

fn until() -> impl Strategy<Value = Until> + Clone {
    prop_oneof![3 => time().prop_map(Until::Time), 1 => Just(Until::FurtherNotice)]
}

fn sender() -> impl Strategy<Value = SenderFacts> {
    let change = (option::of(category()), category(), time())
        .prop_map(|(before, after, from)| TemplateCategory { before, after, from });
    let status = option::of(select(vec![
        TemplateStatus::Approved,
        TemplateStatus::Approved,
        TemplateStatus::Flagged,
        TemplateStatus::Paused,
    ]));
    let known =
        option::of((status, option::of(change)).prop_map(|(status, category)| Template { status, category }));
    let quality = option::of((select(&Rating::ALL[..]), time()));
    let limit = option::of(1..4_u32);
    let disabled = prop_oneof![9 => Just(false), 1 => Just(true)];
    (rarely(until()), rarely(until()), disabled, known, quality, limit).prop_map(
        |(business_initiated, replies, disabled, known, quality, messaging_limit)| SenderFacts {
            quality,
            messaging_limit,
            restrictions: Restrictions { business_initiated, replies, disabled },
            template: TemplateFacts { known, listed: false },
        },
    )
}

fn quiet_hours() -> impl Strategy<Value = QuietHours> + Clone {
    (0..1440_u16, 0..1440_u16)
        .prop_filter("some hours are not quiet", |(start, end)| start != end)
        .prop_map(|(start_minute, end_minute)| QuietHours { start_minute, end_minute })
}

fn rules() -> impl Strategy<Value = Rules> {
    let flag = || any::<bool>();
    let covers = prop_oneof![2 => Just(Vec::new()), 1 => vec(category(), 0..3)];
    let permitted = prop_oneof![3 => Just(Category::ALL.to_vec()), 1 => vec(category(), 0..4)];
    let shadow = prop_oneof![3 => Just(Vec::new()), 1 => vec(select(&RuleId::ALL[..]), 0..4)];
    let pause = (time(), option::of(time())).prop_map(|(from, until)| DatedPause {
        country: "US".to_owned(),
        from,
        until: until.filter(|until| *until > from),
    });
    let flags = (flag(), flag(), flag(), flag(), flag(), flag());
    let lengths = (0..23_i64, 24..72_i64, 24..72_i64, 0..200_i64, 0..48_i64);
    let hours = (option::of(quiet_hours()), option::of(quiet_hours()));
    let limits = (vec(cap(), 0..3), quality(), option::of((1..60_i64, 1..4_u32)), option::of(1..4_u32));
    (covers, permitted, shadow, vec(pause, 0..3), flags, lengths, hours, limits).prop_map(
        |(
            covers,
            permitted,
            shadow,
            pauses,
            flags,
            lengths,
            (quiet, german),
            (caps, quality, pair, throughput),
        )| Rules {
            frequency_caps: caps,
            quality,
            pair_rate: pair.map(|(hours, burst)| PairRate { every: Millis::hours(hours), burst }),
            throughput,
            shadow: shadow.into_iter().filter(|rule| *rule != RuleId::A01).collect(),
            window_margin: Millis::hours(lengths.0),
            free_form_requires_opt_in: flags.0,
            reply_after_opt_out: flags.1,
            window_covers_templates: covers,
            escalation_required: flags.2,
            permitted_categories: permitted,
            marketing_pauses: pauses,
            strict_evidence: flags.3,
            opt_in_prompt: flags.4,
            opt_in_prompt_again_after: Millis::hours(lengths.1),
            cool_off: Millis::hours(lengths.2),
            not_on_whatsapp_for: Millis::hours(lengths.3),
            undeliverable_for: Millis::hours(lengths.4),
            quiet_hours: quiet,
            sender_zone: jiff::tz::TimeZone::get("Europe/Berlin").ok().filter(|_| flags.5),
            jurisdictions: vec![JurisdictionRules {
                code: "DE".to_owned(),
                validity: None,
                quiet_hours: german,
                double_opt_in: false,
                minimum_age: 0,
            }],
            ..Rules::default()
        },
    )
}

fn cap() -> impl Strategy<Value = FrequencyCap> {
    (1..3_u32, 1..72_i64, vec(category(), 0..2), vec(topic(), 0..2)).prop_map(
        |(max, hours, categories, topics)| FrequencyCap {
            quota: Quota { max, per: Millis::hours(hours) },
            categories,
            topics,
        },
    )
}

fn quality() -> impl Strategy<Value = QualityRules> {
    let measure = || select(vec![Measure::Nothing, Measure::Throttle, Measure::Pause]);
    (measure(), measure(), 1..4_u32, vec(category(), 0..3)).prop_map(
        |(low, sustained_low, max, categories)| QualityRules {
            low,
            sustained_low,
            throttle: Quota { max, per: Millis::hours(1) },
            categories,
            ..QualityRules::default()
        },
    )
}

fn counts() -> impl Strategy<Value = Counts> {
    let sender = || SenderId::parse("15550001111").unwrap();
    let sent = (time(), option::of(category()), option::of(topic()), any::<u64>());
    let paced = option::of(time());
    let room = || {
        let room = (0..5_u64, any::<bool>(), option::of(time()));
        option::of(room.prop_map(|(used, counted, frees_at)| Room { used, counted, frees_at }))
    };
    let log = (vec(sent, 0..4), paced).prop_map(move |(all, paced)| {
        let mut log = SendLog::default();
        for (at, category, topic, id) in all {
            let (counted, message) = (Counted::default(), None);
            log.add(Sent { id, at, sender: sender(), category, topic, message, counted });
        }
        log.pairs.extend(paced.map(|taken_until| Pair { sender: sender(), taken_until }));
        log
    });
    (option::of(log), any::<bool>(), [room(), room(), room()]).prop_map(move |(log, reserve, rooms)| Counts {
        log,
        counted_as: sender(),
        reserve,
        rooms,
    })
}

fn request() -> impl Strategy<Value = Request> {
    let kinds = vec![
        Kind::Template,
        Kind::Template,
        Kind::FreeForm,
        Kind::OptInPrompt,
        Kind::OptInConfirmation,
        Kind::OptOutConfirmation,
    ];
    // One zone, several, too many to tell, and none at all.
    let phones = ["4915112345678", "16505551234", "12", "5511987654321", "79161234567"];
    let phones = phones.into_iter().filter_map(|digits| Phone::parse(digits).ok()).map(Recipient::Phone);
    let mut recipients: Vec<_> = phones.collect();
    recipients.push(Recipient::User(UserId::parse("US.1349").unwrap()));
    (select(recipients), select(kinds), category(), option::of(topic()), any::<(bool, bool, bool)>())
        .prop_map(|(recipient, kind, category, topic, (named, automated, human_escalation))| Request {
            recipient,
            kind,
            category,
            topic,
            template: named.then(|| TemplateName { name: "news".to_owned(), language: String::new() }),
            automated,
            human_escalation,
        })
}

fn blocks() -> impl Strategy<Value = SenderRegisters> {
    let some = || prop_oneof![9 => Just(None), 1 => time().prop_map(Some)];
    (some(), some(), some(), some(), some()).prop_map(|(user, reported, business, lifted, closed)| {
        SenderRegisters {
            blocked_by_user: user,
            reported_by_user: reported,
            blocked_by_business: business,
            unblocked_by_business: lifted,
            window_closed: closed,
        }
    })
}

pub(super) fn worlds() -> impl Strategy<Value = World> {
    let cooled = rarely(time());
    let seen = (option::of(time()), cooled);
    // On the heap: together they are too much for the stack of a test.
    let rules = rules().boxed();
    let (contact, sender, counts) = (contact().boxed(), sender().boxed(), counts().boxed());
    (rules, contact, sender, seen, blocks().boxed(), request().boxed(), time(), counts).prop_map(
        |(rules, contact, sender, (last_inbound, cooled), registers, request, now, counts)| World {
            counts,
            rules,
            contact: Contact { cooled, ..contact },
            sender: Some(sender),
            last_inbound: last_inbound.filter(|wrote| *wrote <= now),
            registers,
            request,
            now,
        },
    )
}
