//! JSON in the order of the file: whatever does not change is written as it was. Used by the stage
//! `dialect` and by the review.

use std::fmt;

use indexmap::IndexMap;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::error::Result;
use crate::typed;

/// Any JSON. `serde_json::Value` would sort the keys of objects.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Json>),
    Object(Object),
}

pub(crate) type Object = IndexMap<String, Json>;

static NONE: Json = Json::Null;

impl Json {
    /// Returns the member with this name, or `null`.
    pub(crate) fn get(&self, key: &str) -> &Json {
        self.members().and_then(|m| m.get(key)).unwrap_or(&NONE)
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn items(&self) -> &[Json] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn members(&self) -> Option<&Object> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// Returns the members of an object; empty for any other value.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&String, &Json)> {
        self.members().into_iter().flatten()
    }

    /// Returns true for `null`, `false`, and an empty list or object.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Null | Self::Bool(false) => true,
            Self::List(items) => items.is_empty(),
            Self::Object(members) => members.is_empty(),
            _ => false,
        }
    }

    /// Returns the strings of a list.
    pub(crate) fn strings(&self) -> Vec<&str> {
        self.items().iter().filter_map(Json::text).collect()
    }
}

/// Changes in place.
impl Json {
    /// Returns the member with this name.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Json> {
        self.members_mut()?.get_mut(key)
    }

    pub(crate) fn members_mut(&mut self) -> Option<&mut Object> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// Returns the members of the object with this name; none if there is no such object.
    pub(crate) fn entries_mut(&mut self, key: &str) -> impl Iterator<Item = (&String, &mut Json)> {
        self.get_mut(key)
            .and_then(Json::members_mut)
            .into_iter()
            .flatten()
    }

    /// Returns the items of the list with this name; none if there is no such list.
    pub(crate) fn items_mut(&mut self, key: &str) -> &mut [Json] {
        match self.get_mut(key) {
            Some(Self::List(items)) => items,
            _ => &mut [],
        }
    }

    /// Sets a member, in its place if the object has it; does nothing to any other value.
    pub(crate) fn set(&mut self, key: &str, value: impl Into<Json>) {
        if let Some(members) = self.members_mut() {
            members.insert(key.to_owned(), value.into());
        }
    }

    /// Removes a member, and returns true if it existed.
    pub(crate) fn remove(&mut self, key: &str) -> bool {
        self.take(key).is_some()
    }

    /// Removes a member and returns it.
    pub(crate) fn take(&mut self, key: &str) -> Option<Json> {
        self.members_mut()?.shift_remove(key)
    }

    /// Returns true if the object has the member.
    pub(crate) fn has(&self, key: &str) -> bool {
        *self.get(key) != Self::Null
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Json {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

/// Reads any JSON, and refuses duplicate keys. Derived, it would buffer each value once more.
impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> std::result::Result<Json, A::Error> {
        let mut members = Object::new();
        while let Some(key) = access.next_key::<String>()? {
            let value = access.next_value()?;
            if members.contains_key(&key) {
                return Err(A::Error::custom(format!("duplicate key `{key}`")));
            }
            members.insert(key, value);
        }
        Ok(Json::Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> std::result::Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_str<E>(self, text: &str) -> std::result::Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> std::result::Result<Json, E> {
        Ok(Json::Text(text))
    }

    fn visit_bool<E>(self, flag: bool) -> std::result::Result<Json, E> {
        Ok(Json::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> std::result::Result<Json, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> std::result::Result<Json, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> std::result::Result<Json, E> {
        Ok(Number::from_f64(number).map_or(Json::Null, Json::Number))
    }

    fn visit_unit<E>(self) -> std::result::Result<Json, E> {
        Ok(Json::Null)
    }
}

/// Reads a file, which may begin with a byte order mark.
pub(crate) fn read(text: &str) -> Result<Json> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    typed::read(text)
}

/// Returns our remaining keys in our order, with each new key behind the one that it follows in the
/// other file.
pub(crate) fn in_our_order<K: PartialEq + Clone>(ours: &[K], theirs: &[K]) -> Vec<K> {
    let mut out: Vec<K> = ours
        .iter()
        .filter(|key| theirs.contains(key))
        .cloned()
        .collect();
    for (index, key) in theirs.iter().enumerate() {
        if out.contains(key) {
            continue;
        }
        let mut before = theirs[..index].iter().rev();
        let place = before.find_map(|known| out.iter().position(|k| k == known));
        out.insert(place.map_or(0, |place| place + 1), key.clone());
    }
    out
}

/// Returns the names in the result, from both files.
pub(crate) fn names(mine: Option<&Json>, their: &Json) -> Vec<String> {
    let of =
        |json: &Json| -> Vec<String> { json.entries().map(|(name, _)| name.clone()).collect() };
    in_our_order(&mine.map(of).unwrap_or_default(), &of(their))
}

/// Creates a list of strings.
pub(crate) fn list(items: &[&str]) -> Json {
    Json::List(items.iter().map(|text| Json::from(*text)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_order_of_a_file() {
        let text = r#"{"b":1,"a":[null,true,-2,0.5,"x"],"c":{}}"#;
        let json: Json = serde_json::from_str(text).expect("JSON");
        assert_eq!(serde_json::to_string(&json).expect("text"), text);
    }

    #[test]
    fn puts_new_keys_behind_their_predecessors() {
        let order = |ours: &str, theirs: &str| -> String {
            let (ours, theirs): (Vec<char>, Vec<char>) =
                (ours.chars().collect(), theirs.chars().collect());
            in_our_order(&ours, &theirs).into_iter().collect()
        };
        assert_eq!(order("cab", "abc"), "cab");
        assert_eq!(order("cab", "aXbYc"), "caXbY");
        assert_eq!(order("abc", "Xac"), "Xac");
        assert_eq!(order("", "ab"), "ab");
    }
}
