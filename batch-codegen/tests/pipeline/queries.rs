//! Filters and edits are checked against the description.

use batch_codegen::{Error, generate};
use serde_json::{Value, json};

use super::support::{description, description_json, ours, tables, tables_with};

/// Returns our table with one change.
fn changed(change: impl FnOnce(&mut Value)) -> String {
    let mut table: Value = serde_json::from_str(&tables()["filters.json"]).expect("JSON");
    change(&mut table["filters"]);
    table.to_string()
}

fn refused(table: &str) -> Error {
    generate(description(), &tables_with("filters.json", table)).expect_err("the table is wrong")
}

/// Returns the entry of jobs in a table.
fn jobs(table: &mut Value) -> &mut Value {
    let mut entries = table.as_array_mut().expect("a list").iter_mut();
    let found = entries.find(|entry| entry["definition"] == "CloudJob");
    found.expect("jobs")
}

#[test]
fn a_table_of_filters_must_match_the_description() {
    type Change = fn(&mut Value);
    let cases: &[(Change, &str)] = &[
        (
            |t| jobs(t)["definition"] = json!("CloudJobs"),
            "CloudJobs: the description has no such definition",
        ),
        (
            |t| {
                t.as_array_mut().expect("a list").clear();
            },
            "it can be filtered, but is not here",
        ),
        (
            |t| {
                let more = json!({ "definition": "NameValuePair", "properties": [] });
                t.as_array_mut().expect("a list").push(more);
            },
            "NameValuePair: no listing with a filter returns it",
        ),
        (
            |t| {
                let again = jobs(t).clone();
                t.as_array_mut().expect("a list").push(again);
            },
            "CloudJob: it is listed twice",
        ),
        (
            |t| jobs(t)["properties"][0]["path"] = json!("name"),
            "CloudJob: name: CloudJob has no property `name`",
        ),
        (
            |t| jobs(t)["properties"][0]["path"] = json!("state"),
            "CloudJob: state: ",
        ),
        (
            |t| jobs(t)["properties"][1]["path"] = json!("id"),
            "CloudJob: id: it is listed twice",
        ),
        (
            |t| jobs(t)["properties"][0]["path"] = json!("id/length"),
            "id/length: a segment before the last is not an object",
        ),
        (
            |t| jobs(t)["properties"][0]["path"] = json!("executionInfo/poolID"),
            "JobExecutionInformation has no property `poolID`",
        ),
        (
            |t| jobs(t)["properties"][0]["path"] = json!("executionInfo"),
            "these operators are not supported for Model",
        ),
        (
            |t| jobs(t)["properties"][1]["operators"] = json!(["eq", "gt", "ge", "lt", "le"]),
            "these operators are not supported for Enum",
        ),
        (
            |t| jobs(t)["properties"][2]["operators"] = json!(["startswith"]),
            "these operators are not supported for DateTime",
        ),
        (
            |t| jobs(t)["properties"][0]["operators"] = json!(["eq", "gt"]),
            "it has some of gt, ge, lt and le, but not all",
        ),
        (
            |t| jobs(t)["properties"][0]["operators"] = json!([]),
            "it has no operators, or one is listed twice",
        ),
        (
            |t| jobs(t)["properties"][0]["operators"] = json!(["eq", "eq"]),
            "one is listed twice",
        ),
        (
            |t| jobs(t)["properties"][0]["operators"] = json!(["like"]),
            "unknown variant `like`",
        ),
        (|t| jobs(t)["extra"] = json!(1), "unknown field `extra`"),
    ];
    for (change, why) in cases {
        let error = refused(&changed(change));
        assert_eq!(error.path(), "filters.json", "{error}");
        assert!(
            error.message().contains(why),
            "{error}\n    expected: {why}"
        );
    }
}

#[test]
fn comparisons_follow_the_table() {
    let fewer = changed(|t| jobs(t)["properties"][1]["operators"] = json!(["eq"]));
    let output = generate(description(), &tables_with("filters.json", &fewer)).expect("a client");
    let line = "pub const fn state() -> Property<models::CloudJob, models::JobState, Eq>";
    assert!(output.client["filters.rs"].contains(line));
    assert!(!ours().client["filters.rs"].contains(line));
}

/// Generates from our description with one change.
fn described(change: impl FnOnce(&mut Value)) -> Result<batch_codegen::Output, Error> {
    let mut description = description_json();
    change(&mut description["definitions"]);
    generate(&description.to_string(), &tables())
}

