use chrono::TimeDelta;

use super::*;

fn image(publisher: &str, offer: &str, sku: &str) -> ImageInformation {
    ImageInformation::default()
        .with_image_reference(ImageReference::marketplace(publisher, offer, sku))
        .with_node_agent_sku_id(format!("agent of {offer}"))
        .with_os_type(OSType::Linux)
        .with_verification_type(VerificationType::Verified)
}

fn query() -> ImageQuery {
    let key = crate::SharedKey::new("acct", "a2V5").expect("a key");
    let client = Client::new("https://acct.westeurope.batch.azure.com", key).expect("a client");
    client.account().find_image()
}

fn skus(query: &ImageQuery, listed: &[ImageInformation]) -> Vec<String> {
    let found = query.ranked(listed).into_iter();
    found
        .map(|image| {
            name(image)
                .rsplit(' ')
                .next()
                .unwrap_or_default()
                .to_owned()
        })
        .collect()
}

#[test]
fn the_newest_image_comes_first() {
    let listed = [
        image("canonical", "0001-com-ubuntu-server-focal", "20_04-lts"),
        image(
            "canonical",
            "0001-com-ubuntu-server-jammy",
            "22_04-lts-gen2",
        ),
        image("canonical", "0001-com-ubuntu-server-jammy", "22_04-lts"),
        image("canonical", "ubuntu-24_04-lts", "server-gen1"),
        image("canonical", "ubuntu-24_04-lts", "server"),
        image("canonical", "ubuntu-9_10", "server"),
    ];
    let newest_first = [
        "server",
        "server-gen1",
        "22_04-lts",
        "22_04-lts-gen2",
        "20_04-lts",
        "server",
    ];
    assert_eq!(skus(&query(), &listed), newest_first);
}

#[test]
fn every_condition_has_to_be_met() {
    let mut docker = image("Microsoft-DSVM", "ubuntu-hpc", "2204");
    docker.capabilities = Some(vec!["DockerCompatible".to_owned()]);
    let mut windows = image("microsoftwindowsserver", "windowsserver", "2022-datacenter");
    windows.os_type = Some(OSType::Windows);
    let listed = [
        image("canonical", "ubuntu-24_04-lts", "server"),
        docker,
        windows,
    ];
    for (query, expected) in [
        (query().publisher("microsoft-dsvm"), "2204"),
        (query().publisher("microsoft-dsvm").offer("ubuntu"), ""),
        (query().offer("UBUNTU-HPC"), "2204"),
        (query().offer_prefix("ubuntu-24"), "server"),
        (query().sku("2022-datacenter"), "2022-datacenter"),
        (query().sku("2022"), ""),
        (query().sku_prefix("2022"), "2022-datacenter"),
        (query().sku_prefix("2022-datacenter-core"), ""),
        (query().os(OSType::Windows), "2022-datacenter"),
        (query().node_agent("agent of ubuntu-hpc"), "2204"),
        (query().capability("dockercompatible"), "2204"),
        (
            query().capability("DockerCompatible").capability("RDMA"),
            "",
        ),
    ] {
        assert_eq!(skus(&query, &listed).join(" "), expected, "{query:?}");
    }
}

#[test]
fn unverified_and_ended_images_are_left_out() {
    let (mut unverified, mut ended, mut ending) = (
        image("canonical", "a", "1"),
        image("canonical", "b", "2"),
        image("canonical", "c", "3"),
    );
    unverified.verification_type = Some(VerificationType::Unverified);
    ended.batch_support_end_of_life = Some(Utc::now() - TimeDelta::days(1));
    ending.batch_support_end_of_life = Some(Utc::now() + TimeDelta::days(30));
    let listed = [unverified, ended, ending];
    assert_eq!(skus(&query(), &listed), ["3"]);
    assert_eq!(skus(&query().include_unverified(), &listed), ["3", "1"]);
    let next_year = Utc::now() + TimeDelta::days(365);
    assert!(skus(&query().supported_until(next_year), &listed).is_empty());
    let last_week = Utc::now() - TimeDelta::days(7);
    assert_eq!(
        skus(&query().supported_until(last_week), &listed),
        ["3", "2"]
    );
}

#[test]
fn the_error_names_the_nearest_image() {
    let listed = [
        image("debian", "debian-12", "12"),
        image("canonical", "0001-com-ubuntu-server-jammy", "22_04-lts"),
        image("canonical", "ubuntu-24_04-lts", "server"),
    ];
    let query = query().publisher("canonical").sku_prefix("26_04");
    assert_eq!(
        query.nothing_found(&listed),
        "cannot find an image: none of the 3 supported images has publisher `canonical`, \
         SKU `26_04*`; the nearest is canonical ubuntu-24_04-lts server, which fails SKU `26_04*`"
    );
    assert_eq!(
        query.nothing_found(&[]),
        "cannot find an image: none of the 0 supported images has publisher `canonical`, \
         SKU `26_04*`"
    );
}
