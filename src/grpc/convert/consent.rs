//! The writes.

use prost::Message;
use tonic::Status;

use super::{Fields, words};
use crate::{
    attest::PromptStep,
    gate::{Consistency, OptInRequest, OptOutRequest, PromptRequest, Who, request_digest},
    grpc::pb,
    model::{
        Recipient,
        event::Block,
        evidence::{Evidence, Jurisdiction},
    },
    policy::Kind,
};

const KEY_CHARACTERS_MAX: usize = 128;
const NAME_CHARACTERS_MAX: usize = 256;
const WORDING_CHARACTERS_MAX: usize = 8192;
const URI_CHARACTERS_MAX: usize = 2048;
const AGE_YEARS_MAX: u32 = 150;
const ATTRIBUTES_MAX: usize = 32;
const ATTRIBUTE_KEY_CHARACTERS_MAX: usize = 64;
const ATTRIBUTE_VALUE_CHARACTERS_MAX: usize = 1024;

/// Whom a write is about.
pub(in crate::grpc) fn who(
    fields: &mut Fields,
    sender: &str,
    recipient: &str,
    occurred_at: Option<&prost_types::Timestamp>,
    key: &str,
    request: &impl AboutSomebody,
) -> Option<Who> {
    let sender = fields.sender(sender);
    let recipient = fields.recipient("recipient", recipient);
    let occurred_at = fields.time("occurred_at", occurred_at);
    let key = fields.text("idempotency_key", key, KEY_CHARACTERS_MAX).to_owned();
    Some(Who {
        sender: sender?,
        recipient: recipient?,
        occurred_at,
        key,
        request_digest: request.digest(),
        from_platform: false,
        whole_seconds: false,
    })
}

/// A request about one person for one sender.
pub(in crate::grpc) trait AboutSomebody {
    /// A digest of what it says, its message's name included: several messages have the same fields. Not of whom it names:
    /// one number may be spelled in many ways, and a key is looked up within the person and the business.
    fn digest(&self) -> [u8; 16];
}

macro_rules! about_somebody {
    ($($message:ident),* $(,)?) => {$(
        impl AboutSomebody for pb::$message {
            fn digest(&self) -> [u8; 16] {
                let mut unnamed = self.clone();
                unnamed.sender.clear();
                unnamed.recipient.clear();
                let mut bytes = concat!(stringify!($message), "\0").as_bytes().to_vec();
                bytes.extend(unnamed.encode_to_vec());
                request_digest(&bytes)
            }
        }
    )*};
}

about_somebody!(
    RecordConsentRequest,
    RecordOptOutRequest,
    RecordOptInPromptRequest,
    RecordInboundRequest,
    RecordConfirmationRequest,
    RecordBlockRequest,
    SettleHoldRequest,
    RecordContactRequest,
    LinkContactsRequest,
    GetContactRequest,
    ListConsentHistoryRequest,
    EraseContactRequest,
);

/// An opt-in, read.
pub(in crate::grpc) fn opt_in(message: &pb::RecordConsentRequest) -> Result<OptInRequest, Status> {
    let mut fields = Fields::default();
    let who = who(
        &mut fields,
        &message.sender,
        &message.recipient,
        message.occurred_at.as_ref(),
        &message.idempotency_key,
        message,
    );
    let scope = fields.scope(message.scope.as_ref());
    let expires_at = fields.time("expires_at", message.expires_at.as_ref());
    let time_zone = fields.zone(&message.time_zone);
    let evidence = match &message.evidence {
        Some(evidence) => self::evidence(evidence, &mut fields),
        None => {
            fields.bad("evidence", "is required: method, action and business_name at least");
            None
        }
    };
    let request =
        who.zip(evidence).map(|(who, evidence)| OptInRequest { who, scope, evidence, expires_at, time_zone });
    fields.finish(request)
}

