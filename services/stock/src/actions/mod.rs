//! One file per verb.

pub(crate) mod confirm;
pub(crate) mod expire;
pub(crate) mod pick;
pub(crate) mod put_back;
pub(crate) mod receive;
pub(crate) mod register;
pub(crate) mod release;
pub(crate) mod reserve;
pub(crate) mod tell_levels;
