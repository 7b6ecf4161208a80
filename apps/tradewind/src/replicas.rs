//! How many processes of a service there are to be.

/// `orders=3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Replicas {
    pub(crate) service: String,
    pub(crate) count: u32,
}

impl std::str::FromStr for Replicas {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?}: write SERVICE=NUMBER with 1 to 20, such as orders=3");
        let (service, count) = text.split_once('=').ok_or_else(wrong)?;
        let count = count.parse().ok().filter(|count| (1..=20).contains(count)).ok_or_else(wrong)?;
        Ok(Self { service: service.to_owned(), count })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_are_a_service_and_a_number() {
        assert_eq!("orders=3".parse(), Ok(Replicas { service: "orders".to_owned(), count: 3 }));
        for text in ["orders", "orders=", "orders=0", "orders=21", "orders=-1", "=x"] {
            assert!(text.parse::<Replicas>().unwrap_err().contains("SERVICE=NUMBER"), "{text}");
        }
    }
}
