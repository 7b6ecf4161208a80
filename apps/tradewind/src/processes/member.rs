//! What is to run: which programs, with which arguments.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tradewind_chassis::{Description, ForeignProcess, PlatformSettings};

use crate::arguments::Up;
use crate::processes::programs::Programs;
use crate::replicas::Replicas;

/// One process of the fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) service: String,
    /// Which of the replicas of the service, from 1.
    pub(crate) replica: u32,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: BTreeMap<String, String>,
    /// Whether several processes can share its database.
    pub(crate) is_shared: bool,
    /// Whether it is no service of ours: it says nothing, and is asked to stop by a signal.
    pub(crate) is_foreign: bool,
}

impl Member {
    /// How its lines are marked: `orders`, `orders-2`.
    pub(crate) fn label(&self) -> String {
        if self.replica == 1 { self.service.clone() } else { format!("{}-{}", self.service, self.replica) }
    }
}

/// Makes members of the services that are to run.
#[derive(Debug)]
pub(crate) struct Roll<'a> {
    pub(crate) options: &'a Up,
    pub(crate) platform: &'a PlatformSettings,
    pub(crate) all: &'a [Description],
    pub(crate) programs: &'a Programs,
}

impl Roll<'_> {
    /// The services that were asked for, each with the number of its replicas.
    pub(crate) fn chosen(&self) -> Result<Vec<(String, u32)>, String> {
        let names: Vec<&str> = self.all.iter().map(|service| service.name.as_str()).collect();
        let known = |name: &str, option: &str| {
            if names.contains(&name) {
                return Ok(());
            }
            Err(format!("{option} {name}: there is no such service; there are {}", names.join(", ")))
        };
        for name in self.options.only.iter().filter(|name| !self.platform.processes.contains_key(*name)) {
            known(name, "--only")?;
        }
        for Replicas { service, count } in &self.options.replicas {
            known(service, "--replicas")?;
            if *count > 1 && !self.platform.database.is_served(service) {
                return Err(format!(
                    "--replicas {service}={count}: several replicas need a database that they can share: set \
                     database.url to a PostgreSQL server. A SQLite file belongs to one process"
                ));
            }
        }
        let wanted = names.iter().filter(|name| self.is_wanted(name));
        let count = |name: &str| {
            let asked = self.options.replicas.iter().rfind(|each| each.service == name);
            asked.map_or(1, |each| each.count)
        };
        Ok(wanted.map(|name| ((*name).to_owned(), count(name))).collect())
    }

    /// Whether a process of this name is to run.
    pub(crate) fn is_wanted(&self, name: &str) -> bool {
        let only = &self.options.only;
        only.is_empty() || only.iter().any(|each| each == name)
    }

    /// A replica of a service.
    pub(crate) fn member(&self, service: &str, replica: u32, shared: &[String]) -> Member {
        let mut arguments = vec!["--supervised".to_owned(), "--data".to_owned()];
        arguments.push(self.options.data.data.display().to_string());
        if let Some(config) = &self.options.settings.config {
            arguments.extend(["--config".to_owned(), config.display().to_string()]);
        }
        arguments.extend(["--replica".to_owned(), replica.to_string()]);
        let beside: Vec<&str> = self.all.iter().map(|each| each.name.as_str()).collect();
        arguments.extend(["--beside".to_owned(), beside.join(",")]);
        for set in shared.iter().chain(&self.options.settings.set) {
            arguments.extend(["--set".to_owned(), set.clone()]);
        }
        Member {
            service: service.to_owned(),
            replica,
            program: self.programs.of(service),
            arguments,
            environment: BTreeMap::new(),
            is_shared: self.platform.database.is_served(service),
            is_foreign: false,
        }
    }

    /// A process that is no service of ours.
    pub(crate) fn foreign(
        &self,
        name: &str,
        process: &ForeignProcess,
        environment: BTreeMap<String, String>,
    ) -> Result<Member, String> {
        let mut words = process.command.iter();
        let program = words.next().ok_or_else(|| {
            format!("processes.{name}.command: name the program and its arguments, such as [\"python3\", \"x.py\"]")
        })?;
        Ok(Member {
            service: name.to_owned(),
            replica: 1,
            program: PathBuf::from(program),
            arguments: words.cloned().collect(),
            environment,
            is_shared: false,
            is_foreign: true,
        })
    }
}
