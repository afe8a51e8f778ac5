//! The commands of the README, in its order, against the program it starts. No shell, curl, openssl or grpcurl is needed
//! for that: what they would send is read from the README's own lines.

use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use sendgate::{
    clock::system_now,
    grpc::{
        DESCRIPTORS,
        pb::{self, policy_service_client::PolicyServiceClient},
    },
    policy::RuleId,
};
use serde_json::Value;

use crate::harness::{
    channel,
    plain::{send, signature},
    process::{Served, run},
    soon,
};
use crate::redis_server::RedisServer;

const README: &str = include_str!("../../../README.md");
const MAKEFILE: &str = include_str!("../../../Makefile");
const PROGRAM: &str = "target/debug/sendgate";
const WRITTEN_FILE: &str = "cat > stop.json <<END\n";

/// A block of the README that is not running text.
struct Block {
    language: &'static str,
    text: &'static str,
}

impl Block {
    fn all() -> Vec<Self> {
        let fenced = README.split("```").skip(1).step_by(2);
        let (language, text): (Vec<_>, Vec<_>) = fenced.map(|block| block.split_once('\n').unwrap()).unzip();
        language.into_iter().zip(text).map(|(language, text)| Self { language, text }).collect()
    }

    /// The command of a console, and what it answers.
    fn typed(&self) -> (Vec<String>, &'static str) {
        assert_eq!(self.language, "console", "{}", self.text);
        words(self.text.strip_prefix("$ ").unwrap())
    }
}

/// The words of one command as a shell has them, without its expansions, and what follows the command.
fn words(text: &str) -> (Vec<String>, &str) {
    let (mut words, mut word, mut quote, mut escaped) = (Vec::new(), None::<String>, None, false);
    for (at, c) in text.char_indices() {
        match (c, quote) {
            ('\n', None) if escaped => {}
            ('\n', None) => {
                words.extend(word);
                return (words, text.split_at(at + 1).1);
            }
            ('\\', None) => escaped = true,
            ('\'' | '"', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (end, Some(begin)) if end == begin => quote = None,
            (' ', None) => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
        escaped &= c == '\\';
    }
    words.extend(word);
    (words, "")
}

/// The word after another.
fn after<'a>(words: &'a [String], name: &str) -> &'a str {
    let at = words.iter().position(|word| word == name).unwrap_or_else(|| panic!("no {name} in {words:?}"));
    &words[at + 1]
}

/// What `make run` starts, with the environment it gives.
fn make_run(directory: &tempfile::TempDir) -> Served {
    let variable = |name: &str| {
        let line = MAKEFILE.lines().find(|line| line.starts_with(&format!("{name} ?= "))).unwrap();
        line.split_once("?= ").unwrap().1.to_owned()
    };
    let command = MAKEFILE.split("\t@SENDGATE_").nth(1).unwrap().lines().next().unwrap();
    assert_eq!(
        command, "WEBHOOK_APP_SECRETS='$(APP_SECRET)' SENDGATE_WEBHOOK_VERIFY_TOKEN='$(VERIFY_TOKEN)' \\",
        "this test starts what the Makefile starts"
    );
    let (secret, token) = (variable("APP_SECRET"), variable("VERIFY_TOKEN"));
    let environment =
        [("SENDGATE_WEBHOOK_APP_SECRETS", secret.as_str()), ("SENDGATE_WEBHOOK_VERIFY_TOKEN", &token)];
    Served::start_in(&directory.path().join("sendgate.redb"), &environment)
}

/// Runs a command of the program that the README shows; its answer is the README's, times aside.
fn asks(served: &Served, block: &Block, code: i32) {
    let (words, expected) = block.typed();
    assert_eq!(words[0], PROGRAM);
    let mut arguments: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    arguments.extend(["--endpoint", &served.grpc]);
    let ran = run(&arguments);
    assert_eq!((ran.code, ran.err.as_str()), (Some(code), ""), "{words:?}: {}", ran.out);
    assert_eq!(timeless(&ran.out), timeless(expected), "{words:?}");
}

fn timeless(text: &str) -> Vec<&str> {
    const WINDOW: &str = "  window open until ";
    text.lines().map(|line| if line.starts_with(WINDOW) { WINDOW } else { line }).collect()
}

