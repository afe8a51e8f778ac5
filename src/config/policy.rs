//! The settings of the rules, level by level: what a level gives wins over the level outside, setting by setting.

use super::{
    errors::{Origin, Report, Wrong},
    limits,
    reader::{Item, Section},
    tree::Value,
    values::{self, lasting},
};
use crate::{
    keywords::{ExtraWord, Keywords, Operation},
    model::{Millis, Scope, ScopeSet, Topic, evidence::Jurisdiction},
    policy::{DatedPause, JurisdictionRules, QuietHours, RuleId, Rules, evidence::wrong_in_prompt},
    senders::{Profile, PromptSettings},
};

/// No setting of the rules is about more than a human life; far below where times end.
const LENGTH_MAX: Millis = Millis::days(36_500);
/// The platform's own least times between prompts, and after it held a message back.
const DAY: Millis = Millis::hours(24);
const AGE_YEARS_MAX: u32 = 150;

/// What holds at one level.
#[derive(Clone, Default)]
pub(super) struct Layer {
    pub(super) profile: Profile,
    /// Where prompts were enabled, to say so when they lack their wording.
    prompt_enabled_at: Option<(Origin, String)>,
}

impl Layer {
    /// What holds one level further in: this, with what stands under `policy` and `keywords` of that level.
    pub(super) fn below(&self, level: &Section<'_>) -> Self {
        let mut inner = self.clone();
        let policy = level.section("policy");
        sending(&policy, &mut inner.profile.rules);
        categories(&policy, &mut inner.profile.rules);
        policy.update("strict_evidence", &mut inner.profile.rules.strict_evidence, values::flag);
        policy.update("general_permission", &mut inner.profile.general_permission, values::flag);
        let enabled = prompt(&policy, &mut inner.profile);
        inner.prompt_enabled_at = enabled.or(inner.prompt_enabled_at);
        times(&policy, &mut inner.profile.rules);
        limits::read(&policy, &mut inner.profile.rules);
        add_words(level, &mut inner.profile.keywords);
        inner
    }

    /// Checks what only makes sense together, for a level that senders really have.
    pub(super) fn check(&self, report: &Report) {
        let enabled = self.prompt_enabled_at.as_ref().filter(|_| self.profile.rules.opt_in_prompt);
        let Some((origin, path)) = enabled else { return };
        let PromptSettings { disclosure_text, scope } = &self.profile.prompt;
        if disclosure_text.trim().is_empty() {
            let wrong = Wrong::new(
                "enables prompts without their wording",
                "`true` with a `disclosure_text`, since the wording is the evidence of an opt-in",
            );
            report.add(origin, path, wrong);
        } else if let Some(first) = wrong_in_prompt(disclosure_text, scope).first() {
            let what = format!("enables prompts whose wording does not fit: {}", first.message);
            let wrong = Wrong::new(what, "a `disclosure_text` that names what `scope` opts in to");
            report.add(origin, path, wrong);
        }
    }
}

fn sending(policy: &Section<'_>, rules: &mut Rules) {
    if let Some(shadow) = policy.list("shadow", |item| item.read(rule)) {
        rules.shadow = shadow.into_iter().collect();
    }
    policy.update("window_margin", &mut rules.window_margin, lasting(Millis::ZERO, Millis::hours(23)));
    policy.update("free_form_requires_opt_in", &mut rules.free_form_requires_opt_in, values::flag);
    policy.update("reply_after_opt_out", &mut rules.reply_after_opt_out, values::flag);
    policy.update("escalation_required", &mut rules.escalation_required, values::flag);
    policy.update("require_known_templates", &mut rules.require_known_templates, values::flag);
    policy.update("contacts_only", &mut rules.contacts_only, values::flag);
}

fn rule(value: &Value) -> Result<RuleId, Wrong> {
    let rule = value.text().and_then(RuleId::from_name);
    let accepted = || {
        let built = RuleId::ALL.into_iter().filter(|rule| rule.can_be_shadowed());
        values::one_of(built.map(RuleId::name))
    };
    match rule {
        Some(rule) if rule.can_be_shadowed() => Ok(rule),
        Some(rule) => {
            let wrong = format!("is `{}`, which has no denial to put into shadow mode", rule.name());
            Err(Wrong::new(wrong, accepted()))
        }
        None => Err(Wrong::new(format!("is {}, not a rule", values::shown(value)), accepted())),
    }
}

fn categories(policy: &Section<'_>, rules: &mut Rules) {
    if let Some(covered) = policy.list("window_covers_templates", |item| item.read(values::template_category))
    {
        rules.window_covers_templates = covered;
    }
    if let Some(permitted) = policy.list("permitted_categories", |item| item.read(values::category)) {
        rules.permitted_categories = permitted;
    }
    if let Some(pauses) = policy.list("marketing_pauses", pause) {
        rules.marketing_pauses = pauses;
    }
}

fn pause(item: &Item<'_>) -> Option<DatedPause> {
    let pause = item.section()?;
    let country = pause.require("country", values::word(&[("US", "US")]));
    let from = pause.require("from", values::time);
    let until = pause.read("until", values::time);
    if let (Some(from), Some(until), Some(item)) = (from, until, pause.get("until"))
        && until <= from
    {
        item.complain(Wrong::new("is not after `from`", "a later time than `from`"));
    }
    Some(DatedPause { country: country?.to_owned(), from: from?, until })
}

