//! The rules of recording an opt-in, B01 to B10: what is refused, and what is accepted with a finding.

mod refusal;
#[cfg(test)]
mod tests;
mod wording;

use self::{
    refusal::{Reading, Refusal},
    wording::Kinds,
};
use super::Rules;
use crate::model::{
    Category, Recipient, ScopeSet, Time,
    evidence::{Action, Evidence, Finding, Method},
    recipient::Phone,
    statement::Weak,
};

/// The fields that errors and findings name.
pub const FIELDS: [&str; 11] = [
    "evidence.action",
    "evidence.method",
    "evidence.method_description",
    "evidence.business_name",
    "evidence.disclosure_text",
    "evidence.displayed_number",
    "evidence.mentions_whatsapp",
    "evidence.source_uri",
    "evidence.double_opt_in_at",
    "evidence.age_years",
    "scope",
];

/// What the business says of itself, as far as evidence is held against it.
#[derive(Clone, Copy, Debug)]
pub struct Claims<'a> {
    /// The rules.
    pub rules: &'a Rules,
    /// B03: the configured business names; empty for an auto-registered sender, whose evidence names the business.
    pub business_names: &'a [String],
    /// B02: a general permission suffices; the wording need not name WhatsApp.
    pub general_permission: bool,
}

/// What the rules say of some evidence.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Assessment {
    /// Why it is refused; empty when it is not.
    pub errors: Vec<Finding>,
    /// What is weak in it.
    pub findings: Vec<Finding>,
    /// When the opt-in ends.
    pub expires_at: Option<Time>,
}

impl Assessment {
    /// The rules by which it is weak.
    #[must_use]
    pub fn weak(&self) -> Weak {
        self.findings.iter().fold(Weak::default(), |weak, finding| weak.with(finding.rule))
    }

    fn error(&mut self, rule: &'static str, field: &'static str, message: impl Into<String>) {
        self.errors.push(Finding { rule, field, message: message.into() });
    }

    /// A weakness: a finding, or an error where evidence is strict.
    fn weakness(
        &mut self,
        strict: bool,
        rule: &'static str,
        field: &'static str,
        message: impl Into<String>,
    ) {
        let finding = Finding { rule, field, message: message.into() };
        if strict { self.errors.push(finding) } else { self.findings.push(finding) }
    }
}

/// Holds evidence against the rules.
#[must_use]
pub fn assess(
    claims: &Claims<'_>,
    recipient: &Recipient,
    scope: &ScopeSet,
    evidence: &Evidence,
    occurred_at: Time,
    expires_at: Option<Time>,
) -> Assessment {
    let mut seen = Assessment { expires_at, ..Assessment::default() };
    active(evidence, &mut seen);
    names_whatsapp(claims, evidence, &mut seen);
    names_the_business(claims, evidence, &mut seen);
    let reading = refusal::read(&evidence.disclosure_text);
    says_yes(claims, scope, &reading, &mut seen);
    scope_fits_wording(claims, scope, evidence, &reading, &mut seen);
    recommended_form(claims, evidence, &mut seen);
    number_shown(claims, recipient, evidence, &mut seen);
    method_described(evidence, &mut seen);
    provable(evidence, &mut seen);
    jurisdiction(claims, evidence, occurred_at, &mut seen);
    seen
}

/// B04: what is wrong with the wording of a prompt, for what its acceptance opts in to.
#[must_use]
pub fn wrong_in_prompt(wording: &str, scope: &ScopeSet) -> Vec<Finding> {
    let rules = Rules::default();
    let claims = Claims { rules: &rules, business_names: &[], general_permission: true };
    let evidence = Evidence::new(Method::WhatsappThread, Action::Button, String::new(), wording.to_owned());
    let (reading, mut seen) = (refusal::read(wording), Assessment::default());
    says_yes(&claims, scope, &reading, &mut seen);
    scope_fits_wording(&claims, scope, &evidence, &reading, &mut seen);
    seen.errors
}

