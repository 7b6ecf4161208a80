//! A request under way at an endpoint.

use std::rc::Rc;

use tradewind_edge::balance::Picked;

use crate::upstream::endpoint::Endpoint;
use crate::upstream::room::RequestPlace;
use crate::upstream::standing::Standing;

/// Counts a request of an endpoint as long as it is under way.
pub(crate) struct Busy {
    pub(crate) endpoint: Rc<Endpoint>,
    pub(crate) picked: Picked,
    standing: Rc<Standing>,
    _place: Option<RequestPlace>,
}

impl Busy {
    /// The request that `picked` has counted.
    pub(crate) fn new(
        endpoint: Rc<Endpoint>,
        (standing, picked): (Rc<Standing>, Picked),
        place: Option<RequestPlace>,
    ) -> Self {
        Self { endpoint, picked, standing, _place: place }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.standing.left(self.picked);
    }
}
