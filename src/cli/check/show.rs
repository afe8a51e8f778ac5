//! Decisions for people.

use comfy_table::{Table, presets};

use super::super::{Failure, reasons, session::Session, words};
use crate::grpc::pb::{CheckSendResponse, Decision, Obligation, Outcome, Reason, TraceStep};

/// One decision, with its reason and its remedy.
pub(super) fn card(answer: &CheckSendResponse, session: &mut Session<'_, '_>) -> Result<(), Failure> {
    let reason = Reason::try_from(answer.reason).unwrap_or_default();
    session.line(format_args!("{}  {}", verdict(answer), reasons::why(reason)))?;
    session.line(format_args!("  rule {}, {}", answer.rule, reason.as_str_name()))?;
    if let Some(at) = &answer.retry_at {
        let at = session.when(at);
        session.line(format_args!("  retry at {at}"))?;
    }
    if let Some(end) = &answer.window_expires_at {
        let end = session.when(end);
        session.line(format_args!("  window open until {end}"))?;
    }
    session.obligations(&answer.obligations)?;
    if !answer.reservation_id.is_empty() {
        session.line(format_args!("  reserved as {}", answer.reservation_id))?;
    }
    if !answer.trace.is_empty() {
        let trace = trace(&answer.trace);
        session.line(format_args!("\n{trace}"))?;
    }
    Ok(())
}

/// One decision of many, on one line that cuts into columns at tabs.
pub(super) fn line(
    recipient: &str,
    answer: &CheckSendResponse,
    session: &mut Session<'_, '_>,
) -> Result<(), Failure> {
    if let Some(error) = &answer.error {
        return session.line(format_args!("{recipient}\tERROR\t{} {}", error.field, error.message));
    }
    let reason = Reason::try_from(answer.reason).unwrap_or_default();
    let mut rest = String::new();
    if let Some(at) = &answer.retry_at {
        rest.push_str(&format!("\tretry at {}", session.when(at)));
    }
    let duties: Vec<&str> = answer
        .obligations
        .iter()
        .map(|code| reasons::duty(Obligation::try_from(*code).unwrap_or_default()))
        .collect();
    if !duties.is_empty() {
        rest.push_str(&format!("\t{}", duties.join("; ")));
    }
    if !answer.reservation_id.is_empty() {
        rest.push_str(&format!("\treserved as {}", answer.reservation_id));
    }
    session.line(format_args!(
        "{recipient}\t{}\t{}\t{}{rest}",
        verdict(answer),
        words::code(reason),
        answer.rule
    ))
}

fn verdict(answer: &CheckSendResponse) -> &'static str {
    match Decision::try_from(answer.decision).unwrap_or_default() {
        Decision::Allow => "ALLOW",
        Decision::Deny => "DENY",
        Decision::Unspecified => "NO DECISION",
    }
}

/// Every rule that was looked at, in the order in which it was.
fn trace(steps: &[TraceStep]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["RULE", "OUTCOME", "REASON", "FACTS"]);
    for step in steps {
        let reason = match Reason::try_from(step.reason).unwrap_or_default() {
            Reason::Unspecified => "",
            reason => words::code(reason),
        };
        // A map has no order of its own; the same answer must print the same.
        let mut facts: Vec<String> =
            step.facts.iter().map(|(name, value)| format!("{name}={value}")).collect();
        facts.sort();
        let outcome = words::word_of::<Outcome>(step.outcome);
        table.add_row([step.rule.as_str(), &outcome, reason, &facts.join(" ")]);
    }
    table.trim_fmt()
}
