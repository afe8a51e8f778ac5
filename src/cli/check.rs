//! `sendgate check`: may this message go out now?

mod show;

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};

use clap::Args;

use super::{Exit, Failure, json, session::Session, words};
use crate::grpc::pb::{
    Category, CheckSendBatchRequest, CheckSendRequest, CheckSendResponse, Consistency, Decision, MessageKind,
    consistency::Requirement,
};

/// Recipients asked for in one call: well under what a server takes by default.
const BATCH: usize = 1000;

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The business number that would send: its phone number ID or its E.164 number.
    pub sender: String,
    /// Who would receive it: E.164 numbers or business-scoped user IDs; `-` reads them from standard input.
    #[arg(required_unless_present = "recipients_file")]
    pub recipients: Vec<String>,
    /// A file with one recipient a line; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub recipients_file: Option<PathBuf>,
    /// The message's category. Required for templates.
    #[arg(long, ignore_case = true, value_parser = words::argument::<Category>())]
    pub category: Option<Category>,
    /// What would be sent.
    #[arg(long, ignore_case = true, default_value = "template", value_parser = words::argument::<MessageKind>())]
    pub kind: MessageKind,
    /// The business's own message type, such as `order_updates`.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub topic: String,
    /// The template's name.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub template: String,
    /// The template's locale code, such as `pt_BR`.
    #[arg(long, value_name = "LOCALE", default_value = "", hide_default_value = true)]
    pub template_language: String,
    /// A bot sends it rather than a person.
    #[arg(long)]
    pub automated: bool,
    /// The automated flow offers a way to a human.
    #[arg(long)]
    pub human_escalation: bool,
    /// Count it against caps and limits when it may go out; `sendgate release` gives it back.
    #[arg(long)]
    pub reserve: bool,
    /// Show every rule that was looked at.
    #[arg(long)]
    pub explain: bool,
    /// How fresh the state must be: `latency`, `full`, or `at-least=REVISION`.
    #[arg(long, value_name = "HOW", value_parser = freshness)]
    pub consistency: Option<Requirement>,
}

pub(super) async fn run(args: &CheckArgs, session: &mut Session<'_, '_>) -> Result<Exit, Failure> {
    match (args.recipients.as_slice(), &args.recipients_file) {
        ([recipient], None) if recipient != "-" => one(args, recipient, session).await,
        _ => many(args, session).await,
    }
}

async fn one(args: &CheckArgs, recipient: &str, session: &mut Session<'_, '_>) -> Result<Exit, Failure> {
    let request = session.request(CheckSendRequest {
        sender: args.sender.clone(),
        recipient: recipient.to_owned(),
        category: args.category.unwrap_or_default().into(),
        topic: args.topic.clone(),
        kind: args.kind.into(),
        template: args.template.clone(),
        template_language: args.template_language.clone(),
        automated: args.automated,
        human_escalation: args.human_escalation,
        reserve: args.reserve,
        consistency: args.consistency(),
        explain: args.explain,
    });
    let answer = session.policy.check_send(request).await?.into_inner();
    if !session.wrote_json(&answer)? {
        show::card(&answer, session)?;
    }
    Ok(exit_of(&answer))
}

async fn many(args: &CheckArgs, session: &mut Session<'_, '_>) -> Result<Exit, Failure> {
    let recipients = args.gather(session.console.input)?;
    let mut exit = Exit::Yes;
    for chunk in recipients.chunks(BATCH) {
        let request = session.request(args.batch(chunk));
        let results = session.policy.check_send_batch(request).await?.into_inner().results;
        if results.len() != chunk.len() {
            return Err(Failure::Usage("the server answered for another number of recipients".to_owned()));
        }
        for (recipient, result) in chunk.iter().zip(&results) {
            if session.json {
                let line = labelled(recipient, result)?;
                session.line(format_args!("{line}"))?;
            } else {
                show::line(recipient, result, session)?;
            }
            exit = worse(exit, exit_of(result));
        }
    }
    Ok(exit)
}

impl CheckArgs {
    fn batch(&self, recipients: &[String]) -> CheckSendBatchRequest {
        CheckSendBatchRequest {
            sender: self.sender.clone(),
            recipients: recipients.to_vec(),
            category: self.category.unwrap_or_default().into(),
            topic: self.topic.clone(),
            kind: self.kind.into(),
            template: self.template.clone(),
            template_language: self.template_language.clone(),
            automated: self.automated,
            human_escalation: self.human_escalation,
            reserve: self.reserve,
            consistency: self.consistency(),
            explain: self.explain,
        }
    }

