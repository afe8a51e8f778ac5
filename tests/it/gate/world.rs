//! A gate over a store in memory, and what tests say to it.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use sendgate::{
    attest,
    clock::Clock,
    config::Settings,
    gate::{
        Acknowledged, Answer, Check, Consistency, Gate, GateError, GateSettings, Inbound, InboundRecorded,
        LogPage, LogPlace, OptInRecorded, OptInRequest, OptOutRequest, Who,
    },
    metrics::Metrics,
    model::{
        Category, Contact, Recipient, ScopeSet, SenderId, Time, UserId,
        event::Block,
        evidence::{Action, Channel, Evidence, Method},
    },
    policy::{Kind, Reason, Request},
    senders::SenderProfile,
    store::LogHead,
};

use crate::faults::Faulty;

pub(crate) const ACME: &str = "
businesses:
  - id: acme
    names: [Acme Shoes]
    senders: [{id: '1001', number: '+15550001111', account: '77'}]
";

pub(crate) const SENDER: &str = "1001";
pub(crate) const PERSON: &str = "447700900123";

pub(crate) struct World {
    pub(crate) gate: Arc<Gate>,
    pub(crate) store: Arc<Faulty>,
    pub(crate) clock: Clock,
}

/// Minutes after the start of every test.
pub(crate) fn at(minutes: i64) -> Time {
    Time::from_seconds(1_772_409_600 + minutes * 60).unwrap()
}

pub(crate) fn recipient(text: &str) -> Recipient {
    Recipient::parse(text).unwrap()
}

pub(crate) fn settings(text: &str) -> GateSettings {
    let file = Some((Path::new("test.yaml"), text));
    let settings = Settings::load(file, [], &[("store.url", "memory:".to_owned())]).unwrap();
    GateSettings {
        businesses: settings.businesses,
        default_profile: settings.senders.profile,
        auto_register: settings.senders.auto_register,
        read_timeout: std::time::Duration::from_secs(30),
        // So that what is the same in two worlds looks the same.
        identity_key: Some([7; 32]),
        ..GateSettings::default()
    }
}

