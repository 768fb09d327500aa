//! Conversion of a pair of models: property by property, with the exceptions of the tables.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use super::pairs::{Pair, Write};
use super::settle::{find_secrets, visit};
use crate::api::{Kind, Property};
use crate::emit::{docs, types};
use crate::error::{Error, Result, step};
use crate::names::ident;

/// Properties that are not copied, with the reason.
const LEFT_OUT: &[(&str, &str, &str)] = &[(
    "JobPatchParameter",
    "poolInfo",
    "the service accepts it only while the job is disabled. Without it, the job stays on its pool",
)];

/// Properties that the service returns, but rejects in a request in which another one is `true`.
const EXCLUDED: &[(&str, &str, &[&str])] = &[(
    "PoolAddParameter",
    "enableAutoScale",
    &["targetDedicatedNodes", "targetLowPriorityNodes"],
)];

/// Properties that every complete response of the live service has. A response to a `$select`
/// rarely has all of them.
const WHOLE: &[&str] = &["url", "eTag", "lastModified", "creationTime", "state"];

impl<'a> Pair<'a> {
    fn fail(&self, property: &str, why: &str) -> Error {
        let at = step(&step("$.definitions", &self.write.name), property);
        Error::new(at, format!("{why}, so {} makes none", self.read.name))
    }

    fn left_out(&self, property: &Property) -> Option<&'static str> {
        let mut all = LEFT_OUT.iter();
        let found = all.find(|(of, name, _)| *of == self.write.name && *name == property.wire);
        found.map(|(_, _, why)| *why).or_else(|| {
            let source = self.read.property(&property.wire)?;
            let later = !property.span.covers(&source.span);
            later.then_some(
                "not every version of the API that returns it accepts it here. Set it if yours does",
            )
        })
    }

    /// The properties that are copied.
    fn properties(&self) -> impl Iterator<Item = &'a Property> {
        let write = self.write;
        write
            .properties
            .iter()
            .filter(|p| self.left_out(p).is_none())
    }

    /// Emits the conversion; returns it with the models whose settlers it calls.
    pub(super) fn conversion(&self, settled: &mut BTreeSet<String>) -> Result<TokenStream> {
        self.check_tables()?;
        let fields = self
            .write
            .properties
            .iter()
            .map(|property| self.field(property))
            .collect::<Result<Vec<_>>>()?;
        let whole = WHOLE.iter().filter_map(|wire| self.read.property(wire));
        let whole = whole.filter(|_| self.what != Write::Patch).map(|property| {
            let (field, wire) = (types::field(property), &property.wire);
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
            types::is_plain(self.write, p) && !matches!(p.kind, Kind::Array(_) | Kind::Map)
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

    /// Returns the property of the read model with this name and type; `None` if there is none and
    /// it can be left out.
    fn source(&self, property: &Property) -> Result<Option<&'a Property>> {
        let error = match self.read.property(&property.wire) {
            Some(source) if source.kind == property.kind => return Ok(Some(source)),
            Some(_) => self.fail(
                &property.wire,
                "the model that is read has another type for it",
            ),
            None => self.fail(&property.wire, "the model that is read does not have it"),
        };
        if types::is_plain(self.write, property) {
            return Err(error);
        }
        self.tables.mismatch(error).map(|()| None)
    }

    /// Returns the expression for a field of the written model.
    fn field(&self, property: &Property) -> Result<TokenStream> {
        let name = types::field(property);
        if self.left_out(property).is_some() {
            return Ok(quote! { #name: None });
        }
        let Some(source) = self.source(property)? else {
            return Ok(quote! { #name: None });
        };
        let (from, wire) = (types::field(source), &property.wire);
        Ok(
            match (types::is_plain(self.write, property), &property.kind) {
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
                // An empty list says "none".
                (true, Kind::Array(_) | Kind::Map) => {
                    quote! { #name: read.#from.clone().unwrap_or_default() }
                }
                (true, _) if source.boxed => quote! {
                    #name: *read.#from.clone().ok_or_else(|| Gap::absent(#wire))?
                },
                (true, _) => quote! {
                    #name: read.#from.clone().ok_or_else(|| Gap::absent(#wire))?
                },
            },
        )
    }

    fn excluded(&self) -> Vec<TokenStream> {
        let tables = EXCLUDED.iter().filter(|(of, ..)| *of == self.write.name);
        let tables = tables.filter_map(|(_, beside, names)| {
            let beside = types::field(self.write.property(beside)?);
            let fields = names.iter().filter_map(|name| self.write.property(name));
            let fields = fields.map(types::field);
            Some(quote! {
                if write.#beside == Some(true) {
                    #(write.#fields = None;)*
                }
            })
        });
        tables.collect()
    }

    /// Refuses a line of the tables that names a property which this model does not have.
    fn check_tables(&self) -> Result<()> {
        let left_out = LEFT_OUT.iter().map(|(of, name, _)| (of, vec![*name]));
        let excluded = EXCLUDED.iter().map(|(of, beside, names)| {
            let all = names.iter().chain([beside]).copied();
            (of, all.collect())
        });
        for (of, names) in left_out.chain(excluded) {
            for name in names {
                if *of == self.write.name && self.write.property(name).is_none() {
                    let error = self.fail(name, "a rule names it, but the model does not have it");
                    self.tables.mismatch(error)?;
                }
            }
        }
        Ok(())
    }

    fn docs(&self) -> String {
        let what = match self.what {
            Write::Add => {
                "Copies a resource that was read, so that it can be added under another id"
            }
            Write::Patch => "Converts a resource that was read into a patch",
            Write::Replace => {
                "Converts a resource that was read into an update, which replaces all its properties"
            }
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
                "For `{}`. Properties without a counterpart: {}.",
                self.operation,
                stays.join(", ")
            )),
        ];
        for property in &self.write.properties {
            if let Some(why) = self.left_out(property) {
                parts.push(docs::prose(&format!(
                    "`{}` is left out, because {why}.",
                    property.wire
                )));
            }
        }
        for (_, beside, names) in EXCLUDED.iter().filter(|(of, ..)| *of == self.write.name) {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            parts.push(docs::prose(&format!(
                "If `{beside}` is true, {} are left out: the service accepts only one of the two.",
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
                "The service never returns these secrets: {}. If one of them must have been set, the \
                 conversion fails without it. If nothing shows that it was set, set it again, or it is lost.",
                secrets.join(", ")
            )));
        }
        docs::paragraphs(&parts)
    }
}
