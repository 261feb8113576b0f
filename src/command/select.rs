//! Which variables a listing is about, and in what order.

use regex::Regex;

use crate::cli::{Layout, NamesName, RoleName, Select, SortName};
use crate::error::Error;
use crate::model::{Checkpoint, DType, Entry, Group, NameGlob, Role, Variable, VariableId, natural};
use crate::view::{Names, Sort};

/// A selection, ready to be applied.
pub(super) struct Selector {
    globs: Vec<(bool, NameGlob)>,
    regex: Option<Regex>,
    roles: Vec<RoleName>,
    dtypes: Vec<DType>,
    min_size: u64,
    names: NamesName,
}

impl Selector {
    /// Reads the flags.
    ///
    /// # Errors
    /// For a glob, expression, type or size that is none.
    pub fn new(flags: &Select) -> Result<Self, Error> {
        let mut globs = Vec::new();
        for text in &flags.name {
            let (wanted, glob) = text.strip_prefix('!').map_or((true, text.as_str()), |rest| (false, rest));
            let glob = NameGlob::new(glob).map_err(|error| Error::new(format!("--name {text}: {error}")))?;
            globs.push((wanted, glob));
        }
        let regex = flags.regex.as_deref().map(Regex::new).transpose();
        let regex = regex.map_err(|error| Error::new(format!("--regex: {error}")))?;
        let dtypes = flags.dtype.iter().map(|name| {
            let dtype = DType::from_name(name);
            dtype.ok_or_else(|| {
                Error::new(format!("--dtype {name}: no such type")).hint("as float32 or f32, int64 or i64")
            })
        });
        Ok(Self {
            globs,
            regex,
            roles: flags.role.clone(),
            dtypes: dtypes.collect::<Result<_, _>>()?,
            min_size: flags.min_size.as_deref().map(size).transpose()?.unwrap_or(0),
            names: flags.names,
        })
    }

    /// True if flags leave variables out.
    pub fn narrows(&self) -> bool {
        let by_role = !self.roles.is_empty() && !self.roles.contains(&RoleName::All);
        !self.globs.is_empty() || self.regex.is_some() || by_role || !self.dtypes.is_empty() || self.min_size > 0
    }

    /// True if slots are asked for one by one.
    pub fn lists_slots(&self) -> bool {
        self.roles.iter().any(|role| matches!(role, RoleName::All | RoleName::Slot | RoleName::Optimizer))
            || !self.globs.is_empty()
            || self.regex.is_some()
    }

    /// True if a variable is chosen.
    pub fn takes(&self, variable: &Variable, entry: &Entry) -> bool {
        let name = variable.name.as_str();
        let wanted = self.globs.iter().filter(|(wanted, _)| *wanted);
        let named = wanted.clone().next().is_none() || wanted.clone().any(|(_, glob)| glob.matches(name));
        let refused = self.globs.iter().any(|(wanted, glob)| !wanted && glob.matches(name));
        named
            && !refused
            && self.regex.as_ref().is_none_or(|regex| regex.is_match(name))
            && (self.roles.is_empty() || self.roles.iter().any(|role| is(*role, variable.role)))
            && (self.dtypes.is_empty() || self.dtypes.contains(&entry.dtype))
            && entry.stored_bytes() >= self.min_size
    }

    /// The chosen variables, in order.
    pub fn choose(&self, checkpoint: &Checkpoint, layout: &Layout) -> Vec<VariableId> {
        let taken = checkpoint.variables.iter().enumerate();
        let all = !self.narrows();
        let mut chosen: Vec<VariableId> = taken
            .filter(|(_, variable)| checkpoint.entry(variable).is_some_and(|entry| all || self.takes(variable, entry)))
            .map(|(id, _)| id)
            .collect();
        let variable = |id: &VariableId| checkpoint.variables.get(*id);
        let entry = |id: &VariableId| checkpoint.pair(*id).map(|(_, entry)| entry);
        let by_name = |a: &VariableId, b: &VariableId| {
            let key = |id| entry(id).and_then(|entry| entry.key.text()).unwrap_or_default();
            let name = |id| variable(id).map_or("", |variable| variable.name.as_str());
            if self.names == NamesName::Key { natural(key(a), key(b)) } else { natural(name(a), name(b)) }
        };
        match layout.sort {
            SortName::Name => chosen.sort_by(by_name),
            SortName::Size => {
                let bytes = |id: &VariableId| entry(id).map_or(0, Entry::stored_bytes);
                chosen.sort_by(|a, b| bytes(b).cmp(&bytes(a)).then_with(|| by_name(a, b)));
            }
            SortName::Params => {
                let params = |id: &VariableId| entry(id).map_or(0, Entry::params);
                chosen.sort_by(|a, b| params(b).cmp(&params(a)).then_with(|| by_name(a, b)));
            }
            SortName::Stored => chosen.sort_by_key(|id| {
                entry(id).and_then(|entry| entry.extents().next()).map(|(extent, _)| (extent.file, extent.offset))
            }),
        }
        if layout.reverse {
            chosen.reverse();
        }
        chosen
    }
}

fn is(wanted: RoleName, role: Role) -> bool {
    match wanted {
        RoleName::Model => role.group() == Group::Model,
        RoleName::Slot => role == Role::Slot,
        RoleName::Optimizer => role.group() == Group::Optimizer,
        RoleName::Bookkeeping => role.group() == Group::Bookkeeping,
        RoleName::All => true,
    }
}

/// A size as people write it.
fn size(text: &str) -> Result<u64, Error> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.get(digits.len()..).unwrap_or_default().to_ascii_lowercase();
    let factor = match unit.as_str() {
        "" | "b" => 1u64,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        _ => return Err(Error::new(format!("--min-size {text}: no such unit")).hint("as 4096, 64KiB, 1MiB, 2GiB")),
    };
    let number: f64 = digits.trim().parse().map_err(|_| Error::new(format!("--min-size {text}: not a size")))?;
    // Past 2^53 a float is not exact, which no one will notice in a size.
    Ok((number * factor as f64) as u64)
}

pub(super) fn names(name: NamesName) -> Names {
    match name {
        NamesName::Full => Names::Full,
        NamesName::Key => Names::Key,
        NamesName::Path => Names::Path,
    }
}

pub(super) fn sort(name: SortName) -> Sort {
    match name {
        SortName::Name => Sort::Name,
        SortName::Size => Sort::Size,
        SortName::Params => Sort::Params,
        SortName::Stored => Sort::Stored,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(size("4096").unwrap(), 4096);
        assert_eq!(size("1.5KiB").unwrap(), 1536);
        assert_eq!(size("2MB").unwrap(), 2_000_000);
        assert!(size("2 parsecs").is_err());
        assert!(size("MiB").is_err());
    }
}
