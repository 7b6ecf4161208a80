//! Where the processes of a service are.

use std::net::SocketAddr;

use tradewind_edge::balance::MAX_ENDPOINTS;

/// Where the processes of a service are; each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Endpoints {
    /// Those that help out come last.
    all: Vec<SocketAddr>,
    /// How many do not only help out.
    here: usize,
}

impl Endpoints {
    /// Those that were found, each with whether it only helps out. What is found in both ways does not.
    pub(crate) fn new(mut found: Vec<(SocketAddr, bool)>) -> Self {
        found.sort_by_key(|(address, helps_out)| (*address, *helps_out));
        found.dedup_by_key(|(address, _)| *address);
        found.sort_by_key(|(_, helps_out)| *helps_out);
        let here = found.iter().filter(|(_, helps_out)| !helps_out).count();
        let mut all: Vec<SocketAddr> = found.into_iter().map(|(address, _)| address).collect();
        // Of more than a balancer takes it draws: those that help out must not push others aside.
        all.truncate(here.max(MAX_ENDPOINTS));
        Self { all, here }
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[SocketAddr] {
        &self.all
    }

    /// Whether one only helps out when others are not enough.
    pub(crate) fn helps_out(&self, address: &SocketAddr) -> bool {
        self.all.iter().skip(self.here).any(|one| one == address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_endpoint_is_there_once_and_those_that_help_out_come_last() {
        let at = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        let found = vec![(at(4), true), (at(3), false), (at(1), true), (at(2), false), (at(3), true)];
        let endpoints = Endpoints::new(found);
        assert_eq!(endpoints.all(), [at(2), at(3), at(1), at(4)]);
        let helping: Vec<bool> = endpoints.all().iter().map(|one| endpoints.helps_out(one)).collect();
        assert_eq!(helping, [false, false, true, true]);
        let many = (0..100).map(|port| (at(port), port >= 10)).collect();
        let endpoints = Endpoints::new(many);
        assert_eq!((endpoints.all().len(), endpoints.all()[9]), (MAX_ENDPOINTS, at(9)));
        let all_here = Endpoints::new((0..100).map(|port| (at(port), false)).collect());
        assert_eq!(all_here.all().len(), 100, "of these the balancer draws");
    }
}
