//! A method, as both sides know it.

use std::fmt;
use std::marker::PhantomData;

/// A method that takes a `Q` and answers an `A`. Contracts hold one constant for each, made from their `.proto`.
pub struct Rpc<Q, A> {
    path: &'static str,
    is_read: bool,
    types: PhantomData<fn(Q) -> A>,
}

impl<Q, A> Rpc<Q, A> {
    /// A method that changes nothing (`option idempotency_level = NO_SIDE_EFFECTS`): a call that failed may be
    /// sent again. `path` is `/package.Service/Method`.
    #[must_use]
    pub const fn read(path: &'static str) -> Self {
        Self { path, is_read: true, types: PhantomData }
    }

    /// A method that may change something. A call is sent again only with an `idempotency-key` in its metadata.
    #[must_use]
    pub const fn command(path: &'static str) -> Self {
        Self { path, is_read: false, types: PhantomData }
    }

    /// The path, such as `/grpc.health.v1.Health/Check`.
    #[must_use]
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// Whether it changes nothing.
    #[must_use]
    pub const fn is_read(&self) -> bool {
        self.is_read
    }
}

impl<Q, A> Clone for Rpc<Q, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Q, A> Copy for Rpc<Q, A> {}

impl<Q, A> fmt::Debug for Rpc<Q, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rpc({})", self.path)
    }
}
