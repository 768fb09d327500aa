//! The sizes of virtual machines, by family.
//!
//! Source: the pages of the families below "Sizes for virtual machines in Azure"
//! <https://learn.microsoft.com/azure/virtual-machines/sizes/overview>, "Sizes for Cloud Services"
//! <https://learn.microsoft.com/azure/cloud-services/cloud-services-sizes-specs>, and "Choose VM
//! sizes and images for pools" <https://learn.microsoft.com/azure/batch/batch-pool-vm-sizes> for
//! the sizes that pools cannot have, which are not here: B, `Basic_A0`, `Standard_A0`.

use super::Generation::{self, First, Second};

/// A family: sizes whose names differ in a number.
struct Family {
    /// The name, with `#` in place of the number.
    name: &'static str,
    numbers: &'static [u16],
    /// The cores of each, in the order of the numbers.
    cores: &'static [u16],
    /// The only generation of images that it boots, if there is one.
    only: Option<Generation>,
}

impl Family {
    /// A family in which the number is that of the cores.
    const fn new(name: &'static str, numbers: &'static [u16]) -> Self {
        Self::with(name, numbers, numbers)
    }

    const fn with(name: &'static str, numbers: &'static [u16], cores: &'static [u16]) -> Self {
        Self {
            name,
            numbers,
            cores,
            only: None,
        }
    }

    const fn only(self, generation: Generation) -> Self {
        Self {
            only: Some(generation),
            ..self
        }
    }

    /// Returns the size of this family that has a name, in lower case.
    fn find(&self, name: &str) -> Option<Size> {
        let (before, after) = self.name.split_once('#')?;
        let number = name.strip_prefix(before)?.strip_suffix(after)?;
        let mut numbers = self.numbers.iter();
        let index = numbers.position(|known| known.to_string() == number)?;
        Some(Size {
            cores: *self.cores.get(index)?,
            only: self.only,
        })
    }
}

/// A size of virtual machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) cores: u16,
    /// The only generation of images that it boots, if there is one.
    pub(crate) only: Option<Generation>,
}

#[rustfmt::skip]
const FAMILIES: &[Family] = &[
    Family::with("basic_a#", &[1, 2, 3, 4], &[1, 2, 4, 8]).only(First),
    Family::with("standard_a#", &[1, 2, 3, 4, 5, 6, 7], &[1, 2, 4, 8, 2, 4, 8]).only(First),
    Family::new("standard_a#_v2", &[1, 2, 4, 8]).only(First),
    Family::new("standard_a#m_v2", &[2, 4, 8]).only(First),
    Family::with("standard_d#", &[1, 2, 3, 4, 11, 12, 13, 14], &[1, 2, 4, 8, 2, 4, 8, 16]).only(First),
    Family::with("standard_d#_v2", &[1, 2, 3, 4, 5, 11, 12, 13, 14, 15], &[1, 2, 4, 8, 16, 2, 4, 8, 16, 20]).only(First),
    Family::with("standard_ds#_v2", &[1, 2, 3, 4, 5, 11, 12, 13, 14, 15], &[1, 2, 4, 8, 16, 2, 4, 8, 16, 20]),
    Family::new("standard_d#_v3", &[2, 4, 8, 16, 32, 48, 64]),
    Family::new("standard_d#s_v3", &[2, 4, 8, 16, 32, 48, 64]),
    Family::new("standard_d#a_v4", &[2, 4, 8, 16, 32, 48, 64, 96]),
    Family::new("standard_d#as_v4", &[2, 4, 8, 16, 32, 48, 64, 96]),
    Family::new("standard_d#d_v4", &[2, 4, 8, 16, 32, 48, 64]),
    Family::new("standard_d#ds_v4", &[2, 4, 8, 16, 32, 48, 64]),
    Family::new("standard_d#_v5", &[2, 4, 8, 16, 32, 48, 64, 96]),
    Family::new("standard_d#s_v5", &[2, 4, 8, 16, 32, 48, 64, 96]),
    Family::new("standard_d#d_v5", &[2, 4, 8, 16, 32, 48, 64, 96]),
    Family::new("standard_d#ds_v5", &[2, 4, 8, 16, 32, 48, 64, 96]),
    Family::new("standard_d#as_v5", &[2, 4, 8, 16, 32, 48, 64, 96]),
    Family::new("standard_d#ads_v5", &[2, 4, 8, 16, 32, 48, 64, 96]),
    Family::new("standard_d#s_v6", &[2, 4, 8, 16, 32, 48, 64, 96, 128, 192]).only(Second),
    Family::new("standard_d#ds_v6", &[2, 4, 8, 16, 32, 48, 64, 96, 128, 192]).only(Second),
    Family::new("standard_d#as_v6", &[2, 4, 8, 16, 32, 48, 64, 96]).only(Second),
    Family::new("standard_d#ads_v6", &[2, 4, 8, 16, 32, 48, 64, 96]).only(Second),
    Family::new("standard_e#_v3", &[2, 4, 8, 16, 20, 32, 48, 64]),
    Family::new("standard_e#s_v3", &[2, 4, 8, 16, 20, 32, 48, 64]),
    Family::new("standard_e#a_v4", &[2, 4, 8, 16, 20, 32, 48, 64, 96]),
    Family::new("standard_e#as_v4", &[2, 4, 8, 16, 20, 32, 48, 64, 96]),
    Family::new("standard_e#d_v4", &[2, 4, 8, 16, 20, 32, 48, 64]),
    Family::new("standard_e#ds_v4", &[2, 4, 8, 16, 20, 32, 48, 64]),
    Family::new("standard_e#_v5", &[2, 4, 8, 16, 20, 32, 48, 64, 96]),
    Family::new("standard_e#s_v5", &[2, 4, 8, 16, 20, 32, 48, 64, 96]),
    Family::new("standard_e#d_v5", &[2, 4, 8, 16, 20, 32, 48, 64, 96]),
    Family::new("standard_e#ds_v5", &[2, 4, 8, 16, 20, 32, 48, 64, 96]),
    Family::new("standard_e#as_v5", &[2, 4, 8, 16, 20, 32, 48, 64, 96]),
    Family::new("standard_e#ads_v5", &[2, 4, 8, 16, 20, 32, 48, 64, 96]),
    Family::new("standard_f#", &[1, 2, 4, 8, 16]),
    Family::new("standard_f#s", &[1, 2, 4, 8, 16]),
    Family::new("standard_f#s_v2", &[2, 4, 8, 16, 32, 48, 64, 72]),
    Family::with("standard_g#", &[1, 2, 3, 4, 5], &[2, 4, 8, 16, 32]),
    Family::new("standard_h#", &[8, 16]),
    Family::new("standard_h#r", &[16]),
    Family::new("standard_hb#rs", &[60]),
    Family::new("standard_hb#rs_v2", &[120]),
    Family::new("standard_hb#rs_v3", &[120]),
    Family::new("standard_hb#rs_v4", &[176]),
    Family::new("standard_hc#rs", &[44]),
    Family::new("standard_l#s", &[4, 8, 16, 32]),
    Family::new("standard_l#s_v2", &[8, 16, 32, 48, 64, 80]),
    Family::new("standard_l#s_v3", &[8, 16, 32, 48, 64, 80]),
    Family::new("standard_m#s", &[8, 16, 32, 64, 128]),
    Family::new("standard_m#ms", &[8, 16, 32, 64, 128]),
    Family::new("standard_nc#s_v3", &[6, 12, 24]),
    Family::new("standard_nc#rs_v3", &[24]).only(First),
    Family::new("standard_nc#as_t4_v3", &[4, 8, 16, 64]),
    Family::new("standard_nc#ads_a100_v4", &[24, 48, 96]),
    Family::new("standard_nd#asr_v4", &[96]).only(Second),
    Family::new("standard_nv#s_v3", &[12, 24, 48]),
    Family::new("standard_nv#as_v4", &[4, 8, 16, 32]),
    Family::new("standard_nv#ads_a10_v5", &[6, 12, 18, 36, 72]),
];