/// B01, B14: the person did something. An SMS or e-mail only invites: the reply with the agreed word, or the form
/// behind the link, is the opt-in.
fn active(evidence: &Evidence, seen: &mut Assessment) {
    let invitation = matches!(evidence.method, Method::Sms | Method::Email);
    let answered = matches!(
        evidence.action,
        Action::KeywordReply | Action::BoxChecked | Action::NumberEntered | Action::Button
    );
    if invitation && !answered {
        seen.error(
            "B14",
            "evidence.action",
            "an SMS or e-mail only invites; the opt-in is KEYWORD_REPLY, or BOX_CHECKED, NUMBER_ENTERED or BUTTON in \
             the form behind the link",
        );
    }
}

/// B02: the wording names WhatsApp.
fn names_whatsapp(claims: &Claims<'_>, evidence: &Evidence, seen: &mut Assessment) {
    if claims.general_permission {
        return;
    }
    if evidence.disclosure_text.is_empty() {
        if !evidence.mentions_whatsapp {
            seen.error(
                "B02",
                "evidence.disclosure_text",
                "must say that the messages come over WhatsApp; give the wording, or set mentions_whatsapp where it is \
                 not at hand",
            );
        }
    } else if !wording::names_whatsapp(&evidence.disclosure_text) {
        seen.error("B02", "evidence.disclosure_text", "the wording must name WhatsApp");
    }
}

/// B03: the wording names the business, and it is the configured one.
fn names_the_business(claims: &Claims<'_>, evidence: &Evidence, seen: &mut Assessment) {
    let shown = &evidence.business_name;
    if shown.is_empty() {
        seen.error("B03", "evidence.business_name", "must be the business name that was shown");
        return;
    }
    let known = claims.business_names;
    if !known.is_empty() && !known.iter().any(|name| wording::same_name(name, shown)) {
        seen.error(
            "B03",
            "evidence.business_name",
            format!("must be a configured name of the business: {}", wording::list(known)),
        );
        return;
    }
    if !evidence.disclosure_text.is_empty() && !wording::contains_name(&evidence.disclosure_text, shown) {
        seen.error(
            "B03",
            "evidence.disclosure_text",
            "the wording must contain the business name that was shown",
        );
    }
}

/// B04: the wording does not refuse. Where it also asks, it may be a form with both choices. Marketing may be refused
/// where the scope has none of it and the wording names something else.
fn says_yes(claims: &Claims<'_>, scope: &ScopeSet, reading: &Reading, seen: &mut Assessment) {
    let field = "evidence.disclosure_text";
    let none_of_it = !scope.is_everything()
        && scope.categories().next().is_some()
        && scope.topics().next().is_none()
        && scope.categories().all(|category| category != Category::Marketing);
    if reading.of_marketing && none_of_it && !Kinds::named_in(&reading.rest).is_silent() {
        return;
    }
    match reading.refusal {
        None => {}
        Some(Refusal::Whole) => {
            seen.error("B04", field, "the wording says that the person does not want the messages");
        }
        Some(Refusal::Beside) => seen.weakness(
            claims.rules.strict_evidence,
            "B04",
            field,
            "a part of the wording says that the person does not want the messages; give only what they agreed to",
        ),
    }
}

/// B04, B08: the wording says what kinds of message, and the scope is not wider than the wording.
fn scope_fits_wording(
    claims: &Claims<'_>,
    scope: &ScopeSet,
    evidence: &Evidence,
    reading: &Reading,
    seen: &mut Assessment,
) {
    let strict = claims.rules.strict_evidence;
    if evidence.disclosure_text.is_empty() {
        return;
    }
    // What is refused is not named to be sent.
    let named = Kinds::named_in(&reading.rest);
    let wants_marketing =
        scope.is_everything() || scope.categories().any(|category| category == Category::Marketing);
    if named.is_empty() && reading.no_marketing && wants_marketing {
        seen.error("B04", "scope", "marketing is in it, and the wording says that there will be none");
        return;
    }
    if named.is_empty() {
        seen.weakness(
            strict,
            "B04",
            "evidence.disclosure_text",
            "no kind of message was recognised in the wording; say what will be sent (order updates, offers, codes …)",
        );
        return;
    }
    let wider = |category: Category| !named.contains(category);
    if scope.is_everything() && wider(Category::Marketing) {
        seen.error(
            "B04",
            "scope",
            format!(
                "everything is wider than the wording, which names {named}; list the categories or topics"
            ),
        );
    }
    let unnamed =
        [Category::Utility, Category::Authentication].into_iter().filter(|category| wider(*category));
    let unnamed: Vec<_> = unnamed.map(Category::word).collect();
    if scope.is_everything() && !wider(Category::Marketing) && !unnamed.is_empty() {
        let unnamed = unnamed.join(" and ");
        let message =
            format!("everything includes {unnamed}, which the wording does not name; list the categories");
        seen.weakness(strict, "B04", "scope", message);
    }
    for category in scope.categories().filter(|category| *category != Category::Service && wider(*category)) {
        seen.error(
            "B04",
            "scope",
            format!("{} is wider than the wording, which names {named}", category.word()),
        );
    }
}

