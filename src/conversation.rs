//! What a message of the person means, given what was said before: keywords, and the answer to the opt-in prompt (D).
//!
//! Pure. A bare "yes" or "no" means something only as an answer: to an open or declined prompt, or, for "yes", as the
//! first thing a person writes after opting out here, or after the confirmation of an opt-out, which invites exactly that.
//! In any later conversation "yes" answers somebody else's question. "Okay" answers an open prompt, or one that it quotes:
//! to the confirmation of an opt-out it says no more than that it was read.

mod home;
#[cfg(test)]
mod tests;

use crate::{
    keywords::{Intent, Keywords},
    model::{
        Category, Contact, Millis, Recipient, Scope, ScopeSet, Time,
        evidence::{Action, Channel},
    },
};

/// How far the clock of who records a prompt may be ahead of the platform's.
const CLOCKS_APART: Millis = Millis::seconds(300);

/// A message of the person.
#[derive(Clone, Copy, Debug, Default)]
pub struct Said<'a> {
    /// Its text.
    pub text: &'a str,
    /// The payload or ID of a pressed button.
    pub button: &'a str,
    /// The text of a pressed button.
    pub button_text: &'a str,
    /// Words in a place that nobody knows: only a refusal in them counts.
    pub stray: &'a [String],
    /// The message it replies to.
    pub context_id: &'a str,
    /// Who said it, as far as it tells where some short words are a "yes".
    pub who: Option<&'a Recipient>,
}

/// What a message does to consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    None,
    /// The person opted out of everything, by this word.
    OptOut(String, Pressed),
    /// A refusal that a person must read; marketing is held.
    Held(String),
    /// The person declined the opt-in prompt.
    Declined,
    /// The person opted in.
    OptIn {
        /// To what.
        scope: ScopeSet,
        /// By which word.
        keyword: String,
        /// It answers the opt-in prompt, so the prompt's wording is its evidence.
        answers_prompt: bool,
        /// How.
        action: Action,
    },
}

/// How a word was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pressed {
    /// By pressing a button.
    Button,
    /// By writing it.
    Typed,
}

/// Reads a message. `own` is what the person said, `counts` what counts for them: also what others refused who may be the
/// same person. They take back both, but a bare "yes" answers only what they were asked themselves. `wrote` is when they
/// wrote last, as the windows that are open tell.
#[must_use]
pub fn read(
    own: &Contact,
    counts: &Contact,
    keywords: &Keywords,
    prompt_scope: &ScopeSet,
    said: Said<'_>,
    wrote: Option<Time>,
    at: Time,
) -> Effect {
    let (intent, pressed) = intent(keywords, said);
    let asked = asked(own, counts, said.context_id, at);
    let wrote = wrote.max(own.last_inbound);
    let accepted = || accepted_scope(own, prompt_scope);
    let opt_in = |scope: ScopeSet, keyword: String, answers_prompt: bool| Effect::OptIn {
        scope,
        keyword,
        answers_prompt,
        action: if pressed == Pressed::Button { Action::Button } else { Action::KeywordReply },
    };
    // What quotes the prompt is an answer to it in whatever language.
    let quotes_prompt = !said.context_id.is_empty() && own.prompt.is(said.context_id);
    let is_meant = |keyword: &str| {
        pressed == Pressed::Button || quotes_prompt || home::is_unmistakable(keyword, own, said.who)
    };
    match intent {
        Intent::None => Effect::None,
        Intent::Yes { keyword } | Intent::OptIn { keyword } if !is_meant(&keyword) => Effect::None,
        Intent::OptOut { keyword } => Effect::OptOut(keyword, pressed),
        // "Not interested" is an answer to the prompt.
        Intent::Ambiguous { .. } if declines(own, said.context_id, at) => Effect::Declined,
        Intent::Ambiguous { keyword } => Effect::Held(keyword),
        Intent::No { .. } if declines(own, said.context_id, at) => Effect::Declined,
        Intent::No { .. } => Effect::None,
        Intent::Yes { keyword } => {
            let is_plain = keywords.is_plain_yes(&keyword);
            match asked {
                Some(Asked::Open) => opt_in(accepted(), keyword, true),
                Some(Asked::Declined) if is_plain || own.prompt.is(said.context_id) => {
                    opt_in(accepted(), keyword, true)
                }
                None if is_plain && answers_opting_out(own, wrote, said.context_id, at) => {
                    opt_in(refused(own).unwrap_or_else(ScopeSet::everything), keyword, false)
                }
                Some(Asked::Declined) | None => Effect::None,
            }
        }
        Intent::OptIn { keyword } => match (asked, refused(counts)) {
            (Some(_), _) => opt_in(accepted(), keyword, true),
            (None, Some(_)) if pressed == Pressed::Button && !subscribes(said.button) => Effect::None,
            (None, Some(scope)) => opt_in(scope, keyword, false),
            // An unasked "start" from somebody who refused nothing is a message, not an opt-in (B11).
            (None, None) => Effect::None,
        },
    }
}

