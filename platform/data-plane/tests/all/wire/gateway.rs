//! The gateway under test: the data plane, with one backend.

use std::any::Any;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tradewind_data_plane::{
    Answer, Bound, Cluster, ClusterSettings, Decision, Edge, EdgeThread, Forward, Listener, Outcome, Request,
    Server, Settings, Timers,
};
use tradewind_http_validation::path;
use tradewind_problem::Kind;

/// A gateway that sends every request to `upstream`, and takes WebSockets. It ends when it is dropped.
pub fn gateway(upstream: SocketAddr) -> Running {
    let short = Duration::from_secs(2);
    let timers = Timers { linger: Duration::from_millis(300), drain: short, ..Timers::default() };
    let settings = Settings { threads: 1, timers, ..Settings::default() };
    let listener = Listener::plain(([127, 0, 0, 1], 0).into());
    let bound = Bound::bind(vec![listener], settings).expect("a port");
    let server = bound.serve(&(Arc::new(OneBackend(upstream)) as Arc<dyn Edge>), 1).expect("a thread");
    Running { address: server.addresses()[0], _server: server }
}

#[derive(Debug)]
pub struct Running {
    pub address: SocketAddr,
    _server: Server,
}

struct OneBackend(SocketAddr);

impl Edge for OneBackend {
    fn thread(&self) -> Box<dyn EdgeThread> {
        let cluster = Cluster::new("upstream", ClusterSettings::default());
        cluster.set_endpoints(&[self.0]);
        Box::new(OneCluster(Rc::new(cluster)))
    }
}

struct OneCluster(Rc<Cluster>);

impl EdgeThread for OneCluster {
    fn decide(&self, request: &Request<'_>) -> Decision {
        if request.path() == "*" {
            return Decision::Forward(Box::new(Forward::to(self.0.clone(), "*", Rc::new(()))));
        }
        let path = match path::canonical(request.path()) {
            Ok(path) => path,
            Err(error) => {
                let answer = Answer::problem(
                    &Kind { code: error.code(), status: 400, title: "Bad path" },
                    &error.to_string(),
                );
                return Decision::Answer(answer, None);
            }
        };
        let target = match request.query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_string(),
        };
        Decision::Forward(Box::new(Forward::to(self.0.clone(), target, Rc::new(()))))
    }

    fn finished(&self, _: &Request<'_>, _: &Outcome, _: Option<&Rc<dyn Any>>) {}
}
