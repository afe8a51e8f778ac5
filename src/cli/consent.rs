//! `sendgate consent`: a person said yes, with the proof.

use clap::Args;

use super::{
    Exit, Failure,
    args::{About, Once, Person, When},
    scopes,
    session::Session,
    times::{self, stamp},
    words,
};
use crate::{
    grpc::pb::{
        ConsentAction, ConsentMethod, ConsentStatus, Evidence, RecordConsentRequest, RecordConsentResponse,
        Voice,
    },
    model::Time,
};

/// Arguments of `consent`.
#[derive(Debug, Args)]
pub struct ConsentArgs {
    /// Who said it to whom.
    #[command(flatten)]
    pub person: Person,
    /// What the person said yes to.
    #[command(flatten)]
    pub about: About,
    /// The proof.
    #[command(flatten)]
    pub proof: Proof,
    /// When the opt-in ends [default: as the jurisdiction says, else never].
    #[arg(long, value_name = "TIME", value_parser = times::read)]
    pub expires_at: Option<Time>,
    /// The person's IANA time zone, for quiet hours.
    #[arg(long, value_name = "ZONE", default_value = "", hide_default_value = true)]
    pub time_zone: String,
    /// When the person acted.
    #[command(flatten)]
    pub when: When,
    /// Its key.
    #[command(flatten)]
    pub once: Once,
}

/// The proof of an opt-in.
#[derive(Debug, Args)]
pub struct Proof {
    /// Where the opt-in was obtained.
    #[arg(long, ignore_case = true, value_parser = words::argument::<ConsentMethod>())]
    pub method: ConsentMethod,
    /// Describes the method `other`.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub method_description: String,
    /// What the person did.
    #[arg(long, ignore_case = true, value_parser = words::argument::<ConsentAction>())]
    pub action: ConsentAction,
    /// The business name that was shown.
    #[arg(long, value_name = "NAME")]
    pub business_name: String,
    /// The wording that was shown.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub text: String,
    /// The phone number that was shown for confirmation.
    #[arg(long, value_name = "NUMBER", default_value = "", hide_default_value = true)]
    pub displayed_number: String,
    /// The request named WhatsApp, where no wording is at hand.
    #[arg(long)]
    pub mentions_whatsapp: bool,
    /// The page, document or recording.
    #[arg(long, value_name = "URI", default_value = "", hide_default_value = true)]
    pub source_uri: String,
    /// The language of the request, BCP 47.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub locale: String,
    /// The law that applies: `BR`, `US-CA`.
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    pub jurisdiction: String,
    /// The flow, campaign or staff member that collected it.
    #[arg(long, value_name = "WHO", default_value = "", hide_default_value = true)]
    pub collected_by: String,
    /// A further fact. May be repeated.
    #[arg(long = "attribute", value_name = "KEY=VALUE", value_parser = attribute)]
    pub attributes: Vec<(String, String)>,
    /// When the person confirmed a second time.
    #[arg(long, value_name = "TIME", value_parser = times::read)]
    pub double_opt_in_at: Option<Time>,
    /// The age the person stated.
    #[arg(long, value_name = "YEARS", default_value_t = 0, hide_default_value = true)]
    pub age: u32,
}

pub(super) async fn run(args: &ConsentArgs, session: &mut Session<'_, '_>) -> Result<Exit, Failure> {
    let request = session.request(RecordConsentRequest {
        sender: args.person.sender.clone(),
        recipient: args.person.recipient.clone(),
        scope: args.about.scope.clone(),
        evidence: Some(args.proof.evidence()),
        occurred_at: args.when.stamp(),
        expires_at: args.expires_at.map(stamp),
        idempotency_key: args.once.key.clone(),
        time_zone: args.time_zone.clone(),
    });
    let answer = session.consent.record_consent(request).await?.into_inner();
    if !session.wrote_json(&answer)? {
        describe(&answer, &scopes::show(args.about.scope.as_ref()), session)?;
    }
    Ok(Exit::Yes)
}

fn describe(
    answer: &RecordConsentResponse,
    scope: &str,
    session: &mut Session<'_, '_>,
) -> Result<(), Failure> {
    if answer.applied {
        session.line(format_args!("opted in to {scope}"))?;
    } else {
        session.line(format_args!("kept, not applied: another statement stands against {scope}"))?;
    }
    if let Some(standing) = &answer.standing {
        let since = standing.since.as_ref().map_or_else(String::new, |at| session.when(at));
        let status = words::word_of::<ConsentStatus>(standing.status);
        let voice = words::word_of::<Voice>(standing.voice);
        let scope = scopes::show(standing.scope.as_ref());
        session.line(format_args!("  stands: {scope} {status} ({voice} statement) since {since}"))?;
    }
    for finding in &answer.findings {
        session.line(format_args!("  finding {} {}: {}", finding.rule, finding.field, finding.message))?;
    }
    session.durability(answer.durability)?;
    session.obligations(&answer.obligations)
}

impl Proof {
    fn evidence(&self) -> Evidence {
        Evidence {
            method: self.method.into(),
            action: self.action.into(),
            business_name: self.business_name.clone(),
            disclosure_text: self.text.clone(),
            displayed_number: self.displayed_number.clone(),
            mentions_whatsapp: self.mentions_whatsapp,
            source_uri: self.source_uri.clone(),
            locale: self.locale.clone(),
            jurisdiction: self.jurisdiction.clone(),
            collected_by: self.collected_by.clone(),
            attributes: self.attributes.iter().cloned().collect(),
            method_description: self.method_description.clone(),
            double_opt_in_at: self.double_opt_in_at.map(stamp),
            age_years: self.age,
        }
    }
}

fn attribute(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("must be KEY=VALUE".to_owned()),
    }
}
