//! Which gateways are ours.

use tradewind_gateway_api::gateway::{AllowedRoutes, From, Gateway, GatewayTls, Listener, RouteNamespaces};

use crate::attach::Ours;
use crate::documents::Documents;

/// The class whose gateways are served from files where no document says which program a class is of.
const CLASS: &str = "tradewind";
/// The program that a `GatewayClass` in a file names.
const CONTROLLER: &str = "tradewind.dev/gateway";

/// Whose gateways are served.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Served {
    /// Those whose class names the controller of files, or is the one that need not be declared. Where no gateway is
    /// declared there is one all the same.
    #[default]
    OfFiles,
    /// Those of one class, as long as a document declares it and names this controller. There may be none.
    OfClass {
        /// The class.
        name: String,
        /// The controller that it has to name.
        controller: String,
    },
}

impl Served {
    fn has(&self, gateway: &Gateway, documents: &Documents) -> bool {
        let mut classes = documents.classes();
        let class = classes.find(|(document, _)| document.metadata.name == gateway.gateway_class_name);
        let class = class.map(|(_, class)| class.controller_name.as_str());
        match (self, class) {
            (Self::OfFiles, Some(found)) => found == CONTROLLER,
            (Self::OfFiles, None) => gateway.gateway_class_name == CLASS,
            (Self::OfClass { name, controller }, found) => {
                gateway.gateway_class_name == *name && found == Some(controller)
            }
        }
    }
}

/// The gateways of ours; of files the implied one where no document declares any.
pub(super) fn ours<'build>(
    documents: &'build Documents,
    implied: &'build Gateway,
    served: &Served,
) -> Vec<Ours<'build>> {
    if *served == Served::OfFiles && documents.gateways().next().is_none() {
        return vec![Ours {
            namespace: "default",
            name: "tradewind",
            generation: 0,
            gateway: implied,
            is_implied: true,
        }];
    }
    let found = documents.gateways().filter(|(_, gateway)| served.has(gateway, documents));
    found
        .map(|(document, gateway)| Ours {
            namespace: &document.metadata.namespace,
            name: &document.metadata.name,
            generation: document.metadata.generation,
            gateway,
            is_implied: false,
        })
        .collect()
}

/// The gateway that is there when nobody wrote one.
pub(super) fn implied(port: u16) -> Gateway {
    let namespaces = RouteNamespaces { from: From::All, selector: None };
    let listener = Listener {
        name: "http".to_owned(),
        hostname: None,
        port,
        protocol: "HTTP".to_owned(),
        tls: None,
        allowed_routes: AllowedRoutes { namespaces, kinds: Vec::new() },
    };
    Gateway { gateway_class_name: CLASS.to_owned(), listeners: vec![listener], tls: GatewayTls::default() }
}