/// An answer without what differs from store to store, and that.
fn revisionless(text: &str) -> (Value, String) {
    let mut value: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"));
    let revision = value.as_object_mut().unwrap().remove("revision").unwrap();
    (value, revision.as_str().unwrap().to_owned())
}

/// What curl would send: the path and the type of a form, since none is named.
async fn curl(served: &Served, words: &[String], header: (&str, &str), body: &[u8]) -> (u16, String) {
    let url = words.iter().find_map(|word| word.strip_prefix("localhost:7071")).unwrap();
    let headers = [("content-type", "application/x-www-form-urlencoded"), header];
    let answer = send(served.http.parse().unwrap(), &format!("POST {url}"), &headers, body).await;
    (answer.status, answer.body)
}

/// The call of grpcurl, with its JSON read and written by the descriptors that the server gives it.
async fn grpcurl(served: &Served, words: &[String]) -> String {
    assert_eq!(words.last().unwrap(), "sendgate.v1.PolicyService/CheckSend");
    assert!(words.contains(&"-plaintext".to_owned()) && words.contains(&"127.0.0.1:7070".to_owned()));
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    let named = |name| pool.get_message_by_name(name).unwrap();
    let mut json = serde_json::Deserializer::from_str(after(words, "-d"));
    let request = DynamicMessage::deserialize(named("sendgate.v1.CheckSendRequest"), &mut json).unwrap();
    let request = pb::CheckSendRequest::decode(request.encode_to_vec().as_slice()).unwrap();
    let address = served.grpc.strip_prefix("http://").unwrap().parse().unwrap();
    let answer = soon(PolicyServiceClient::new(channel(address).await).check_send(request)).await.unwrap();
    let bytes = answer.into_inner().encode_to_vec();
    let answer = DynamicMessage::decode(named("sendgate.v1.CheckSendResponse"), bytes.as_slice()).unwrap();
    let options = SerializeOptions::new().skip_default_fields(true);
    answer.serialize_with_options(serde_json::value::Serializer, &options).unwrap().to_string()
}

