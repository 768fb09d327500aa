//! Tests of certificates, applications and images.

use super::*;

#[test]
fn a_certificate_stays_while_it_is_used() {
    let mut bench = Bench::new();
    let body = |thumbprint: &str| {
        json!({
            "thumbprint": thumbprint, "thumbprintAlgorithm": "sha1", "data": "MIIB", "certificateFormat": "cer",
        })
    };
    bench.done("Certificate_Add", &[], body("AB cd"));
    assert_eq!(
        bench.refused("Certificate_Add", &[], body("abCD")),
        (409, "CertificateExists")
    );
    let ids = ["SHA1", "ABCD"];
    let shown = bench.get("Certificate_Get", &ids);
    assert_fits(&shown, "Certificate");
    assert_eq!(
        (&shown["thumbprint"], &shown["publicData"]),
        (&json!("abcd"), &json!("MIIB"))
    );
    assert_eq!(
        bench.refused("Certificate_CancelDeletion", &ids, Value::Null),
        (409, "CertificateStateActive")
    );
    let reference = json!([{"thumbprint": "abcd", "thumbprintAlgorithm": "sha1"}]);
    bench.done(
        "Pool_Add",
        &[],
        pool("p", json!({"certificateReferences": reference})),
    );
    bench.done("Certificate_Delete", &ids, Value::Null);
    assert_eq!(
        bench.refused("Certificate_Delete", &ids, Value::Null),
        (409, "CertificateBeingDeleted")
    );
    bench.at(1);
    let shown = bench.get("Certificate_List", &[]);
    assert_fits(&shown["value"][0], "Certificate");
    assert_eq!(
        shown["value"][0]["deleteCertificateError"]["values"][0]["value"],
        "p"
    );
    bench.done("Certificate_CancelDeletion", &ids, Value::Null);
    assert_eq!(bench.get("Certificate_Get", &ids)["state"], "active");
    bench.done("Pool_Patch", &["p"], json!({"certificateReferences": []}));
    bench.done("Certificate_Delete", &ids, Value::Null);
    bench.at(2);
    assert_eq!(
        bench.refused("Certificate_Get", &ids, Value::Null),
        (404, "CertificateNotFound")
    );
}

#[test]
fn applications_come_from_the_configuration() {
    let application = |id: &str| crate::config::Application {
        id: id.into(),
        display_name: (id == "b").then(|| "B".into()),
        versions: vec!["1".into(), "2".into()],
    };
    let mut bench =
        Bench::with(|config| config.applications = vec![application("b"), application("a")]);
    assert_eq!(
        bench.get("Application_Get", &["A"]),
        json!({"id": "a", "versions": ["1", "2"]})
    );
    assert_eq!(
        bench.refused("Application_Get", &["c"], Value::Null),
        (404, "ApplicationNotFound")
    );
    let first = bench.read("Application_List", &[], &[("maxresults", "1")], Value::Null);
    assert_eq!(first["value"], json!([{"id": "a", "versions": ["1", "2"]}]));
    let token = text(&first["odata.nextLink"])
        .split("skiptoken=")
        .nth(1)
        .expect("a token")
        .to_owned();
    let second = bench.read(
        "Application_List",
        &[],
        &[("$skiptoken", &token)],
        Value::Null,
    );
    assert_eq!(
        second,
        json!({"value": [{"id": "b", "displayName": "B", "versions": ["1", "2"]}]})
    );
    let packages = json!([{"applicationId": "/subscriptions/s/applications/A", "version": "2"}]);
    bench.done(
        "Pool_Add",
        &[],
        pool("p", json!({"applicationPackageReferences": packages})),
    );
}

#[test]
fn the_account_lists_images() {
    let mut bench = Bench::new();
    let query = [("$filter", "osType eq 'linux'")];
    let all = bench.get("Account_ListSupportedImages", &[]);
    let linux = bench.read("Account_ListSupportedImages", &[], &query, Value::Null);
    let count = |value: &Value| value["value"].as_array().map(Vec::len);
    assert_eq!((count(&all), count(&linux)), (Some(27), Some(18)));
    all["value"]
        .as_array()
        .expect("images")
        .iter()
        .for_each(|image| assert_fits(image, "ImageInformation"));
    assert_eq!(
        bench.get("Pool_ListUsageMetrics", &[]),
        json!({"value": []})
    );
}
