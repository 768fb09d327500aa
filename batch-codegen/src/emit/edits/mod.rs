//! From what is read to what is written: `CloudPool` → `PoolPatchParameter` and the like.
//!
//! Which models belong together follows from the operations of a group: what `Get` gives, and the bodies of `Add`,
//! `Patch`, `Update`. A property goes over where name and type are the same; one that finds no counterpart is an error
//! here, so that a new version of the API loses nothing in silence. What the tables below say is not in the description;
//! in a version other than theirs, what finds no counterpart is left out, with a note.

mod settle;

use super::{docs, models};
use crate::api::{Api, Group, Kind, Model, Property, Returns};
use crate::error::{Error, Result, step};
use crate::names::ident;
use crate::tables::Tables;
use proc_macro2::TokenStream;
use quote::quote;
use settle::{find_secrets, settler, visit};
use std::collections::BTreeSet;

/// Writes for which what is read is not enough.
const NOT_READ: &[(&str, &str)] = &[(
    "CertificateAddParameter",
    "the service gives neither the certificate's data nor its password back",
)];

/// Properties that do not go over, with the reason.
const LEFT_OUT: &[(&str, &str, &str)] = &[(
    "JobPatchParameter",
    "poolInfo",
    "the service takes it only while the job is disabled. Absent, the job stays on its pool",
)];

/// Properties that the service gives, and refuses beside another that is `true`.
const EXCLUDED: &[(&str, &str, &[&str])] = &[(
    "PoolAddParameter",
    "enableAutoScale",
    &["targetDedicatedNodes", "targetLowPriorityNodes"],
)];

/// What every whole answer of the live service has, and a selection hardly all of.
const WHOLE: &[&str] = &["url", "eTag", "lastModified", "creationTime", "state"];

pub(crate) fn emit(api: &Api, tables: &Tables) -> Result<TokenStream> {
    let mut settled = BTreeSet::new();
    let mut conversions = Vec::new();
    for pair in pairs(api, tables)? {
        conversions.extend(tables.fitting(pair.conversion(&mut settled))?);
    }
    let settlers = settled
        .iter()
        .filter_map(|name| api.model(name))
        .map(|model| settler(api, model, tables))
        .collect::<Result<Vec<_>>>()?;
    let versioned = api
        .models
        .iter()
        .filter(|model| model.property("eTag").is_some());
    let versioned = versioned.map(|model| {
        let name = ident(&model.name);
        quote! {
            impl crate::Versioned for models::#name {
                fn etag(&self) -> Option<&str> {
                    self.etag.as_deref()
                }
            }
        }
    });
    Ok(quote! {
        #[allow(unused_imports)]
        use crate::edit::{Gap, present};
        #[allow(unused_imports)]
        use crate::{Error, Response, models};
        #(#versioned)*
        #(#conversions)*
        #(#settlers)*
    })
}

#[derive(Clone, Copy, PartialEq)]
enum Write {
    Add,
    Patch,
    Replace,
}

/// A model that is read and one that is written.
struct Pair<'a> {
    api: &'a Api,
    tables: &'a Tables,
    operation: &'a str,
    what: Write,
    read: &'a Model,
    write: &'a Model,
}