/// B05: "receive (type of information) on WhatsApp at (number)".
fn recommended_form(claims: &Claims<'_>, evidence: &Evidence, seen: &mut Assessment) {
    let strict = claims.rules.strict_evidence;
    if evidence.disclosure_text.is_empty() {
        seen.weakness(
            strict,
            "B05",
            "evidence.disclosure_text",
            "the wording itself is the best evidence; none was given",
        );
    } else if !wording::has_recommended_form(&evidence.disclosure_text, &evidence.displayed_number) {
        seen.weakness(
            strict,
            "B05",
            "evidence.disclosure_text",
            "recommended form: \"receive [type of information] on WhatsApp at [number]\", with the WhatsApp name and logo",
        );
    }
}

/// B06: the number shown is the number consented.
fn number_shown(claims: &Claims<'_>, recipient: &Recipient, evidence: &Evidence, seen: &mut Assessment) {
    let Recipient::Phone(consented) = recipient else { return };
    if evidence.displayed_number.is_empty() {
        seen.weakness(
            claims.rules.strict_evidence,
            "B06",
            "evidence.displayed_number",
            "the person should see, and be able to change, the number that is consented",
        );
        return;
    }
    match Phone::parse(&evidence.displayed_number) {
        Ok(shown) if shown == *consented => {}
        Ok(_) => seen.error("B06", "evidence.displayed_number", "must be the recipient's number"),
        Err(error) => seen.error("B06", "evidence.displayed_number", error.to_string()),
    }
}

/// B07: a method outside the list is described.
fn method_described(evidence: &Evidence, seen: &mut Assessment) {
    if evidence.method == Method::Other && evidence.method_description.trim().is_empty() {
        seen.error("B07", "evidence.method_description", "must describe the method when it is OTHER");
    }
}

/// B09: where it can be looked up again.
fn provable(evidence: &Evidence, seen: &mut Assessment) {
    if evidence.disclosure_text.is_empty() && evidence.source_uri.is_empty() {
        seen.findings.push(Finding {
            rule: "B09",
            field: "evidence.source_uri",
            message: "neither the wording nor its source was given; the opt-in can hardly be proven"
                .to_owned(),
        });
    }
}

/// B10: what the jurisdiction asks for.
fn jurisdiction(claims: &Claims<'_>, evidence: &Evidence, occurred_at: Time, seen: &mut Assessment) {
    let code = evidence.jurisdiction.as_ref().map(|jurisdiction| jurisdiction.as_str());
    let Some(asked) = code.and_then(|code| claims.rules.jurisdiction(code)) else { return };
    if asked.double_opt_in && evidence.double_opt_in_at.is_none() {
        seen.error(
            "B10",
            "evidence.double_opt_in_at",
            format!("{} asks for a second confirmation", asked.code),
        );
    }
    if asked.double_opt_in && evidence.double_opt_in_at.is_some_and(|second| second < occurred_at) {
        seen.error("B10", "evidence.double_opt_in_at", "must not be before the opt-in that it confirms");
    }
    if evidence.age_years < asked.minimum_age {
        seen.error(
            "B10",
            "evidence.age_years",
            format!("{} asks for a stated age of at least {}", asked.code, asked.minimum_age),
        );
    }
    if let Some(end) = claims.rules.opt_in_ends(&asked.code, occurred_at) {
        seen.expires_at = Some(seen.expires_at.map_or(end, |given| given.min(end)));
    }
}
