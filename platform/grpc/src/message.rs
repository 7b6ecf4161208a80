//! Messages in the binary form of protocol buffers.

use bytes::Bytes;

/// Bytes that are no message of the expected type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the message that was expected: {0}")]
pub struct InvalidMessage(pub String);

/// A message. Every type that is generated from a `.proto` file is one, and nothing else has to be written.
pub trait Message: Sized + Send + 'static {
    /// Its bytes.
    fn to_bytes(&self) -> Bytes;

    /// The message that `bytes` hold. Fields that are not known are passed over.
    ///
    /// # Errors
    /// [`InvalidMessage`] when they hold no such message.
    fn from_bytes(bytes: Bytes) -> Result<Self, InvalidMessage>;
}

impl<M: prost::Message + Default + 'static> Message for M {
    fn to_bytes(&self) -> Bytes {
        Bytes::from(self.encode_to_vec())
    }

    fn from_bytes(bytes: Bytes) -> Result<Self, InvalidMessage> {
        Self::decode(bytes).map_err(|error| InvalidMessage(error.to_string()))
    }
}