/// The prompt that a message can be the answer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Open,
    Declined,
}

/// What a message refuses, whatever was said before.
#[must_use]
pub fn refusal(keywords: &Keywords, said: Said<'_>) -> Option<Effect> {
    match intent(keywords, said) {
        (Intent::OptOut { keyword }, pressed) => Some(Effect::OptOut(keyword, pressed)),
        (Intent::Ambiguous { keyword }, _) => Some(Effect::Held(keyword)),
        (Intent::None | Intent::OptIn { .. } | Intent::Yes { .. } | Intent::No { .. }, _) => None,
    }
}

/// The prompt that a message answers. One that quotes a message that is not known to be a prompt answers that: a "yes" below the
/// confirmation of an appointment is none to what may be an older question. So where prompts have buttons, which quote what
/// they stand on, their message IDs have to be recorded. A "no" is taken for one either way, see `declines`.
fn asked(contact: &Contact, counts: &Contact, context_id: &str, at: Time) -> Option<Asked> {
    let quotes_prompt = contact.prompt.is(context_id);
    let may_answer_prompt = quotes_prompt || context_id.is_empty();
    // An opt-out of everything after the decline is the later "no", and is not lifted as a decline is.
    let out = counts.everything_out().map(|(_, out)| out.at);
    let stands = |declined: &Time| *declined <= at && out.is_none_or(|out| out <= *declined);
    if contact.decline().as_ref().is_some_and(stands) {
        return may_answer_prompt.then_some(Asked::Declined);
    }
    let sent = contact.prompt.sent()?;
    let open = contact.open_prompt().is_some() && sent <= at && may_answer_prompt;
    (quotes_prompt || open).then_some(Asked::Open)
}

/// True of a "no" that answers the prompt: it quotes it, whatever was said since, or comes while it is open. Within a day it does
/// so too when the business has answered it itself meanwhile. The clock of who sent it may be ahead of the platform's.
fn declines(contact: &Contact, context_id: &str, at: Time) -> bool {
    let Some((sent, message_id)) = contact.prompt.recent.last() else { return false };
    let recent = contact.unanswered_prompt().is_some() && at < *sent + Millis::hours(24);
    // Told late, after the answer that it was said before.
    let answered_later = contact.prompt.accepted.is_some_and(|accepted| *sent <= at && at < accepted);
    let unanswered =
        (recent || contact.open_prompt().is_some()) && *sent <= at + CLOCKS_APART || answered_later;
    let may_quote_prompt = context_id.is_empty() || message_id.is_empty();
    contact.prompt.is(context_id) || unanswered && may_quote_prompt
}

/// True when the person is out of everything, and this is the first thing they write since they were told how to come
/// back, or since they opted out in this very chat; and it quotes no message, for a quoted one asked something else. To
/// who opted out elsewhere nobody here has said anything that a "yes" could answer. The message itself counts as written
/// when it comes again: what it did not do the first time, a redelivery does not do either. After an erasure nobody knows
/// what else they wrote.
fn answers_opting_out(contact: &Contact, wrote: Option<Time>, context_id: &str, at: Time) -> bool {
    let Some((_, out)) = contact.everything_out() else { return false };
    let here = matches!(out.channel(), Some(Channel::Keyword | Channel::Button)).then_some(out.at);
    let told = contact.confirmed_out.filter(|told| *told >= out.at);
    let first = here.max(told).is_some_and(|asked| {
        let is_known = contact.erased.is_none_or(|erased| erased < asked);
        asked < at && is_known && wrote.is_none_or(|wrote| wrote <= asked)
    });
    first && context_id.is_empty()
}

