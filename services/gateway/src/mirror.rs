//! Copies of requests, whose answers nobody waits for.

use std::time::Duration;

use http::Request;
use tradewind_chassis::Scope;
use tradewind_chassis::http::Call;
use tradewind_client::{Body, Peer};
use tradewind_kernel::{Clock, Entropy};
use tradewind_problem::Problem;
use tradewind_routing::Target;

use crate::domain::places::{Place, Places};
use crate::forward;
use crate::policies::Admitted;
use crate::routes::Live;
use crate::steps::{Copies, Way};

/// The greatest body that is copied, in bytes. A request with a greater one, or one of unknown length, is not copied: to
/// keep it would cost memory for something nobody waits for.
const MOST_COPIED: u64 = 64 * 1024;

/// Copies of one request, ready to be sent.
pub(crate) struct Ready {
    copies: Vec<(Peer, Request<Body>, Place)>,
    scope: Scope,
    clock: Clock,
    limit: Duration,
}

/// The request as the backend gets it, and copies of it for the mirrors that are to get this one.
pub(crate) async fn copied(
    (live, places): (&Live, &Places),
    call: Call,
    (way, admitted): (&Way<'_>, &Admitted),
    limit: Duration,
) -> Result<(Request<Body>, Ready), Problem> {
    let (scope, clock, entropy) = (call.scope().clone(), call.clock().clone(), call.entropy().clone());
    let drawn = way.copies.iter().filter(|copies| is_drawn(copies, &entropy));
    let peers: Vec<Peer> = drawn.filter_map(|copies| with_room(live, copies.target)).collect();
    let mut request = forward::request(call, (way, admitted), limit)?;
    let mut copies = Vec::new();
    if !peers.is_empty() {
        request = in_memory(request).await?;
        copies.extend(peers.into_iter().filter_map(|peer| Some((peer, copy(&request)?, places.take()?))));
    }
    Ok((request, Ready { copies, scope, clock, limit }))
}

/// Sends copies, each in a task of its own.
pub(crate) fn send(ready: Ready) {
    for (peer, request, place) in ready.copies {
        let (clock, limit) = (ready.clock.clone(), ready.limit);
        ready.scope.spawn("mirror", async move {
            // Neither the answer nor that there is none concerns anybody.
            let _ = clock.timeout(limit, peer.send(request)).await;
            drop(place);
        });
    }
}

/// The peer that gets a copy, where there is room for what nobody waits for.
fn with_room(live: &Live, target: &Target) -> Option<Peer> {
    let Target::Service(id) = target else { return None };
    let has_room = live.policies.room(id).is_none_or(|room| room.has_room_for_copies());
    if has_room { live.peer(target).ok().cloned() } else { None }
}

fn is_drawn(copies: &Copies<'_>, entropy: &Entropy) -> bool {
    let (numerator, denominator) = (u64::from(copies.share.numerator), u64::from(copies.share.denominator));
    match numerator {
        0 => false,
        _ if numerator >= denominator => true,
        _ => entropy.below(denominator) < numerator,
    }
}

/// The same request with its body in memory, where that is short enough.
async fn in_memory(request: Request<Body>) -> Result<Request<Body>, Problem> {
    let is_short = request.body().length().is_some_and(|length| length <= MOST_COPIED);
    if !is_short || request.body().try_clone().is_some() {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let bytes = body.collect(MOST_COPIED as usize).await.map_err(|_| {
        Problem::new(&tradewind_problem::MALFORMED_JSON).detail("The body ended before it was complete.")
    })?;
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

fn copy(request: &Request<Body>) -> Option<Request<Body>> {
    let mut copy = Request::new(request.body().try_clone()?);
    request.method().clone_into(copy.method_mut());
    request.uri().clone_into(copy.uri_mut());
    request.headers().clone_into(copy.headers_mut());
    *copy.version_mut() = request.version();
    Some(copy)
}
