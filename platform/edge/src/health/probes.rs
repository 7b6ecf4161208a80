//! What active checks say.

/// How many checks in a row change the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProbeSettings {
    /// So many good ones make an unhealthy endpoint healthy.
    pub healthy: u32,
    /// So many bad ones make a healthy endpoint unhealthy.
    pub unhealthy: u32,
}

impl Default for ProbeSettings {
    fn default() -> Self {
        Self { healthy: 2, unhealthy: 3 }
    }
}

/// The verdict on one endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It was never checked. It may be used: else a gateway that starts would have nobody.
    Unknown,
    /// It answers.
    Healthy,
    /// It does not.
    Unhealthy,
}

/// The checks of one endpoint.
#[derive(Debug, Clone)]
pub struct Probes {
    settings: ProbeSettings,
    health: Health,
    /// Checks in a row that contradict the verdict.
    run: u32,
}

impl Probes {
    /// An endpoint that was never checked.
    #[must_use]
    pub fn new(settings: ProbeSettings) -> Self {
        Self { settings, health: Health::Unknown, run: 0 }
    }

    /// Tells how a check went; gives the new verdict, if it changed. The first check decides alone.
    pub fn report(&mut self, good: bool) -> Option<Health> {
        let (verdict, needed) = match (self.health, good) {
            (Health::Unknown, true) => (Health::Healthy, 1),
            (Health::Unknown, false) => (Health::Unhealthy, 1),
            (Health::Healthy, false) => (Health::Unhealthy, self.settings.unhealthy),
            (Health::Unhealthy, true) => (Health::Healthy, self.settings.healthy),
            (Health::Healthy, true) | (Health::Unhealthy, false) => {
                self.run = 0;
                return None;
            }
        };
        self.run += 1;
        if self.run < needed {
            return None;
        }
        (self.health, self.run) = (verdict, 0);
        Some(verdict)
    }

    /// The verdict.
    #[must_use]
    pub fn health(&self) -> Health {
        self.health
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_runs_change_the_verdict() {
        let mut probes = Probes::new(ProbeSettings::default());
        assert_eq!(probes.health(), Health::Unknown);
        let mut told = |good| probes.report(good);
        assert_eq!(told(true), Some(Health::Healthy));
        for good in [false, false, true, false, false] {
            assert_eq!(told(good), None);
        }
        assert_eq!(told(false), Some(Health::Unhealthy));
        for good in [false, true, false, true] {
            assert_eq!(told(good), None);
        }
        assert_eq!(told(true), Some(Health::Healthy));
    }

    #[test]
    fn the_first_check_decides_alone() {
        let mut probes = Probes::new(ProbeSettings::default());
        assert_eq!(probes.report(false), Some(Health::Unhealthy));
        assert_eq!(probes.health(), Health::Unhealthy);
    }
}