/// True when the business made a button for coming back, as its payload says outright. "Continue", "join" and "start" stand in
/// every menu, and whoever presses them there goes on with that.
fn subscribes(payload: &str) -> bool {
    const WORDS: [&str; 7] =
        ["unstop", "subscribe", "resubscribe", "optin", "optinagain", "startmessages", "resumemessages"];
    let plain: String = payload.chars().filter(char::is_ascii_alphanumeric).collect();
    WORDS.contains(&plain.to_ascii_lowercase().as_str())
}

/// What accepting a prompt opts in to: what it asks for. Where that is everything, what was declined of an earlier one that
/// asked for less is part of it, and named, since a wider opt-in lifts no finer "no".
#[must_use]
pub fn accepted_scope(own: &Contact, prompt_scope: &ScopeSet) -> ScopeSet {
    if !prompt_scope.is_everything() {
        return prompt_scope.clone();
    }
    let declined = own.declines().map(|(scope, _)| scope);
    ScopeSet::of(prompt_scope.scopes().iter().chain(declined).cloned().collect())
}

/// What "start" lifts: the opt-out of everything, else every narrower refusal; and what was declined.
fn refused(contact: &Contact) -> Option<ScopeSet> {
    let out_of_all = contact.everything_out().is_some();
    let mut scopes: Vec<Scope> = match out_of_all {
        true => vec![Scope::Everything],
        false => contact.refused_scopes().cloned().collect(),
    };
    // Named beside everything, since a wider opt-in lifts no finer "no".
    if contact.decline().is_some() {
        scopes.extend(contact.declines().map(|(scope, _)| scope.clone()));
    }
    if !out_of_all && contact.hold().is_some() {
        scopes.push(Scope::Category(Category::Marketing));
    }
    (!scopes.is_empty()).then(|| ScopeSet::of(scopes))
}

/// What button, its text and the text say about consent: a "no" in any of them, else the first thing that says anything.
fn intent(keywords: &Keywords, said: Said<'_>) -> (Intent, Pressed) {
    let sources =
        [(said.button, Pressed::Button), (said.button_text, Pressed::Button), (said.text, Pressed::Typed)];
    let weight = |intent: &Intent| match intent {
        Intent::OptOut { .. } => 4,
        Intent::Ambiguous { .. } => 3,
        Intent::No { .. } => 2,
        Intent::OptIn { .. } | Intent::Yes { .. } => 1,
        Intent::None => 0,
    };
    let mut found = (Intent::None, Pressed::Typed);
    for (text, pressed) in sources {
        let intent = match keywords.read(&text.replace('_', " ")) {
            // "Cancel" and "end" stand on the buttons of orders, too: marketing is held, and the order goes on.
            Intent::OptOut { keyword }
                if pressed == Pressed::Button && keywords.is_of_many_uses(&keyword) =>
            {
                Intent::Ambiguous { keyword }
            }
            intent => intent,
        };
        if weight(&intent) > weight(&found.0) {
            found = (intent, pressed);
        }
    }
    // What only may be a refusal takes nothing from a "yes" in its place: a row says below its title that one can stop.
    let is_yes = weight(&found.0) == 1;
    for text in said.stray {
        let intent = keywords.read(&text.replace('_', " "));
        let refuses = match &intent {
            Intent::OptOut { .. } => true,
            Intent::Ambiguous { .. } => !is_yes,
            Intent::None | Intent::OptIn { .. } | Intent::Yes { .. } | Intent::No { .. } => false,
        };
        if refuses && weight(&intent) > weight(&found.0) {
            found = (intent, Pressed::Typed);
        }
    }
    found
}
