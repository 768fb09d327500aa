//! Common parts of all resources: times, the `ETag` derived from them, conditional headers, and the
//! state with its predecessor.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::refusal::Refusal;
use crate::request::{Conditions, Object};
use crate::time::Time;

/// Times at which a resource was created and last changed. No two changes have the same time, so it
/// also serves as the `ETag`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Stamp {
    pub(crate) created: Time,
    pub(crate) modified: Time,
}

impl Stamp {
    pub(crate) fn new(now: Time) -> Self {
        Self {
            created: now,
            modified: now,
        }
    }

    /// Returns the `ETag` of this version.
    ///
    /// Source: recorded, `Pool_Get`: `0x8DC5FDDC7FFC487` beside a last change at
    /// 2024-04-18T19:28:52.7606919Z, which is that number of ticks, without quotes.
    pub(crate) fn etag(self) -> String {
        format!("0x{:X}", self.modified.ticks())
    }

    pub(crate) fn describe(self, object: &mut Object) {
        put(object, "eTag", self.etag());
        put_time(object, "lastModified", self.modified);
        put_time(object, "creationTime", self.created);
    }

    /// Checks the conditions of a change.
    ///
    /// Source: recorded, `Job_Update` rejected with 412 `ConditionNotMet`; descriptions of the
    /// headers `If-Match`, `If-None-Match`, `If-Modified-Since` and `If-Unmodified-Since`.
    pub(crate) fn check_write(self, conditions: &Conditions) -> Result<(), Refusal> {
        if self.matches(conditions) && !self.unchanged(conditions) {
            Ok(())
        } else {
            Err(not_met(412))
        }
    }

    /// Checks the conditions of a read; if the client already has the current version, the result
    /// is "not modified".
    ///
    /// Source: "Batch Status and Error Codes": `ConditionNotMet` is a 304 for a read. That a failed
    /// `If-Match` is nevertheless a 412 comes from RFC 9110, 13.2.2.
    pub(crate) fn check_read(self, conditions: &Conditions) -> Result<(), Refusal> {
        if !self.matches(conditions) {
            Err(not_met(412))
        } else if self.unchanged(conditions) {
            Err(not_met(304))
        } else {
            Ok(())
        }
    }

    /// Returns true if the resource is still the one that the client knows.
    fn matches(self, conditions: &Conditions) -> bool {
        let tag = conditions
            .if_match
            .as_deref()
            .is_none_or(|tags| self.tagged(tags));
        let until = conditions
            .if_unmodified_since
            .is_none_or(|since| self.whole_second() <= since.timestamp());
        tag && until
    }

    /// Returns true if it has not changed for a client that asks for changes only.
    fn unchanged(self, conditions: &Conditions) -> bool {
        let tag = conditions
            .if_none_match
            .as_deref()
            .is_some_and(|tags| self.tagged(tags));
        let since = conditions
            .if_modified_since
            .is_some_and(|since| self.whole_second() <= since.timestamp());
        tag || since
    }

    /// Truncates to seconds, since HTTP dates have no fractions.
    ///
    /// Source: RFC 9110, 5.6.7.
    fn whole_second(self) -> i64 {
        self.modified.date().timestamp()
    }

    /// Returns true if a list of tags contains this version; official clients send them both quoted
    /// and bare.
    ///
    /// Source: RFC 9110, 13.1.1, for lists, `*` and quotes.
    fn tagged(self, tags: &str) -> bool {
        let etag = self.etag();
        let mut tags = tags.split(',').map(str::trim);
        tags.any(|tag| {
            let bare = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"');
            bare == "*" || bare.eq_ignore_ascii_case(&etag)
        })
    }
}

fn not_met(status: u16) -> Refusal {
    let message = "A condition in the headers of the request is not met by the resource.";
    Refusal::new(status, "ConditionNotMet", message)
}

/// A state, the time at which it was entered, and the previous state.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Phase<S> {
    pub(crate) state: S,
    pub(crate) since: Time,
    previous: Option<(S, Time)>,
}

impl<S: Copy + PartialEq + Into<&'static str>> Phase<S> {
    pub(crate) fn new(state: S, now: Time) -> Self {
        Self {
            state,
            since: now,
            previous: None,
        }
    }

    pub(crate) fn is(&self, state: S) -> bool {
        self.state == state
    }

    pub(crate) fn enter(&mut self, state: S, now: Time) {
        if self.state != state {
            self.previous = Some((self.state, self.since));
            self.state = state;
            self.since = now;
        }
    }

    /// Enters a state that follows by itself from what a request has started. The previous state
    /// stays that before the request.
    ///
    /// Source: recorded by the tests of the official clients: a job that is being disabled, and
    /// then is disabled, has the previous state `active` throughout.
    pub(crate) fn follow(&mut self, state: S, now: Time) {
        if self.state != state {
            self.state = state;
            self.since = now;
        }
    }

    pub(crate) fn describe(&self, object: &mut Object) {
        put(object, "state", self.state.into());
        put_time(object, "stateTransitionTime", self.since);
    }

    /// Adds the state and the previous one to an object.
    ///
    /// Source: descriptions of `CloudJob.previousState`, `CloudTask.previousState` and
    /// `CloudJobSchedule.previousState`: absent in the first state.
    pub(crate) fn describe_with_past(&self, object: &mut Object) {
        self.describe(object);
        if let Some((state, since)) = self.previous {
            put(object, "previousState", state.into());
            put_time(object, "previousStateTransitionTime", since);
        }
    }
}

