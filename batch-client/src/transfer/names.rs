//! Names of a task's files, judged by the platform that writes them.
//!
//! The names come from a node, where tasks write what they like, so each is checked before anything
//! is created on this machine: it has to lead below the target folder, and every part has to be a
//! name that this platform can store. `log-08:00.txt` is a good name on Linux and a bad one on
//! Windows.

use super::partial::is_reserved;

/// Longest name of a file, in bytes on Linux and in UTF-16 units elsewhere.
const LONGEST: usize = 255;

/// The rules of a platform for the names of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Platform {
    Unix,
    /// Unix with a file system that ignores case.
    Apple,
    Windows,
}

impl Platform {
    pub(super) const HERE: Self = if cfg!(windows) {
        Self::Windows
    } else if cfg!(target_vendor = "apple") {
        Self::Apple
    } else {
        Self::Unix
    };

    /// Splits a path of a node into names that this platform can store, or returns the reason why
    /// it cannot.
    #[inline]
    pub(super) fn split(self, path: &str) -> Result<Vec<&str>, &'static str> {
        // Linux nodes separate names by `/`, Windows nodes by `\`, which Linux allows in a name.
        let separator = if path.contains('/') { '/' } else { '\\' };
        let names: Vec<&str> = path.split(separator).collect();
        for name in &names {
            self.check(name)?;
        }
        Ok(names)
    }

    #[inline]
    fn check(self, name: &str) -> Result<(), &'static str> {
        match name {
            "" => return Err("its path has an empty part"),
            "." | ".." => return Err("its path leads out of the folder"),
            _ => {}
        }
        if name.contains(['/', '\0']) {
            return Err("its name has a character that no file name can have");
        }
        let length = match self {
            Self::Unix => name.len(),
            Self::Apple | Self::Windows => name.encode_utf16().count(),
        };
        if length > LONGEST {
            return Err("its name is longer than 255 characters");
        }
        if is_reserved(name) {
            return Err("its name is reserved for incomplete downloads");
        }
        if self == Self::Windows {
            return windows(name);
        }
        Ok(())
    }

    /// Returns the name under which the file system finds this one.
    #[inline]
    pub(super) fn key(self, path: &str) -> String {
        match self {
            Self::Unix => path.to_owned(),
            Self::Apple | Self::Windows => path.to_lowercase(),
        }
    }
}

/// Checks a name by the rules of Windows.
///
/// Source: "Naming Files, Paths, and Namespaces" of Microsoft's Win32 documentation.
#[inline]
fn windows(name: &str) -> Result<(), &'static str> {
    let forbidden = |c: char| c < ' ' || "<>:\"|?*\\".contains(c);
    if name.contains(forbidden) {
        return Err("its name has a character that Windows does not allow");
    }
    if name.ends_with([' ', '.']) {
        return Err("its name ends with a blank or a dot, which Windows removes");
    }
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.trim_end().to_ascii_uppercase();
    let numbered = stem
        .strip_prefix("COM")
        .or_else(|| stem.strip_prefix("LPT"))
        .is_some_and(|number| {
            let mut digits = number.chars();
            matches!(digits.next(), Some('0'..='9' | '¹' | '²' | '³')) && digits.next().is_none()
        });
    let device = matches!(&*stem, "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$");
    if numbered || device {
        return Err("its name is a device on Windows");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Platform;

    #[test]
    fn names_lead_below_the_folder_or_are_refused() {
        for platform in [Platform::Unix, Platform::Apple, Platform::Windows] {
            assert_eq!(platform.split("stdout.txt"), Ok(vec!["stdout.txt"]));
            assert_eq!(platform.split("wd/a/b..c"), Ok(vec!["wd", "a", "b..c"]));
            assert_eq!(platform.split("wd\\a.txt"), Ok(vec!["wd", "a.txt"]));
            assert_eq!(platform.split("wd/x.part"), Ok(vec!["wd", "x.part"]));
            for path in [
                "",
                "/",
                "/etc/passwd",
                "..",
                "../x",
                "wd/../../x",
                "wd/..",
                "wd\\..\\x",
                "./x",
                "wd//x",
                "wd/",
                "a\0b",
                "\\\\server\\share",
                "wd/.x.0123456789abcdef.batchpart",
            ] {
                assert!(platform.split(path).is_err(), "{platform:?} {path:?}");
            }
        }
    }

    #[test]
    fn each_platform_has_its_own_rules() {
        for name in [
            "log-08:00:00.txt",
            "C:\\x",
            "C:x",
            "a?",
            "a<b>",
            "con",
            "nul.txt",
            "Com1.log",
            "lpt9",
            "COM\u{b9}",
            "aux .txt",
            "dot.",
            "blank ",
            "tab\t",
            "wd/back\\slash",
        ] {
            assert!(Platform::Windows.split(name).is_err(), "{name:?}");
            assert!(Platform::Unix.split(name).is_ok(), "{name:?}");
        }
        let long = "ä".repeat(200);
        assert!(Platform::Unix.split(&long).is_err());
        assert!(Platform::Windows.split(&long).is_ok());
        for platform in [Platform::Unix, Platform::Apple, Platform::Windows] {
            assert!(platform.split(&"a".repeat(255)).is_ok(), "{platform:?}");
            assert!(platform.split(&"a".repeat(256)).is_err(), "{platform:?}");
        }
        for name in [
            "console", "com", "com10", "lpt", "null", ".txt", "a.b", "a b",
        ] {
            assert!(Platform::Windows.split(name).is_ok(), "{name:?}");
        }
        assert_eq!(Platform::Windows.key("wd/A.txt"), "wd/a.txt");
        assert_eq!(Platform::Unix.key("wd/A.txt"), "wd/A.txt");
    }
}