/// Whose word an opt-in is.
pub(crate) const OWN: Method = Method::Website;
pub(crate) const ASSERTED: Method = Method::Import;

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(settings(ACME), Faulty::new()).await
    }

    pub(crate) async fn with(settings: GateSettings, store: Arc<Faulty>) -> Self {
        let clock = Clock::manual(at(0));
        let shared: Arc<Faulty> = Arc::clone(&store);
        let gate = Gate::open(shared, settings, clock.clone(), Arc::new(Metrics::new())).await.unwrap();
        Self { gate: Arc::new(gate), store, clock }
    }

    pub(crate) fn who(&self, person: &str, minutes: i64, key: &str) -> Who {
        Who {
            sender: SenderId::parse(SENDER).unwrap(),
            recipient: recipient(person),
            occurred_at: Some(at(minutes)),
            key: key.to_owned(),
            request_digest: [0; 16],
            from_platform: false,
            whole_seconds: false,
        }
    }

    pub(crate) fn profile(&self) -> Arc<SenderProfile> {
        self.gate.directory().find(&SenderId::parse(SENDER).unwrap()).unwrap()
    }

    /// An opt-in, said at a minute.
    pub(crate) fn opt_in_request(&self, who: Who, method: Method, scope: ScopeSet) -> OptInRequest {
        let text = "Receive offers, codes and order updates on WhatsApp from Acme Shoes";
        let evidence = Evidence::new(method, Action::BoxChecked, "Acme Shoes".to_owned(), text.to_owned());
        OptInRequest { who, scope, evidence, expires_at: None, time_zone: None }
    }

    pub(crate) async fn opt_in(&self, person: &str, method: Method, minutes: i64) -> OptInRecorded {
        self.reach(minutes);
        let who = self.who(person, minutes, "");
        self.gate.record_opt_in(&self.opt_in_request(who, method, ScopeSet::everything())).await.unwrap()
    }

    pub(crate) async fn try_opt_in(
        &self,
        person: &str,
        method: Method,
        minutes: i64,
    ) -> Result<OptInRecorded, GateError> {
        self.reach(minutes);
        let who = self.who(person, minutes, "");
        self.gate.record_opt_in(&self.opt_in_request(who, method, ScopeSet::everything())).await
    }

    pub(crate) async fn try_says(
        &self,
        person: &str,
        minutes: i64,
        id: &str,
        text: &str,
    ) -> Result<InboundRecorded, GateError> {
        self.reach(minutes);
        let (message_id, text) = (id.to_owned(), text.to_owned());
        let inbound = Inbound { message_id, text, opens_window: true, ..Inbound::default() };
        self.gate.record_inbound(&self.who(person, minutes, ""), &inbound).await
    }

    /// A metric without labels.
    pub(crate) fn metric(&self, name: &str) -> String {
        let text = self.gate.measured().render();
        let line = text.lines().find(|line| line.starts_with(&format!("sendgate_{name} "))).unwrap();
        line.rsplit(' ').next().unwrap().to_owned()
    }

    pub(crate) fn go_deaf(&self) {
        self.store.go_deaf();
    }

    pub(crate) async fn opt_out(&self, person: &str, minutes: i64) -> Acknowledged {
        self.reach(minutes);
        self.opt_out_by(self.who(person, minutes, ""), Channel::Website).await.unwrap()
    }

    pub(crate) async fn opt_out_by(&self, who: Who, channel: Channel) -> Result<Acknowledged, GateError> {
        let scope = ScopeSet::everything();
        self.gate.record_opt_out(&OptOutRequest { who, scope, channel, keyword: String::new() }).await
    }

    pub(crate) async fn says(&self, person: &str, minutes: i64, id: &str, text: &str) -> InboundRecorded {
        self.reach(minutes);
        let inbound = Inbound {
            message_id: id.to_owned(),
            text: text.to_owned(),
            opens_window: true,
            ..Inbound::default()
        };
        self.gate.record_inbound(&self.who(person, minutes, ""), &inbound).await.unwrap()
    }

    pub(crate) async fn prove(&self, phone: &str, user: &str, minutes: i64) {
        self.reach(minutes);
        let users = [UserId::parse(user).unwrap()];
        self.gate.prove(&self.who(phone, minutes, ""), &users).await.unwrap();
    }

    pub(crate) async fn number_changed(&self, from: &str, to: &str, minutes: i64) {
        self.reach(minutes);
        self.gate.number_changed(&self.who(from, minutes, ""), &recipient(to)).await.unwrap();
    }

    pub(crate) async fn block(&self, person: &str, block: Block, minutes: i64) {
        self.reach(minutes);
        self.gate.record_block(&self.who(person, minutes, ""), block).await.unwrap();
    }

    pub(crate) async fn erase(&self, person: &str, minutes: i64) {
        self.reach(minutes);
        self.gate.erase(&self.who(person, minutes, "")).await.unwrap();
    }

    pub(crate) async fn link(&self, one: &str, other: &str, minutes: i64) {
        self.reach(minutes);
        self.gate.link(&self.who(one, minutes, ""), &recipient(other)).await.unwrap();
    }

    /// The clock never goes back: what happens at an earlier minute arrives late.
    pub(crate) fn reach(&self, minutes: i64) {
        if self.clock.now() < at(minutes) {
            self.clock.set(at(minutes));
        }
    }

    pub(crate) fn check_of(&self, person: &str, kind: Kind) -> Check {
        let category = if kind == Kind::FreeForm { Category::Service } else { Category::Utility };
        let request = Request {
            recipient: recipient(person),
            kind,
            category,
            topic: None,
            template: None,
            automated: false,
            human_escalation: false,
        };
        let sender = SenderId::parse(SENDER).unwrap();
        Check { sender, request, consistency: Consistency::MinimizeLatency, explain: false, reserve: false }
    }

    pub(crate) async fn asks(&self, person: &str, kind: Kind) -> Answer {
        self.gate.check(&self.check_of(person, kind)).await
    }

    /// The reason of the answer to a template.
    pub(crate) async fn reason(&self, person: &str) -> Reason {
        self.asks(person, Kind::Template).await.verdict.reason
    }

    pub(crate) async fn contact(&self, person: &str) -> Contact {
        let consistency = Consistency::FullyConsistent;
        let view =
            self.gate.view(&self.profile(), &recipient(person), consistency, self.clock.now()).await.unwrap();
        view.record.contact.clone()
    }

    pub(crate) async fn version(&self, person: &str) -> u64 {
        let consistency = Consistency::FullyConsistent;
        let view = self.gate.view(&self.profile(), &recipient(person), consistency, self.clock.now()).await;
        view.unwrap().version
    }

    /// The log, after the chain of each identity was verified.
    pub(crate) async fn log(&self, person: &str) -> LogPage {
        let start = LogPlace::default();
        let page = self.gate.history(&self.who(person, 0, ""), &start, 10_000).await.unwrap();
        let mut logs = BTreeMap::<_, Vec<_>>::new();
        for (revision, sealed, _) in &page.entries {
            logs.entry(revision.contact).or_default().push(sealed.clone());
        }
        for sealed in logs.values() {
            let last = sealed.last().unwrap();
            attest::verify(sealed, LogHead { length: last.sequence, hash: last.hash }).unwrap();
        }
        page
    }
}
