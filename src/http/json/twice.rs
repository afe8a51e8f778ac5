//! Members of one JSON object that stand there twice. Which of them is meant nobody can say, so neither counts: the last one
//! would be taken, of which a reader of the first knows nothing.

use std::{collections::HashSet, fmt};

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// What the error of a parser begins with, when it is about such a member.
pub(super) const TWICE: &str = "twice: ";

/// Any JSON whose objects have each member once.
pub(super) struct Once;

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Once;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_str<E>(self, _: &str) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_unit<E>(self) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Once, A::Error> {
        while items.next_element::<Once>()?.is_some() {}
        Ok(Once)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Once, A::Error> {
        let mut seen = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if seen.contains(&name) {
                return Err(A::Error::custom(format_args!("{TWICE}{name}")));
            }
            seen.insert(name);
            members.next_value::<Once>()?;
        }
        Ok(Once)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_member_of_an_object_is_there_once() {
        for once in ["{}", "[{\"a\": 1}, {\"a\": 2}]", "{\"a\": {\"a\": [1.5, null, true, -1, \"a\"]}}"] {
            assert!(serde_json::from_str::<Once>(once).is_ok(), "{once}");
        }
        for twice in ["{\"a\": 1, \"a\": 1}", "[{\"b\": {\"a\": 1, \"a\": 2}}]"] {
            let error = serde_json::from_str::<Once>(twice).err().unwrap().to_string();
            assert!(error.starts_with(TWICE), "{error}");
        }
    }
}
