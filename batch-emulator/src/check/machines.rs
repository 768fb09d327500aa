//! Rejects pools whose virtual machines the service does not have.
//!
//! Source: recorded, `Pool_Add` rejected with `InvalidPropertyValue`, for the code and the values.
//! Users of the live service report this refusal for an image, a node agent or a size that is not
//! supported, and for those that do not fit each other.

use serde_json::Value;

use super::{pools, query};
use crate::machines::Generation;
use crate::machines::images::{self, Image};
use crate::machines::sizes::{self, Size};
use crate::refusal::Refusal;
use crate::request::Object;
use crate::state::given::bad_value;

/// Advice for values that are not in the emulator's tables.
const ADVICE: &str = "start the emulator with --any-image to accept it";
/// Largest number of task slots per core, and of a node.
///
/// Source: description of `PoolAddParameter.taskSlotsPerNode`.
const SLOTS: (i64, i64) = (4, 256);

/// Checks the pools of a body. If `any` is true, images, node agents and sizes can be others than
/// those of the tables.
pub(super) fn check(body: &Object, any: bool) -> Result<(), Refusal> {
    pools::of(body).try_for_each(|pool| check_pool(pool, any))
}

fn check_pool(pool: &Object, any: bool) -> Result<(), Refusal> {
    let name = pool.get("vmSize").and_then(Value::as_str);
    let size = name.and_then(sizes::find);
    if let (Some(name), None, false) = (name, size, any) {
        let reason = format!("The emulator does not know this size; {ADVICE}");
        return Err(refusal("vmSize", name, &reason));
    }
    let machines = pools::object_at(pool, &["virtualMachineConfiguration"]);
    if let (Some(machines), false) = (machines, any) {
        let image = check_image(machines)?;
        if let (Some(image), Some(size), Some(name)) = (image, size, name) {
            check_fit(image, size, name)?;
        }
    }
    size.map_or(Ok(()), |size| check_slots(pool, size))
}

/// Checks an image and its node agent. Returns the image, except for one of a gallery.
fn check_image(machines: &Object) -> Result<Option<&'static Image>, Refusal> {
    let agent = machines.get("nodeAgentSKUId").and_then(Value::as_str);
    let reference = pools::object_at(machines, &["imageReference"]);
    let part = |name| pools::text_at(machines, &["imageReference"], name);
    if reference.is_some_and(|reference| reference.contains_key("virtualMachineImageId")) {
        return match agent {
            Some(agent) if !images::is_agent(agent) => {
                let reason = format!("The emulator does not know this node agent; {ADVICE}");
                Err(refusal("nodeAgentSKUId", agent, &reason))
            }
            _ => Ok(None),
        };
    }
    let (Some(publisher), Some(offer), Some(sku)) = (part("publisher"), part("offer"), part("sku"))
    else {
        return Ok(None);
    };
    let Some(image) = images::find([publisher, offer, sku]) else {
        let reason = format!(
            "It is not one of the images of Account_ListSupportedImages; use one of them, or {ADVICE}"
        );
        let value = format!("{publisher} {offer} {sku}");
        return Err(refusal("imageReference", &value, &reason));
    };
    match agent {
        Some(agent) if !agent.eq_ignore_ascii_case(image.agent) => {
            let reason = format!("The image requires {}; or {ADVICE}", image.agent);
            Err(refusal("nodeAgentSKUId", agent, &reason))
        }
        _ => Ok(Some(image)),
    }
}

/// Source: "Choose VM sizes and images for pools"
/// <https://learn.microsoft.com/azure/batch/batch-pool-vm-sizes>.
fn check_fit(image: &Image, size: Size, name: &str) -> Result<(), Refusal> {
    match size.only {
        Some(only) if only != image.generation() => {
            let number = if only == Generation::First { 1 } else { 2 };
            let reason = format!("It boots only images of generation {number}; or {ADVICE}");
            Err(refusal("vmSize", name, &reason))
        }
        _ => Ok(()),
    }
}

fn check_slots(pool: &Object, size: Size) -> Result<(), Refusal> {
    let most = (SLOTS.0 * i64::from(size.cores)).min(SLOTS.1);
    match pool.get("taskSlotsPerNode").and_then(Value::as_i64) {
        Some(slots) if slots > most => {
            let reason = format!("It must be at most {most}, 4 times the number of cores");
            Err(refusal("taskSlotsPerNode", &slots.to_string(), &reason))
        }
        _ => Ok(()),
    }
}