fn evidence(message: &pb::Evidence, fields: &mut Fields) -> Option<Evidence> {
    let method = words::method(message.method);
    if method.is_none() {
        fields
            .bad("evidence.method", "B07: must be one of ConsentMethod; OTHER needs a `method_description`");
    }
    let action = fields.read("evidence.action", words::action(message.action));
    let short = |fields: &mut Fields, field: &str, text: &str| {
        fields.text(field, text, NAME_CHARACTERS_MAX).to_owned()
    };
    let business_name = short(fields, "evidence.business_name", &message.business_name);
    let method_description = short(fields, "evidence.method_description", &message.method_description);
    let collected_by = short(fields, "evidence.collected_by", &message.collected_by);
    let locale = short(fields, "evidence.locale", &message.locale);
    let displayed_number = short(fields, "evidence.displayed_number", &message.displayed_number);
    let wording = fields.text("evidence.disclosure_text", &message.disclosure_text, WORDING_CHARACTERS_MAX);
    let source_uri = fields.text("evidence.source_uri", &message.source_uri, URI_CHARACTERS_MAX);
    let jurisdiction = jurisdiction(&message.jurisdiction, fields);
    let double_opt_in_at = fields.time("evidence.double_opt_in_at", message.double_opt_in_at.as_ref());
    let attributes = attributes(message, fields);
    if message.age_years > AGE_YEARS_MAX {
        fields.bad("evidence.age_years", format!("must be at most {AGE_YEARS_MAX}; 0 = not known"));
    }
    Some(Evidence {
        method: method?,
        method_description,
        action: action?,
        business_name,
        disclosure_text: wording.to_owned(),
        displayed_number,
        mentions_whatsapp: message.mentions_whatsapp,
        source_uri: source_uri.to_owned(),
        locale,
        jurisdiction,
        collected_by,
        attributes,
        double_opt_in_at,
        age_years: message.age_years,
    })
}

fn jurisdiction(code: &str, fields: &mut Fields) -> Option<Jurisdiction> {
    let read = Jurisdiction::parse(code);
    if read.is_none() && !code.is_empty() {
        fields.bad("evidence.jurisdiction", "must be an ISO 3166 code such as `BR` or `US-CA`");
    }
    read
}

