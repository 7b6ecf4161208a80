//! Tokens and keys from outside.

mod tokens;
