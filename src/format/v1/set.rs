//! The names of the files of a set: `P-00000-of-00003`, and the pattern `P-?????-of-00003` for all.

use std::path::{Path, PathBuf};

use crate::bytes::limits;
use crate::format::files::{self, file};
use crate::model::{File, FileRole};
use crate::store::Store;

/// What stands for the number in a pattern: a name with more digits is not matched.
const ANY: &str = "?????";

/// A set of files.
#[derive(Debug)]
pub(super) struct Set {
    /// The path up to the number.
    stem: PathBuf,
    of: u32,
}

impl Set {
    /// The set that a file belongs to, or that a pattern names.
    pub fn of(path: &Path) -> Option<Self> {
        let (head, of) = path.file_name()?.to_str()?.rsplit_once("-of-")?;
        let (stem, number) = head.rsplit_once('-')?;
        let of = digits(of)?;
        let fits = number == ANY || digits(number)? < of;
        // Files of a bundle are numbered alike, but for the word before.
        let fits = fits && of <= limits::SHARDS && !stem.ends_with(".data");
        fits.then(|| Self { stem: path.with_file_name(stem), of })
    }

    /// The path that TensorFlow takes for all of them.
    pub fn pattern(&self) -> PathBuf {
        self.named(ANY)
    }

    /// Every file of it, whether it is there or not.
    pub fn files(&self, store: &dyn Store) -> Vec<File> {
        let files = (0..self.of).map(|number| {
            let path = self.named(&format!("{number:05}"));
            let item = files::look(store, &path);
            file(path, FileRole::Shard { number, of: self.of }, item)
        });
        files.collect()
    }

    fn named(&self, number: &str) -> PathBuf {
        let mut path = self.stem.clone().into_os_string();
        path.push(format!("-{number}-of-{:05}", self.of));
        path.into()
    }
}

fn digits(text: &str) -> Option<u32> {
    (text.len() == ANY.len() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_sets() {
        for name in ["run/m-7-00001-of-00003", "run/m-7-?????-of-00003"] {
            assert_eq!(Set::of(Path::new(name)).unwrap().pattern(), Path::new("run/m-7-?????-of-00003"));
        }
        for name in ["m-00003-of-00003", "m-0-of-3", "m", "00000-of-00001", "m-????-of-00003", "m-00000-of-0000x"] {
            assert!(Set::of(Path::new(name)).is_none(), "{name}");
        }
        assert_eq!(Set::of(Path::new("-00000-of-00001")).unwrap().pattern(), Path::new("-?????-of-00001"));
    }
}
