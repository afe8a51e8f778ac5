//! The businesses, their numbers and their templates.

use std::collections::HashMap;

use super::{
    errors::Wrong,
    policy::Layer,
    reader::{Item, Section},
    tree::Value,
    values,
};
use crate::{
    model::{BusinessId, Phone, SenderId},
    policy::TemplateStatus,
    senders::{Business, Sender, SenderSettings, TemplateSettings},
};

/// Names that may occur once in the whole configuration, with the path of what has them.
#[derive(Default)]
struct Taken(HashMap<String, String>);

impl Taken {
    /// Takes a name for its owner, or notes who else has it already.
    fn take(&mut self, name: &str, owner: &str, item: &Item<'_>) {
        match self.0.get(name) {
            Some(first) if first == owner => {}
            Some(first) => {
                let wrong = format!("is {}, which `{first}` has already", values::shown(item.value()));
                item.complain(Wrong::new(wrong, "each id and number once"));
            }
            None => {
                self.0.insert(name.to_owned(), owner.to_owned());
            }
        }
    }
}

/// Reads all businesses.
pub(super) fn read(root: &Section<'_>, general: &Layer) -> Vec<Business> {
    let mut businesses = Vec::new();
    let (mut ids, mut numbers) = (Taken::default(), Taken::default());
    let mut all_previous = Vec::new();
    let items = root.get("businesses").and_then(|item| item.items()).unwrap_or_default();
    for section in items.iter().filter_map(Item::section) {
        let id = section.require("id", values::parsed(BusinessId::parse));
        if let (Some(id), Some(item)) = (&id, section.get("id")) {
            ids.take(id.as_str(), item.path(), &item);
        }
        non_empty(&section, "names", "a list of at least one name, as people are shown it");
        let names = section.list("names", |item| item.read(values::text)).unwrap_or_default();
        let previous = previous_ids(&section);
        let previous_ids = previous.iter().map(|(id, _)| id.clone()).collect();
        all_previous.extend(previous);
        let portfolio = section.read("portfolio", values::parsed(BusinessId::parse));
        let layer = general.below(&section);
        let senders = senders(&section, &layer, &mut numbers);
        let templates = read_templates(&section);
        // A business without a valid id is not built, but all of it has been read for mistakes.
        let Some(id) = id else { continue };
        businesses.push(Business { id, names, previous_ids, portfolio, senders, templates });
    }
    // Two businesses cannot both go on with the consents of one, nor one with those of another that is still there.
    for (id, item) in all_previous {
        ids.take(id.as_str(), item.path(), &item);
    }
    businesses
}

fn previous_ids<'a>(business: &Section<'a>) -> Vec<(BusinessId, Item<'a>)> {
    let items = business.get("previous_ids").and_then(|item| item.items()).unwrap_or_default();
    let read = |item: Item<'a>| Some((item.read(values::parsed(BusinessId::parse))?, item));
    items.into_iter().filter_map(read).collect()
}

/// Notes when a list that needs an element has none.
fn non_empty(section: &Section<'_>, key: &str, accepted: &str) {
    match section.get(key) {
        None => section.missing(key),
        Some(item) if *item.value() == Value::List(Vec::new()) => {
            item.complain(Wrong::new("is empty", accepted));
        }
        Some(_) => {}
    }
}

fn senders(business: &Section<'_>, layer: &Layer, numbers: &mut Taken) -> Vec<SenderSettings> {
    non_empty(business, "senders", "a list of at least one number");
    let items = business.get("senders").and_then(|item| item.items()).unwrap_or_default();
    items.iter().filter_map(|item| sender(item, layer, numbers)).collect()
}

fn sender(item: &Item<'_>, layer: &Layer, numbers: &mut Taken) -> Option<SenderSettings> {
    if !matches!(item.value(), Value::Map(_)) {
        layer.check(item.report());
        let number = item.read(number)?;
        take_number(&number, item.path(), item, numbers);
        let sender = Sender { id: number.clone(), number: Some(number), account: None };
        return Some(SenderSettings { sender, profile: layer.profile.clone() });
    }
    let section = item.section()?;
    let id = section.read("id", values::parsed(SenderId::parse));
    let number = section.read("number", number);
    if let (Some(id), Some(given)) = (&id, section.get("id")) {
        numbers.take(id.as_str(), item.path(), &given);
    }
    if let (Some(number), Some(given)) = (&number, section.get("number")) {
        take_number(number, item.path(), &given, numbers);
    }
    if section.get("id").is_none() && section.get("number").is_none() {
        item.complain(Wrong::new("has neither `id` nor `number`", "one of them, or both"));
    }
    let account = section.read("account", values::parsed(account));
    let layer = layer.below(&section);
    layer.check(item.report());
    let id = id.or_else(|| number.clone())?;
    Some(SenderSettings { sender: Sender { id, number, account }, profile: layer.profile })
}

/// An E.164 number, as its digits.
fn number(value: &Value) -> Result<SenderId, Wrong> {
    values::parsed(|text| {
        Phone::parse(text)
            .map_err(|error| format!("{error}; a phone number ID stands under `id`"))
            .and_then(|_| SenderId::parse(text).map_err(|error| error.to_string()))
    })(value)
}

/// Takes a number in the given and in the one spelling that stands for all spellings of it.
fn take_number(number: &SenderId, owner: &str, item: &Item<'_>, numbers: &mut Taken) {
    numbers.take(number.as_str(), owner, item);
    if let Ok(phone) = Phone::parse(number.as_str()) {
        numbers.take(&phone.digits().to_string(), owner, item);
    }
}

/// The ID of a WhatsApp Business Account.
fn account(text: &str) -> Result<String, &'static str> {
    let fits = (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if fits { Ok(text.to_owned()) } else { Err("must be 1 to 32 digits") }
}

fn read_templates(business: &Section<'_>) -> Vec<TemplateSettings> {
    let mut templates: Vec<TemplateSettings> = Vec::new();
    let items = business.get("templates").and_then(|item| item.items()).unwrap_or_default();
    for item in &items {
        let Some(template) = template(item) else { continue };
        let same = |other: &TemplateSettings| {
            (&other.account, &other.name, &other.language)
                == (&template.account, &template.name, &template.language)
        };
        if templates.iter().any(same) {
            item.complain(Wrong::new(
                format!("is {} for a second time", values::quoted(&template.name)),
                "each template of an account and language once",
            ));
        }
        templates.push(template);
    }
    templates
}

fn template(item: &Item<'_>) -> Option<TemplateSettings> {
    const STATUSES: &[(&str, TemplateStatus)] = &[
        ("approved", TemplateStatus::Approved),
        ("pending", TemplateStatus::Pending),
        ("rejected", TemplateStatus::Rejected),
        ("paused", TemplateStatus::Paused),
        ("disabled", TemplateStatus::Disabled),
        ("archived", TemplateStatus::Archived),
    ];
    let section = item.section()?;
    let account = section.read("account", values::parsed(account));
    let name = section.require("name", values::text);
    let language = section.require("language", values::text);
    let category = section.require("category", values::template_category);
    let mut status = TemplateStatus::Approved;
    section.update("status", &mut status, values::word(STATUSES));
    Some(TemplateSettings { account, name: name?, language: language?, category: category?, status })
}