fn pairs<'a>(api: &'a Api, tables: &'a Tables) -> Result<Vec<Pair<'a>>> {
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
                tables.misfit(Error::new("$.paths", why))?;
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

impl<'a> Pair<'a> {
    fn fail(&self, property: &str, why: &str) -> Error {
        let at = step(&step("$.definitions", &self.write.name), property);
        Error::new(at, format!("{why}, so {} makes none", self.read.name))
    }

    fn left_out(&self, property: &Property) -> Option<&'static str> {
        let mut all = LEFT_OUT.iter();
        let found = all.find(|(of, name, _)| *of == self.write.name && *name == property.wire);
        found.map(|(_, _, why)| *why)
    }

    /// The properties that go over.
    fn properties(&self) -> impl Iterator<Item = &'a Property> {
        let write = self.write;
        write
            .properties
            .iter()
            .filter(|p| self.left_out(p).is_none())
    }

    fn conversion(&self, settled: &mut BTreeSet<String>) -> Result<TokenStream> {
        self.check_tables()?;
        let fields = self
            .write
            .properties
            .iter()
            .map(|property| self.field(property))
            .collect::<Result<Vec<_>>>()?;
        let whole = WHOLE.iter().filter_map(|wire| self.read.property(wire));
        let whole = whole.filter(|_| self.what != Write::Patch).map(|property| {
            let (field, wire) = (models::field(property), &property.wire);
            quote! { present(read.#field.as_ref(), #wire)?; }
        });
        let whole: Vec<TokenStream> = whole.collect();
        let inner: Vec<TokenStream> = self
            .properties()
            .filter_map(|property| {
                visit(self.api, self.write, property, &quote! { write }, settled)
            })
            .collect();
        let excluded = self.excluded();
        let plain = self.properties().any(|p| {
            models::is_plain(self.write, p) && !matches!(p.kind, Kind::Array(_) | Kind::Map)
        });
        let (read, write) = (ident(&self.read.name), ident(&self.write.name));
        let docs = docs::attributes(&self.docs());
        if whole.is_empty() && inner.is_empty() && excluded.is_empty() && !plain {
            return Ok(quote! {
                #docs
                impl From<&models::#read> for models::#write {
                    fn from(read: &models::#read) -> Self {
                        Self { #(#fields),* }
                    }
                }

                impl From<&Response<models::#read>> for models::#write {
                    fn from(response: &Response<models::#read>) -> Self {
                        Self::from(&**response)
                    }
                }
            });
        }
        let mutable = (!excluded.is_empty() || !inner.is_empty()).then(|| quote! { mut });
        let (read_text, write_text) = (&self.read.name, &self.write.name);
        Ok(quote! {
            #docs
            impl TryFrom<&models::#read> for models::#write {
                type Error = Error;

                fn try_from(read: &models::#read) -> Result<Self, Error> {
                    let make = || {
                        #(#whole)*
                        let #mutable write = Self { #(#fields),* };
                        #(#excluded)*
                        #(#inner)*
                        Ok(write)
                    };
                    make().map_err(|gap: Gap| gap.error(#read_text, #write_text))
                }
            }

            impl TryFrom<&Response<models::#read>> for models::#write {
                type Error = Error;

                fn try_from(response: &Response<models::#read>) -> Result<Self, Error> {
                    Self::try_from(&**response)
                }
            }
        })
    }

    /// What a property is read as; `None` where it is not, and can be left out.
    fn source(&self, property: &Property) -> Result<Option<&'a Property>> {
        let error = match self.read.property(&property.wire) {
            Some(source) if source.kind == property.kind => return Ok(Some(source)),
            Some(_) => self.fail(&property.wire, "it is read as another type"),
            None => self.fail(&property.wire, "it is not among what is read"),
        };
        if models::is_plain(self.write, property) {
            return Err(error);
        }
        self.tables.misfit(error).map(|()| None)
    }

    /// The value of a field of what is written.
    fn field(&self, property: &Property) -> Result<TokenStream> {
        let name = models::field(property);
        if self.left_out(property).is_some() {
            return Ok(quote! { #name: None });
        }
        let Some(source) = self.source(property)? else {
            return Ok(quote! { #name: None });
        };
        let (from, wire) = (models::field(source), &property.wire);
        Ok(
            match (models::is_plain(self.write, property), &property.kind) {
                (
                    false,
                    Kind::I32
                    | Kind::I64
                    | Kind::F64
                    | Kind::Bool
                    | Kind::DateTime
                    | Kind::Duration,
                ) => {
                    quote! { #name: read.#from }
                }
                (false, _) => quote! { #name: read.#from.clone() },
                // "None" is a list that is empty.
                (true, Kind::Array(_) | Kind::Map) => {
                    quote! { #name: read.#from.clone().unwrap_or_default() }
                }
                (true, _) => quote! {
                    #name: read.#from.clone().ok_or_else(|| Gap::absent(#wire))?
                },
            },
        )
    }

    fn excluded(&self) -> Vec<TokenStream> {
        let tables = EXCLUDED.iter().filter(|(of, ..)| *of == self.write.name);
        let tables = tables.filter_map(|(_, beside, names)| {
            let beside = models::field(self.write.property(beside)?);
            let fields = names.iter().filter_map(|name| self.write.property(name));
            let fields = fields.map(models::field);
            Some(quote! {
                if write.#beside == Some(true) {
                    #(write.#fields = None;)*
                }
            })
        });
        tables.collect()
    }

    /// A line of the tables about this model that names no property of it has gone stale.
    fn check_tables(&self) -> Result<()> {
        let left_out = LEFT_OUT.iter().map(|(of, name, _)| (of, vec![*name]));
        let excluded = EXCLUDED.iter().map(|(of, beside, names)| {
            let all = names.iter().chain([beside]).copied();
            (of, all.collect())
        });
        for (of, names) in left_out.chain(excluded) {
            for name in names {
                if *of == self.write.name && self.write.property(name).is_none() {
                    let error = self.fail(name, "a rule names it, and it is not there");
                    self.tables.misfit(error)?;
                }
            }
        }
        Ok(())
    }

    fn docs(&self) -> String {
        let what = match self.what {
            Write::Add => "What was read, to be added under another id",
            Write::Patch => "What can be changed of what was read",
            Write::Replace => "What can be replaced of what was read",
        };
        let stays: Vec<String> = self
            .read
            .properties
            .iter()
            .filter(|p| self.write.property(&p.wire).is_none())
            .map(|p| format!("`{}`", p.wire))
            .collect();
        let mut parts = vec![
            format!("{what}; see [`edit`](crate::edit)."),
            docs::prose(&format!(
                "For `{}`. Stays behind: {}.",
                self.operation,
                stays.join(", ")
            )),
        ];
        for property in &self.write.properties {
            if let Some(why) = self.left_out(property) {
                parts.push(docs::prose(&format!(
                    "`{}` is left out, as {why}.",
                    property.wire
                )));
            }
        }
        for (_, beside, names) in EXCLUDED.iter().filter(|(of, ..)| *of == self.write.name) {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            parts.push(docs::prose(&format!(
                "Where `{beside}` is true, {} are left out: the service takes only one of both.",
                names.join(" and ")
            )));
        }
        let mut secrets = BTreeSet::new();
        for property in self.properties() {
            find_secrets(self.api, self.write, property, &mut secrets);
        }
        if !secrets.is_empty() {
            let secrets: Vec<String> = secrets.into_iter().collect();
            parts.push(docs::prose(&format!(
                "The service takes secrets and never gives them: {}. Where one of them must have been there, the \
                 conversion fails without it; where nothing tells, it is lost unless it is set.",
                secrets.join(", ")
            )));
        }
        docs::paragraphs(&parts)
    }
}
