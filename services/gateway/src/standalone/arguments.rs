//! The command line.

use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::Parser;

use crate::cluster::Options;

/// A gateway before any HTTP services, configured by Kubernetes Gateway API documents.
///
/// It reads Gateway, HTTPRoute, GRPCRoute and further documents from the .yaml files of a folder, or from a cluster, and
/// follows their changes. Where services are is said by Service and EndpointSlice documents, or by --backend.
///
/// SIGHUP reads the folder again at once, SIGTERM lets requests under way end. SIGUSR2 starts the program anew, with
/// the same options, and hands it the sockets: for a new version, without a lost request.
#[derive(Debug, Parser)]
#[command(name = "tradewind-gateway", version, max_term_width = 100)]
pub(crate) struct Arguments {
    /// The folder of the documents
    #[arg(
        long,
        value_name = "FOLDER",
        required_unless_present = "kubernetes",
        conflicts_with = "kubernetes"
    )]
    pub(crate) routes: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) cluster: Options,
    /// Where a service is, as in shop:80=127.0.0.1:9000; may be repeated, also for one service
    #[arg(long = "backend", value_name = "SERVICE:PORT=ADDRESS", value_parser = backend)]
    pub(crate) backends: Vec<Given>,
    /// The zone where this gateway is: of a service endpoints in the same zone are called, while they are enough
    #[arg(long, value_name = "NAME")]
    pub(crate) zone: Option<String>,
    /// The node where this gateway is, which tells the zone where --zone does not
    #[arg(long, value_name = "NAME")]
    pub(crate) node: Option<String>,
    /// The port of the listener, where no Gateway document says which ones there are
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    pub(crate) port: u16,
    /// The address on which listeners are; 0.0.0.0 or [::] for all
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(crate) bind: IpAddr,
    /// What is added to the port of each listener, so that 443 can be served without being root
    #[arg(long, value_name = "NUMBER", default_value_t = 0, allow_negative_numbers = true)]
    pub(crate) port_offset: i32,
    /// Threads; without it one for each core
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: Option<u16>,
    /// The address of the internal door: health, metrics, routes in use; without it there is none
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) admin: Option<SocketAddr>,
    /// Where a line in JSON is written for each request: a file, - for standard output, off for nowhere
    #[arg(long, value_name = "FILE", default_value = "off")]
    pub(crate) access_log: String,
    /// A file with a secret of 16 bytes at least, with which cookies that keep clients at one endpoint name it; the same
    /// for all gateways before a service
    #[arg(long, value_name = "FILE")]
    pub(crate) session_key: Option<PathBuf>,
    /// How long it goes on taking requests after SIGTERM, in seconds, while /readyz says that it is about to end: until
    /// those who send it requests have noticed
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(crate) leave_wait: u64,
    /// How long requests under way may take after SIGTERM, and after that wait, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(crate) drain: u64,
    /// Standard input brings the sockets of the process before this one
    #[arg(long, hide = true)]
    pub(crate) inherit: bool,
}

/// Where a service is, as the command line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) service: String,
    pub(crate) port: u16,
    pub(crate) address: SocketAddr,
}

fn backend(text: &str) -> Result<Given, String> {
    let shape = "write it as SERVICE:PORT=ADDRESS:PORT, as in shop:80=127.0.0.1:9000";
    let (name, address) = text.split_once('=').ok_or(shape)?;
    let (service, port) = name.split_once(':').ok_or(shape)?;
    let port = port.parse().map_err(|_| shape)?;
    let address = address.parse().map_err(|_| format!("{address} is no address with a port; {shape}"))?;
    Ok(Given { service: service.to_owned(), port, address })
}

/// The command line, where it asks for a gateway on its own.
pub(crate) fn asked_for() -> Option<Arguments> {
    let asks = |argument: &std::ffi::OsString| {
        let text = argument.to_str().unwrap_or_default();
        matches!(text, "--routes" | "--kubernetes") || text.starts_with("--routes=")
    };
    let is_asked = std::env::args_os().any(|argument| asks(&argument));
    if !is_asked && std::env::args_os().any(|argument| argument == "--help" || argument == "-h") {
        let hint = "With --routes FOLDER, or --kubernetes, this is a gateway on its own: see tradewind-gateway --routes . --help\n";
        writeln!(std::io::stdout(), "{hint}").unwrap_or_default();
    }
    is_asked.then(Arguments::parse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backends_are_named_with_their_address() {
        let given = backend("shop:80=127.0.0.1:9000").unwrap();
        assert_eq!((given.service.as_str(), given.port), ("shop", 80));
        assert_eq!(given.address, "127.0.0.1:9000".parse().unwrap());
        for text in ["shop", "shop=127.0.0.1:1", "shop:x=127.0.0.1:1", "shop:1=here", "shop:1=127.0.0.1"] {
            assert!(backend(text).unwrap_err().contains("shop:80=127.0.0.1:9000"), "{text}");
        }
    }

    #[test]
    fn documents_are_in_a_folder_or_in_a_cluster() {
        let parsed = |rest: &[&str]| Arguments::try_parse_from([&["gateway"], rest].concat());
        assert!(parsed(&["--routes", "."]).is_ok_and(|arguments| !arguments.cluster.kubernetes));
        let both = parsed(&["--kubernetes", "--namespaces=a,b", "--service=a/b"]).unwrap().cluster;
        assert_eq!((both.class.as_str(), both.namespaces.len()), ("tradewind", 2));
        assert_eq!(both.service, Some(("a".to_owned(), "b".to_owned())));
        for wrong in [&[][..], &["--routes=.", "--kubernetes"], &["--kubernetes", "--service=a"]] {
            assert!(parsed(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }
}
