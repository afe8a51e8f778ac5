//! Walks the tree of values: hands out what is there, notes what is wrong, and goes on.

use super::{
    errors::{Origin, Report, Wrong},
    nearest::nearest,
    table,
    tree::{Node, Value},
    values,
};

/// A value that was given, and where.
pub(super) struct Item<'a> {
    node: &'a Node,
    path: String,
    report: &'a Report,
}

/// A map of settings; empty when it was not given.
pub(super) struct Section<'a> {
    fields: &'a [(String, Node)],
    path: String,
    origin: &'a Origin,
    report: &'a Report,
}

impl<'a> Item<'a> {
    /// The root of a tree.
    pub(super) fn root(node: &'a Node, report: &'a Report) -> Self {
        Self { node, path: String::new(), report }
    }

    pub(super) fn value(&self) -> &'a Value {
        &self.node.value
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn origin(&self) -> &'a Origin {
        &self.node.origin
    }

    pub(super) fn report(&self) -> &'a Report {
        self.report
    }

    /// Notes that something is wrong with the value.
    pub(super) fn complain(&self, wrong: Wrong) {
        self.report.add(&self.node.origin, &self.path, wrong);
    }

    /// The value as one kind of value.
    pub(super) fn read<T>(&self, parse: impl Fn(&Value) -> Result<T, Wrong>) -> Option<T> {
        parse(&self.node.value).map_err(|wrong| self.complain(wrong)).ok()
    }

    /// The elements of a list.
    pub(super) fn items(&self) -> Option<Vec<Self>> {
        let Value::List(nodes) = &self.node.value else {
            self.complain(Wrong::new(format!("is {}", values::shape(&self.node.value)), "a list"));
            return None;
        };
        let item = |(at, node)| Self { node, path: format!("{}[{at}]", self.path), report: self.report };
        Some(nodes.iter().enumerate().map(item).collect())
    }

    /// The fields of a map, each of them known and given once.
    pub(super) fn section(&self) -> Option<Section<'a>> {
        let fields = match &self.node.value {
            Value::Map(fields) => fields.as_slice(),
            Value::Null if self.path.is_empty() => &[],
            other => {
                let known = values::one_of(table::known_keys(&self.path));
                self.complain(Wrong::new(
                    format!("is {}", values::shape(other)),
                    format!("a map of {known}"),
                ));
                return None;
            }
        };
        let section =
            Section { fields, path: self.path.clone(), origin: &self.node.origin, report: self.report };
        section.check_keys();
        Some(section)
    }
}

impl<'a> Section<'a> {
    /// A value, when it was given and not left empty.
    pub(super) fn get(&self, key: &str) -> Option<Item<'a>> {
        let (_, node) = self.fields.iter().find(|(name, _)| name == key)?;
        let item = Item { node, path: self.path_of(key), report: self.report };
        (node.value != Value::Null).then_some(item)
    }

    /// A value as one kind of value.
    pub(super) fn read<T>(&self, key: &str, parse: impl Fn(&Value) -> Result<T, Wrong>) -> Option<T> {
        self.get(key)?.read(parse)
    }

    /// Puts a value that was given in the place of one that holds otherwise. False when it cannot be read, so that
    /// nothing further is concluded from what holds then.
    pub(super) fn update<T>(
        &self,
        key: &str,
        value: &mut T,
        parse: impl Fn(&Value) -> Result<T, Wrong>,
    ) -> bool {
        let Some(item) = self.get(key) else { return true };
        let given = item.read(parse);
        let readable = given.is_some();
        if let Some(given) = given {
            *value = given;
        }
        readable
    }

    /// A value that must be there.
    pub(super) fn require<T>(&self, key: &str, parse: impl Fn(&Value) -> Result<T, Wrong>) -> Option<T> {
        match self.get(key) {
            Some(item) => item.read(parse),
            None => {
                self.missing(key);
                None
            }
        }
    }

    /// Notes that a value must be there and is not.
    pub(super) fn missing(&self, key: &str) {
        let path = self.path_of(key);
        let accepted = table::accepted(&path);
        self.report.add(self.origin, &path, Wrong::new("is missing", accepted));
    }

    /// The elements of a list that can be read; nothing when it was not given.
    pub(super) fn list<T>(&self, key: &str, read: impl Fn(&Item<'a>) -> Option<T>) -> Option<Vec<T>> {
        Some(self.get(key)?.items()?.iter().filter_map(read).collect())
    }

    /// An inner map; empty when it was not given.
    pub(super) fn section(&self, key: &str) -> Self {
        self.get(key).and_then(|item| item.section()).unwrap_or_else(|| Self {
            fields: &[],
            path: self.path_of(key),
            origin: self.origin,
            report: self.report,
        })
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn check_keys(&self) {
        let known = table::known_keys(&self.path);
        for (at, (key, node)) in self.fields.iter().enumerate() {
            let wrong = if !known.contains(&key.as_str()) {
                self.unknown(key, &known)
            } else if self.fields.iter().take(at).any(|(earlier, _)| earlier == key) {
                Wrong::new("is given twice", "each setting once")
            } else {
                continue;
            };
            let name: String = key.chars().filter(|c| !c.is_control()).take(80).collect();
            self.report.add(&node.origin, &self.path_of(&name), wrong);
        }
    }

    fn unknown(&self, key: &str, known: &[&'static str]) -> Wrong {
        let meant = nearest(key, known.iter().copied()).or_else(|| table::elsewhere(key));
        let wrong = match meant {
            Some(meant) => format!("is not a setting; did you mean `{meant}`?"),
            None => "is not a setting".to_owned(),
        };
        Wrong::new(wrong, values::one_of(known.iter().copied()))
    }
}
