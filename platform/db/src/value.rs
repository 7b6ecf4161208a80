//! Values that go into statements.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tradewind_kernel::{Currency, Id, Slug, Timestamp, TypedId};

/// A parameter of a statement, borrowed where possible.
#[derive(Debug, Clone, PartialEq)]
pub enum Bind<'a> {
    /// No value.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// An id.
    Id(Id),
    /// A text.
    Text(Cow<'a, str>),
    /// A JSON document.
    Json(String),
    /// Bytes.
    Bytes(&'a [u8]),
    /// A value that could not be prepared; the statement fails with this message.
    Invalid(String),
}

impl Bind<'_> {
    /// Refuses a text with the character U+0000: the served engine has none, so the embedded one takes none either.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        match self {
            Bind::Text(text) if text.contains('\0') => Err("a text holds the character U+0000"),
            _ => Ok(()),
        }
    }
}

/// Something that can be a parameter of a statement.
pub trait ToBind {
    /// The parameter.
    fn to_bind(&self) -> Bind<'_>;
}

/// Lists the parameters of a statement: `params![id, &name, 5_i64]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::ToBind::to_bind(&$value)),*] };
}

/// A value kept as a JSON document in one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> Json<T> {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map(Self).map_err(|error| error.to_string())
    }
}

impl<T: Serialize> ToBind for Json<T> {
    fn to_bind(&self) -> Bind<'_> {
        serde_json::to_string(&self.0).map_or_else(|error| Bind::Invalid(error.to_string()), Bind::Json)
    }
}

impl<T: ToBind + ?Sized> ToBind for &T {
    fn to_bind(&self) -> Bind<'_> {
        (**self).to_bind()
    }
}

impl<T: ToBind> ToBind for Option<T> {
    fn to_bind(&self) -> Bind<'_> {
        self.as_ref().map_or(Bind::Null, ToBind::to_bind)
    }
}

macro_rules! to_bind {
    ($($kind:ty, $self:ident => $bind:expr;)*) => {
        $(impl ToBind for $kind {
            fn to_bind(&$self) -> Bind<'_> { $bind }
        })*
    };
}

to_bind! {
    bool, self => Bind::Bool(*self);
    i64, self => Bind::Int(*self);
    i32, self => Bind::Int(i64::from(*self));
    u32, self => Bind::Int(i64::from(*self));
    u16, self => Bind::Int(i64::from(*self));
    str, self => Bind::Text(Cow::Borrowed(self));
    String, self => Bind::Text(Cow::Borrowed(self));
    [u8], self => Bind::Bytes(self);
    Vec<u8>, self => Bind::Bytes(self);
    Id, self => Bind::Id(*self);
    Timestamp, self => Bind::Int(self.as_micros());
    Slug, self => Bind::Text(Cow::Borrowed(self.as_str()));
    Currency, self => Bind::Text(Cow::Borrowed(self.code()));
}

impl<T> ToBind for TypedId<T> {
    fn to_bind(&self) -> Bind<'_> {
        Bind::Id(self.id())
    }
}
