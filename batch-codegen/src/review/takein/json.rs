//! JSON in the order of the file: what is not changed goes back as it stood.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Number;

/// Any JSON. `serde_json::Value` would sort the keys of objects.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(untagged)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Json>),
    Object(Object),
}

pub(super) type Object = IndexMap<String, Json>;

static NONE: Json = Json::Null;

impl Json {
    /// The member of this name; `null` where there is none.
    pub(super) fn get(&self, key: &str) -> &Json {
        self.members().and_then(|m| m.get(key)).unwrap_or(&NONE)
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn items(&self) -> &[Json] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    pub(super) fn members(&self) -> Option<&Object> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The members of an object, none of anything else.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&String, &Json)> {
        self.members().into_iter().flatten()
    }

    /// `null`, `false`, an empty list or object: what stands for nothing said.
    pub(super) fn says_nothing(&self) -> bool {
        match self {
            Self::Null | Self::Bool(false) => true,
            Self::List(items) => items.is_empty(),
            Self::Object(members) => members.is_empty(),
            _ => false,
        }
    }

    /// The texts of a list.
    pub(super) fn texts(&self) -> Vec<&str> {
        self.items().iter().filter_map(Json::text).collect()
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// The keys of ours that stay, in their order, with the new ones behind those that they follow in
/// the other file.
pub(super) fn in_our_order<K: PartialEq + Clone>(ours: &[K], theirs: &[K]) -> Vec<K> {
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

/// The names of both, as the result has them.
pub(super) fn names(mine: Option<&Json>, their: &Json) -> Vec<String> {
    let of =
        |json: &Json| -> Vec<String> { json.entries().map(|(name, _)| name.clone()).collect() };
    in_our_order(&mine.map(of).unwrap_or_default(), &of(their))
}

/// A list of texts.
pub(super) fn list(texts: &[&str]) -> Json {
    Json::List(texts.iter().map(|text| Json::from(*text)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_a_file_stays() {
        let text = r#"{"b":1,"a":[null,true,-2,0.5,"x"],"c":{}}"#;
        let json: Json = serde_json::from_str(text).expect("JSON");
        assert_eq!(serde_json::to_string(&json).expect("text"), text);
    }

    #[test]
    fn new_keys_stand_behind_those_that_they_follow() {
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