    fn consistency(&self) -> Option<Consistency> {
        self.consistency.clone().map(|requirement| Consistency { requirement: Some(requirement) })
    }

    /// Every recipient named, in order: of the command line, then of the file.
    fn gather(&self, input: &mut dyn BufRead) -> Result<Vec<String>, Failure> {
        let mut found = Vec::new();
        for recipient in &self.recipients {
            if recipient == "-" {
                read_lines(&mut *input, "standard input", &mut found)?;
            } else {
                found.push(recipient.clone());
            }
        }
        match self.recipients_file.as_deref() {
            None => {}
            Some(path) if path == Path::new("-") => read_lines(input, "standard input", &mut found)?,
            Some(path) => {
                let name = path.display().to_string();
                let file = File::open(path)
                    .map_err(|source| Failure::Io { what: format!("opening {name}"), source })?;
                read_lines(&mut BufReader::new(file), &name, &mut found)?;
            }
        }
        if found.is_empty() {
            return Err(Failure::Usage("no recipients were given".to_owned()));
        }
        Ok(found)
    }
}

/// One recipient a line; empty lines and lines of `#` are skipped.
fn read_lines(input: &mut dyn BufRead, name: &str, found: &mut Vec<String>) -> Result<(), Failure> {
    for line in input.lines() {
        let line = line.map_err(|source| Failure::Io { what: format!("reading {name}"), source })?;
        let line = line.trim();
        if !line.is_empty() && !line.starts_with('#') {
            found.push(line.to_owned());
        }
    }
    Ok(())
}

/// A result of a batch does not say whose it is; a script that reads lines needs to know.
fn labelled(recipient: &str, result: &CheckSendResponse) -> Result<String, Failure> {
    let mut value = json::value(result)?;
    if let Some(object) = value.as_object_mut() {
        object.insert("recipient".to_owned(), recipient.into());
    }
    Ok(value.to_string())
}

fn exit_of(answer: &CheckSendResponse) -> Exit {
    match Decision::try_from(answer.decision) {
        Ok(Decision::Allow) if answer.error.is_none() => Exit::Yes,
        Ok(Decision::Deny) if answer.error.is_none() => Exit::No,
        _ => Exit::Failed,
    }
}

/// An error outweighs a denial, a denial outweighs an allowance.
const fn worse(a: Exit, b: Exit) -> Exit {
    match (a, b) {
        (Exit::Failed, _) | (_, Exit::Failed) => Exit::Failed,
        (Exit::No, _) | (_, Exit::No) => Exit::No,
        (Exit::Yes, Exit::Yes) => Exit::Yes,
    }
}

fn freshness(text: &str) -> Result<Requirement, String> {
    match text.split_once('=') {
        None if text == "latency" => Ok(Requirement::MinimizeLatency(true)),
        None if text == "full" => Ok(Requirement::FullyConsistent(true)),
        Some(("at-least", revision)) if !revision.is_empty() => {
            Ok(Requirement::AtLeastAsFresh(revision.to_owned()))
        }
        _ => Err("must be `latency`, `full` or `at-least=REVISION`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freshness_is_one_of_three() {
        assert_eq!(freshness("latency"), Ok(Requirement::MinimizeLatency(true)));
        assert_eq!(freshness("full"), Ok(Requirement::FullyConsistent(true)));
        assert_eq!(freshness("at-least=r1=="), Ok(Requirement::AtLeastAsFresh("r1==".to_owned())));
        for bad in ["", "at-least", "at-least=", "eventual"] {
            assert!(freshness(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_worst_answer_of_many_decides_the_exit() {
        let answer =
            |decision: Decision| CheckSendResponse { decision: decision.into(), ..Default::default() };
        assert_eq!(exit_of(&answer(Decision::Allow)), Exit::Yes);
        assert_eq!(exit_of(&answer(Decision::Deny)), Exit::No);
        assert_eq!(exit_of(&answer(Decision::Unspecified)), Exit::Failed);
        assert_eq!(worse(worse(Exit::Yes, Exit::No), Exit::Yes), Exit::No);
        assert_eq!(worse(Exit::No, Exit::Failed), Exit::Failed);
    }

    #[test]
    fn recipients_files_may_have_comments_and_empty_lines() {
        let mut found = Vec::new();
        read_lines(&mut "# list\n+16505551234\n\n US.1349 \r\n".as_bytes(), "x", &mut found).unwrap();
        assert_eq!(found, ["+16505551234", "US.1349"]);
    }
}