/// Plays the platform as the README does.
async fn webhook(served: &Served, block: &Block) {
    let (body, rest) = block.text.strip_prefix(WRITTEN_FILE).unwrap().split_once("END\n").unwrap();
    let now = (system_now().millis() / 1000).to_string();
    let body = body.replace("$(date +%s)", &now);
    assert!(!body.contains('$'), "{body}");
    let (signing, posting) = rest.split_once('\n').unwrap();
    let secret = signing.split_once("-hmac ").unwrap().1.split(' ').next().unwrap();
    assert!(
        signing.starts_with("signature=$(openssl dgst -sha256 ")
            && signing.ends_with("< stop.json | cut -d' ' -f1)")
    );
    let (posting, _) = words(posting);
    assert_eq!(after(&posting, "--data-binary"), "@stop.json");
    let (header, value) = after(&posting, "-H").split_once(": ").unwrap();
    assert_eq!(value, "sha256=$signature");
    let signed = signature(secret, body.as_bytes());
    for _ in 0..2 {
        let answer = curl(served, &posting, (header, &signed), body.as_bytes()).await;
        assert_eq!(answer, (200, "stored\n".to_owned()), "The answer is `stored`, a second time too");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_of_the_readme_does_what_the_readme_says() {
    let blocks = Block::all();
    let [make, unknown, consent, grpc, allowed, stop, stopped, _, _, _, _, _, _] = blocks.as_slice() else {
        panic!("a block of the README is not in this test: {}", blocks.len());
    };
    assert_eq!(make.text, "make run\n");
    let directory = tempfile::tempdir().unwrap();
    let served = make_run(&directory);
    asks(&served, unknown, 1);

    let (typed, expected) = consent.typed();
    let (status, answer) = curl(&served, &typed, ("accept", "*/*"), after(&typed, "-d").as_bytes()).await;
    assert_eq!(status, 200, "{answer}");
    let ((answer, revision), (expected, shown)) = (revisionless(&answer), revisionless(expected));
    assert_eq!(answer, expected);

    let (typed, _) = words(grpc.text);
    let (answer, found) = revisionless(&grpcurl(&served, &typed).await);
    let (expected, shown_again) = revisionless(allowed.text);
    assert_eq!(answer, expected);
    assert!(found == revision && shown == shown_again, "it is the state that the consent made");

    webhook(&served, stop).await;
    asks(&served, stopped, 1);
    let log = run(&["history", "15550001111", "+4915112345678", "--json", "--endpoint", &served.grpc]);
    assert_eq!(log.out.matches("ENTRY_KIND_OPT_OUT").count(), 1, "under either name, and once: {}", log.out);
}

/// The program's commands in a console, each with what it answers.
fn console(block: &Block) -> Vec<(Vec<String>, &'static str)> {
    let each = block.text.split("$ ").skip(1);
    each.map(words).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_readme_types_with_redis_does_what_it_says() {
    let blocks = Block::all();
    let [.., server, made, second, asked, _acl, migrated] = blocks.as_slice() else { panic!() };
    let (typed, _) = server.text.lines().last().map(words).unwrap();
    let settings: Vec<_> = typed.iter().skip(3).map(String::as_str).collect();
    assert_eq!((typed[0].as_str(), typed[1].as_str()), ("redis-server", "--dir"));
    let redis = RedisServer::with(&settings).await;
    assert_eq!(made.text, "make run STORE=redis://127.0.0.1:6379\n");
    assert!(MAKEFILE.contains("serve --store '$(STORE)'"));
    let folder = tempfile::tempdir().unwrap();
    let journals = ["one", "two"].map(|name| format!("store.journal={}", folder.path().join(name).display()));
    let [mut one, two] = [0, 1].map(|at| Served::on(&redis.url(), &["--set", &journals[at]]));
    assert!(!one.said().contains("WARN"), "{}", one.said());
    let (typed, _) = words(second.text);
    assert_eq!(typed[..2], [PROGRAM, "serve"]);
    let commands = console(asked);
    assert_eq!(commands.len(), 2);
    for ((typed, expected), (served, code)) in commands.into_iter().zip([(&one, 0), (&two, 1)]) {
        let end = typed.iter().position(|word| word == "--endpoint").unwrap_or(typed.len());
        let mut arguments: Vec<&str> = typed[1..end].iter().map(String::as_str).collect();
        arguments.extend(["--endpoint", &served.grpc]);
        let ran = run(&arguments);
        assert_eq!((ran.code, ran.out.as_str()), (Some(code), expected), "{typed:?}: {}", ran.err);
    }
    let file = format!("file:{}", folder.path().join("sendgate.redb").display());
    let [(typed, expected)] = console(migrated).try_into().unwrap();
    assert_eq!(typed[..3], ["sendgate", "migrate", "--from"]);
    drop((one, two));
    let ran = run(&["migrate", "--from", &redis.url(), "--to", &file]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let shape =
        |text: &str| text.lines().map(|line| line.split(':').next().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(shape(&ran.out), shape(expected));
}

#[test]
fn the_commands_within_the_text_exist_and_do_what_it_says() {
    let directory = tempfile::tempdir().unwrap();
    let served = make_run(&directory);
    let explained = run(&[
        "check",
        "15550001111",
        "+4915112345678",
        "--category",
        "utility",
        "--explain",
        "--endpoint",
        &served.grpc,
    ]);
    for rule in RuleId::ALL {
        let shown = explained.out.lines().any(|line| line.trim_start().starts_with(rule.name()));
        assert!(shown, "--explain shows every rule, and not {}: {}", rule.name(), explained.out);
    }
    let help = run(&["--help"]).out;
    let (_, others) = README.split_once("the other commands, among them ").unwrap();
    let (others, _) = others.split_once('.').unwrap();
    for command in others.split('`').skip(1).step_by(2) {
        assert!(help.lines().any(|line| line.split_whitespace().next() == Some(command)), "{command}");
    }
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/sendgate.example.yaml");
    // The tests have no home directory, where the store is by default.
    let checked = run(&["serve", "--check-config", "--config", example, "--store", "memory:"]);
    assert_eq!(
        (checked.code, checked.out.as_str()),
        (Some(0), "the configuration is valid\n"),
        "{checked:?}"
    );
    let exported = run(&["export", "--format", "csv", "--history", "--endpoint", &served.grpc]);
    assert_eq!(exported.code, Some(0), "{exported:?}");
    for target in README.split("`make ").skip(1).map(|rest| rest.split('`').next().unwrap()) {
        assert!(MAKEFILE.contains(&format!("\n{target}: ")), "make {target}");
    }
}
