//! Room for a connection to a backend.

use std::convert::Infallible;
use std::rc::Rc;

use tradewind_http_validation::head::HeadLimits;

use crate::timer::now;
use crate::upstream::cluster::Cluster;
use crate::upstream::connection::{self, Connection};
use crate::upstream::endpoint::Endpoint;
use crate::upstream::multiplexed::NoStream;
use crate::upstream::room::{ConnectionPlace, Pending, Reached, Share};

/// A place for a connection, or what was found instead of one. No place is needed where nothing is bounded.
pub(super) type Found<T> = Result<Option<ConnectionPlace>, T>;

impl Cluster {
    /// Opens a connection of HTTP/1, or gives one that is unused by then.
    pub(crate) async fn open(&self, endpoint: &Endpoint, limits: HeadLimits) -> Result<Connection, NoStream> {
        let settings = &self.settings;
        let look = || endpoint.take_idle(now(), settings.idle);
        match self.place(look).await.map_err(NoStream::Full)? {
            Err(connection) => Ok(connection),
            Ok(place) => {
                let opened = connection::open(endpoint.address, settings, limits, place).await;
                opened.map_err(NoStream::Unreachable)
            }
        }
    }

    /// A place for a connection. Where there is none at once it is waited for, or for what `look` finds.
    pub(super) async fn place<T>(&self, mut look: impl FnMut() -> Option<T>) -> Result<Found<T>, Reached> {
        let Some(share) = &self.share else { return Ok(Ok(None)) };
        if let Some(place) = self.place_now(share) {
            return Ok(Ok(Some(place)));
        }
        let limit = self.settings.connect;
        share
            .wait(limit, || look().map(Err).or_else(|| self.place_now(share).map(|place| Ok(Some(place)))))
            .await
    }

    /// A place for a connection that one client has for itself.
    pub(crate) async fn place_of_its_own(&self) -> Result<Option<ConnectionPlace>, Reached> {
        Ok(self.place(|| None::<Infallible>).await?.unwrap_or_default())
    }

    /// A place, if there is one: at worst that of a connection that nobody uses, to whichever endpoint.
    fn place_now(&self, share: &Rc<Share>) -> Option<ConnectionPlace> {
        share.connection().or_else(|| if self.close_unused() { share.connection() } else { None })
    }

    fn close_unused(&self) -> bool {
        self.endpoints.borrow().iter().flatten().any(|endpoint| endpoint.close_unused())
    }

    /// A place among those that wait for a connection that somebody else opens.
    pub(super) fn pending(&self) -> Result<Option<Pending<'_>>, Reached> {
        self.share.as_ref().map(|share| share.pending()).transpose()
    }

    /// Closes a connection that nobody uses here, where somebody on another thread waits for one. To be called now and
    /// then.
    pub fn give_way(&self) {
        if self.share.as_ref().is_some_and(|share| share.is_wanted_elsewhere()) {
            self.close_unused();
        }
    }
}
