//! CheckSend and its relatives.

use tonic::Status;

use super::{Fields, timestamp, words};
use crate::{
    gate::{Answer, Check, Consistency},
    grpc::{pb, status},
    model::{Category, Recipient, SenderId},
    policy::{Kind, Request, Step, TemplateName},
};

const TEMPLATE_CHARACTERS_MAX: usize = 512;
const LOCALE_CHARACTERS_MAX: usize = 35;

/// A check, read.
pub(in crate::grpc) fn check(message: &pb::CheckSendRequest) -> Result<Check, Status> {
    let mut fields = Fields::default();
    let sender = fields.sender(&message.sender);
    let recipient = fields.recipient("recipient", &message.recipient);
    let about = About::of(message, &mut fields);
    let check =
        sender.zip(recipient).zip(about).map(|((sender, recipient), about)| about.check(sender, recipient));
    fields.finish(check)
}

/// A batch, read: what is wrong with one recipient concerns that one alone.
pub(in crate::grpc) fn batch(
    message: pb::CheckSendBatchRequest,
    recipients_max: usize,
) -> Result<Vec<Result<Check, pb::ItemError>>, Status> {
    if message.recipients.len() > recipients_max {
        return Err(status::limit_exceeded(
            "limits.batch_recipients",
            format!(
                "recipients: {} are more than the {recipients_max} of one batch",
                message.recipients.len()
            ),
        ));
    }
    let recipients = message.recipients;
    let single = pb::CheckSendRequest {
        sender: message.sender,
        recipient: String::new(),
        category: message.category,
        topic: message.topic,
        kind: message.kind,
        template: message.template,
        template_language: message.template_language,
        automated: message.automated,
        human_escalation: message.human_escalation,
        reserve: message.reserve,
        consistency: message.consistency,
        explain: message.explain,
    };
    let mut fields = Fields::default();
    let sender = fields.sender(&single.sender);
    let about = About::of(&single, &mut fields);
    let (sender, about) = fields.finish(sender.zip(about))?;
    let read = |text: &String| match Recipient::parse(text) {
        Ok(recipient) => Ok(about.clone().check(sender.clone(), recipient)),
        Err(error) => Err(pb::ItemError {
            reason: status::name(pb::ErrorReason::InvalidRequest),
            field: "recipient".to_owned(),
            message: error.to_string(),
        }),
    };
    Ok(recipients.iter().map(read).collect())
}

/// What a message is, whoever receives it.
#[derive(Clone, Debug)]
struct About {
    kind: Kind,
    category: Category,
    topic: Option<crate::model::Topic>,
    template: Option<TemplateName>,
    automated: bool,
    human_escalation: bool,
    consistency: Consistency,
    explain: bool,
    reserve: bool,
}

impl About {
    fn of(message: &pb::CheckSendRequest, fields: &mut Fields) -> Option<Self> {
        let kind = words::kind(message.kind);
        if kind.is_none() {
            fields.bad(
                "kind",
                "must be MESSAGE_KIND_TEMPLATE, MESSAGE_KIND_FREE_FORM, MESSAGE_KIND_OPT_IN_PROMPT, \
                 MESSAGE_KIND_OPT_IN_CONFIRMATION or MESSAGE_KIND_OPT_OUT_CONFIRMATION",
            );
        }
        let category = category(message.category, kind, fields);
        let name = fields.text("template", &message.template, TEMPLATE_CHARACTERS_MAX);
        let language = fields.text("template_language", &message.template_language, LOCALE_CHARACTERS_MAX);
        let template =
            (!name.is_empty()).then(|| TemplateName { name: name.to_owned(), language: language.to_owned() });
        if template.is_none() && !language.is_empty() {
            fields.bad("template_language", "needs a `template`");
        }
        let topic = fields.topic("topic", &message.topic);
        let consistency = fields.consistency(message.consistency.as_ref());
        Some(Self {
            kind: kind?,
            category: category?,
            topic,
            template,
            automated: message.automated,
            human_escalation: message.human_escalation,
            consistency,
            explain: message.explain,
            reserve: message.reserve,
        })
    }