/// Sizes of cloud services, which have other names.
const NAMED: &[(&str, u16)] = &[
    ("small", 1),
    ("medium", 2),
    ("large", 4),
    ("extralarge", 8),
    ("a5", 2),
    ("a6", 4),
    ("a7", 8),
];

/// Returns a size by its name, in any letter case.
pub(crate) fn find(name: &str) -> Option<Size> {
    let name = name.to_ascii_lowercase();
    let named = NAMED.iter().find(|(known, _)| *known == name);
    let named = named.map(|(_, cores)| Size {
        cores: *cores,
        only: None,
    });
    named.or_else(|| FAMILIES.iter().find_map(|family| family.find(&name)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn families_are_complete_and_unique() {
        let names: BTreeSet<_> = FAMILIES.iter().map(|family| family.name).collect();
        assert_eq!(names.len(), FAMILIES.len());
        for family in FAMILIES {
            let name = family.name;
            assert_eq!(family.numbers.len(), family.cores.len(), "{name}");
            assert!(family.numbers.is_sorted(), "{name}");
            assert_eq!(name.matches('#').count(), 1, "{name}");
            assert_eq!(name, name.to_lowercase());
        }
    }

    #[test]
    fn a_size_is_found_in_any_letter_case() {
        let cores = |name| find(name).map(|size| size.cores);
        for (name, wanted) in [
            ("Standard_D2s_v3", Some(2)),
            ("STANDARD_D14_V2", Some(16)),
            ("standard_a7", Some(8)),
            ("standard_a2m_v2", Some(2)),
            ("standard_f72s_v2", Some(72)),
            ("Small", Some(1)),
            ("Standard_NC96ads_A100_v4", Some(96)),
            ("standard_a0", None),
            ("standard_d02s_v3", None),
            ("standard_d3s_v3", None),
            ("standard_ds_v3", None),
            ("standard_b2s", None),
            ("", None),
        ] {
            assert_eq!(cores(name), wanted, "{name}");
        }
        let only = |name| find(name).and_then(|size| size.only);
        assert_eq!(only("standard_d2_v2"), Some(First));
        assert_eq!(only("standard_d2s_v6"), Some(Second));
        assert_eq!(only("standard_d2s_v3"), None);
    }
}