#[test]
fn a_property_that_can_be_written_but_not_read_is_an_error() {
    let text = json!({ "type": "string", "description": "It." });
    let property = text.clone();
    let error = described(|d| d["PoolPatchParameter"]["properties"]["wallpaper"] = property);
    let error = error.expect_err("it cannot be filled");
    assert_eq!(error.path(), "$.definitions.PoolPatchParameter.wallpaper");
    assert!(
        error
            .message()
            .contains("the model that is read does not have it"),
        "{error}"
    );

    let property = text.clone();
    let error = described(|d| d["JobPatchParameter"]["properties"]["priority"] = property);
    let error = error.expect_err("it has another type");
    assert!(
        error.message().contains("has another type for it"),
        "{error}"
    );

    // A property that both have is copied.
    let output = described(|d| {
        for definition in ["CloudPool", "PoolPatchParameter"] {
            d[definition]["properties"]["wallpaper"] = text.clone();
        }
    });
    let edits = &output.expect("a client").client["edits.rs"];
    assert!(edits.contains("wallpaper: read.wallpaper.clone(),"));
}

#[test]
fn mismatches_in_another_version_are_left_out() {
    let text = json!({ "type": "string", "description": "It." });
    let mut description = description_json();
    description["info"]["version"] = json!("2031-01-01.1.0");
    let definitions = &mut description["definitions"];
    definitions["PoolPatchParameter"]["properties"]["wallpaper"] = text.clone();
    definitions["StartTask"]["properties"]["pin"] =
        json!({ "type": "string", "x-ms-secret": true, "description": "It." });
    // Written but never read: a pool that was read cannot be converted.
    definitions["PoolAddParameter"]["properties"]["seal"] = text;
    definitions["PoolAddParameter"]["required"] = json!(["id", "vmSize", "seal"]);
    let table = changed(|t| {
        jobs(t)["properties"][0]["path"] = json!("name");
        let more = json!({ "definition": "Mood", "properties": [] });
        t.as_array_mut().expect("a list").push(more);
    });
    let mut tables = tables_with("filters.json", &table);
    tables.insert("secrets.json".to_owned(), secrets_with_pin());
    let output = generate(&description.to_string(), &tables).expect("a client");
    for piece in [
        "$.definitions.PoolPatchParameter.wallpaper: the model that is read does not have it",
        "$.definitions.PoolAddParameter.seal: the model that is read does not have it",
        "$.definitions.StartTask.pin: a secret can be lost",
        "filters.json: CloudJob: name: CloudJob has no property `name`",
        "filters.json: Mood: the description has no such definition",
    ] {
        let matches = output.notes.iter().filter(|note| note.starts_with(piece));
        assert_eq!(matches.count(), 1, "{piece:?} in {:#?}", output.notes);
    }
    // The rows for later versions have no place in this one either.
    let plain =
        super::support::description().replace(batch_codegen::TABLES_VERSION, "2031-01-01.1.0");
    let later = generate(&plain, &super::support::tables()).expect("a client");
    let later = later.notes.len();
    assert_eq!(output.notes.len(), later + 5, "{:#?}", output.notes);
    let edits = &output.client["edits.rs"];
    assert!(edits.contains("wallpaper: None,"));
    assert!(!edits.contains("for models::PoolAddParameter"));
    assert!(edits.contains("for models::JobAddParameter"));
}

/// Returns our table of secrets with a decided row for a new secret.
fn secrets_with_pin() -> String {
    let before = "    { \"place\": \"poolId\",";
    let row = "    { \"place\": \"pin\", \"is\": \"secret\" },\n";
    tables()["secrets.json"].replace(before, &format!("{row}{before}"))
}

#[test]
fn a_new_secret_needs_a_decision_on_its_absence() {
    let secret = json!({ "type": "string", "x-ms-secret": true, "description": "It." });
    let mut description = description_json();
    description["definitions"]["StartTask"]["properties"]["pin"] = secret;
    let tables = tables_with("secrets.json", &secrets_with_pin());
    let error = generate(&description.to_string(), &tables).expect_err("it could be lost");
    assert_eq!(error.path(), "$.definitions.StartTask.pin");
    assert!(error.message().contains("secret can be lost"), "{error}");
}

#[test]
fn read_only_properties_are_not_sent_back() {
    let output =
        described(|d| d["StartTask"]["properties"]["commandLine"]["readOnly"] = true.into());
    let edits = &output.expect("a client").client["edits.rs"];
    let settler = edits.split("fn start_task(").nth(1).expect("a settler");
    let settler = settler.split("\nfn ").next().unwrap_or_default();
    assert!(settler.contains("model.command_line = None;"), "{settler}");
}
