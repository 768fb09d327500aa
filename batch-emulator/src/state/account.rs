//! Data of the account as a whole: applications, images, node counts.

use serde_json::{Value, json};

use super::State;
use super::pools::Pool;
use super::resource::{list, object, put, put_some, text};
use crate::config::Application;
use crate::machines::images::IMAGES;
use crate::refusal::Refusal;
use crate::refusal::{conflict, missing};
use crate::request::Object;

/// States by which nodes are counted, in the spelling of the wire; those that this service does not
/// have count 0.
///
/// Source: recorded, `Account_ListPoolNodeCounts`: it spells `startTaskFailed` and others in this
/// way.
const COUNTED: [&str; 16] = [
    "creating",
    "idle",
    "offline",
    "preempted",
    "rebooting",
    "reimaging",
    "running",
    "starting",
    "startTaskFailed",
    "leavingPool",
    "unknown",
    "unusable",
    "waitingForStartTask",
    "upgradingOS",
    "deallocated",
    "deallocating",
];

/// Returns the images that pools can use, each with a key.
///
/// Source: description of `ImageInformation`.
pub(crate) fn images() -> impl Iterator<Item = (String, Object)> {
    IMAGES.iter().enumerate().map(|(index, known)| {
        let [publisher, offer, sku] = known.names;
        let image =
            json!({"publisher": publisher, "offer": offer, "sku": sku, "version": "latest"});
        let mut object = object([
            ("nodeAgentSKUId", known.agent.into()),
            ("osType", known.system().into()),
            ("verificationType", known.verification().into()),
            ("capabilities", known.capabilities().collect()),
            ("imageReference", image),
        ]);
        put_some(&mut object, "batchSupportEndOfLife", known.end);
        (format!("{index:03}"), object)
    })
}

/// Formats an application as the service does.
///
/// Source: recorded, `Application_Get`.
pub(crate) fn application(application: &Application) -> Object {
    let mut summary = object([
        ("id", application.id.as_str().into()),
        ("versions", application.versions.clone().into()),
    ]);
    put_some(
        &mut summary,
        "displayName",
        application.display_name.clone(),
    );
    summary
}

impl Pool {
    /// Counts its nodes by kind and state.
    ///
    /// Source: recorded, `Account_ListPoolNodeCounts`.
    pub(crate) fn node_counts(&self) -> Object {
        let kind = |dedicated: bool| {
            let mut counts = Object::new();
            let nodes = || {
                self.nodes
                    .iter()
                    .filter(move |(_, node)| node.dedicated == dedicated)
            };
            for name in COUNTED {
                let of_state = |state: &str| state.eq_ignore_ascii_case(name);
                put(
                    &mut counts,
                    name,
                    nodes()
                        .filter(|(_, node)| of_state(node.phase.state.into()))
                        .count(),
                );
            }
            put(&mut counts, "total", nodes().count());
            Value::Object(counts)
        };
        object([
            ("poolId", self.id.as_ref().into()),
            ("dedicated", kind(true)),
            ("lowPriority", kind(false)),
        ])
    }
}

impl State {
    pub(crate) fn application(&self, id: &str) -> Result<&Application, Refusal> {
        let mut applications = self.settings.applications.iter();
        let found = applications.find(|application| application.id.eq_ignore_ascii_case(id));
        found.ok_or_else(|| missing("ApplicationNotFound", "application"))
    }

    /// Checks that the packages of a pool or task exist.
    ///
    /// Source: description of `ApplicationPackageReference`, also for the code.
    pub(crate) fn check_applications(&self, body: &Object) -> Result<(), Refusal> {
        for reference in list(body, "applicationPackageReferences")
            .iter()
            .filter_map(Value::as_object)
        {
            // Pools reference applications by their full resource id in Azure.
            let id = text(reference, "applicationId")
                .and_then(|id| id.rsplit('/').next())
                .unwrap_or_default();
            let application = self.application(id).ok();
            let version = text(reference, "version");
            let known = application.is_some_and(|application| {
                version
                    .is_none_or(|version| application.versions.iter().any(|known| known == version))
            });
            if !known {
                let message = "A referenced application package does not exist.";
                return Err(conflict("InvalidApplicationPackageReferences", message)
                    .with("applicationId", id));
            }
        }
        Ok(())
    }
}
