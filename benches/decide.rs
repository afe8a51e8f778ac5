//! `policy::decide` alone: facts in memory, answer out. Next to it one look-up in a hash map, to compare with.

#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up has nothing to measure")]

use std::{collections::HashMap, hint::black_box};

use divan::{AllocProfiler, Bencher};
use sendgate::{
    model::{
        Category, Contact, Event, Millis, OptIn, OptOut, Recipient, ScopeSet, StatementId, Time, Topic,
        Voice, contact::SenderRegisters,
    },
    policy::{
        self, Facts, JurisdictionRules, Kind, QuietHours, Request, Restrictions, Rules, SenderFacts,
        Template, TemplateCategory, TemplateFacts, TemplateName, TemplateStatus,
    },
};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

/// Decisions timed together: one alone is as short as a tick of the clock.
const SAMPLE: u32 = 10_000;

fn main() {
    // The first use of a time zone reads it; what is measured is every later one.
    let night = all_rules(23);
    black_box(policy::decide(&night.rules, &night.facts(), &night.request, night.now));
    divan::main();
}

/// Everything of one decision.
struct Scene {
    rules: Rules,
    contact: Contact,
    last_inbound: Option<Time>,
    template: TemplateFacts,
    request: Request,
    now: Time,
}

impl Scene {
    fn facts(&self) -> Facts<'_> {
        Facts {
            sender: Some(SenderFacts {
                quality: None,
                messaging_limit: None,
                restrictions: Restrictions::default(),
                template: self.template,
            }),
            contact: &self.contact,
            last_inbound: self.last_inbound,
            registers: SenderRegisters::default(),
            usage: policy::Usage::default(),
        }
    }

    fn run(self, bencher: Bencher<'_, '_>, allowed: bool) {
        let facts = self.facts();
        let verdict = policy::decide(&self.rules, &facts, &self.request, self.now);
        assert_eq!(verdict.allowed, allowed, "{verdict:?}");
        bencher.bench_local(|| {
            policy::decide(black_box(&self.rules), black_box(&facts), black_box(&self.request), self.now)
        });
    }
}

/// 2026-01-15, a Thursday, at an hour of UTC.
fn at(hour: i64) -> Time {
    Time::from_seconds(1_768_435_200 + hour * 3600).expect("a time of this century")
}

fn request(kind: Kind, category: Category) -> Request {
    Request {
        recipient: Recipient::parse("+4915112345678").expect("a number"),
        kind,
        category,
        topic: None,
        template: None,
        automated: false,
        human_escalation: false,
    }
}

fn scene(kind: Kind, category: Category) -> Scene {
    Scene {
        rules: Rules::default(),
        contact: Contact::default(),
        last_inbound: None,
        template: TemplateFacts::default(),
        request: request(kind, category),
        now: at(12),
    }
}

fn opt_in(hour: i64, scope: ScopeSet) -> Event {
    let opt_in = OptIn {
        at: at(hour),
        id: StatementId([1; 16]),
        expires_at: None,
        weak: Default::default(),
        method: 2,
    };
    Event::OptIn(Voice::Own, scope, opt_in)
}

/// A marketing template with every rule that can be on, and something for each to look at.
fn all_rules(hour: i64) -> Scene {
    let quiet = QuietHours { start_minute: 21 * 60, end_minute: 8 * 60 };
    let mut all = scene(Kind::Template, Category::Marketing);
    all.now = at(hour);
    all.rules = Rules {
        window_margin: Millis::seconds(60),
        free_form_requires_opt_in: true,
        require_known_templates: true,
        strict_evidence: true,
        quiet_hours: Some(quiet),
        jurisdictions: vec![JurisdictionRules {
            code: "DE".to_owned(),
            validity: None,
            quiet_hours: Some(quiet),
            double_opt_in: false,
            minimum_age: 0,
        }],
        contacts_only: true,
        ..Rules::default()
    };
    let topic = Topic::parse("offers").expect("a topic");
    all.contact.apply(&Event::Jurisdiction(at(0), "DE".to_owned()));
    all.contact.apply(&opt_in(1, ScopeSet::everything()));
    all.contact.apply(&opt_in(2, ScopeSet::category(Category::Marketing)));
    all.contact.apply(&opt_in(3, ScopeSet::of(vec![sendgate::model::Scope::Topic(topic.clone())])));
    all.contact.apply(&Event::ConfirmedIn(at(4)));
    all.contact.apply(&Event::Alive(at(4)));
    all.last_inbound = Some(at(5));
    all.request.topic = Some(topic);
    all.request.template = Some(TemplateName { name: "spring_offer".to_owned(), language: "de".to_owned() });
    all.template = TemplateFacts {
        known: Some(Template {
            status: Some(TemplateStatus::Approved),
            category: Some(TemplateCategory { before: None, after: Category::Marketing, from: Time::EPOCH }),
        }),
        listed: true,
    };
    all
}

#[divan::bench(sample_size = SAMPLE)]
fn a_hash_map_look_up(bencher: Bencher<'_, '_>) {
    let map: HashMap<u128, u64> = (0..1000).map(|i| (i, 7)).collect();
    bencher.bench_local(|| map.get(black_box(&500)).copied());
}

#[divan::bench(sample_size = SAMPLE)]
fn opted_in_template(bencher: Bencher<'_, '_>) {
    let mut scene = scene(Kind::Template, Category::Utility);
    scene.contact.apply(&opt_in(1, ScopeSet::category(Category::Utility)));
    scene.run(bencher, true);
}

#[divan::bench(sample_size = SAMPLE)]
fn reply_in_the_window(bencher: Bencher<'_, '_>) {
    let mut scene = scene(Kind::FreeForm, Category::Service);
    scene.last_inbound = Some(at(11));
    scene.run(bencher, true);
}

#[divan::bench(sample_size = SAMPLE)]
fn opted_out(bencher: Bencher<'_, '_>) {
    let mut scene = scene(Kind::Template, Category::Utility);
    scene.contact.apply(&opt_in(1, ScopeSet::everything()));
    let out = OptOut { at: at(2), id: StatementId([2; 16]), channel: 1 };
    scene.contact.apply(&Event::OptOut(Voice::Own, ScopeSet::everything(), out));
    scene.run(bencher, false);
}

#[divan::bench(sample_size = SAMPLE)]
fn unknown_contact(bencher: Bencher<'_, '_>) {
    scene(Kind::Template, Category::Utility).run(bencher, false);
}

#[divan::bench(sample_size = SAMPLE)]
fn all_rules_allowed(bencher: Bencher<'_, '_>) {
    all_rules(12).run(bencher, true);
}

#[divan::bench(sample_size = SAMPLE)]
fn all_rules_without_quiet_hours(bencher: Bencher<'_, '_>) {
    let mut scene = all_rules(12);
    scene.rules.quiet_hours = None;
    scene.rules.jurisdictions.clear();
    scene.run(bencher, true);
}

#[divan::bench(sample_size = SAMPLE)]
fn all_rules_denied_by_quiet_hours(bencher: Bencher<'_, '_>) {
    all_rules(23).run(bencher, false);
}

#[divan::bench(sample_size = SAMPLE)]
fn all_rules_explained(bencher: Bencher<'_, '_>) {
    let scene = all_rules(12);
    let facts = scene.facts();
    bencher.bench_local(|| policy::explain(black_box(&scene.rules), &facts, &scene.request, scene.now));
}
