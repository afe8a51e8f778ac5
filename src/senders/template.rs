//! Templates: what the platform said of one, and what it comes to together with the list of the configuration.

use serde::{Deserialize, Serialize};

use super::{SenderProfile, learned::TemplateRow};
use crate::{
    model::{Category, Time},
    policy::{Template, TemplateCategory, TemplateFacts, TemplateName, TemplateStatus},
};

/// Categories of a template that are kept. Changes are rare; of more than this those that ask for least consent go first.
const CATEGORIES_MAX: usize = 64;

/// What the platform said of a template. Times in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TemplateState {
    /// Its status: said at, the platform's word.
    pub status: Option<(i64, String)>,
    /// Its categories, each in force from an instant on, in order: what was said to be so then, and what was announced.
    #[serde(default)]
    pub categories: Vec<(i64, String)>,
    /// Its quality: said at, the platform's word.
    pub quality: Option<(i64, String)>,
}

impl TemplateState {
    /// Merges what is newly learned; returns whether anything changed.
    pub fn join(&mut self, other: &Self) -> bool {
        let before = self.clone();
        // Of two words of one instant the one that forbids; but a review ends in the second in which it began, and none begins
        // in the second in which it ended.
        let weight = |word: &str| match TemplateStatus::from_word(word) {
            Some(TemplateStatus::Pending) => 0,
            Some(status) if status.is_sendable() => 1,
            Some(_) | None => 2,
        };
        let key = |(at, word): &(i64, String)| (*at, weight(word), word.clone());
        self.status = self.status.take().into_iter().chain(other.status.clone()).max_by_key(key);
        self.categories.extend(other.categories.iter().cloned());
        // Of two words of one instant the one that asks for more consent.
        self.categories.sort_by_cached_key(|(from, word)| {
            (*from, Category::from_word(word).map(strictness), word.clone())
        });
        self.categories.dedup();
        while self.categories.len() > CATEGORIES_MAX {
            let asks = |(_, (_, word)): &(usize, &(i64, String))| Category::from_word(word).map(strictness);
            let Some((least, _)) = self.categories.iter().enumerate().min_by_key(asks) else { break };
            self.categories.remove(least);
        }
        self.quality = self.quality.take().max(other.quality.clone());
        *self != before
    }

    /// What it means for messages at an instant.
    #[must_use]
    pub fn template(&self, now: Time) -> Template {
        let status = self.status.as_ref().and_then(|(_, word)| TemplateStatus::from_word(word));
        let known =
            |(from, word): &(i64, String)| Some((Time::from_millis(*from)?, Category::from_word(word)?));
        let (past, coming): (Vec<_>, Vec<_>) =
            self.categories.iter().filter_map(known).partition(|(from, _)| *from <= now);
        let in_force = past.last().copied();
        let category = match (in_force, coming.first().copied()) {
            (in_force, Some((from, after))) => {
                Some(TemplateCategory { before: in_force.map(|(_, category)| category), after, from })
            }
            (Some((from, after)), None) => Some(TemplateCategory { before: None, after, from }),
            (None, None) => None,
        };
        Template { status, category }
    }
}

/// How much consent messages of a category ask for.
const fn strictness(category: Category) -> u8 {
    match category {
        Category::Service => 0,
        Category::Utility => 1,
        Category::Authentication => 2,
        Category::Marketing => 3,
    }
}

/// What is known of a template, from the list of the configuration and from what was learned.
pub(super) fn facts(
    sender: &SenderProfile,
    learned: &[TemplateRow],
    name: &TemplateName,
    now: Time,
) -> TemplateFacts {
    let account = sender.sender.account.as_deref();
    let mut of_account = sender.templates.iter().filter(|template| template.is_of(account)).peekable();
    let listed = of_account.peek().is_some();
    let asked = |language: &str| {
        name.language.is_empty() || language.is_empty() || same_locale(language, &name.language)
    };
    let mut known: Vec<(&str, Template)> = of_account
        .filter(|template| template.name == name.name && asked(&template.language))
        .map(|template| {
            let category = TemplateCategory { before: None, after: template.category, from: Time::EPOCH };
            let listed = Template { status: Some(template.status), category: Some(category) };
            (template.language.as_str(), listed)
        })
        .collect();
    for (language, _, state) in learned.iter().filter(|(language, ..)| asked(language)) {
        let told = state.template(now);
        let mut is_listed = false;
        let same = |of: &str| of.is_empty() || language.is_empty() || same_locale(of, language);
        for (_, listed) in known.iter_mut().filter(|(of, _)| same(of)) {
            *listed = newer(told, *listed, now);
            is_listed = true;
        }
        if !is_listed {
            known.push((language, told));
        }
    }
    TemplateFacts { known: any_language(known.into_iter().map(|(_, template)| template), now), listed }
}

/// What the platform told is newer than what is known.
fn newer(told: Template, known: Template, now: Time) -> Template {
    let before = known.category.and_then(|category| category.at(now));
    let category = told.category.map(|told| TemplateCategory { before: told.before.or(before), ..told });
    Template { status: told.status.or(known.status), category: category.or(known.category) }
}

/// A template of which the language is not known: whichever can be sent, and the category that asks for most.
fn any_language(templates: impl Iterator<Item = Template> + Clone, now: Time) -> Option<Template> {
    let sendable = |status: Option<TemplateStatus>| match status {
        Some(status) if status.is_sendable() => 2,
        None => 1,
        Some(_) => 0,
    };
    let status = templates.clone().map(|template| template.status).max_by_key(|status| sendable(*status))?;
    let asks = |category: &TemplateCategory| category.at(now).map(strictness);
    let category = templates.filter_map(|template| template.category).max_by_key(asks);
    Some(Template { status, category })
}

/// `pt_BR` and `pt-br` are one locale.
fn same_locale(a: &str, b: &str) -> bool {
    let fold = |c: char| if c == '-' { '_' } else { c.to_ascii_lowercase() };
    a.chars().map(fold).eq(b.chars().map(fold))
}