fn refusal(property: &str, value: &str, reason: &str) -> Refusal {
    bad_value(property, &query::excerpt(value), reason)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const JAMMY: [&str; 3] = ["Canonical", "0001-com-ubuntu-server-jammy", "22_04-lts"];

    fn pool(size: &str, [publisher, offer, sku]: [&str; 3], agent: &str) -> Value {
        json!({"vmSize": size, "virtualMachineConfiguration": {
            "imageReference": {"publisher": publisher, "offer": offer, "sku": sku},
            "nodeAgentSKUId": agent,
        }})
    }

    /// Returns the property that a refusal names, after checking its form.
    fn refused(body: &Value, any: bool) -> Option<String> {
        let refusal = check(body.as_object()?, any).err()?;
        assert_eq!(
            (refusal.status, refusal.code),
            (400, "InvalidPropertyValue")
        );
        let names: Vec<_> = refusal.values.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["PropertyName", "PropertyValue", "Reason"]);
        let (property, reason) = (&refusal.values[0].1, &refusal.values[2].1);
        let slots = property == "taskSlotsPerNode";
        assert_eq!(reason.contains("--any-image"), !slots, "{reason}");
        Some(property.clone())
    }

    #[test]
    fn what_is_not_in_the_tables_is_refused_unless_anything_is_allowed() {
        let (agent, size) = ("batch.node.ubuntu 22.04", "Standard_D2s_v3");
        let unknown = ["contoso", "os", "1"];
        let second = ["canonical", "ubuntu-24_04-lts", "server"];
        for (body, wanted) in [
            (pool(size, JAMMY, agent), None),
            (
                pool("Standard_D2_v2", JAMMY, "Batch.Node.Ubuntu 22.04"),
                None,
            ),
            (pool("huge", JAMMY, agent), Some("vmSize")),
            (pool(size, unknown, agent), Some("imageReference")),
            (
                pool(size, JAMMY, "batch.node.ubuntu 20.04"),
                Some("nodeAgentSKUId"),
            ),
            (
                pool("standard_d2_v2", second, "batch.node.ubuntu 24.04"),
                Some("vmSize"),
            ),
            (pool("standard_d2s_v6", JAMMY, agent), Some("vmSize")),
        ] {
            let wanted = wanted.map(str::to_owned);
            for body in [
                body.clone(),
                json!({"poolInfo": {"autoPoolSpecification": {"pool": body}}}),
                json!({"jobSpecification": {"poolInfo": {"autoPoolSpecification": {"pool": body}}}}),
            ] {
                assert_eq!(refused(&body, false), wanted, "{body}");
                assert_eq!(refused(&body, true), None, "{body}");
            }
        }
    }

    #[test]
    fn an_image_of_a_gallery_needs_a_known_node_agent() {
        let body = |agent| {
            let image = json!({"virtualMachineImageId": "/a/galleries/g/images/i"});
            let machines = json!({"imageReference": image, "nodeAgentSKUId": agent});
            json!({"vmSize": "small", "virtualMachineConfiguration": machines})
        };
        assert_eq!(refused(&body("batch.node.el 9"), false), None);
        let wanted = Some("nodeAgentSKUId".to_owned());
        assert_eq!(refused(&body("batch.node.amiga 1"), false), wanted);
        assert_eq!(refused(&body("batch.node.amiga 1"), true), None);
    }

    #[test]
    fn slots_are_bounded_by_cores() {
        let body = |size, slots| json!({"vmSize": size, "taskSlotsPerNode": slots});
        let wanted = Some("taskSlotsPerNode".to_owned());
        for any in [false, true] {
            assert_eq!(refused(&body("standard_d2s_v3", 8), any), None);
            assert_eq!(refused(&body("standard_d2s_v3", 9), any), wanted);
            assert_eq!(refused(&body("standard_d96as_v5", 256), any), None);
            assert_eq!(refused(&body("standard_d96as_v5", 257), any), wanted);
        }
        assert_eq!(refused(&body("huge", 256), true), None);
    }
}
