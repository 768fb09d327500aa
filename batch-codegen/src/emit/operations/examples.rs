//! Example code for the docs of operations, with values that the service accepts.
//!
//! The tests run the same statements: [`runner`] writes them to `tests/it/generated/examples.rs`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::api::{Api, Kind, Operation, Returns, Scalar};
use crate::emit::{models, shape};
use crate::error::{Error, Result};
use crate::names::{pascal, snake};

/// A rustdoc example that calls the operation.
pub(super) fn operation(api: &Api, operation: &Operation) -> String {
    let mut lines = vec!["```no_run".to_owned()];
    if operation.deprecated {
        lines.push("# #![allow(deprecated)]".into());
    }
    lines.push(
        "# async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {"
            .into(),
    );
    lines.extend(formatted(&statements(api, operation)));
    lines.push("# Ok(())".into());
    lines.push("# }".into());
    lines.push("```".into());
    lines.join("\n")
}

/// A function that runs the example of any operation: the statements of the docs, for the tests.
pub(crate) fn runner(api: &Api) -> Result<TokenStream> {
    let mut arms = Vec::new();
    for operation in api.operations() {
        let id = &operation.id;
        let statements: TokenStream = statements(api, operation)
            .join("\n")
            .parse()
            .map_err(|e| Error::new("$.paths", format!("the example of {id} is not Rust: {e}")))?;
        arms.push(quote! { #id => { #statements } });
    }
    Ok(quote! {
        #[doc = " Runs the example in the docs of an operation."]
        #[allow(deprecated, clippy::too_many_lines)]
        pub(crate) async fn run(
            client: batch_client::Client,
            operation: &str,
        ) -> Result<(), batch_client::Error> {
            match operation {
                #(#arms)*
                other => panic!("there is no operation {other}"),
            }
            Ok(())
        }
    })
}

fn statements(api: &Api, operation: &Operation) -> Vec<String> {
    let group = operation.id.split('_').next().unwrap_or_default();
    let mut arguments: Vec<String> = shape::own_parameters(operation)
        .filter(|p| p.required)
        .map(|p| match p.scalar {
            Scalar::Text => format!("{:?}", sample_text(&p.wire)),
            Scalar::Integer | Scalar::Long => "1".into(),
            Scalar::Boolean => "true".into(),
            Scalar::DateTime | Scalar::HttpDate => "batch_client::chrono::Utc::now()".into(),
        })
        .collect();
    let mut imports = Vec::new();
    if let Some(body) = operation.body.as_ref().filter(|body| body.required) {
        arguments.push(model(api, &body.model, &mut imports));
    }
    let call = format!(
        "client.{}().{}({})",
        snake(group),
        snake(&operation.name),
        arguments.join(", ")
    );
    imports.sort();
    imports.dedup();
    let mut statements = match imports.as_slice() {
        [] => Vec::new(),
        [name] => vec![format!("use batch_client::models::{name};")],
        names => vec![format!(
            "use batch_client::models::{{{}}};",
            names.join(", ")
        )],
    };
    statements.extend(body(operation, &call));
    statements
}

/// Breaks long lines as rustfmt does.
fn formatted(statements: &[String]) -> Vec<String> {
    let Ok(file) = syn::parse_file(&format!("fn example() {{ {} }}", statements.join("\n"))) else {
        return statements.to_vec();
    };
    let text = prettyplease::unparse(&file);
    let lines: Vec<&str> = text.lines().collect();
    let inner = lines.get(1..lines.len() - 1).unwrap_or_default();
    inner
        .iter()
        .map(|line| line.strip_prefix("    ").unwrap_or(line).to_owned())
        .collect()
}

fn body(operation: &Operation, call: &str) -> Vec<String> {
    match &operation.returns {
        Returns::Nothing => vec![format!("{call}.await?;")],
        Returns::Existence => vec![
            format!("if !{call}.await? {{"),
            "    println!(\"not found\");".into(),
            "}".into(),
        ],
        Returns::FileProperties => vec![
            format!("let file = {call}.await?;"),
            "if let Some(length) = file.content_length {".into(),
            "    println!(\"{length} bytes\");".into(),
            "}".into(),
        ],
        Returns::Bytes => vec![
            format!("let content = {call}.await?.into_inner().bytes().await?;"),
            "println!(\"{} bytes\", content.len());".into(),
        ],
        Returns::Model(_) => vec![
            format!("let response = {call}.await?;"),
            "println!(\"{response:?}\");".into(),
        ],
        Returns::Page { .. } => vec![
            format!("let mut items = {call}.stream();"),
            "while let Some(item) = items.try_next().await? {".into(),
            "    println!(\"{item:?}\");".into(),
            "}".into(),
        ],
    }
}

fn sample_text(wire: &str) -> &'static str {
    match wire {
        "thumbprintAlgorithm" => "sha1",
        "thumbprint" => "0123456789abcdef0123456789abcdef01234567",
        "filePath" => "stdout.txt",
        "poolId" => "render",
        "jobId" => "nightly",
        "jobScheduleId" => "every-night",
        "taskId" => "frame-1",
        "nodeId" | "nodeList" => "tvmps_1",
        "applicationId" => "blender",
        "userName" => "robot",
        "extensionName" => "batchNodeExtension",
        "vmSize" => "standard_d2s_v3",
        "commandLine" => "/bin/sh -c 'echo hello'",
        "autoScaleFormula" => "$TargetDedicatedNodes = 2;",
        "containerUrl" => "https://studio.blob.core.windows.net/logs?sv=2024-11-04&sig=secret",
        // Base64 of a certificate's first bytes.
        "data" => "MIIDXTCCAkWgAwIBAgIJ",
        _ => "example",
    }
}

/// Values of a model whose properties have names as general as `id`.
fn sample_of(model: &str, wire: &str) -> &'static str {
    match (model, wire) {
        ("PoolAddParameter", "id") => sample_text("poolId"),
        ("JobAddParameter", "id") => sample_text("jobId"),
        ("JobScheduleAddParameter", "id") => sample_text("jobScheduleId"),
        ("TaskAddParameter", "id") => sample_text("taskId"),
        ("ComputeNodeUser", "name") => sample_text("userName"),
        ("MetadataItem", "name") => "project",
        ("MetadataItem", "value") => "short-film",
        _ => sample_text(wire),
    }
}

