//! Scopes as people write them: `marketing,topic:order_updates`, or `everything`.

use super::words::{parse, word, word_of};
use crate::{
    grpc::pb::{Category, Scope},
    model::Topic,
};

/// Reads a list of categories and topics, separated by commas or semicolons; nothing and `everything` mean everything.
///
/// # Errors
/// What is wrong with which item.
pub(super) fn read(text: &str) -> Result<Scope, String> {
    let mut scope = Scope::default();
    let items: Vec<&str> = text.split([',', ';']).map(str::trim).filter(|item| !item.is_empty()).collect();
    for item in &items {
        if item.eq_ignore_ascii_case("everything") {
            // A narrower item beside it would be lost without a word.
            if items.len() > 1 {
                return Err("`everything` stands alone".to_owned());
            }
        } else if let Some(name) = item.strip_prefix("topic:") {
            let topic = Topic::parse(name.trim()).map_err(|error| format!("topic `{name}` {error}"))?;
            scope.topics.push(topic.as_str().to_owned());
        } else {
            let category = parse::<Category>(item)
                .map_err(|_| format!("`{item}` is neither `everything`, a category nor `topic:NAME`"))?;
            scope.categories.push(category.into());
        }
    }
    scope.categories.sort_unstable();
    scope.categories.dedup();
    scope.topics.sort_unstable();
    scope.topics.dedup();
    Ok(scope)
}

/// The items of a scope, each as it is read; never empty.
pub(super) fn items(scope: Option<&Scope>) -> Vec<String> {
    let Some(scope) = scope.filter(|scope| !scope.categories.is_empty() || !scope.topics.is_empty()) else {
        return vec!["everything".to_owned()];
    };
    let categories = scope
        .categories
        .iter()
        .map(|code| Category::try_from(*code).map_or_else(|_| word_of::<Category>(*code), word));
    categories.chain(scope.topics.iter().map(|topic| format!("topic:{topic}"))).collect()
}

/// A scope for people.
pub(super) fn show(scope: Option<&Scope>) -> String {
    items(scope).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_read_back_as_they_are_written() {
        for (text, shown) in [
            ("", "everything"),
            ("everything", "everything"),
            ("marketing", "marketing"),
            ("Utility; topic:order_updates", "utility, topic:order_updates"),
            ("topic:b,marketing,topic:a,marketing", "marketing, topic:a, topic:b"),
        ] {
            let scope = read(text).unwrap();
            assert_eq!(show(Some(&scope)), shown);
            assert_eq!(read(&items(Some(&scope)).join(";")).unwrap(), scope);
        }
    }

    #[test]
    fn a_wrong_item_is_named() {
        assert_eq!(
            read("marketing,orders"),
            Err("`orders` is neither `everything`, a category nor `topic:NAME`".to_owned())
        );
        assert!(read("topic:a b").unwrap_err().starts_with("topic `a b` must be"));
        assert!(read("everything,marketing").is_err());
    }
}
