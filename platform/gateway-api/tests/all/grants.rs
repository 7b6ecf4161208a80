//! `ReferenceGrant`.

use tradewind_gateway_api::Body;

use crate::support::{accepted, document, refused_for};

#[test]
fn who_may_refer_to_what() {
    let text = "from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: a}]\nto: [{group: '', kind: Service}]";
    for version in ["v1", "v1beta1"] {
        let text = document("ReferenceGrant", text).replace("io/v1\n", &format!("io/{version}\n"));
        let Body::ReferenceGrant(grant) = accepted(&text).body else { panic!() };
        assert_eq!((grant.from[0].namespace.as_str(), grant.to[0].name.as_deref()), ("a", None));
    }
    refused_for(&document("ReferenceGrant", "to: [{group: '', kind: Service}]"), "lacks the field `from`");
    refused_for(
        &document("ReferenceGrant", "from: [{group: '', kind: A}]\nto: [{group: '', kind: Service}]"),
        "lacks the field `namespace`",
    );
}
