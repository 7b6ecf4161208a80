//! A section's values into the section's type.

use serde::de::{DeserializeOwned, Deserializer, Error, Unexpected, Visitor};

use super::error::SettingsError;
use super::failure::Failure;
use super::file::inline;
use super::node::{Node, Place, Value};
use super::number;
use super::table::{visit_choice, visit_list, visit_table};

/// The settings of a section, from its merged values.
pub(super) fn section<T: DeserializeOwned>(name: &str, node: &Node) -> Result<T, SettingsError> {
    let decoded = T::deserialize(Decoder::new(node));
    decoded.map_err(|failure| failure.below_key(name, node).into_error())
}

/// Decodes one value. Text becomes what the setting wants; typed values have to fit as they are.
pub(super) struct Decoder<'a> {
    node: &'a Node,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(node: &'a Node) -> Self {
        Self { node }
    }

    /// The value as it was typed.
    fn typed<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match &self.node.value {
            Value::Text(text) | Value::String(text) => visitor.visit_str(text),
            Value::Integer(number) => visitor.visit_i64(*number),
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Boolean(flag) => visitor.visit_bool(*flag),
            Value::List(nodes) => visit_list(nodes, visitor),
            Value::Table(table) => visit_table(table, None, visitor),
            Value::FileReference(_) => Err(Failure::wrong_type("the path of a file", &visitor)),
        }
    }

    fn number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match &self.node.value {
            Value::Text(text) => number::visit(text, visitor),
            _ => self.scalar(visitor),
        }
    }

    /// A value that the setting does not take apart.
    fn scalar<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match &self.node.value {
            Value::List(_) | Value::Table(_) => Err(self.wrong_type(&visitor)),
            _ => self.typed(visitor),
        }
    }

    fn string<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match &self.node.value {
            Value::Text(text) | Value::String(text) => visitor.visit_str(text),
            _ => Err(self.wrong_type(&visitor)),
        }
    }

    fn list<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match &self.node.value {
            Value::Text(text) if begins_with(text, '[') => {
                self.notation(text, |decoder| decoder.list(visitor))
            }
            Value::Text(text) => visit_list(&elements(text, &self.node.place), visitor),
            Value::List(nodes) => visit_list(nodes, visitor),
            _ => Err(self.wrong_type(&visitor)),
        }
    }

    fn table<'de, V: Visitor<'de>>(self, known: Option<&[&str]>, visitor: V) -> Result<V::Value, Failure> {
        match &self.node.value {
            Value::Text(text) if begins_with(text, '{') => {
                self.notation(text, |decoder| decoder.table(known, visitor))
            }
            Value::Table(table) => visit_table(table, known, visitor),
            _ => Err(self.wrong_type(&visitor)),
        }
    }

    /// Decodes a text that is written in the notation of TOML.
    fn notation<T>(
        &self,
        text: &str,
        decode: impl FnOnce(Decoder<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let read = inline(text, &self.node.place);
        let value = read.map_err(|message| Failure::plain(format!("not valid TOML: {message}")))?;
        decode(Decoder::new(&Node::new(value, self.node.place.clone())))
    }

    fn wrong_type(&self, expected: &dyn serde::de::Expected) -> Failure {
        let found = match &self.node.value {
            Value::Text(_) | Value::String(_) => "a string",
            Value::FileReference(_) => "the path of a file",
            Value::Integer(_) => "an integer",
            Value::Float(_) => "a floating point number",
            Value::Boolean(_) => "a boolean",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        };
        Failure::wrong_type(found, expected)
    }
}

fn begins_with(text: &str, sign: char) -> bool {
    text.trim_start().starts_with(sign)
}

/// `a, b, c`; an empty text is an empty list.
fn elements(text: &str, place: &Place) -> Vec<Node> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let element = |part: &str| Node::new(Value::Text(part.trim().to_owned()), place.clone());
    text.split(',').map(element).collect()
}

macro_rules! as_number {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
            self.number(visitor)
        })*
    };
}

macro_rules! as_string {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
            self.string(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for Decoder<'_> {
    type Error = Failure;

    as_number! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64
    }

    as_string! {
        deserialize_char deserialize_str deserialize_string deserialize_identifier
        deserialize_bytes deserialize_byte_buf
    }

    /// The type does not say what it wants: text becomes what TOML would take it for.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let Value::Text(text) = &self.node.value else {
            return self.typed(visitor);
        };
        match inline(text, &self.node.place) {
            Err(_) | Ok(Value::String(_)) => visitor.visit_str(text),
            Ok(value) => Decoder::new(&Node::new(value, self.node.place.clone())).typed(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match &self.node.value {
            Value::Text(text) => match text.trim() {
                "true" => visitor.visit_bool(true),
                "false" => visitor.visit_bool(false),
                _ => Err(Failure::invalid_type(Unexpected::Str(text), &"true or false")),
            },
            _ => self.scalar(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_some(self)
    }

    /// A section without settings may be given, as long as it is empty.
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match &self.node.value {
            Value::Table(table) => match table.first_key_value() {
                None => visitor.visit_unit(),
                Some((key, node)) => Err(Failure::unknown_field(key, &[]).at(&node.place)),
            },
            _ => Err(self.wrong_type(&visitor)),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.list(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, Failure> {
        self.list(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.list(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.table(None, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.table(Some(known), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        match &self.node.value {
            Value::Text(text) if begins_with(text, '{') => {
                self.notation(text, |decoder| visit_choice(&decoder.node.value, visitor))
            }
            value => visit_choice(value, visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }
}