    fn check(self, sender: SenderId, recipient: Recipient) -> Check {
        Check {
            sender,
            request: Request {
                recipient,
                kind: self.kind,
                category: self.category,
                topic: self.topic,
                template: self.template,
                automated: self.automated,
                human_escalation: self.human_escalation,
            },
            consistency: self.consistency,
            explain: self.explain,
            reserve: self.reserve,
        }
    }
}

/// The category asked; unset has a meaning for everything but templates, which are never of category service.
fn category(code: i32, kind: Option<Kind>, fields: &mut Fields) -> Option<Category> {
    const OF_TEMPLATES: &str =
        "must be CATEGORY_MARKETING, CATEGORY_UTILITY or CATEGORY_AUTHENTICATION for a template";
    match (words::category(code), kind) {
        (None, _) => fields.bad("category", words::CATEGORIES),
        (Some(None | Some(Category::Service)), Some(Kind::Template)) => fields.bad("category", OF_TEMPLATES),
        (Some(Some(category)), _) => return Some(category),
        (Some(None), Some(Kind::FreeForm)) => return Some(Category::Service),
        (Some(None), _) => return Some(Category::Utility),
    }
    None
}

/// The answer as the contract has it.
pub(in crate::grpc) fn response(answer: &Answer) -> pb::CheckSendResponse {
    let verdict = &answer.verdict;
    pb::CheckSendResponse {
        decision: if verdict.allowed { pb::Decision::Allow } else { pb::Decision::Deny } as i32,
        reason: words::reason(verdict.reason) as i32,
        retry_at: verdict.retry_at.map(timestamp),
        window_expires_at: verdict.window_expires_at.map(timestamp),
        obligations: words::obligations(verdict.obligations),
        revision: answer.revision.map(crate::gate::Revision::token).unwrap_or_default(),
        reservation_id: answer.reservation.clone().unwrap_or_default(),
        trace: verdict.trace.iter().map(step).collect(),
        error: None,
        rule: verdict.rule.name().to_owned(),
    }
}

fn step(step: &Step) -> pb::TraceStep {
    pb::TraceStep {
        rule: step.rule.name().to_owned(),
        outcome: words::outcome(step.outcome) as i32,
        reason: step.reason.map_or(0, |reason| words::reason(reason) as i32),
        facts: step.facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
    }
}

/// What stands in place of an answer.
pub(in crate::grpc) fn item_error(error: pb::ItemError) -> pb::CheckSendResponse {
    pb::CheckSendResponse { error: Some(error), ..pb::CheckSendResponse::default() }
}

/// An item of a stream as the request it is.
pub(in crate::grpc) fn fields_of_stream(message: pb::StreamCheckSendRequest) -> pb::CheckSendRequest {
    let pb::StreamCheckSendRequest {
        sender,
        recipient,
        category,
        topic,
        kind,
        template,
        template_language,
        automated,
        human_escalation,
        reserve,
        consistency,
        explain,
    } = message;
    pb::CheckSendRequest {
        sender,
        recipient,
        category,
        topic,
        kind,
        template,
        template_language,
        automated,
        human_escalation,
        reserve,
        consistency,
        explain,
    }
}

/// An answer as an item of a stream.
pub(in crate::grpc) fn streamed(response: pb::CheckSendResponse) -> pb::StreamCheckSendResponse {
    let pb::CheckSendResponse {
        decision,
        reason,
        retry_at,
        window_expires_at,
        obligations,
        revision,
        reservation_id,
        trace,
        error,
        rule,
    } = response;
    pb::StreamCheckSendResponse {
        decision,
        reason,
        retry_at,
        window_expires_at,
        obligations,
        revision,
        reservation_id,
        trace,
        error,
        rule,
    }
}
