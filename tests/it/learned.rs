//! What another sidecar learned of senders, accounts and templates, over a real Redis: how soon it counts, and what becomes of
//! checks while it cannot be read.

mod unread;

use std::time::{Duration, Instant};

use sendgate::{
    gate::{Observed, SenderNames},
    grpc::pb,
    model::SenderId,
    senders::{AccountState, TemplateState},
};

use crate::{
    harness::{
        START, Server,
        say::{PERSON, fresh, opt_in, opt_out, template},
    },
    proxy::{Proxy, Way, Whom},
    redis_server::RedisServer,
};

/// For how long memory counts (`store.trust`).
const TRUST: Duration = Duration::from_millis(350);
/// After so long what was heard of one's own registration was read too, and says nothing of what comes then.
const SETTLED: Duration = Duration::from_millis(300);
/// How long answers are watched.
const WATCHED: Duration = Duration::from_secs(2);

const YAML: &str = "
senders: {auto_register: true}
businesses:
  - id: shop
    names: [Acme]
    senders: [{id: '1001', number: '+15550009999', account: '77'}]
    templates: [{name: promo, language: en_US, category: utility}]
";

/// Two sidecars on one Redis, the second over a way that can fail.
struct Two {
    one: Server,
    other: Server,
    way: Proxy,
    redis: RedisServer,
}

/// Something that is told to the first sidecar and turns an ALLOW of the second into a DENY.
#[derive(Clone, Copy, Debug)]
enum News {
    /// Two names are one sender, and the person refused under the other.
    Tie(u32),
    Paused,
    Disabled,
}

impl Two {
    async fn start() -> Self {
        let redis = RedisServer::start().await;
        let way = Proxy::to(redis.port()).await;
        let one = Server::at(&redis.url(), YAML).await;
        let other = Server::at(&way.url(), YAML).await;
        other.consent().record_consent(opt_in_to("1001")).await.unwrap();
        Self { one, other, way, redis }
    }

    /// What is asked of the second sidecar.
    fn question(news: News) -> pb::CheckSendRequest {
        let utility = template(PERSON, pb::Category::Utility);
        match news {
            News::Tie(n) => pb::CheckSendRequest { sender: id(n), ..utility },
            News::Disabled => pb::CheckSendRequest { sender: "1001".to_owned(), ..utility },
            News::Paused => {
                let (template, template_language) = ("promo".to_owned(), "en_US".to_owned());
                pb::CheckSendRequest { sender: "1001".to_owned(), template, template_language, ..utility }
            }
        }
    }

    /// What stands before: the second sidecar has the person's yes, and has answered by it.
    async fn prepare(&self, news: News) {
        if let News::Tie(n) = news {
            self.other.consent().record_consent(opt_in_to(&id(n))).await.unwrap();
            let stop = pb::RecordOptOutRequest { sender: number(n), ..opt_out(PERSON) };
            self.one.consent().record_opt_out(stop).await.unwrap();
        }
        assert_eq!(self.other.reason(Self::question(news)).await, pb::Reason::OptedIn, "{news:?}");
    }

    /// Tells it to the first sidecar.
    async fn tell(&self, news: News) {
        let gate = self.one.running.gate();
        match news {
            News::Tie(n) => {
                let name = |text: String| SenderId::parse(&text).ok();
                let names = SenderNames { id: name(id(n)), number: name(number(n)), account: None };
                gate.sender_named(&names).await.unwrap();
            }
            News::Paused => {
                let state =
                    TemplateState { status: Some((START, "PAUSED".to_owned())), ..Default::default() };
                let [account, name, language] = ["77", "promo", "en_US"].map(str::to_owned);
                gate.observe(&Observed::Template(account, name, language, state)).await.unwrap();
            }
            News::Disabled => {
                let state = AccountState { disabled: Some(START), ..AccountState::default() };
                gate.observe(&Observed::Account("77".to_owned(), state)).await.unwrap();
            }
        }
    }

    /// After memory's time no answer is the one from before, and within a while it is the right one.
    async fn is_never_allowed_late(&self, news: News, told: Instant) {
        let mut denied = None;
        while told.elapsed() < WATCHED {
            let began = told.elapsed();
            let reason = self.other.reason(Self::question(news)).await;
            assert!(began <= TRUST || reason != pb::Reason::OptedIn, "{news:?}: allowed after {began:?}");
            let unread = [pb::Reason::OptedIn, pb::Reason::StateUnavailable];
            denied = denied.or((!unread.contains(&reason)).then_some(began));
        }
        println!("{news:?}: known after {denied:?}");
    }
}

fn id(n: u32) -> String {
    format!("10654035{n:06}")
}

fn number(n: u32) -> String {
    format!("1555100{n:04}")
}

fn opt_in_to(sender: &str) -> pb::RecordConsentRequest {
    pb::RecordConsentRequest { sender: sender.to_owned(), ..opt_in(PERSON) }
}

fn denied(news: News) -> pb::Reason {
    match news {
        News::Tie(_) => pb::Reason::OptedOut,
        News::Paused => pb::Reason::TemplateNotSendable,
        News::Disabled => pb::Reason::SenderRestricted,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_counts_at_once_for_who_asks_for_a_fresh_state() {
    let two = Two::start().await;
    // A revision of another contact: of the first write of the one who learned.
    let stop = pb::RecordOptOutRequest { sender: number(9), ..opt_out(PERSON) };
    let revision = two.one.consent().record_opt_out(stop).await.unwrap().into_inner().revision;
    let fully =
        Some(pb::Consistency { requirement: Some(pb::consistency::Requirement::FullyConsistent(true)) });
    // Nothing that is pushed arrives in time, and memory counts still.
    two.way.set(Way { delay: Duration::from_millis(100), whom: Whom::Hearing, ..Way::default() });
    for news in [News::Tie(1), News::Tie(2), News::Paused, News::Disabled] {
        two.prepare(news).await;
        two.tell(news).await;
        let consistency = if matches!(news, News::Tie(2)) { fresh(&revision) } else { fully.clone() };
        let question = pb::CheckSendRequest { consistency, ..Two::question(news) };
        assert_eq!(two.other.reason(question).await, denied(news), "{news:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_counts_within_the_time_of_memory_where_nothing_is_heard_any_more() {
    for news in [News::Tie(1), News::Paused, News::Disabled] {
        let two = Two::start().await;
        two.prepare(news).await;
        tokio::time::sleep(SETTLED).await;
        two.way.set(Way { no_answers: true, whom: Whom::Hearing, ..Way::default() });
        two.tell(news).await;
        two.is_never_allowed_late(news, Instant::now()).await;
        assert_eq!(two.other.reason(Two::question(news)).await, denied(news), "{news:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_counts_in_the_first_answers_of_a_sidecar_that_was_cut_off() {
    let mut two = Two::start().await;
    for news in [News::Tie(1), News::Tie(2), News::Disabled] {
        two.prepare(news).await;
        two.way.refuse().await;
        two.way.cut();
        two.tell(news).await;
        let told = Instant::now();
        tokio::time::sleep(TRUST).await;
        two.way.admit().await;
        two.is_never_allowed_late(news, told).await;
        assert_eq!(two.other.reason(Two::question(news)).await, denied(news), "{news:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_heard_where_all_is_well() {
    let two = Two::start().await;
    for news in [News::Tie(1), News::Paused] {
        two.prepare(news).await;
        two.tell(news).await;
        two.is_never_allowed_late(news, Instant::now()).await;
        assert_eq!(two.other.reason(Two::question(news)).await, denied(news), "{news:?}");
    }
}