/// Reads the settings of the opt-in prompt; says where it was enabled.
fn prompt(policy: &Section<'_>, profile: &mut Profile) -> Option<(Origin, String)> {
    let section = policy.section("opt_in_prompt");
    let PromptSettings { disclosure_text, scope } = &mut profile.prompt;
    section.update("enabled", &mut profile.rules.opt_in_prompt, values::flag);
    section.update("disclosure_text", disclosure_text, values::text);
    section.update("again_after", &mut profile.rules.opt_in_prompt_again_after, lasting(DAY, LENGTH_MAX));
    let named = section.section("scope");
    let categories =
        named.list("categories", |item| item.read(values::template_category).map(Scope::Category));
    let topics = named.list("topics", |item| item.read(values::parsed(Topic::parse)).map(Scope::Topic));
    if categories.is_some() || topics.is_some() {
        // Each list given replaces its own half of the outer level's scope.
        let categories = categories.unwrap_or_else(|| scope.categories().map(Scope::Category).collect());
        let topics = topics.unwrap_or_else(|| scope.topics().cloned().map(Scope::Topic).collect());
        *scope = ScopeSet::of([categories, topics].concat());
    }
    section.get("enabled").map(|item| (item.origin().clone(), item.path().to_owned()))
}

fn times(policy: &Section<'_>, rules: &mut Rules) {
    policy.update("not_on_whatsapp_for", &mut rules.not_on_whatsapp_for, lasting(Millis::ZERO, LENGTH_MAX));
    policy.update("undeliverable_for", &mut rules.undeliverable_for, lasting(Millis::ZERO, LENGTH_MAX));
    policy.update("cool_off", &mut rules.cool_off, lasting(DAY, LENGTH_MAX));
    policy.update("time_zone", &mut rules.sender_zone, values::or_none(values::time_zone));
    if let Some(quiet) = policy.get("quiet_hours").and_then(|item| quiet_hours(&item)) {
        rules.quiet_hours = quiet;
    }
    if let Some(item) = policy.get("jurisdictions")
        && let Some(items) = item.items()
    {
        rules.jurisdictions = jurisdictions(&items);
    }
}

/// Quiet hours, or the word that takes them away; nothing when they cannot be read.
fn quiet_hours(item: &Item<'_>) -> Option<Option<QuietHours>> {
    if values::is_none_word(item.value()) {
        return Some(None);
    }
    let quiet = item.section()?;
    let start = quiet.require("start", values::time_of_day);
    let end = quiet.require("end", values::time_of_day);
    let (start_minute, end_minute) = (start?, end?);
    if start_minute == end_minute {
        item.complain(Wrong::new(
            "starts when it ends",
            "a start and another end; `none` for no quiet hours",
        ));
    }
    Some(Some(QuietHours { start_minute, end_minute }))
}

fn jurisdictions(items: &[Item<'_>]) -> Vec<JurisdictionRules> {
    let mut all: Vec<JurisdictionRules> = Vec::new();
    for item in items {
        let Some(section) = item.section() else { continue };
        let code = section.require("code", |value| {
            let code = value.text().and_then(Jurisdiction::parse);
            let accepted = "the ISO 3166 code of a country or subdivision, such as `BR` or `US-CA`";
            code.ok_or_else(|| Wrong::new(format!("is {}", values::shown(value)), accepted))
        });
        let (mut double_opt_in, mut minimum_age) = (false, 0);
        section.update("double_opt_in", &mut double_opt_in, values::flag);
        section.update("minimum_age", &mut minimum_age, values::count(0, AGE_YEARS_MAX));
        let validity = section.read("validity", lasting(Millis::seconds(1), LENGTH_MAX));
        let quiet = section.get("quiet_hours").and_then(|item| quiet_hours(&item));
        let Some(code) = code.map(|code| code.as_str().to_owned()) else { continue };
        if let Some(item) = section.get("code").filter(|_| all.iter().any(|rules| rules.code == code)) {
            item.complain(Wrong::new(format!("is `{code}` for a second time"), "each jurisdiction once"));
        }
        let quiet_hours = quiet.flatten();
        all.push(JurisdictionRules { code, validity, quiet_hours, double_opt_in, minimum_age });
    }
    all
}

/// Adds a level's words to those of the levels outside; the same word again takes on the inner meaning.
fn add_words(level: &Section<'_>, words: &mut Vec<ExtraWord>) {
    let mut added: Vec<ExtraWord> = Vec::new();
    let mut fit = Vec::new();
    for item in level.get("keywords").and_then(|item| item.items()).unwrap_or_default() {
        let Some(word) = word(&item) else { continue };
        if added.iter().any(|earlier| is_same_word(earlier, &word)) {
            let wrong = format!("adds {} for a second time", values::quoted(&word.text));
            item.complain(Wrong::new(wrong, "each word of a language once"));
        }
        fit.push((item, word.clone()));
        added.push(word);
    }
    words.retain(|outer| !added.iter().any(|inner| is_same_word(inner, outer)));
    for (item, word) in fit {
        words.push(word);
        if let Err(errors) = Keywords::with_extras(words) {
            let wrong = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            item.complain(Wrong::new(
                format!("is no keyword: {wrong}"),
                "a short word or phrase with one meaning",
            ));
            words.pop();
        }
    }
}

fn is_same_word(a: &ExtraWord, b: &ExtraWord) -> bool {
    let fold = |text: &str| text.trim().to_lowercase();
    fold(&a.language) == fold(&b.language) && fold(&a.text) == fold(&b.text)
}

fn word(item: &Item<'_>) -> Option<ExtraWord> {
    const OPERATIONS: &[(&str, Operation)] = &[
        ("opt_out", Operation::OptOut),
        ("ambiguous", Operation::Ambiguous),
        ("opt_in", Operation::OptIn),
        ("yes", Operation::Yes),
        ("no", Operation::No),
    ];
    let word = item.section()?;
    let language = word.require("language", values::text);
    let operation = word.require("operation", values::word(OPERATIONS));
    let text = word.require("text", values::text);
    Some(ExtraWord { language: language?, operation: operation?, text: text? })
}
