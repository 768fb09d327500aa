//! Pairs of models (read, written), from the operations of a group.

use crate::api::{Api, Group, Model, Returns};
use crate::error::{Error, Result};
use crate::tables::Tables;

/// Models to write that cannot be made from the model that is read, with the reason.
const NOT_READ: &[(&str, &str)] = &[(
    "CertificateAddParameter",
    "the service returns neither the certificate's data nor its password",
)];

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Write {
    Add,
    Patch,
    Replace,
}

/// A model that is read and one that is written.
pub(super) struct Pair<'a> {
    pub(super) api: &'a Api,
    pub(super) tables: &'a Tables,
    pub(super) operation: &'a str,
    pub(super) what: Write,
    pub(super) read: &'a Model,
    pub(super) write: &'a Model,
}

/// All pairs of the description.
pub(super) fn pairs<'a>(api: &'a Api, tables: &'a Tables) -> Result<Vec<Pair<'a>>> {
    let mut pairs = Vec::new();
    for group in &api.groups {
        let Some(read) = read_model(api, group) else {
            continue;
        };
        for operation in &group.operations {
            let what = match operation.name.as_str() {
                "Add" => Write::Add,
                "Patch" => Write::Patch,
                "Update" | "UpdateProperties" => Write::Replace,
                _ => continue,
            };
            let body = operation.body.as_ref();
            let Some(write) = body.and_then(|body| api.model(&body.model)) else {
                let why = format!("{} has no body", operation.id);
                tables.mismatch(Error::new("$.paths", why))?;
                continue;
            };
            if NOT_READ.iter().any(|(name, _)| *name == write.name) {
                continue;
            }
            pairs.push(Pair {
                api,
                tables,
                operation: &operation.id,
                what,
                read,
                write,
            });
        }
    }
    Ok(pairs)
}

fn read_model<'a>(api: &'a Api, group: &Group) -> Option<&'a Model> {
    let get = group.operations.iter().find(|o| o.name == "Get")?;
    match &get.returns {
        Returns::Model(name) => api.model(name),
        _ => None,
    }
}