fn attributes(message: &pb::Evidence, fields: &mut Fields) -> Vec<(String, String)> {
    if message.attributes.len() > ATTRIBUTES_MAX {
        fields.bad("evidence.attributes", format!("must be at most {ATTRIBUTES_MAX}"));
    }
    let too_long = message.attributes.iter().any(|(key, value)| {
        key.chars().nth(ATTRIBUTE_KEY_CHARACTERS_MAX).is_some()
            || value.chars().nth(ATTRIBUTE_VALUE_CHARACTERS_MAX).is_some()
    });
    if too_long {
        fields.bad(
            "evidence.attributes",
            format!(
                "keys must be at most {ATTRIBUTE_KEY_CHARACTERS_MAX} characters, \
                 values {ATTRIBUTE_VALUE_CHARACTERS_MAX}"
            ),
        );
    }
    message.attributes.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// An opt-out, read.
pub(in crate::grpc) fn opt_out(message: &pb::RecordOptOutRequest) -> Result<OptOutRequest, Status> {
    let mut fields = Fields::default();
    let who = who(
        &mut fields,
        &message.sender,
        &message.recipient,
        message.occurred_at.as_ref(),
        &message.idempotency_key,
        message,
    );
    let scope = fields.scope(message.scope.as_ref());
    let channel = words::channel(message.channel);
    if channel.is_none() {
        fields.bad("channel", "must be one of OptOutChannel");
    }
    let keyword = fields.text("keyword", &message.keyword, KEY_CHARACTERS_MAX).to_owned();
    let request = who.zip(channel).map(|(who, channel)| OptOutRequest { who, scope, channel, keyword });
    fields.finish(request)
}

/// A step of the opt-in conversation, read.
pub(in crate::grpc) fn prompt(message: &pb::RecordOptInPromptRequest) -> Result<PromptRequest, Status> {
    let mut fields = Fields::default();
    let who = who(
        &mut fields,
        &message.sender,
        &message.recipient,
        message.occurred_at.as_ref(),
        &message.idempotency_key,
        message,
    );
    let step = match pb::OptInPromptOutcome::try_from(message.outcome) {
        Ok(pb::OptInPromptOutcome::Sent) => Some(PromptStep::Sent),
        Ok(pb::OptInPromptOutcome::Accepted) => Some(PromptStep::Accepted),
        Ok(pb::OptInPromptOutcome::Declined) => Some(PromptStep::Declined),
        Ok(pb::OptInPromptOutcome::NotOnWhatsapp) => Some(PromptStep::NotOnWhatsapp),
        Ok(pb::OptInPromptOutcome::Unspecified) | Err(_) => None,
    };
    if step.is_none() {
        fields.bad(
            "outcome",
            "must be OPT_IN_PROMPT_OUTCOME_SENT, …_ACCEPTED, …_DECLINED or …_NOT_ON_WHATSAPP",
        );
    }
    let message_id = fields.text("message_id", &message.message_id, NAME_CHARACTERS_MAX).to_owned();
    fields.finish(who.zip(step).map(|(who, step)| PromptRequest { who, step, message_id }))
}

/// A confirmation that was sent, read; true = of an opt-in.
pub(in crate::grpc) fn confirmation(message: &pb::RecordConfirmationRequest) -> Result<(Who, bool), Status> {
    let mut fields = Fields::default();
    let who = who(
        &mut fields,
        &message.sender,
        &message.recipient,
        message.occurred_at.as_ref(),
        &message.idempotency_key,
        message,
    );
    let of_opt_in = match words::kind(message.kind) {
        Some(Kind::OptInConfirmation) => Some(true),
        Some(Kind::OptOutConfirmation) => Some(false),
        Some(Kind::Template | Kind::FreeForm | Kind::OptInPrompt) | None => {
            fields
                .bad("kind", "must be MESSAGE_KIND_OPT_IN_CONFIRMATION or MESSAGE_KIND_OPT_OUT_CONFIRMATION");
            None
        }
    };
    fields.finish(who.zip(of_opt_in))
}

/// A block or report, read.
pub(in crate::grpc) fn block(message: &pb::RecordBlockRequest) -> Result<(Who, Block), Status> {
    let mut fields = Fields::default();
    let who = who(
        &mut fields,
        &message.sender,
        &message.recipient,
        message.occurred_at.as_ref(),
        &message.idempotency_key,
        message,
    );
    let state = words::block(message.state);
    if state.is_none() {
        fields.bad(
            "state",
            "must be BLOCK_STATE_BLOCKED_BY_USER, …_REPORTED_BY_USER, …_BLOCKED_BY_BUSINESS or …_UNBLOCKED_BY_BUSINESS",
        );
    }
    fields.finish(who.zip(state))
}

/// A link, read.
pub(in crate::grpc) fn link(message: &pb::LinkContactsRequest) -> Result<(Who, Recipient), Status> {
    let mut fields = Fields::default();
    let occurred_at = message.occurred_at.as_ref();
    let who = who(&mut fields, &message.sender, &message.recipient, occurred_at, "", message);
    let other = fields.recipient("other", &message.other);
    fields.finish(who.zip(other))
}

/// How fresh a contact must be.
pub(in crate::grpc) fn consistency_of_get(
    message: &pb::GetContactRequest,
) -> Result<(Who, Consistency), Status> {
    let mut fields = Fields::default();
    let who = who(&mut fields, &message.sender, &message.recipient, None, "", message);
    let consistency = fields.consistency(message.consistency.as_ref());
    fields.finish(who.map(|who| (who, consistency)))
}

impl Fields {
    /// A zone for the calls that have nothing else to read.
    pub(in crate::grpc) fn time_zone(&mut self, name: &str) -> Option<String> {
        self.zone(name)
    }
}
