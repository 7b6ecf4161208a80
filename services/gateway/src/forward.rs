//! What is passed on and what is not.

use std::time::Duration;

use http::header::{
    CONNECTION, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, Request, Response, Uri};
use tradewind_chassis::http::Call;
use tradewind_client::{Body, headers as context};
use tradewind_problem::Problem;

use crate::mutants;
use crate::policies::Admitted;
use crate::steps::Way;

/// Headers that concern one connection only (RFC 9110 §7.6.1).
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// What only a gateway may say; a client's own claims end here.
const FORWARDED: [HeaderName; 4] = [
    HeaderName::from_static("forwarded"),
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
];

/// The request as the peer gets it: the target and headers that the steps of its rule make of it, no hop-by-hop headers,
/// the context of this call.
pub(crate) fn request(
    call: Call,
    (way, admitted): (&Way<'_>, &Admitted),
    limit: Duration,
) -> Result<Request<Body>, Problem> {
    let trace = call.context().trace;
    let correlation = call.context().correlation;
    let target = match call.uri().query() {
        Some(query) => format!("{}?{query}", way.path),
        None => way.path.to_string(),
    };
    let target: Uri = target.parse().map_err(Problem::internal)?;
    let from = admitted.client().or_else(|| call.client_address());
    let mut request = call.into_request();
    *request.uri_mut() = target;
    strip(request.headers_mut());
    let headers = request.headers_mut();
    for claimed in FORWARDED {
        headers.remove(claimed);
    }
    if let Some(from) = from {
        let from = from.to_string().parse().map_err(Problem::internal)?;
        headers.insert(HeaderName::from_static("x-forwarded-for"), from);
    }
    // The peer's own client names the host, unless a step does; the original one is kept for those who want to know.
    if let Some(host) = headers.remove(HOST) {
        headers.insert(HeaderName::from_static("x-forwarded-host"), host);
    }
    if mutants::OWN_KEY.is_planted() && headers.contains_key("idempotency-key") {
        headers.insert("idempotency-key", trace.to_string().parse().map_err(Problem::internal)?);
    }
    admitted.change_request(headers);
    way.change_request(headers)?;
    context::write(headers, &trace, correlation, limit);
    Ok(request)
}

/// The answer as the client gets it.
pub(crate) fn response(mut response: Response<Body>) -> Response<Body> {
    strip(response.headers_mut());
    // Between services only: a client outside decides about its own tries.
    response.headers_mut().remove(context::RETRIED);
    response
}

fn strip(headers: &mut HeaderMap) {
    // `Connection` names further headers that end here.
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in HOP_BY_HOP.iter().chain(&named) {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn what_concerns_one_connection_ends_here() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "keep-alive, x-mine"),
            ("keep-alive", "timeout=5"),
            ("x-mine", "1"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("x-yours", "2"),
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        strip(&mut headers);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["x-yours"]);
    }
}
