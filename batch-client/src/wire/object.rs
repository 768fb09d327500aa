//! Models from and to JSON objects.
//!
//! serde's derive would repeat this for each model: an enum of its properties with three
//! visitors, a variable for each property, and a second reader, by position. Here a generated model
//! names its properties, reads one of them and writes all; the rest is written once. The service
//! writes properties in the order of its description, so that a key is looked for first after the
//! one before it.

use std::fmt;
use std::marker::PhantomData;

use chrono::{DateTime, Utc};
use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use crate::wire::number::{Lenient, Number};
use crate::wire::timestamp;

/// A model as its generated code describes it.
pub(crate) trait Model: Sized {
    const NAME: &'static str;
    /// The properties on the wire, in the order of the description.
    const PROPERTIES: &'static [&'static str];
    /// The properties without which there is no model, a bit each.
    const REQUIRED: u64;

    /// The model of which nothing has been read; required properties have values of no meaning.
    fn empty() -> Self;

    /// Reads the value of a property, which is an index of `PROPERTIES`.
    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        property: usize,
        object: &mut A,
    ) -> Result<(), A::Error>;

    /// Writes the properties that are there.
    fn write<M: SerializeMap>(&self, object: &mut M) -> Result<(), M::Error>;
}

impl<M: Model> Model for Box<M> {
    const NAME: &'static str = M::NAME;
    const PROPERTIES: &'static [&'static str] = M::PROPERTIES;
    const REQUIRED: u64 = M::REQUIRED;

    #[inline]
    fn empty() -> Self {
        Self::new(M::empty())
    }

    #[inline]
    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        property: usize,
        object: &mut A,
    ) -> Result<(), A::Error> {
        (**self).read(property, object)
    }

    #[inline]
    fn write<W: SerializeMap>(&self, object: &mut W) -> Result<(), W::Error> {
        (**self).write(object)
    }
}

/// Reads a model. Properties that it does not have are skipped.
#[inline]
pub(crate) fn deserialize<'de, D, M>(deserializer: D) -> Result<M, D::Error>
where
    D: Deserializer<'de>,
    M: Model,
{
    let mut model = M::empty();
    Fill(&mut model).deserialize(deserializer)?;
    Ok(model)
}

/// Writes a model.
#[inline]
pub(crate) fn serialize<S, M>(model: &M, serializer: S) -> Result<S::Ok, S::Error>
where
    S: Serializer,
    M: Model,
{
    let mut object = serializer.serialize_map(None)?;
    model.write(&mut object)?;
    object.end()
}

/// Reads into an empty model where it stands: a model of hundreds of bytes would else be moved on
/// each level that it is read through.
struct Fill<'a, M>(&'a mut M);

impl<'de, M: Model> DeserializeSeed<'de> for Fill<'_, M> {
    type Value = ();

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, M: Model> Visitor<'de> for Fill<'_, M> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object that is a {}", M::NAME)
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let mut seen = 0_u64;
        let mut key = Key {
            properties: M::PROPERTIES,
            next: 0,
        };
        while let Some(found) = object.next_key_seed(key)? {
            let Some(property) = found else {
                object.next_value::<IgnoredAny>()?;
                continue;
            };
            if seen & (1 << property) != 0 {
                return Err(A::Error::duplicate_field(M::PROPERTIES[property]));
            }
            seen |= 1 << property;
            key.next = property + 1;
            self.0.read(property, &mut object)?;
        }
        let missing = M::REQUIRED & !seen;
        if missing != 0 {
            let first = missing.trailing_zeros() as usize;
            return Err(A::Error::missing_field(M::PROPERTIES[first]));
        }
        Ok(())
    }
}

/// Reads a model into an `Option`.
struct FillOption<'a, M>(&'a mut Option<M>);

impl<'de, M: Model> DeserializeSeed<'de> for FillOption<'_, M> {
    type Value = ();

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de, M: Model> Visitor<'de> for FillOption<'_, M> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object that is a {}, or null", M::NAME)
    }

    #[inline]
    fn visit_none<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    #[inline]
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    #[inline]
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        Fill(self.0.insert(M::empty())).deserialize(deserializer)
    }
}

/// Appends a model to a list.
struct Push<'a, M>(&'a mut Vec<M>);

impl<'de, M: Model> DeserializeSeed<'de> for Push<'_, M> {
    type Value = ();

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.push(M::empty());
        match self.0.last_mut() {
            Some(model) => Fill(model).deserialize(deserializer),
            None => Ok(()),
        }
    }
}

/// Reads a list of models.
struct List<M>(PhantomData<M>);

impl<'de, M: Model> Visitor<'de> for List<M> {
    type Value = Vec<M>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of {}", M::NAME)
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<M>, A::Error> {
        let mut list = Vec::new();
        while items.next_element_seed(Push(&mut list))?.is_some() {}
        Ok(list)
    }
}

