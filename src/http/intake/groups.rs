//! Which parts of a delivery are about one person, so that these are taken in one after another, and those of others at
//! the same time. Pure.
//!
//! Two parts belong together when they share a name, or when a third part names both. Names that only the store knows to be
//! one person may be apart here; a contact is a join, so that what is said at once loses nothing.

use std::collections::{BTreeMap, HashMap};

use super::super::payload::{Item, Person, Salvaged, What};
use crate::model::Recipient;

/// A part of a delivery that is taken in.
pub(super) enum Part {
    /// A message that is malformed; only a refusal in it is looked for.
    Salvaged(Salvaged),
    /// An item.
    Item(Item),
}

/// The parts in groups, each in the order of the delivery.
pub(super) fn groups(parts: Vec<Part>) -> Vec<Vec<Part>> {
    // What is about nobody is about an account; all of that is one group, the first.
    let mut leads_to = vec![0];
    let mut group_of: HashMap<Recipient, usize> = HashMap::new();
    let mut placed = Vec::with_capacity(parts.len());
    for part in parts {
        let mut group = None;
        for name in names(&part) {
            let known = group_of.get(&name).map(|known| root(&leads_to, *known));
            let mine = match (group, known) {
                (None, None) => {
                    leads_to.push(leads_to.len());
                    leads_to.len() - 1
                }
                (Some(mine), None) => mine,
                (None, Some(known)) => known,
                (Some(mine), Some(known)) => {
                    if let Some(from) = leads_to.get_mut(known) {
                        *from = mine;
                    }
                    mine
                }
            };
            group_of.insert(name, mine);
            group = Some(mine);
        }
        placed.push((group.unwrap_or_default(), part));
    }
    let mut groups: BTreeMap<usize, Vec<Part>> = BTreeMap::new();
    for (group, part) in placed {
        groups.entry(root(&leads_to, group)).or_default().push(part);
    }
    groups.into_values().collect()
}

fn root(leads_to: &[usize], mut group: usize) -> usize {
    while let Some(next) = leads_to.get(group).filter(|next| **next != group) {
        group = *next;
    }
    group
}

/// Everybody whom a part names.
fn names(part: &Part) -> Vec<Recipient> {
    let what = match part {
        Part::Salvaged(salvaged) => return names_of(&salvaged.from),
        Part::Item(item) => &item.what,
    };
    match what {
        What::Inbound { from: person, .. } | What::Preference { person, .. } => names_of(person),
        What::Status { person, .. } => person.as_ref().map(names_of).unwrap_or_default(),
        What::NumberChanged { from, to, .. } => names_of(from).into_iter().chain(names_of(to)).collect(),
        What::UserIdChanged { previous, previous_parent, person, .. } => {
            let before = [Some(previous.clone()), previous_parent.clone()].into_iter().flatten();
            before.map(Recipient::User).chain(names_of(person)).collect()
        }
        What::TemplateStatus { .. }
        | What::TemplateQuality { .. }
        | What::TemplateCategory { .. }
        | What::AccountRestriction { .. }
        | What::AccountDisabled { .. }
        | What::AccountReinstated { .. }
        | What::NumberQuality { .. }
        | What::Capability { .. }
        | What::Echo
        | What::Ignored { .. } => Vec::new(),
    }
}

fn names_of(person: &Person) -> Vec<Recipient> {
    let users = [&person.user_id, &person.parent_user_id].into_iter().flatten().cloned();
    person.phone.map(Recipient::Phone).into_iter().chain(users.map(Recipient::User)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        http::payload::Origin,
        model::{Phone, Time, UserId},
    };

    fn part(place: usize, phone: Option<u64>, user: Option<u64>) -> Part {
        let from = Person {
            phone: phone.map(|n| Phone::parse(&format!("49151000{n:05}")).unwrap()),
            user_id: user.map(|n| UserId::parse(&format!("DE.{n}")).unwrap()),
            parent_user_id: None,
        };
        Part::Salvaged(Salvaged {
            origin: Origin::default(),
            from,
            message_id: String::new(),
            at: Time::MAX,
            text: place.to_string(),
            button: String::new(),
            button_text: String::new(),
            stray: Vec::new(),
        })
    }

    /// The groups, each part by its place in the delivery.
    fn places(of: &[(Option<u64>, Option<u64>)]) -> Vec<Vec<usize>> {
        let parts = of.iter().enumerate().map(|(place, (phone, user))| part(place, *phone, *user)).collect();
        let place = |part: &Part| match part {
            Part::Salvaged(salvaged) => salvaged.text.parse().unwrap(),
            Part::Item(_) => panic!("there is none"),
        };
        groups(parts).iter().map(|group| group.iter().map(place).collect()).collect()
    }

    #[test]
    fn people_are_apart_and_each_in_order() {
        let of = [(Some(1), None), (Some(2), None), (Some(1), None), (Some(2), None), (None, Some(1))];
        assert_eq!(places(&of), [vec![0, 2], vec![1, 3], vec![4]]);
    }

    #[test]
    fn who_is_named_by_two_names_at_once_is_one_person_before_and_after() {
        let of = [(Some(1), None), (None, Some(9)), (Some(3), None), (Some(1), Some(9)), (None, Some(9))];
        assert_eq!(places(&of), [vec![0, 1, 3, 4], vec![2]]);
    }

    #[test]
    fn what_is_about_nobody_is_one_group() {
        assert_eq!(places(&[(None, None), (Some(1), None), (None, None)]), [vec![0, 2], vec![1]]);
    }
}
