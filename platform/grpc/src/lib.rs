//! gRPC as values: what goes over HTTP/2 and what it means, without sockets and without policies.
//!
//! A method is an [`Rpc`]: its path and its types, one constant for those who call and those who answer. A
//! message travels in a [`frame`]. A failure is a [`Problem`](tradewind_problem::Problem) on both sides;
//! [`refusal`] writes it as a gRPC status with the details of `google.rpc`, and [`failure`] reads it again.
//!
//! Protocol: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>. One message each way; no streams
//! and no compression.

#![warn(missing_docs)]

mod code;
mod details;
mod frame;
pub mod health;
mod message;
mod metadata;
mod rpc;
mod status;

pub use code::Code;
pub use frame::{FrameError, frame, unframe};
pub use message::{InvalidMessage, Message};
pub use metadata::{
    ACCEPT_ENCODING, MEDIA_TYPE, TIMEOUT, format_timeout, is_grpc, is_protobuf, parse_timeout,
};
pub use rpc::Rpc;
pub use status::{MESSAGE, PUSHBACK, STATUS, STATUS_DETAILS, failure, refusal, success};
