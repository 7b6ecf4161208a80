//! Which endpoints a caller prefers: those of its own zone, as long as they are enough.

use std::collections::BTreeSet;

use super::Endpoint;

/// How much more than its share the endpoints of a zone may get, in percent: that which kube-proxy's hints allow, too.
const OVERLOAD: usize = 20;

/// Where a caller is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Its zone; nothing is preferred where it is not known.
    pub zone: Option<String>,
}

impl Place {
    /// For each endpoint whether it is elsewhere: to be called when none of the others works. None is, if nothing is
    /// to be preferred.
    ///
    /// Hints count where every endpoint that stays has them and one is for this zone. Without hints the own zone is
    /// preferred while it has its share of them, so that its endpoints are not overloaded: callers are taken to be
    /// spread over zones evenly.
    #[must_use]
    pub fn elsewhere(&self, endpoints: &[Endpoint]) -> Vec<bool> {
        let nowhere = vec![false; endpoints.len()];
        let Some(zone) = &self.zone else { return nowhere };
        let staying: Vec<&Endpoint> = endpoints.iter().filter(|endpoint| !endpoint.is_leaving).collect();
        let is_hinted = |endpoint: &Endpoint| endpoint.for_zones.contains(zone);
        let is_here = |endpoint: &Endpoint| endpoint.zone.as_ref() == Some(zone);
        let has_hints = !staying.is_empty() && staying.iter().all(|endpoint| !endpoint.for_zones.is_empty());
        if has_hints && staying.iter().any(|endpoint| is_hinted(endpoint)) {
            return endpoints.iter().map(|endpoint| !is_hinted(endpoint)).collect();
        }
        if has_share(zone, &staying) {
            return endpoints.iter().map(|endpoint| !is_here(endpoint)).collect();
        }
        nowhere
    }
}

/// Whether the endpoints of a zone are as many as its callers need.
fn has_share(zone: &str, endpoints: &[&Endpoint]) -> bool {
    let zones: Option<BTreeSet<&str>> = endpoints.iter().map(|endpoint| endpoint.zone.as_deref()).collect();
    // An endpoint of which nobody knows where it is may be here as well.
    let Some(zones) = zones else { return false };
    let here = endpoints.iter().filter(|endpoint| endpoint.zone.as_deref() == Some(zone)).count();
    here > 0 && endpoints.len() * 100 <= here * zones.len() * (100 + OVERLOAD)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn endpoint(zone: &str, hint: &str) -> Endpoint {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Endpoint {
            address: IpAddr::from([10, 0, 0, 1]),
            port: 80,
            instance: None,
            is_leaving: false,
            zone: text(zone),
            node: None,
            for_zones: text(hint).into_iter().collect(),
        }
    }

    fn elsewhere(zone: &str, endpoints: &[(&str, &str)]) -> String {
        let endpoints: Vec<Endpoint> = endpoints.iter().map(|(zone, hint)| endpoint(zone, hint)).collect();
        let place = Place { zone: (!zone.is_empty()).then(|| zone.to_owned()) };
        place.elsewhere(&endpoints).iter().map(|is| if *is { '-' } else { '+' }).collect()
    }

    #[test]
    fn the_own_zone_is_preferred_while_it_has_its_share() {
        assert_eq!(elsewhere("a", &[("a", ""), ("b", ""), ("c", "")]), "+--");
        assert_eq!(
            elsewhere("a", &[("a", ""), ("b", ""), ("b", "")]),
            "+++",
            "one of three for half of the callers"
        );
        assert_eq!(elsewhere("b", &[("a", ""), ("b", ""), ("b", "")]), "-++");
        let five = [("a", ""), ("a", ""), ("b", ""), ("b", ""), ("b", "")];
        assert_eq!(elsewhere("a", &five), "+++++", "a quarter too much");
        let eleven: Vec<(&str, &str)> = [("a", ""); 5].into_iter().chain([("b", ""); 6]).collect();
        assert_eq!(elsewhere("a", &eleven), "+++++------", "a tenth too much");
        assert_eq!(elsewhere("d", &[("a", ""), ("b", "")]), "++", "nobody is here");
        assert_eq!(elsewhere("", &[("a", ""), ("b", "")]), "++", "nobody knows where this is");
        assert_eq!(elsewhere("a", &[("a", ""), ("", "")]), "++", "nobody knows where one of them is");
        assert_eq!(elsewhere("a", &[("a", ""), ("a", "")]), "++");
        assert_eq!(elsewhere("a", &[]), "");
    }

    #[test]
    fn hints_count_where_all_have_them() {
        assert_eq!(elsewhere("a", &[("b", "a"), ("b", "b"), ("b", "b")]), "+--");
        assert_eq!(elsewhere("c", &[("a", "a"), ("b", "b")]), "++", "none is for this zone");
        assert_eq!(elsewhere("a", &[("a", ""), ("b", "a")]), "+-", "one has none: the zones count");
        let mut leaving = endpoint("a", "");
        leaving.is_leaving = true;
        let place = Place { zone: Some("a".to_owned()) };
        let all = [leaving, endpoint("b", "a"), endpoint("b", "b")];
        assert_eq!(place.elsewhere(&all), [true, false, true], "who leaves needs no hint");
    }
}