/// A list of models, for what names a type and not a function.
pub(crate) struct Models<M>(pub(crate) Vec<M>);

impl<'de, M: Model> Deserialize<'de> for Models<M> {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(List(PhantomData)).map(Self)
    }
}

/// Finds the property that a key names.
#[derive(Clone, Copy)]
struct Key {
    properties: &'static [&'static str],
    /// The property that is looked for first.
    next: usize,
}

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Option<usize>;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a property")
    }

    #[inline]
    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        let (before, after) = self.properties.split_at(self.next);
        let is_it = |property: &&str| *property == name;
        let found = after.iter().position(is_it).map(|index| self.next + index);
        Ok(found.or_else(|| before.iter().position(is_it)))
    }
}

/// Reads a model into its field.
#[inline]
pub(crate) fn model<'de, A, M>(object: &mut A, field: &mut M) -> Result<(), A::Error>
where
    A: MapAccess<'de>,
    M: Model,
{
    object.next_value_seed(Fill(field))
}

/// Reads an optional model into its field.
#[inline]
pub(crate) fn optional_model<'de, A, M>(
    object: &mut A,
    field: &mut Option<M>,
) -> Result<(), A::Error>
where
    A: MapAccess<'de>,
    M: Model,
{
    object.next_value_seed(FillOption(field))
}

/// Reads an optional list of models.
#[inline]
pub(crate) fn models<'de, A, M>(object: &mut A) -> Result<Option<Vec<M>>, A::Error>
where
    A: MapAccess<'de>,
    M: Model,
{
    let list: Option<Models<M>> = object.next_value()?;
    Ok(list.map(|list| list.0))
}

/// Reads an optional number, leniently.
#[inline]
pub(crate) fn number<'de, A, T>(object: &mut A) -> Result<Option<T>, A::Error>
where
    A: MapAccess<'de>,
    T: Lenient,
{
    let number: Option<Number<T>> = object.next_value()?;
    Ok(number.map(|number| number.0))
}

/// Reads an optional string, or an enum, into its field.
#[inline]
pub(crate) fn text<'de, A, T>(object: &mut A, field: &mut Option<T>) -> Result<(), A::Error>
where
    A: MapAccess<'de>,
    T: for<'a> From<&'a str>,
{
    object.next_value_seed(FillText {
        field,
        parse: |text: &str| Some(T::from(text)),
        expected: "a string",
    })
}

/// Reads an optional time into its field.
#[inline]
pub(crate) fn time<'de, A>(
    object: &mut A,
    field: &mut Option<DateTime<Utc>>,
) -> Result<(), A::Error>
where
    A: MapAccess<'de>,
{
    object.next_value_seed(FillText {
        field,
        parse: timestamp::parse,
        expected: "a date with time such as 2024-03-05T01:02:03Z",
    })
}

/// Reads what is a string on the wire into an `Option`.
///
/// An `Option` makes the reader check for `null` first and then read the value. One read of any
/// type saves 2.5 % of the instructions that decoding a page of tasks takes.
struct FillText<'a, T, F> {
    field: &'a mut Option<T>,
    parse: F,
    expected: &'static str,
}

impl<'de, T, F: Fn(&str) -> Option<T>> DeserializeSeed<'de> for FillText<'_, T, F> {
    type Value = ();

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<T, F: Fn(&str) -> Option<T>> Visitor<'_> for FillText<'_, T, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, or null", self.expected)
    }

    #[inline]
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        *self.field = None;
        Ok(())
    }

    #[inline]
    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        let Some(value) = (self.parse)(text) else {
            return Err(E::invalid_value(Unexpected::Str(text), &self));
        };
        *self.field = Some(value);
        Ok(())
    }
}

/// Reads a time.
#[inline]
pub(crate) fn required_time<'de, A>(object: &mut A) -> Result<DateTime<Utc>, A::Error>
where
    A: MapAccess<'de>,
{
    let time: Time = object.next_value()?;
    Ok(time.0)
}

/// Writes a property that is there.
#[expect(
    clippy::ref_option,
    reason = "generated code has a reference to the field"
)]
#[inline]
pub(crate) fn put<M, T>(object: &mut M, name: &str, value: &Option<T>) -> Result<(), M::Error>
where
    M: SerializeMap,
    T: Serialize,
{
    match value {
        Some(value) => object.serialize_entry(name, value),
        None => Ok(()),
    }
}

/// Writes a time that is there.
#[inline]
pub(crate) fn put_time<M: SerializeMap>(
    object: &mut M,
    name: &str,
    value: Option<DateTime<Utc>>,
) -> Result<(), M::Error> {
    match value {
        Some(value) => object.serialize_entry(name, &Time(value)),
        None => Ok(()),
    }
}

struct Time(DateTime<Utc>);

impl<'de> Deserialize<'de> for Time {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        timestamp::deserialize(deserializer).map(Self)
    }
}

impl Serialize for Time {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        timestamp::serialize(&self.0, serializer)
    }
}
