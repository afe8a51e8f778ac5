//! Random conversations, exported and imported into an empty store: what the old store denies, the new one denies too.

use clap::Parser as _;
use sendgate::{
    cli::{self, Cli, Console, Exit},
    grpc::pb,
    model::Time,
};

use super::{
    driver::Driver,
    format::{Block, Confirmation, Consent, ContactStep, Inbound, Link, OptOut, Prompt},
    format::{Scenario, Step, Webhook, Whom},
    wire::OverTheWire,
};

const CONVERSATIONS: u64 = 50;
/// Steps of each.
const STEPS: u64 = 10;
const SEEDS: [u64; 2] = [3, 4];

const SETTINGS: &str = "
businesses:
  - id: acme
    names: [Acme Shoes]
    senders: [{id: '1001', number: '+15550001111', account: '77'}]
    policy: {opt_in_prompt: {enabled: true, disclosure_text: 'Receive order updates and offers on WhatsApp from Acme Shoes?'}}
";

/// Numbers that look random, and are the same at each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    fn one_of<T: Clone>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()].clone()
    }
}

/// Two numbers and a user ID, which are one person's in every other conversation.
struct People {
    first: String,
    second: String,
    user: String,
    alone: bool,
}

impl People {
    fn of(conversation: u64) -> Self {
        Self {
            first: format!("+447700{:06}", conversation * 10 + 1),
            second: format!("+447700{:06}", conversation * 10 + 2),
            user: format!("GB.{conversation}abc"),
            alone: conversation.is_multiple_of(2),
        }
    }

    fn names(&self) -> [&String; 3] {
        [&self.first, &self.second, &self.user]
    }

    /// Something that happens to one of them.
    fn step(&self, dice: &mut Dice, minute: u64) -> Step {
        let name = if self.alone { &self.first } else { dice.one_of(&self.names()) };
        let before = dice.below(3).min(minute);
        let told = Whom { recipient: Some(name.clone()), ..Whom::default() };
        let who = Whom { occurred_at: Some(format!("+{}m", minute - before)), ..told.clone() };
        let scope = dice.one_of(&[vec![], vec!["marketing".to_owned()], vec!["utility".to_owned()]]);
        let mut step = Step::default();
        match dice.below(if self.alone { 15 } else { 20 }) {
            0..=2 => {
                let method = dice.one_of(&["website", "website", "import"]).to_owned();
                let expires_at = dice.one_of(&[None, None, Some(format!("+{}m", minute + 3))]);
                step.consent =
                    Some(Consent { who, scope, method: Some(method), expires_at, ..Consent::default() });
            }
            3 | 4 => {
                let channel = dice.one_of(&[None, Some("website".to_owned()), Some("import".to_owned())]);
                step.opt_out = Some(OptOut { who, scope, channel });
            }
            5 | 6 => {
                let text = dice.one_of(&["hello", "not interested", "stop", "start", "yes", "no"]).to_owned();
                step.inbound = Some(Inbound { who, text, ..Inbound::default() });
            }
            7 | 8 => {
                let outcome = dice.one_of(&["sent", "declined", "not_on_whatsapp", "accepted"]).to_owned();
                step.prompt = Some(Prompt { who, outcome, ..Prompt::default() });
            }
            9 => {
                let kind = dice.one_of(&["opt_in_confirmation", "opt_out_confirmation"]).to_owned();
                step.confirmation = Some(Confirmation { who, kind });
            }
            10 => {
                let states =
                    ["blocked_by_user", "reported_by_user", "blocked_by_business", "unblocked_by_business"];
                step.block = Some(Block { who, state: dice.one_of(&states).to_owned() });
            }
            11 => step.settle_hold = Some(who),
            12 if dice.below(3) == 0 => step.erase = Some(told),
            12 => step.contact = Some(ContactStep { who: told, time_zone: None }),
            13 | 14 => {
                // Not 131049: that wait is over within a day, and told as what is not in the rows.
                let events = ["stop", "resume", "131026", "131047", "131050", "delivered"];
                step.webhook = Some(webhook(who, dice.one_of(&events), minute));
            }
            15 | 16 => {
                let other = dice.one_of(&[&self.second, &self.user]).clone();
                let who = Whom { recipient: Some(self.first.clone()), ..who };
                step.link = Some(Link { who, other });
            }
            17 | 18 => {
                let number = dice.one_of(&[&self.first, &self.second]).clone();
                let who = Whom { recipient: Some(number), ..who };
                let seen = webhook(who, "identity", minute);
                step.webhook = Some(Webhook { user_ids: vec![self.user.clone()], ..seen });
            }
            _ => {
                let who = Whom { recipient: Some(self.first.clone()), ..who };
                let moved = webhook(who, "number_changed", minute);
                step.webhook = Some(Webhook { new_number: self.second.clone(), ..moved });
            }
        }
        step
    }
}

fn webhook(who: Whom, event: &str, minute: u64) -> Webhook {
    Webhook { who, event: event.to_owned(), message_id: format!("wamid.{minute}"), ..Webhook::default() }
}