/// Optional properties without which the service rejects a request or the call does nothing, as
/// setters, with the models that they use.
fn setters(model: &str) -> (&'static str, &'static [&'static str]) {
    match model {
        "PoolAddParameter" => (
            ".with_virtual_machine_configuration(VirtualMachineConfiguration::new(\
             ImageReference::marketplace(\"canonical\", \"ubuntu-24_04-lts\", \"server\"), \
             \"batch.node.ubuntu 24.04\")).with_target_dedicated_nodes(3)",
            &["ImageReference", "VirtualMachineConfiguration"],
        ),
        "PoolEnableAutoScaleParameter" => (
            ".with_auto_scale_formula(\"$TargetDedicatedNodes = 2;\")",
            &[],
        ),
        "PoolPatchParameter" => (
            ".with_metadata([MetadataItem::new(\"project\", \"short-film\")])",
            &["MetadataItem"],
        ),
        "JobPatchParameter" => (".with_priority(100)", &[]),
        "JobSchedulePatchParameter" => (
            ".with_schedule(Schedule::every(batch_client::TimeSpan::from_mins(60)))",
            &["Schedule"],
        ),
        "TaskUpdateParameter" => (
            ".with_constraints(TaskConstraints::new().with_max_task_retry_count(3))",
            &["TaskConstraints"],
        ),
        "ComputeNodeUser" | "NodeUpdateUserParameter" => {
            (".with_password(\"correct-horse-Battery-9\")", &[])
        }
        _ => ("", &[]),
    }
}

/// `PoolAddParameter::new("render", "standard_d2s_v3")`, with the setters of [`setters`].
fn model(api: &Api, name: &str, imports: &mut Vec<String>) -> String {
    match name {
        // A pool's id is enough, because the argument is `impl Into<PoolInformation>`.
        "PoolInformation" => return format!("{:?}", sample_text("poolId")),
        "Schedule" => {
            imports.push(name.to_owned());
            return "Schedule::every(batch_client::TimeSpan::from_mins(60))".into();
        }
        "PoolResizeParameter" => {
            imports.push(name.to_owned());
            return "PoolResizeParameter::dedicated(5)".into();
        }
        // Replaces all three lists; packages and certificates would have to exist.
        "PoolUpdatePropertiesParameter" => {
            imports.extend([name.to_owned(), "MetadataItem".to_owned()]);
            return format!(
                "{name}::new([], [], [MetadataItem::new(\"project\", \"short-film\")])"
            );
        }
        _ => imports.push(name.to_owned()),
    }
    let Some(source) = api.model(name) else {
        return format!("{name}::default()");
    };
    let arguments: Vec<String> = models::arguments(source)
        .iter()
        .map(|property| match &property.kind {
            Kind::Text => format!("{:?}", sample_of(name, &property.wire)),
            kind => value(api, kind, &property.wire, imports),
        })
        .collect();
    let (setters, used) = setters(name);
    imports.extend(used.iter().map(|&name| name.to_owned()));
    format!("{name}::new({}){setters}", arguments.join(", "))
}

fn value(api: &Api, kind: &Kind, wire: &str, imports: &mut Vec<String>) -> String {
    match kind {
        Kind::Text => format!("{:?}", sample_text(wire)),
        Kind::I32 | Kind::I64 => "1".into(),
        Kind::F64 => "1.0".into(),
        Kind::Bool => "true".into(),
        Kind::DateTime => "batch_client::chrono::Utc::now()".into(),
        Kind::Duration => "batch_client::TimeSpan::from_mins(15)".into(),
        Kind::Enum(name) => {
            imports.push(name.clone());
            let first = api
                .enums
                .iter()
                .find(|e| e.name == *name)
                .and_then(|e| e.variants.first());
            let variant = first.map(|v| pascal(&v.name)).unwrap_or_default();
            format!("{name}::{variant}")
        }
        Kind::Model(name) => model(api, name, imports),
        Kind::Array(item) => format!("[{}]", value(api, item, wire, imports)),
        Kind::Map => "[(\"name\", \"value\")]".into(),
        Kind::Json => "serde_json::json!({})".into(),
    }
}
