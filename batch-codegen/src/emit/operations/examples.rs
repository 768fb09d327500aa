//! Example code for the docs of operations: with made-up arguments of the right types, so that it
//! compiles.

use crate::api::{Api, Kind, Operation, Returns, Scalar};
use crate::emit::{models, shape};
use crate::names::{pascal, snake};

/// A rustdoc example that calls the operation.
pub(super) fn operation(api: &Api, operation: &Operation) -> String {
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
    let mut lines = vec!["```no_run".to_owned()];
    if operation.deprecated {
        lines.push("# #![allow(deprecated)]".into());
    }
    lines.push(
        "# async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {"
            .into(),
    );
    imports.sort();
    imports.dedup();
    for name in imports {
        lines.push(format!("use batch_client::models::{name};"));
    }
    lines.extend(body(operation, &call));
    lines.push("# Ok(())".into());
    lines.push("# }".into());
    lines.push("```".into());
    lines.join("\n")
}

fn body(operation: &Operation, call: &str) -> Vec<String> {
    match &operation.returns {
        Returns::Nothing => vec![
            format!("let answer = {call}.await?;"),
            "println!(\"{:?}\", answer.request_id());".into(),
        ],
        Returns::Existence => vec![
            format!("if !{call}.await? {{"),
            "    println!(\"there is none\");".into(),
            "}".into(),
        ],
        Returns::FileProperties => vec![
            format!("let file = {call}.await?;"),
            "println!(\"{:?} bytes\", file.content_length);".into(),
        ],
        Returns::Bytes => vec![
            format!("let content = {call}.await?.into_inner().bytes().await?;"),
            "println!(\"{} bytes\", content.len());".into(),
        ],
        Returns::Model(_) => vec![
            format!("let answer = {call}.await?;"),
            "println!(\"{answer:?}\");".into(),
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
        "taskId" => "frame-1",
        _ => "example",
    }
}

/// `PoolAddParameter::new("example", "example")`.
fn model(api: &Api, name: &str, imports: &mut Vec<String>) -> String {
    imports.push(name.to_owned());
    let Some(source) = api.model(name) else {
        return format!("{name}::default()");
    };
    let arguments: Vec<String> = models::arguments(source)
        .iter()
        .map(|property| value(api, &property.kind, &property.wire, imports))
        .collect();
    format!("{name}::new({})", arguments.join(", "))
}

fn value(api: &Api, kind: &Kind, wire: &str, imports: &mut Vec<String>) -> String {
    match kind {
        Kind::Text => match wire {
            "vmSize" => "\"standard_d2s_v3\"".into(),
            "commandLine" => "\"/bin/sh -c 'echo hello'\"".into(),
            _ => format!("{:?}", sample_text(wire)),
        },
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