fn scenario() -> Scenario {
    let text = format!("{{name: moved, rules: [B09], steps: [], settings: {SETTINGS:?}}}");
    serde_saphyr::from_str(&text).unwrap()
}

/// Runs a command of the program in this process, at a time.
async fn command(server: &OverTheWire, now: Time, arguments: &[&str]) -> (Exit, String) {
    let endpoint = format!("http://{}", server.server.running.grpc.unwrap());
    let line = ["sendgate", "--endpoint", &endpoint].into_iter().chain(arguments.iter().copied());
    let cli = Cli::try_parse_from(line).unwrap();
    let run = move || {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let input = &mut std::io::empty();
        let mut console =
            Console { input, out: &mut out, err: &mut err, progress: false, terminal: false, now };
        let exit = cli::run(&cli, &mut console);
        (exit, String::from_utf8(out).unwrap() + &String::from_utf8(err).unwrap())
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

/// Whether a message may be sent, and why.
async fn asked(
    server: &OverTheWire,
    name: &str,
    kind: pb::MessageKind,
    category: pb::Category,
) -> (bool, pb::Reason) {
    let request = pb::CheckSendRequest {
        sender: "1001".to_owned(),
        recipient: name.to_owned(),
        kind: kind as i32,
        category: category as i32,
        ..Default::default()
    };
    let answer = server.server.ask(request).await;
    (answer.decision() == pb::Decision::Allow, answer.reason())
}

const ASKED: [(pb::MessageKind, pb::Category); 4] = [
    (pb::MessageKind::Template, pb::Category::Marketing),
    (pb::MessageKind::Template, pb::Category::Utility),
    (pb::MessageKind::FreeForm, pb::Category::Unspecified),
    (pb::MessageKind::OptInPrompt, pb::Category::Unspecified),
];

#[tokio::test]
async fn an_import_of_an_export_allows_nothing_that_was_denied() {
    for seed in SEEDS {
        let scenario = scenario();
        let mut old = OverTheWire::open(&scenario).await;
        let mut dice = Dice(seed);
        let people: Vec<_> = (0..CONVERSATIONS).map(People::of).collect();
        let mut said = vec![Vec::new(); people.len()];
        for minute in 0..STEPS {
            old.set_time(scenario.time(&format!("+{minute}m")));
            for (people, said) in people.iter().zip(&mut said) {
                let step = people.step(&mut dice, minute);
                // What is refused is not recorded, and is no less random for that.
                let _ = old.write(&step).await;
                said.push(step);
            }
        }
        let now = scenario.time(&format!("+{STEPS}m"));
        old.set_time(now);
        for with in [&["--history"] as &[&str], &[]] {
            let (new, rows) = moved(&scenario, &old, now, with).await;
            let mut allowed = 0;
            for (people, said) in people.iter().zip(&said) {
                allowed += compare(people, said, &rows, &old, &new).await;
            }
            assert!(allowed > 20, "{allowed}: conversations in which nothing is allowed prove nothing");
            new.close().await;
        }
        old.close().await;
    }
}

/// A new store with what the old one exports, and the rows.
async fn moved(scenario: &Scenario, old: &OverTheWire, now: Time, with: &[&str]) -> (OverTheWire, String) {
    let mut new = OverTheWire::open(scenario).await;
    new.set_time(now);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.csv").display().to_string();
    let export = [&["export", "--format", "csv", "-o", &file], with].concat();
    let (exit, told) = command(old, now, &export).await;
    assert_eq!(exit, Exit::Yes, "{told}");
    assert!(told.contains(" erased contacts, with what they refused: their names are gone"), "{told}");
    let (exit, told) = command(&new, now, &["import", &file]).await;
    let rejects = std::fs::read_to_string(format!("{file}.rejects.csv")).unwrap_or_default();
    assert_eq!(exit, Exit::Yes, "{told}{rejects}");
    (new, std::fs::read_to_string(&file).unwrap())
}

/// Asks both stores; how much the new one allows.
async fn compare(people: &People, said: &[Step], rows: &str, old: &OverTheWire, new: &OverTheWire) -> u32 {
    let mut allowed = 0;
    for (name, (kind, category)) in
        people.names().into_iter().flat_map(|name| ASKED.map(|asked| (name, asked)))
    {
        // Opt-ins do not cross, so whoever opted in under another name may be asked once more; and of a name that is gone
        // nothing can be written.
        let prompt = kind == pb::MessageKind::OptInPrompt;
        if prompt && (!people.alone || said.iter().any(|step| step.erase.is_some())) {
            continue;
        }
        let before = asked(old, name, kind, category).await;
        let after = asked(new, name, kind, category).await;
        allowed += u32::from(after.0);
        if if people.alone { before.0 == after.0 } else { before.0 || !after.0 } {
            continue;
        }
        let bare = name.trim_start_matches('+');
        let rows: Vec<&str> = rows.lines().filter(|row| row.contains(bare)).collect();
        let said: Vec<_> = said.iter().map(|step| format!("{step:?}")).collect();
        let story = [said.join("\n"), rows.join("\n")].join("\n");
        panic!("{name} {kind:?} {category:?}: {before:?}, then {after:?}\n{story}");
    }
    allowed
}
