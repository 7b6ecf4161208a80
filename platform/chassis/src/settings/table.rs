//! Tables, lists and choices, as serde walks through them.

use std::borrow::Cow;
use std::collections::btree_map;

use serde::de::value::StringDeserializer;
use serde::de::{
    DeserializeSeed, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::decode::Decoder;
use super::failure::Failure;
use super::node::{Node, Place, Table, Value};
use super::reference;

/// Gives a table to a visitor; `known` are the keys of its type, where there is a fixed set.
pub(super) fn visit_table<'de, V: Visitor<'de>>(
    table: &Table,
    known: Option<&[&str]>,
    visitor: V,
) -> Result<V::Value, Failure> {
    let entries = reference::resolve(table, known)?;
    let access = TableAccess { entries: entries.iter(), current: None };
    visitor.visit_map(access).map_err(|failure| failure.of_table(&entries))
}

struct TableAccess<'a> {
    entries: btree_map::Iter<'a, &'a str, Cow<'a, Node>>,
    current: Option<(&'a str, &'a Node)>,
}

impl<'de> MapAccess<'de> for TableAccess<'_> {
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Failure> {
        let Some((key, node)) = self.entries.next() else {
            return Ok(None);
        };
        self.current = Some((key, node.as_ref()));
        let name = Node::new(Value::Text((*key).to_owned()), Place::Nowhere);
        seed.deserialize(Decoder::new(&name)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Failure> {
        let Some((key, node)) = self.current.take() else {
            return Err(Failure::plain("the setting's type reads a value before its key"));
        };
        seed.deserialize(Decoder::new(node)).map_err(|failure| failure.below_key(key, node))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// Gives a list to a visitor.
pub(super) fn visit_list<'de, V: Visitor<'de>>(nodes: &[Node], visitor: V) -> Result<V::Value, Failure> {
    let mut access = ListAccess { nodes: nodes.iter().enumerate() };
    let value = visitor.visit_seq(&mut access)?;
    let left = access.nodes.len();
    // A pair takes two elements and does not look at a third.
    if left > 0 {
        let words = format!("the list has {left} elements too many");
        return Err(Failure::plain(words));
    }
    Ok(value)
}

struct ListAccess<'a> {
    nodes: std::iter::Enumerate<std::slice::Iter<'a, Node>>,
}

impl<'de> SeqAccess<'de> for ListAccess<'_> {
    type Error = Failure;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Failure> {
        let Some((index, node)) = self.nodes.next() else {
            return Ok(None);
        };
        seed.deserialize(Decoder::new(node)).map(Some).map_err(|failure| failure.below_index(index, node))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.nodes.len())
    }
}

/// Gives a choice to a visitor: a name, or a table with the name as its only key.
pub(super) fn visit_choice<'de, V: Visitor<'de>>(value: &Value, visitor: V) -> Result<V::Value, Failure> {
    match value {
        Value::Text(name) | Value::String(name) => {
            let name: StringDeserializer<Failure> = name.clone().into_deserializer();
            visitor.visit_enum(name)
        }
        Value::Table(table) if table.len() == 1 => {
            let entries = reference::resolve(table, None)?;
            let access = entries.iter().next().map(|(key, node)| Choice { key, node });
            let access = access.ok_or_else(|| Failure::plain("an empty choice"))?;
            visitor.visit_enum(access).map_err(|failure| failure.of_table(&entries))
        }
        _ => Err(Failure::plain("expected a name, or a table with the name as its only key")),
    }
}

struct Choice<'a> {
    key: &'a str,
    node: &'a Node,
}

impl<'de, 'a> EnumAccess<'de> for Choice<'a> {
    type Error = Failure;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Failure> {
        let name: StringDeserializer<Failure> = self.key.to_owned().into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl Choice<'_> {
    fn decode<T>(&self, decode: impl FnOnce(Decoder<'_>) -> Result<T, Failure>) -> Result<T, Failure> {
        decode(Decoder::new(self.node)).map_err(|failure| failure.below_key(self.key, self.node))
    }
}

impl<'de> VariantAccess<'de> for Choice<'_> {
    type Error = Failure;

    fn unit_variant(self) -> Result<(), Failure> {
        let failure = Failure::custom("this choice has no settings of its own");
        Err(failure.below_key(self.key, self.node))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Failure> {
        self.decode(|decoder| seed.deserialize(decoder))
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Failure> {
        self.decode(|decoder| serde::Deserializer::deserialize_tuple(decoder, length, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.decode(|decoder| serde::Deserializer::deserialize_struct(decoder, "", known, visitor))
    }
}