/// Declares an enumeration with its spelling on the wire.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub(crate) enum $name { $(#[doc = $word] $variant,)+ }

        impl From<$name> for &'static str {
            fn from(value: $name) -> Self {
                match value { $($name::$variant => $word,)+ }
            }
        }

        impl $name {
            /// Parses a word, case-insensitively.
            #[allow(dead_code, reason = "not every enumeration is parsed")]
            pub(crate) fn read(word: &str) -> Option<Self> {
                $(if word.eq_ignore_ascii_case($word) { return Some(Self::$variant); })+
                None
            }
        }
    };
}
pub(crate) use words;

pub(crate) fn put<V: Into<Value>>(object: &mut Object, name: &str, value: V) {
    object.insert(name.to_owned(), value.into());
}

pub(crate) fn put_time(object: &mut Object, name: &str, time: Time) {
    put(object, name, time.to_string());
}

pub(crate) fn put_some<V: Into<Value>>(object: &mut Object, name: &str, value: Option<V>) {
    if let Some(value) = value {
        put(object, name, value);
    }
}

pub(crate) fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str()
}

pub(crate) fn flag(object: &Object, name: &str) -> Option<bool> {
    object.get(name)?.as_bool()
}

pub(crate) fn number(object: &Object, name: &str) -> Option<i64> {
    object.get(name)?.as_i64()
}

/// Reads a number that the description limits to the type's range.
pub(crate) fn small<N: TryFrom<i64>>(object: &Object, name: &str) -> Option<N> {
    N::try_from(number(object, name)?).ok()
}

pub(crate) fn child<'a>(object: &'a Object, name: &str) -> Option<&'a Object> {
    object.get(name)?.as_object()
}

/// Returns the items of a list; empty if it is absent.
pub(crate) fn list<'a>(object: &'a Object, name: &str) -> &'a [Value] {
    object
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Creates an object from properties.
pub(crate) fn object<const N: usize>(properties: [(&str, Value); N]) -> Object {
    properties
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
}

/// Creates a name-value pair as used in errors and details.
pub(crate) fn pair(name: &str, value: &str) -> Value {
    Value::Object(object([("name", name.into()), ("value", value.into())]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions(set: impl FnOnce(&mut Conditions)) -> Conditions {
        let mut conditions = Conditions::default();
        set(&mut conditions);
        conditions
    }

    #[test]
    fn the_table_of_conditions() {
        let time = Time::parse("2024-04-18T19:28:52.7606919Z").expect("a time");
        let stamp = Stamp::new(time);
        let tag = stamp.etag();
        assert_eq!(tag, "0x8DC5FDDC7FFC487");
        let second = Some(time.date());
        let later = Some(time.date() + chrono::TimeDelta::seconds(1));
        let earlier = Some(time.date() - chrono::TimeDelta::seconds(1));
        let quoted = format!("\"{tag}\"");
        let listed = format!("\"0x1\", W/{quoted}");
        // (conditions, status of a write, status of a read)
        let table = [
            (conditions(|_| {}), 200, 200),
            (conditions(|c| c.if_match = Some(tag.clone())), 200, 200),
            (conditions(|c| c.if_match = Some(quoted.clone())), 200, 200),
            (conditions(|c| c.if_match = Some(listed)), 200, 200),
            (conditions(|c| c.if_match = Some("*".into())), 200, 200),
            (conditions(|c| c.if_match = Some("0x1".into())), 412, 412),
            (
                conditions(|c| c.if_none_match = Some("0x1".into())),
                200,
                200,
            ),
            (conditions(|c| c.if_none_match = Some(quoted)), 412, 304),
            (conditions(|c| c.if_none_match = Some("*".into())), 412, 304),
            (conditions(|c| c.if_modified_since = earlier), 200, 200),
            (conditions(|c| c.if_modified_since = second), 412, 304),
            (conditions(|c| c.if_modified_since = later), 412, 304),
            (conditions(|c| c.if_unmodified_since = earlier), 412, 412),
            (conditions(|c| c.if_unmodified_since = second), 200, 200),
            (conditions(|c| c.if_unmodified_since = later), 200, 200),
        ];
        for (conditions, write, read) in table {
            let status = |result: Result<(), Refusal>| {
                result.map_or_else(|refusal| refusal.status, |()| 200)
            };
            assert_eq!(
                status(stamp.check_write(&conditions)),
                write,
                "{conditions:?}"
            );
            assert_eq!(
                status(stamp.check_read(&conditions)),
                read,
                "{conditions:?}"
            );
        }
    }
}
