//! One file per verb.

pub(crate) mod attempt;
pub(crate) mod begin_session;
pub(crate) mod erase;
pub(crate) mod forget_old;
pub(crate) mod grant_roles;
pub(crate) mod put_account;
pub(crate) mod put_client;
pub(crate) mod refresh;
pub(crate) mod register;
pub(crate) mod rotate_keys;
