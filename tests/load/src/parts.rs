//! The processes of a fleet, as they tell of themselves in its data folder.

use std::path::Path;

/// One process of the fleet: a replica of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part(tradewind_process::Part);

impl Part {
    /// The processes that have told where their doors are. One that ended a moment ago may still be among them.
    pub(crate) fn all(data: &Path) -> Result<Vec<Self>, String> {
        let failed = |error: std::io::Error| format!("{}: {error}", data.display());
        let mut parts = Vec::new();
        for entry in std::fs::read_dir(data).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let name = name.to_string_lossy();
            if name.starts_with("part-") && name.ends_with(".json") {
                parts.push(Self(read(&data.join(&*name))?));
            }
        }
        parts.sort_by_key(Self::label);
        Ok(parts)
    }

    /// The process that is this part now.
    pub(crate) fn find(data: &Path, label: &str) -> Result<Option<Self>, String> {
        Ok(Self::all(data)?.into_iter().find(|part| part.label() == label))
    }

    pub(crate) fn service(&self) -> &str {
        &self.0.service
    }

    pub(crate) fn process(&self) -> u32 {
        self.0.process
    }

    /// `orders`, `orders-2`: as the supervisor marks its lines.
    pub(crate) fn label(&self) -> String {
        match self.0.replica {
            1 => self.0.service.clone(),
            replica => format!("{}-{replica}", self.0.service),
        }
    }

    /// The name of its internal door in the book of the fleet.
    pub(crate) fn internal_name(&self) -> String {
        format!("{}/internal", self.label())
    }

    /// Where its door of this kind is.
    pub(crate) fn door(&self, kind: &str) -> Option<&str> {
        self.0.doors.iter().find(|(each, _)| each == kind).map(|(_, address)| address.as_str())
    }
}

fn read(path: &Path) -> Result<tradewind_process::Part, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_by_the_names_of_their_files() {
        let folder = tradewind_testkit::Folder::new("parts");
        let part = |service: &str, replica| tradewind_process::Part {
            service: service.to_owned(),
            replica,
            process: 7,
            doors: vec![("internal".to_owned(), "127.0.0.1:1".to_owned())],
        };
        for (service, replica) in [("orders", 2), ("orders", 1), ("a-b", 1)] {
            let text = serde_json::to_string(&part(service, replica)).unwrap();
            let name = tradewind_process::Part::file_name(service, replica);
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        std::fs::write(folder.path().join("fleet.json"), "{}").unwrap();
        let parts = Part::all(folder.path()).unwrap();
        let labels: Vec<String> = parts.iter().map(Part::label).collect();
        assert_eq!(labels, ["a-b", "orders", "orders-2"]);
        assert_eq!((parts[2].door("internal"), parts[2].door("public")), (Some("127.0.0.1:1"), None));
        assert_eq!(parts[2].internal_name(), "orders-2/internal");
        assert_eq!(Part::find(folder.path(), "orders-2").unwrap().as_ref(), Some(&parts[2]));
    }
}
