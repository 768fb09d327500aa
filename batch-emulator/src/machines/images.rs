//! The images.
//!
//! Source: the publishers' names on Azure Marketplace, "Choose VM sizes and images for pools"
//! <https://learn.microsoft.com/azure/batch/batch-pool-vm-sizes>, the images by which public tools
//! make their pools, and the notices of the service's repository about ends of support.

use super::Generation;

/// An image that pools can use.
pub(crate) struct Image {
    /// The node agent that runs on it.
    pub(crate) agent: &'static str,
    /// Publisher, offer and SKU.
    pub(crate) names: [&'static str; 3],
    /// End of its support.
    pub(crate) end: Option<&'static str>,
    verified: bool,
    /// True if it can run containers.
    docker: bool,
    generation: Generation,
}

impl Image {
    const fn new(agent: &'static str, names: [&'static str; 3]) -> Self {
        Self {
            agent,
            names,
            verified: true,
            docker: false,
            end: None,
            generation: Generation::First,
        }
    }

    const fn windows(sku: &'static str) -> Self {
        let names = ["microsoftwindowsserver", "windowsserver", sku];
        Self::new("batch.node.windows amd64", names)
    }

    const fn second(self) -> Self {
        Self {
            generation: Generation::Second,
            ..self
        }
    }

    const fn docker(self) -> Self {
        Self {
            docker: true,
            ..self
        }
    }

    const fn unverified(self) -> Self {
        Self {
            verified: false,
            ..self
        }
    }

    const fn until(self, end: &'static str) -> Self {
        Self {
            end: Some(end),
            ..self
        }
    }

    pub(crate) fn generation(&self) -> Generation {
        self.generation
    }

    pub(crate) fn system(&self) -> &'static str {
        if self.agent.contains("windows") {
            "windows"
        } else {
            "linux"
        }
    }

    pub(crate) fn verification(&self) -> &'static str {
        if self.verified {
            "verified"
        } else {
            "unverified"
        }
    }

    /// Source: users quote the capabilities of images in the issues of the service's repository.
    pub(crate) fn capabilities(&self) -> impl Iterator<Item = &'static str> {
        let docker = self.docker.then_some("DockerCompatible");
        let second = (self.generation == Generation::Second).then_some("Generation2VMImage");
        docker.into_iter().chain(second)
    }
}

/// The images, in the order of the listing.
#[rustfmt::skip]
pub(crate) const IMAGES: &[Image] = &[
    Image::new("batch.node.debian 12", ["debian", "debian-12", "12"]),
    Image::new("batch.node.debian 12", ["debian", "debian-12", "12-gen2"]).second(),
    Image::new("batch.node.debian 11", ["debian", "debian-11", "11"]).unverified(),
    Image::new("batch.node.el 9", ["almalinux", "almalinux-x86_64", "9-gen1"]),
    Image::new("batch.node.el 9", ["almalinux", "almalinux-x86_64", "9-gen2"]).second(),
    Image::new("batch.node.el 8", ["almalinux", "almalinux-x86_64", "8-gen1"]),
    Image::new("batch.node.el 8", ["almalinux", "almalinux-x86_64", "8-gen2"]).second(),
    Image::new("batch.node.centos 7", ["microsoft-azure-batch", "centos-container", "7-8"])
        .docker().until("2024-06-30T00:00:00Z"),
    Image::new("batch.node.ubuntu 20.04", ["microsoft-azure-batch", "ubuntu-server-container", "20-04-lts"])
        .docker().until("2025-05-31T00:00:00Z"),
    Image::new("batch.node.ubuntu 18.04", ["canonical", "ubuntuserver", "18.04-lts"])
        .until("2023-04-30T00:00:00Z"),
    Image::new("batch.node.ubuntu 20.04", ["canonical", "0001-com-ubuntu-server-focal", "20_04-lts"])
        .until("2025-05-31T00:00:00Z"),
    Image::new("batch.node.ubuntu 20.04", ["canonical", "0001-com-ubuntu-server-focal", "20_04-lts-gen2"])
        .second().until("2025-05-31T00:00:00Z"),
    Image::new("batch.node.ubuntu 22.04", ["canonical", "0001-com-ubuntu-server-jammy", "22_04-lts"]),
    Image::new("batch.node.ubuntu 22.04", ["canonical", "0001-com-ubuntu-server-jammy", "22_04-lts-gen2"])
        .second().unverified(),
    Image::new("batch.node.ubuntu 24.04", ["canonical", "ubuntu-24_04-lts", "server"]).second(),
    Image::new("batch.node.ubuntu 24.04", ["canonical", "ubuntu-24_04-lts", "server-gen1"]),
    Image::windows("2016-datacenter").until("2027-01-12T00:00:00Z"),
    Image::windows("2016-datacenter-smalldisk").until("2027-01-12T00:00:00Z"),
    Image::windows("2019-datacenter"),
    Image::windows("2019-datacenter-core"),
    Image::windows("2019-datacenter-smalldisk"),
    Image::windows("2022-datacenter"),
    Image::windows("2022-datacenter-core"),
    Image::windows("2022-datacenter-g2").second(),
    Image::windows("2022-datacenter-smalldisk"),
    Image::new("batch.node.ubuntu 20.04", ["microsoft-dsvm", "ubuntu-hpc", "2004"])
        .second().docker().until("2025-05-31T00:00:00Z"),
    Image::new("batch.node.ubuntu 22.04", ["microsoft-dsvm", "ubuntu-hpc", "2204"]).second().docker(),
];

/// Returns the image of a publisher, offer and SKU.
pub(crate) fn find(names: [&str; 3]) -> Option<&'static Image> {
    let same = |image: &&Image| {
        let mut pairs = image.names.iter().zip(names);
        pairs.all(|(known, name)| known.eq_ignore_ascii_case(name))
    };
    IMAGES.iter().find(same)
}

/// Returns true if an image has this node agent.
pub(crate) fn is_agent(agent: &str) -> bool {
    let mut images = IMAGES.iter();
    images.any(|image| image.agent.eq_ignore_ascii_case(agent))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::time::Time;

    #[test]
    fn images_are_unique_and_their_ends_are_times() {
        let names: BTreeSet<_> = IMAGES.iter().map(|image| image.names).collect();
        assert_eq!(names.len(), IMAGES.len());
        for image in IMAGES {
            let lower = image.names.map(str::to_lowercase);
            assert_eq!(image.names, lower.each_ref().map(String::as_str));
            assert!(image.end.is_none_or(|end| Time::parse(end).is_some()));
        }
    }

    #[test]
    fn an_image_is_found_in_any_letter_case() {
        let found = find(["Canonical", "UbuntuServer", "18.04-LTS"]).map(|image| image.agent);
        assert_eq!(found, Some("batch.node.ubuntu 18.04"));
        assert!(find(["canonical", "ubuntuserver", "9.10"]).is_none());
        assert!(is_agent("Batch.Node.Windows amd64") && !is_agent("batch.node.ubuntu 9.10"));
    }
}
