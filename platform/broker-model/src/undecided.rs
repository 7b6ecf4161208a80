//! A message that was published and may still be lost.

use tradewind_amqp::transport::Parcel;

use crate::said::Reply;

/// A message that is not on enough disks: its leader has it.
#[derive(Debug)]
pub(crate) struct Undecided {
    pub(crate) number: u64,
    pub(crate) channel: u64,
    pub(crate) exchange: String,
    pub(crate) key: String,
    pub(crate) parcel: Parcel,
    pub(crate) reply: Option<Reply>,
}
